// Follows what changes in the workspace: by the stream, or by asking where no stream comes through. Each change is
// taken once, in order.

const POLL_MS = 5000;
const STREAM_PATIENCE_MS = 8000;
const COME_BACK_MS = 30_000;

/**
 * Follow from a number on. `take(id, html)` is called with each message that changed (html is null where nothing of it
 * stands), `say(state)` with "live" or "reconnecting". Returns a function that ends it.
 */
export function follow(seq, { take, say }) {
  let source;
  let polling;
  let patience;
  let again;

  function change(id, html, number) {
    if (number <= seq) return;
    seq = number;
    take(id, html);
  }

  function watch() {
    source = new EventSource(`/feed/stream?after=${seq}`);
    patience = setTimeout(poll, STREAM_PATIENCE_MS);
    source.addEventListener("open", () => {
      clearTimeout(patience);
      clearInterval(polling);
      polling = undefined;
      say("live");
    });
    source.addEventListener("group", (event) => {
      const id = /id="group-(\d+)"/.exec(event.data)?.[1];
      if (id) change(id, event.data, Number(event.lastEventId));
    });
    source.addEventListener("gone", (event) => change(event.data, null, Number(event.lastEventId)));
    source.addEventListener("reload", () => location.reload());
    source.addEventListener("signed-out", () => location.assign("/sign-in"));
    source.addEventListener("error", () => {
      if (!polling) say("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      clearTimeout(patience);
      poll();
      again = setTimeout(watch, COME_BACK_MS);
    });
  }

  function poll() {
    if (polling) return;
    polling = setInterval(ask, POLL_MS);
    ask();
  }

  async function ask() {
    try {
      const answer = await fetch(`/feed/changes?after=${seq}`, { headers: { accept: "application/json" } });
      if (answer.redirected) return void location.assign("/sign-in");
      if (!answer.ok) return say("reconnecting");
      const found = await answer.json();
      if (!polling) return;
      if (found.reload) return void location.reload();
      for (const each of found.groups) change(String(each.id), each.html, each.seq);
      seq = Math.max(seq, found.seq);
      say("live");
    } catch {
      say("reconnecting");
    }
  }

  const online = () => polling && ask();
  addEventListener("online", online);
  watch();

  return () => {
    source.close();
    clearTimeout(patience);
    clearTimeout(again);
    clearInterval(polling);
    polling = undefined;
    removeEventListener("online", online);
  };
}
