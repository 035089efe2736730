// The live feed: takes changed groups, keeps the order, filters, announces, and moves by keys. The server renders every
// group; nothing is made up here.

import { watchReading } from "./reading.js";
import { follow } from "./stream.js";
import { tellTimes } from "./times.js";

const groups = document.querySelector("#groups");
const live = document.querySelector("[data-live]");
const announcer = document.querySelector("[data-announce]");
const needs = document.querySelector("[data-needs]");
const none = document.querySelector("[data-none]");
const search = document.querySelector("#search");
const keys = document.querySelector("[data-keys]");

// --- filters ---------------------------------------------------------------------------------------------------

const chips = [...document.querySelectorAll("[data-chip]")];

function offKinds() {
  return chips.filter((chip) => chip.getAttribute("aria-pressed") === "false").map((chip) => chip.dataset.chip);
}

function filter() {
  const off = new Set(offKinds());
  const words = search.value.trim().toLowerCase();
  let shown = 0;
  for (const group of groups.children) {
    group.querySelector(".from").hidden = group.dataset.rep === groups.dataset.me;
    const kinds = group.dataset.kinds.split(" ").filter(Boolean);
    const wanted = kinds.length === 0 || kinds.some((kind) => !off.has(kind));
    const said = !words || saying(group).includes(words);
    group.hidden = !(wanted && said);
    if (!group.hidden) shown += 1;
    for (const item of group.querySelectorAll("[data-kind]")) item.hidden = off.has(item.dataset.kind);
  }
  none.hidden = shown > 0 || groups.children.length === 0;
}

function saying(group) {
  const titles = [...group.querySelectorAll("[title]")].map((element) => element.title);
  return [group.textContent, ...titles].join(" ").toLowerCase();
}

function rememberFilter() {
  localStorage.setItem("feed-off", JSON.stringify(offKinds()));
  filter();
}

function recallFilter() {
  let off = ["machines"];
  try {
    const kept = JSON.parse(localStorage.getItem("feed-off"));
    if (Array.isArray(kept)) off = kept;
  } catch {
    localStorage.removeItem("feed-off");
  }
  for (const chip of chips) {
    chip.setAttribute("aria-pressed", String(!off.includes(chip.dataset.chip)));
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") === "false"));
      rememberFilter();
    });
  }
  document.querySelector("[data-chips]").hidden = false;
  document.querySelector("[data-show-all]").addEventListener("click", () => {
    for (const chip of chips) chip.setAttribute("aria-pressed", "true");
    search.value = "";
    rememberFilter();
  });
  search.addEventListener("input", filter);
}

// --- changes ---------------------------------------------------------------------------------------------------

function take(id, html) {
  const old = document.getElementById(`group-${id}`);
  if (!html) {
    old?.remove();
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector(".group");
  const before = old?.querySelector(".tone")?.textContent;
  if (old?.querySelector("details")?.open) fresh.querySelector("details").open = true;
  const focused = old?.contains(document.activeElement) ? pathOfFocus(old) : null;
  tellTimes(fresh);
  watchReading(fresh);
  place(fresh, old);
  if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  document.querySelector("[data-empty]")?.remove();
  filter();
  const headline = fresh.querySelector(".tone").textContent.trim();
  if (headline === before?.trim() || fresh.hidden) return;
  fresh.classList.add("fresh");
  announce(`${headline}: ${fresh.querySelector(".subject").textContent}`);
  notify(fresh, headline);
}

function place(fresh, old) {
  const at = fresh.dataset.at;
  const later = [...groups.children].find((group) => group !== old && group.dataset.at <= at);
  if (old && old.nextElementSibling === (later ?? null)) old.replaceWith(fresh);
  else {
    old?.remove();
    groups.insertBefore(fresh, later ?? null);
  }
}

function pathOfFocus(group) {
  return document.activeElement.matches("summary") && group.contains(document.activeElement) ? "summary" : ".open";
}

let waiting = [];
let announcing;

function announce(words) {
  waiting.push(words);
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    announcer.textContent = waiting.length > 2 ? `${waiting.length} messages changed` : waiting.join(". ");
    waiting = [];
    refreshNeeds();
  }, 1500);
}

async function refreshNeeds() {
  try {
    const answer = await fetch("/feed/needs", { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    needs.innerHTML = await answer.text();
    tellTimes(needs);
    const number = needs.querySelectorAll(".need").length;
    const link = document.querySelector("[data-needs-link]");
    link.textContent = `${number} need you`;
    link.hidden = number === 0;
  } catch {
    // away from the network: the stream says so already
  }
}

// --- the stream ---------------------------------------------------------------------------------------------------

function say(state) {
  live.hidden = false;
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = state === "live" ? "Live" : "Reconnecting";
}

// --- notifications, only on request ------------------------------------------------------------------------------

const bell = document.querySelector("[data-notify]");

function showBell() {
  const on = localStorage.getItem("notify") === "on" && Notification.permission === "granted";
  bell.textContent = on ? "Notifications are on" : "Notify me of answers";
  bell.setAttribute("aria-pressed", String(on));
}

function notify(group, headline) {
  if (!document.hidden || localStorage.getItem("notify") !== "on" || Notification.permission !== "granted") return;
  if (!group.querySelector(".tone.answer, .tone.failure")) return;
  const shown = new Notification(headline, { body: group.querySelector(".subject").textContent, tag: group.id });
  shown.addEventListener("click", () => window.focus());
}

if ("Notification" in window) {
  bell.hidden = false;
  showBell();
  bell.addEventListener("click", async () => {
    const on = localStorage.getItem("notify") === "on" && Notification.permission === "granted";
    if (!on && (await Notification.requestPermission()) !== "granted") {
      bell.textContent = "Your browser does not allow notifications";
      return;
    }
    localStorage.setItem("notify", on ? "off" : "on");
    showBell();
  });
}

// --- keys ----------------------------------------------------------------------------------------------------------

function move(step) {
  const shown = [...groups.children].filter((group) => !group.hidden);
  const here = shown.findIndex((group) => group.contains(document.activeElement));
  const next = shown[Math.min(Math.max(here + step, 0), shown.length - 1)];
  next?.querySelector(".open").focus();
}

function unfold() {
  const details = document.activeElement.closest(".group")?.querySelector("details");
  if (details) details.open = !details.open;
}

const KEYS = {
  "/": () => search.focus(),
  j: () => move(1),
  k: () => move(-1),
  o: unfold,
  "?": () => keys.showModal(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
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
keysButton.hidden = false;
keysButton.addEventListener("click", () => keys.showModal());

recallFilter();
filter();
watchReading();
if ("watch" in groups.dataset) {
  follow(Number(groups.dataset.seq), { take, say });
  setInterval(refreshNeeds, 60_000);
}
