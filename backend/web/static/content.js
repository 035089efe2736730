// Uploading documents: dropped anywhere on the page or chosen, several at once, each with how far it is. The bytes'
// progress comes from the upload itself, the conversion's from the server, which goes on when the page is closed.

import { announce, swapParts } from "./fresh.js";

const ASK_EVERY_MS = 700;
const AT_ONCE = 2;
const MEGABYTE = 1024 * 1024;

const form = document.querySelector("[data-upload]");
const list = document.querySelector("[data-uploads]");
const curtain = document.querySelector("[data-curtain]");

// --- one file after the other ------------------------------------------------------------------------------------

const waiting = [];
const underway = new Set();
const converting = new Map(); // document -> its row, if it was uploaded from this page

function take(files) {
  const most = Number(form.dataset.most);
  for (const file of form.dataset.one ? [...files].slice(0, 1) : files) {
    const row = addRow(file);
    if (file.size === 0) fail(row, "The file is empty, or it is a folder. Save it again and upload that.");
    else if (file.size > most) {
      const has = `It has ${Math.ceil(file.size / MEGABYTE)} MB; a document may have ${most / MEGABYTE} MB.`;
      fail(row, `${has} Smaller pictures in it help most.`);
    } else waiting.push(row);
  }
  goOn();
}

function goOn() {
  while (underway.size < AT_ONCE && waiting.length) send(waiting.shift());
}

function addRow(file) {
  const element = document.querySelector("[data-upload-row]").content.firstElementChild.cloneNode(true);
  const row = {
    file,
    element,
    bar: element.querySelector("progress"),
    told: element.querySelector("[data-told]"),
    again: element.querySelector("[data-again-button]"),
    end: element.querySelector("[data-end]"),
  };
  element.querySelector("[data-name]").textContent = file.name;
  row.bar.setAttribute("aria-label", `How far ${file.name} is`);
  row.end.setAttribute("aria-label", `Cancel ${file.name}`);
  row.told.textContent = "Waits for its turn";
  row.end.addEventListener("click", () => end(row));
  row.again.addEventListener("click", () => repeat(row));
  list.append(element);
  list.hidden = false;
  return row;
}

function send(row) {
  underway.add(row);
  const request = new XMLHttpRequest();
  row.request = request;
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", form.elements.csrf_token.value);
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => sent(row, event));
  request.addEventListener("load", () => answered(row));
  request.addEventListener("error", () => fail(row, "The connection broke, so nothing was stored.", true));
  request.addEventListener("loadend", () => {
    underway.delete(row);
    goOn();
  });
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append("file", row.file);
  request.send(body);
}

function sent(row, event) {
  if (!event.lengthComputable) return;
  row.bar.max = 100;
  row.bar.value = (100 * event.loaded) / event.total;
  const done = event.loaded === event.total;
  row.told.textContent = done ? "Uploaded, being stored" : `Uploading, ${Math.floor(row.bar.value)} %`;
}

function answered(row) {
  const { status, response } = row.request;
  if (status === 202 && response) {
    row.end.hidden = true;
    converting.set(response.document, row);
    show(row, response);
    ask();
  } else if (!response) fail(row, "You may be signed out. Load the page again, then repeat.");
  else fail(row, response.sentence, status >= 500 || status === 429);
}

function fail(row, sentence, mayRepeat = false) {
  row.element.classList.add("failed");
  row.bar.hidden = true;
  row.told.textContent = sentence;
  row.again.hidden = !mayRepeat;
  row.end.hidden = false;
  row.end.textContent = "Hide";
  row.end.setAttribute("aria-label", `Hide ${row.file.name}`);
  announce(`${row.file.name}: ${sentence}`);
}

function repeat(row) {
  row.element.classList.remove("failed");
  row.bar.hidden = false;
  row.bar.removeAttribute("value");
  row.again.hidden = true;
  row.end.textContent = "Cancel";
  row.told.textContent = "Waits for its turn";
  waiting.push(row);
  goOn();
}

function end(row) {
  row.request?.abort();
  if (waiting.includes(row)) waiting.splice(waiting.indexOf(row), 1);
  row.element.remove();
  list.hidden = list.children.length === 0;
}

// --- how far the server is -----------------------------------------------------------------------------------------

let asking;

function pending() {
  const seen = [...document.querySelectorAll("[data-pending]")].map((element) => Number(element.dataset.pending));
  return new Set([...seen, ...converting.keys()]);
}

function ask() {
  asking ??= poll().finally(() => (asking = undefined));
}

async function poll() {
  let known = new Map();
  while (pending().size) {
    await new Promise((go) => setTimeout(go, ASK_EVERY_MS));
    try {
      const query = new URLSearchParams([...pending()].map((id) => ["document", id]));
      const answer = await fetch(`/content/progress?${query}`, { headers: { accept: "application/json" } });
      if (answer.redirected) return void location.assign("/sign-in");
      if (!answer.ok) continue;
      const states = (await answer.json()).documents;
      const hasMoved = states.some((state) => known.get(state.document) !== seen(state));
      known = new Map(states.map((state) => [state.document, seen(state)]));
      for (const state of states) told(state);
      for (const id of pending()) if (!known.has(id)) converting.delete(id);
      if (hasMoved) await refresh();
    } catch {
      // away from the network: the next question finds out
    }
  }
}

// What has to change before the page is shown anew: each page of the one document, or the first one of many.
function seen(state) {
  return `${state.state} ${form?.dataset.one ? state.ready_pages : state.ready_pages > 0}`;
}

function told(state) {
  const row = converting.get(state.document);
  if (row) show(row, state);
  const element = document.querySelector(`[data-pending="${state.document}"]`);
  if (!element) return;
  element.querySelector("[data-told]").textContent = words(state);
  fill(element.querySelector("progress"), state);
}

function words(state) {
  if (state.state === "waiting") return "Waits to be made into pages";
  if (state.state === "converting" && !state.pages) return "Being made into pages";
  if (state.state === "converting") return `${state.ready_pages} of ${state.pages} pages`;
  return state.sentence || "Ready";
}

function fill(bar, state) {
  if (!state.pages) return bar.removeAttribute("value");
  bar.max = state.pages;
  bar.value = state.ready_pages;
}

function show(row, state) {
  fill(row.bar, state);
  row.told.textContent = words(state);
  if (state.state === "waiting" || state.state === "converting") return;
  converting.delete(state.document);
  if (state.state !== "ready") return fail(row, state.sentence);
  row.bar.hidden = true;
  row.end.hidden = false;
  row.end.textContent = "Hide";
  row.end.setAttribute("aria-label", `Hide ${row.file.name}`);
  const link = document.createElement("a");
  link.href = state.address;
  link.textContent = `Open ${state.name}`;
  row.told.replaceChildren(`Ready, ${state.pages} ${state.pages === 1 ? "page" : "pages"}. `, link);
  announce(`${state.name} is ready`);
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.ok && !answer.redirected) swapParts(await answer.text());
}

// --- dropping and choosing -----------------------------------------------------------------------------------------

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

if (form) {
  form.classList.add("scripted");
  const input = form.querySelector("input[type=file]");
  form.querySelector("[data-choose]").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    curtain.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth -= 1;
    curtain.hidden = depth > 0 ? curtain.hidden : true;
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    curtain.hidden = true;
    take(event.dataTransfer.files);
  });
  addEventListener("beforeunload", (event) => {
    if (underway.size || waiting.length) event.preventDefault();
  });
}
ask();

// --- keys ------------------------------------------------------------------------------------------------------------

const keys = document.querySelector("[data-keys]");
const search = document.querySelector("#search");

function move(step) {
  const cards = [...document.querySelectorAll("[data-card]")];
  const here = cards.indexOf(document.activeElement);
  cards[Math.min(Math.max(here + step, 0), cards.length - 1)]?.focus();
}

const KEYS = {
  "/": () => search?.focus(),
  j: () => move(1),
  k: () => move(-1),
  u: () => form?.querySelector("[data-choose]").click(),
  "?": () => keys?.showModal(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const keysButton = document.querySelector("[data-keys-open]");
if (keysButton) {
  keysButton.hidden = false;
  keysButton.addEventListener("click", () => keys.showModal());
}
