// The pages, one under another: each keeps its place from the start; only those near the screen have images and text.

import { highlight, linkLayer, textLayer } from "./layer.js";

const NEAR = "250% 0px"; // fetched in good time
const FAR = "700% 0px"; // let go beyond
const MOST_FAILURES = 6; // then it may be that the share was closed

// Whether an image is there whole, and not as a broken one.
export function isThere(image) {
  return Boolean(image?.complete && image.naturalWidth);
}

export class Pages {
  list = [];
  #root;
  #base;
  #version;
  #visit;
  #widths;
  #near;
  #far;
  #matches = [];
  #current = null;
  #started = false;
  onChange = () => {};

  constructor(root) {
    this.#root = root;
    const { base, version, visit, widths } = root.dataset;
    [this.#base, this.#version, this.#visit] = [base, version, visit];
    this.#widths = widths.split(" ").map(Number);
    this.#near = new IntersectionObserver((seen) => this.#toggle(seen, true), { rootMargin: NEAR });
    this.#far = new IntersectionObserver((seen) => this.#toggle(seen, false), { rootMargin: FAR });
    root.querySelector("noscript")?.remove();
  }

  get total() {
    return Number(this.#root.dataset.pages);
  }

  // Make places for the pages that have none yet; `sizes` are runs of [width, height, how many].
  grow(sizes) {
    const given = Number(this.#root.dataset.number);
    const there = this.#root.querySelector(".page");
    let number = 0;
    for (const [width, height, many] of sizes) {
      for (let one = 0; one < many; one += 1) {
        number += 1;
        if (number <= this.list.length) continue;
        const section = number === given && there ? there : this.#place(number, width > height);
        section.style.aspectRatio = `${width} / ${height}`;
        section.dataset.number = number;
        const image = section.querySelector("img");
        const page = { number, width, height, section, image, asked: 0, failures: 0, isNear: section === there };
        if (number < given && section !== there) there.before(section);
        else if (section !== there) this.#root.append(section);
        this.list.push(page);
        if (this.#started) this.#watch(page);
      }
    }
  }

  // Fetch what is near the screen from now on: once the first page is there, which nothing may hold up.
  start() {
    this.#started = true;
    for (const page of this.list) this.#watch(page);
  }

  #watch({ section }) {
    this.#near.observe(section);
    this.#far.observe(section);
  }

  #place(number, isWide) {
    const section = document.createElement("section");
    section.className = isWide ? "page wide" : "page";
    section.id = `page-${number}`;
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", `Page ${number} of ${this.total}`);
    return section;
  }

  #toggle(seen, isNear) {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting !== isNear) continue;
      const page = this.list[target.dataset.number - 1];
      page.isNear = isNear;
      if (isNear) this.#fill(page);
      else this.#empty(page);
    }
    this.onChange();
  }

  #fill(page) {
    this.sharpen(page);
    if (!page.layers) this.#lay(page);
  }

  #empty(page) {
    page.section.replaceChildren();
    page.image = null;
    page.layers = null;
    page.asked = 0;
  }

  // Load the image that fits what is shown of the page now, if the one there is too small.
  sharpen(page) {
    const shown = page.section.clientWidth * devicePixelRatio * (visualViewport?.scale ?? 1);
    const wanted = this.#widths.find((width) => width >= shown * 0.9) ?? this.#widths.at(-1);
    if (!page.isNear || page.asked >= wanted) return;
    const isBroken = page.image?.complete && !page.image.naturalWidth;
    if (page.image?.srcset && page.asked === 0 && !isBroken) {
      page.asked = wanted; // the browser itself has chosen well for the first page
      if (shown <= page.section.clientWidth * devicePixelRatio * 1.01 && !this.isZoomed) return;
    }
    page.asked = wanted;
    const image = new Image();
    image.alt = `Page ${page.number}`;
    image.decoding = "async";
    image.src = `${this.#base}/pages/${this.#version}/${page.number}/${wanted}`;
    image.decode().then(
      () => {
        if (!page.isNear || page.asked !== wanted) return;
        if (page.image) page.image.replaceWith(image);
        else page.section.prepend(image);
        page.image = image;
        this.onChange();
      },
      () => {
        page.asked = 0;
        page.failures += 1;
        if (page.failures < MOST_FAILURES) setTimeout(() => this.sharpen(page), 1000 * 2 ** page.failures);
      },
    );
  }

  sharpenAll(isZoomed) {
    this.isZoomed = isZoomed;
    for (const page of this.list) if (page.isNear) this.sharpen(page);
  }

  async #lay(page) {
    page.layers = [];
    try {
      const answer = await fetch(`${this.#base}/layer/${this.#version}/${page.number}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      if (!page.isNear || !page.layers) return;
      const seen = this.#visit ? `?v=${this.#visit}` : "";
      const go = (number, index) => `${this.#base}/go/${this.#version}/${number}/${index}${seen}`;
      page.layers = [textLayer(told, page), linkLayer(told, page, go, (number) => this.jump(number))];
      page.section.append(...page.layers);
      this.#mark(page);
    } catch {
      page.layers = null;
    }
  }

  // --- where we are -------------------------------------------------------------------------------------------

  // Page -> area of it that can be seen, of pages whose image is there.
  areas() {
    const seen = new Map();
    const view = visualViewport;
    const top = (view?.offsetTop ?? 0) + (view && view.scale > 1 ? 0 : this.#barHeight());
    const left = view?.offsetLeft ?? 0;
    const bottom = (view?.offsetTop ?? 0) + (view?.height ?? innerHeight);
    const right = left + (view?.width ?? innerWidth);
    for (const page of this.list) {
      if (!page.isNear || !isThere(page.image)) continue;
      const box = page.section.getBoundingClientRect();
      const area =
        Math.max(0, Math.min(box.bottom, bottom) - Math.max(box.top, top)) *
        Math.max(0, Math.min(box.right, right) - Math.max(box.left, left));
      if (area > 0) seen.set(page.number, area);
    }
    return seen;
  }

  #barHeight() {
    return document.querySelector(".bar").offsetHeight;
  }

  jump(number) {
    const page = this.list[Math.min(Math.max(1, number), this.list.length) - 1];
    page.section.scrollIntoView({ block: "start", behavior: "instant" });
  }

  // --- search ---------------------------------------------------------------------------------------------------

  showMatches(matches, current) {
    this.#matches = matches;
    this.#current = current;
    for (const page of this.list) if (page.layers?.length) this.#mark(page);
  }

  #mark(page) {
    const own = this.#matches.filter((match) => match.page === page.number);
    highlight(page.section, own, this.#current);
    if (this.#current?.page === page.number) {
      page.section.querySelector(".word.current")?.scrollIntoView({ block: "center", behavior: "instant" });
    }
  }
}
