// Small parts of a page: elements, text with Google's card markup, and mail HTML that never loads a picture by itself.

/** An element with attributes, listeners (onclick: function) and children. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A document without a window: HTML parsed here loads nothing and runs nothing. */
export function inert(html) {
  return new DOMParser().parseFromString(`<body>${html}</body>`, "text/html").body;
}

const MARKS = { B: "b", STRONG: "b", I: "i", EM: "i", U: "u", S: "s", STRIKE: "s", BR: "br" };

/** The few marks that cards know: bold, italic, underline, strike, colour, links and line breaks. */
export function marked(text, openLink) {
  const fragment = document.createDocumentFragment();
  for (const node of inert(text ?? "").childNodes) fragment.append(...rebuilt(node, openLink));
  return fragment;
}

function rebuilt(node, openLink) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  const children = [...node.childNodes].flatMap((child) => rebuilt(child, openLink));
  if (node.tagName === "A" && /^(https?|mailto|tel):/.test(node.getAttribute("href") ?? "")) {
    const link = el("a", { href: node.getAttribute("href"), target: "_blank", rel: "noopener" }, children);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openLink({ url: link.getAttribute("href") });
    });
    return [link];
  }
  if (node.tagName === "FONT") {
    const span = el("span", {}, children);
    span.style.setProperty("--told", node.getAttribute("color") ?? "inherit");
    span.className = "told-colour";
    return [span];
  }
  return MARKS[node.tagName] ? [el(MARKS[node.tagName], {}, children)] : children;
}

/** Ask one of this mailbox's endpoints. Throws an Error with the sandbox's own words. */
export async function ask(path, body) {
  const asked = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`api/${path}`, asked);
  const told = await answer.json().catch(() => ({ error: `The sandbox answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(told.error ?? `The sandbox answered ${answer.status}.`);
  return told;
}

/** The path by which this mailbox loads a picture. */
export function imagePath(address, via) {
  return `image?via=${via}&u=${encodeURIComponent(address)}`;
}

/** A notice at the foot of the page; returns a function that takes it away. */
export function toast(words, button = null, seconds = 5) {
  const notice = el("div", { class: "toast" }, el("span", {}, words), button);
  document.getElementById("toasts").append(notice);
  const away = () => notice.remove();
  setTimeout(away, seconds * 1000);
  return away;
}

const MINUTE = 60_000;

/** "14:05" today, "Tue 14:05" this week, "3 Nov" before; the exact instant on hover. */
export function when(iso) {
  const at = new Date(iso);
  const age = Date.now() - at;
  const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  let words = at.toLocaleDateString([], { day: "numeric", month: "short" });
  if (age < 6 * 24 * 60 * MINUTE) words = `${at.toLocaleDateString([], { weekday: "short" })} ${clock}`;
  if (at.toDateString() === new Date().toDateString()) words = clock;
  return el("time", { datetime: iso, title: at.toString() }, words);
}
