// A page brought up to date in its place: each part that the server writes anew takes the old one's place, and what was
// unfolded, focused, scrolled to or being filled in stays so.

import { watchReading } from "./reading.js";
import { tellTimes } from "./times.js";

const FIELDS = "input:not([type=hidden]), textarea, select";
const written = new Map(); // part -> as the server wrote it last

/** Put the parts of a page (its HTML) in place: which `changed`, and which were `left`, since somebody fills them in. */
export function swapParts(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const seen = [...document.querySelectorAll("[data-part] [data-key]")].find(isBelowTop);
  const seenAt = seen?.getBoundingClientRect().top;
  const [changed, left] = [[], []];
  for (const part of document.querySelectorAll("[data-part]")) {
    const name = part.dataset.part;
    const same = fresh.querySelector(`[data-part="${name}"]`);
    const told = same?.outerHTML;
    if (!same || written.get(name) === told) continue;
    if (isFilledIn(part)) {
      left.push(name);
      continue;
    }
    written.set(name, told);
    swap(part, same);
    changed.push(name);
  }
  const still = seen && !seen.isConnected && keyed(document, seen);
  if (still) scrollBy({ top: still.getBoundingClientRect().top - seenAt, behavior: "instant" });
  return { changed, left };
}

function isBelowTop(element) {
  const { top, height } = element.getBoundingClientRect();
  return top > 0 && height > 0;
}

// Somebody is writing in it, or has: what they wrote is worth more than what is new.
function isFilledIn(part) {
  return [...part.querySelectorAll(FIELDS)].some(
    (field) => field === document.activeElement || (field.value !== field.defaultValue && field.localName !== "select"),
  );
}

function swap(before, fresh) {
  const open = [...before.querySelectorAll("details[open]")].map((details) => nameOf(before, details));
  const focused = before.contains(document.activeElement) ? nameOf(before, document.activeElement) : undefined;
  const scrolled = before.querySelector(".strip")?.scrollLeft;
  tellTimes(fresh);
  for (const name of open) found(fresh, name)?.setAttribute("open", "");
  keepPictures(before, fresh);
  before.replaceWith(document.adoptNode(fresh));
  watchReading(fresh);
  const strip = fresh.querySelector(".strip");
  if (strip && scrolled) strip.scrollLeft = scrolled;
  if (focused) (found(fresh, focused) ?? document.querySelector("#content"))?.focus({ preventScroll: true });
}

// Pictures that are there already are not loaded, and do not flicker.
function keepPictures(before, fresh) {
  const there = new Map([...before.querySelectorAll("img")].map((image) => [image.getAttribute("src"), image]));
  for (const image of fresh.querySelectorAll("img")) {
    const same = there.get(image.getAttribute("src"));
    if (same) image.replaceWith(same);
  }
}

// How an element is found again: by its key, or by its place among its like within what has one.
function nameOf(root, element) {
  const around = element.closest("[data-key]");
  const within = around && root.contains(around) ? around : root;
  const tag = element.localName;
  return { key: within.dataset.key, tag, place: element === within ? -1 : [...within.querySelectorAll(tag)].indexOf(element) };
}

function found(root, { key, tag, place }) {
  const within = key === undefined ? root : root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return place < 0 ? within : within?.querySelectorAll(tag)[place];
}

function keyed(root, element) {
  return root.querySelector(`[data-part] [data-key="${CSS.escape(element.dataset.key)}"]`);
}

let announcing;
let sayings = [];

/** Say something to those who do not see the page; what comes at once is said at once. */
export function announce(saying) {
  sayings.push(saying);
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    document.querySelector("[data-announce]").textContent = sayings.join(". ");
    sayings = [];
  }, 500);
}
