// "is reading page 3 of 12" holds for as long as the server said; then what was read takes its place, by this page's own
// clock. Both are written by the server: the second waits in a template behind the first.

import { tellTimes } from "./times.js";

const ends = new WeakMap();

/** Begin to watch what goes on in a piece of the page that has just come. */
export function watchReading(root = document) {
  for (const live of root.querySelectorAll("[data-ends-in]")) {
    if (!ends.has(live)) ends.set(live, performance.now() + Number(live.dataset.endsIn) * 1000);
  }
}

function settle() {
  for (const live of document.querySelectorAll("[data-ends-in]")) {
    const waits = live.nextElementSibling;
    if (!live.isConnected || !(ends.get(live) <= performance.now()) || !waits?.matches("template")) continue;
    const focused = live.contains(document.activeElement);
    const settled = document.importNode(waits.content, true);
    const link = settled.querySelector("a");
    tellTimes(settled);
    waits.remove();
    live.replaceWith(settled);
    if (focused) link?.focus({ preventScroll: true });
  }
}

setInterval(settle, 1000);
