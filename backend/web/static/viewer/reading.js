// How long was each page read? Pure: it is told the time and what is on the screen, and knows no browser.
//
// The rule: time counts while the tab is in view (`document.visibilityState`) and the reader is there. A reader is there
// for 60 s after each sign of them (scrolling, a key, the pointer, a touch); what lies beyond counts for nothing, so a
// telephone on the table reads for a minute and no more. The window need not have the focus: whoever reads beside their
// mail is reading. Pages that are on the screen together share the time by the area of each that can be seen.

export const IDLE_MS = 60_000;

export class Reading {
  #at;
  #sign;
  #inView;
  #areas = new Map();
  #spent = new Map();

  constructor(now, inView) {
    this.#at = now;
    this.#sign = now;
    this.#inView = inView;
  }

  // What is on the screen from now on: page -> visible area.
  see(now, areas) {
    this.#count(now);
    this.#areas = new Map([...areas].filter(([, area]) => area > 0));
  }

  // A sign of the reader.
  sign(now) {
    this.#count(now);
    this.#sign = now;
  }

  // The tab comes into view, which is a sign too, or leaves it.
  turn(now, inView) {
    this.#count(now);
    if (inView && !this.#inView) this.#sign = now;
    this.#inView = inView;
  }

  state(now) {
    if (!this.#inView) return "hidden";
    return now - this.#sign >= IDLE_MS ? "idle" : "reading";
  }

  // The page that most of the screen shows; the earlier one of equals.
  get page() {
    let best = 0;
    let most = 0;
    for (const [page, area] of [...this.#areas].sort(([one], [other]) => one - other)) {
      if (area > most) [best, most] = [page, area];
    }
    return best;
  }

  // Take the whole milliseconds counted since it was last asked: {page: ms}. Fractions stay for the next time.
  take(now) {
    this.#count(now);
    const taken = {};
    for (const [page, spent] of this.#spent) {
      const whole = Math.floor(spent);
      if (whole > 0) taken[page] = whole;
      this.#spent.set(page, spent - whole);
    }
    return taken;
  }

  #count(now) {
    const until = Math.min(now, this.#sign + IDLE_MS);
    const passed = until - this.#at;
    if (now > this.#at) this.#at = now;
    if (!this.#inView || passed <= 0) return;
    let all = 0;
    for (const area of this.#areas.values()) all += area;
    for (const [page, area] of this.#areas) {
      this.#spent.set(page, (this.#spent.get(page) ?? 0) + (passed * area) / all);
    }
  }
}
