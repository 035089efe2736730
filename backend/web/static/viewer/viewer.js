// The viewer: joins the pages, the keys, the search, and what is told of the reading.

import { Beacons } from "./beacons.js";
import { isThere, Pages } from "./pages.js";
import { Reading } from "./reading.js";
import { Search } from "./search.js";

const SOON_MS = 400; // after a page came into view
const OFTEN_MS = 3000; // while a page is read
const SELDOM_MS = 10_000; // once it is read for long
const LONG_MS = 30_000;
const GROWS_MS = 2000;
const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4];

const root = document.querySelector("#pages");
const field = document.querySelector("#page");
const announcer = document.querySelector("[data-announce]");
const keys = document.querySelector("[data-keys]");
const pages = new Pages(root);
const search = new Search(pages, `${root.dataset.base}/search/${root.dataset.version}`);
const beacons = new Beacons(`${root.dataset.base}/pages`, root.dataset.visit);
const reading = new Reading(performance.now(), document.visibilityState === "visible");

// --- what is told of the reading ---------------------------------------------------------------------------------

let lastPage = 0;
let since = performance.now();
let lastTold = 0;
let lastState = "";

function tell(state) {
  const now = performance.now();
  if (!beacons.started && !isShown) return;
  const taken = reading.take(now);
  beacons.add(now, state ?? reading.state(now), reading.page || Number(root.dataset.number), taken);
  [lastTold, lastState] = [now, state ?? reading.state(now)];
}

let isShown = false;

function proof() {
  if (isShown) return;
  requestAnimationFrame(() => {
    if (isShown || document.visibilityState !== "visible" || !isThere(root.querySelector("img"))) return;
    isShown = true;
    look();
    tell();
    beacons.send();
  });
}

function firstShown() {
  const image = root.querySelector("img");
  if (image.complete) proof();
  else image.addEventListener("load", proof, { once: true });
  document.addEventListener("visibilitychange", proof);
}

setInterval(() => {
  const now = performance.now();
  const state = reading.state(now);
  const pause = now - since > LONG_MS ? SELDOM_MS : OFTEN_MS;
  if (!isShown || (state === lastState && (state !== "reading" || now - lastTold < pause))) return;
  tell();
  beacons.send();
}, 500);

let soon = 0;

function look() {
  const now = performance.now();
  reading.see(now, pages.areas());
  const page = reading.page;
  if (!page || page === lastPage) return;
  [lastPage, since] = [page, now];
  if (document.activeElement !== field) field.value = page;
  clearTimeout(soon);
  soon = setTimeout(() => {
    announcer.textContent = `Page ${page} of ${pages.total}`;
    if (!isShown) return;
    tell();
    beacons.send();
  }, SOON_MS);
}

let isLooking = false;

function lookSoon() {
  if (isLooking) return;
  isLooking = true;
  requestAnimationFrame(() => {
    isLooking = false;
    look();
  });
}

pages.onChange = () => {
  proof(); // the first image may have failed, and another taken its place
  lookSoon();
};
for (const sign of ["scroll", "pointermove", "pointerdown", "keydown", "touchstart", "touchmove", "wheel"]) {
  addEventListener(sign, () => reading.sign(performance.now()), { passive: true, capture: true });
}
for (const change of ["scroll", "resize"]) addEventListener(change, lookSoon, { passive: true });
visualViewport?.addEventListener("scroll", lookSoon);

document.addEventListener("visibilitychange", () => {
  const inView = document.visibilityState === "visible";
  const now = performance.now();
  reading.turn(now, inView);
  if (!isShown || (!inView && lastState === "left")) return; // told already, when the page was hidden for good
  tell();
  if (inView) beacons.send();
  else beacons.leave();
});
addEventListener("pagehide", () => {
  if (!isShown) return;
  tell("left");
  beacons.leave();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) reading.turn(performance.now(), document.visibilityState === "visible");
});
addEventListener("online", () => beacons.send());

// --- size --------------------------------------------------------------------------------------------------------

let zoom = 1;

function setZoom(wanted, at = null) {
  const next = Math.min(ZOOMS.at(-1), Math.max(ZOOMS[0], wanted));
  if (next === zoom) return;
  const x = at?.x ?? innerWidth / 2;
  const y = at?.y ?? innerHeight / 2;
  const page = pages.list[(reading.page || Number(root.dataset.number)) - 1].section;
  const before = page.getBoundingClientRect();
  const [across, down] = [(x - before.left) / before.width, (y - before.top) / before.height];
  zoom = next;
  root.style.setProperty("--zoom", zoom);
  const after = page.getBoundingClientRect();
  scrollBy({ left: after.left + across * after.width - x, top: after.top + down * after.height - y, behavior: "instant" });
  resharpen();
  lookSoon();
}

function step(direction) {
  const at = ZOOMS.findIndex((one) => one >= zoom - 0.001);
  const exact = Math.abs(ZOOMS[at] - zoom) < 0.001;
  setZoom(ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, direction > 0 ? at + (exact ? 1 : 0) : at - 1))]);
}

let sharp = 0;

function resharpen() {
  clearTimeout(sharp);
  sharp = setTimeout(() => pages.sharpenAll(zoom > 1 || (visualViewport?.scale ?? 1) > 1), 200);
}

addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
  },
  { passive: false },
);
visualViewport?.addEventListener("resize", () => {
  resharpen();
  lookSoon();
});

// --- keys and buttons ----------------------------------------------------------------------------------------------

function turn(by) {
  pages.jump((reading.page || Number(root.dataset.number)) + by);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.()?.catch(() => {}); // a browser may refuse
}

const DO = {
  search: () => search.open(),
  smaller: () => step(-1),
  larger: () => step(1),
  full: fullScreen,
  "next-match": () => search.move(1),
  "previous-match": () => search.move(-1),
  "close-search": () => search.close(),
};
const KEYS = {
  ArrowRight: () => turn(1),
  ArrowLeft: () => turn(-1),
  PageDown: () => turn(1),
  PageUp: () => turn(-1),
  Home: () => pages.jump(1),
  End: () => pages.jump(pages.list.length),
  "+": DO.larger,
  "=": DO.larger,
  "-": DO.smaller,
  0: () => setZoom(1),
  f: fullScreen,
  "/": DO.search,
  "?": () => keys.showModal(),
};

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && search.isOpen) return search.close();
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open || event.target.closest("input")) return;
  const act = KEYS[event.key];
  if (!act || (zoom > 1 && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  act();
});
document.addEventListener("click", (event) => {
  DO[event.target.closest("[data-do]")?.dataset.do]?.();
});
document.querySelector("[data-place]").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = Number.parseInt(field.value, 10);
  if (wanted) pages.jump(wanted);
  field.blur();
  field.value = Math.min(Math.max(1, wanted || reading.page), pages.list.length);
});

// --- pages that are still being made -------------------------------------------------------------------------------

async function growOn() {
  if (pages.list.length >= pages.total) return;
  try {
    const answer = await fetch(`${root.dataset.base}/outline/${root.dataset.version}`);
    if (answer.status === 404 || answer.status === 410) return;
    if (answer.ok) {
      const told = await answer.json();
      root.dataset.pages = told.pages;
      document.querySelector("[data-total]").textContent = told.pages;
      pages.grow(told.sizes);
    }
  } catch {
    // the next look may find us
  }
  setTimeout(growOn, GROWS_MS);
}

pages.grow(JSON.parse(root.dataset.sizes));
const opened = Number(root.dataset.number);
if (opened > 1) pages.jump(opened);
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
if (!document.fullscreenEnabled) document.querySelector("[data-full]").hidden = true;
firstShown();
await root.querySelector("img").decode().catch(() => {}); // shown or broken: the others need not wait longer
pages.start();
growOn();
