// A document's page, kept up to date while somebody reads it. The stream tells which mail changed; whether the document
// is in it is known of those on the page, and of any other it is found out once.

import { announce, swapParts } from "./fresh.js";
import { watchReading } from "./reading.js";
import { follow } from "./stream.js";

const REST_MS = 1000; // a reader is told of every few seconds, and there may be many
const REST_TIMES = 4; // and a page that takes long to make is asked for more seldom
const TRY_AGAIN_MS = 3000;

const live = document.querySelector("[data-live]");
const met = new Set();
let isStale = false;
let isBehind = false;
let reading;

function mails() {
  return document.querySelector("[data-mails]").dataset.mails.split(" ");
}

function take(id) {
  if (met.has(id) && !mails().includes(id)) return;
  met.add(id);
  refresh();
}

function refresh() {
  isStale = true;
  reading ??= read().finally(() => (reading = undefined));
}

async function read() {
  while (isStale) {
    isStale = false;
    const began = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected) return void location.assign("/sign-in");
      if (answer.status === 404) return void location.reload();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      show(await answer.text());
    } catch {
      setTimeout(refresh, TRY_AGAIN_MS);
    }
    const took = performance.now() - began;
    await new Promise((go) => setTimeout(go, Math.max(REST_MS, REST_TIMES * took)));
  }
}

function newest() {
  return document.querySelector("[data-part=readers] .visit");
}

function show(html) {
  const before = newest()?.dataset.key;
  const { changed, left } = swapParts(html);
  isBehind = left.length > 0;
  if (!changed.includes("readers")) return;
  const row = newest();
  if (row && row.dataset.key !== before) announce(row.querySelector(".told").textContent.trim());
}

function say(state) {
  live.hidden = false;
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = state === "live" ? "Live" : "Reconnecting";
}

// --- the stream, while somebody looks: browsers allow few at once ----------------------------------------------------

let end;

function watch() {
  end?.();
  end = undefined;
  if (document.hidden) return;
  end = follow(Number(document.querySelector("[data-mails]").dataset.seq), { take, say });
}

document.addEventListener("visibilitychange", watch);
document.addEventListener("focusout", () => isBehind && refresh());
addEventListener("pageshow", (event) => event.persisted && refresh());
watchReading();
watch();
