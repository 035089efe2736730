// A message's page, kept up to date: when the message changes its record is fetched and takes the old one's place; what
// was unfolded, focused and in view stays so. A correction ("That was me") is sent without leaving the place.

import { watchReading } from "./reading.js";
import { follow } from "./stream.js";
import { tellTimes } from "./times.js";

const TRY_AGAIN_MS = 3000;

const live = document.querySelector("[data-live]");
const announcer = document.querySelector("[data-announce]");
let record = document.querySelector("[data-message]");
const id = record.dataset.message;

// --- what changed --------------------------------------------------------------------------------------------------

let reading;
let isStale = false;

function refresh() {
  isStale = true;
  reading ??= read();
  return reading;
}

async function read() {
  while (isStale) {
    isStale = false;
    try {
      const answer = await fetch(`/messages/${id}/record`, { headers: { accept: "text/html" } });
      if (answer.redirected) return void location.assign("/sign-in");
      if (answer.status === 404) return void location.reload();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      swap(await answer.text());
    } catch {
      setTimeout(refresh, TRY_AGAIN_MS);
    }
  }
  reading = undefined;
}

function swap(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector("[data-message]");
  if (Number(fresh.dataset.seq) < Number(record.dataset.seq)) return;
  const before = record;
  for (const each of before.querySelectorAll("details[open][data-key]")) {
    const same = keyed(fresh, each);
    if (same) same.open = true;
  }
  for (const field of before.querySelectorAll("input[type=date]")) {
    const same = field.value && keyed(fresh, field.closest("[data-key]"))?.querySelector("input[type=date]");
    if (same) same.value = field.value; // what somebody is about to set
  }
  const focused = before.contains(document.activeElement) ? document.activeElement : undefined;
  const seen = [...before.querySelectorAll("[data-key]")].find((each) => each.getBoundingClientRect().top > 0);
  const seenAt = seen?.getBoundingClientRect().top;
  tellTimes(fresh);
  watchReading(fresh);
  before.replaceWith(fresh);
  record = fresh;
  if (focused) refocus(focused);
  const still = seen && keyed(fresh, seen);
  if (still) scrollBy(0, still.getBoundingClientRect().top - seenAt);
  announceChange(before, fresh);
}

function keyed(root, element) {
  return root.querySelector(`[data-key="${CSS.escape(element.dataset.key)}"]`);
}

function refocus(element) {
  const around = element.closest("[data-key]");
  const same = around && keyed(record, around)?.querySelector(`${element.localName}:not([type=hidden])`);
  same?.focus({ preventScroll: true });
  if (document.activeElement !== same || !same) document.querySelector("#content").focus({ preventScroll: true });
}

let announcing;

function announceChange(before, fresh) {
  const [newest, was] = [fresh, before].map((root) => root.querySelector(".timeline > li"));
  const told = newest.querySelector(".tone")?.textContent.trim();
  const isNew = newest.querySelector("time")?.dateTime > (was.querySelector("time")?.dateTime ?? "");
  if (told && isNew) announce(told);
}

function announce(words) {
  clearTimeout(announcing);
  announcing = setTimeout(() => (announcer.textContent = words), 1000);
}

// --- corrections ---------------------------------------------------------------------------------------------------

document.querySelector("#content").addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-corrects]")) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (answer.type !== "opaqueredirect") return form.submit();
  } catch {
    return form.submit();
  }
  await refresh();
  show(form.dataset.corrects);
});

function show(hit) {
  const line = document.getElementById(`hit-${hit}`);
  for (let each = line?.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  const button = line?.querySelector("[data-corrects] button");
  button?.focus();
  announce(button?.textContent === "That was me" ? "Judged without your word" : "Noted as yours. It does not count");
}

// --- the stream, while somebody looks: browsers allow few at once ----------------------------------------------------

let end;

function say(state) {
  live.hidden = false;
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = state === "live" ? "Live" : "Reconnecting";
}

function watch() {
  end?.();
  end = undefined;
  if (document.hidden) return;
  end = follow(Number(record.dataset.seq), { take: (changed) => changed === id && refresh(), say });
}

document.addEventListener("visibilitychange", watch);
addEventListener("pageshow", (event) => event.persisted && refresh());
watchReading();
watch();
