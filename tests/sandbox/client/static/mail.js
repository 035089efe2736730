// The mailbox: folders, threads, reading, and the live look at what has changed.

import { Composer } from "./composer.js";
import { Panel } from "./panel.js";
import { ask, el, toast, when } from "./parts.js";

const EVERY_MS = 1000;
const FOLDERS = { inbox: "Inbox", sent: "Sent", drafts: "Drafts" };
const EMPTY = {
  inbox: "No mail yet. What others send to this address appears here at once.",
  sent: "Nothing was sent yet. Press Compose to write a mail.",
  drafts: "No drafts. What you write is kept here until you send it.",
};

const account = JSON.parse(document.getElementById("account").textContent);
const content = document.getElementById("content");
const pictures = document.getElementById("pictures");
const live = document.getElementById("live");
const remembered = `sandbox-mail-pictures-${account.address}`;

const state = { box: null, open: null }; // open: { thread_id, message_id, shown: Set of message ids }
const side = document.getElementById("panel");
const panel = side && new Panel(side, {
  context: () => (state.open ? { message_id: state.open.message_id } : {}),
  openDraft: (id) => composer.openDraft(id),
});
const composer = new Composer(account, {
  via: () => (account.system === "gmail" ? "proxy" : "direct"),
  changed: () => refresh(),
});

pictures.value = localStorage.getItem(remembered) ?? account.images;
pictures.addEventListener("change", () => {
  localStorage.setItem(remembered, pictures.value);
  if (state.open) route();
});
document.getElementById("whose").addEventListener("change", (event) => location.assign(event.target.value));
document.getElementById("compose").addEventListener("click", () => composer.open());
window.addEventListener("hashchange", route);
document.addEventListener("keydown", keys);

await refresh();
await route();
setTimeout(look, EVERY_MS);

// Live

async function look() {
  await refresh();
  setTimeout(look, EVERY_MS);
}

async function refresh() {
  try {
    const box = await ask(`box?since=${state.box?.version ?? ""}`);
    live.textContent = "Live";
    if (box.unchanged) return;
    state.box = box;
    showCounts();
    if (state.open) await addNewMails();
    else showFolder();
  } catch {
    live.textContent = "Reconnecting";
  }
}

function showCounts() {
  document.getElementById("unread").textContent = state.box.unread || "";
  document.getElementById("drafts-count").textContent = state.box.drafts.length || "";
  document.title = `${state.box.unread ? `(${state.box.unread}) ` : ""}${account.name} – Sandbox mail`;
}

// Where we are: #inbox, #sent, #drafts, or #inbox/THREAD

function place() {
  const [folder, thread] = location.hash.slice(1).split("/");
  return { folder: FOLDERS[folder] ? folder : "inbox", thread };
}

async function route() {
  const { folder, thread } = place();
  for (const link of document.querySelectorAll("nav [data-folder]")) {
    if (link.dataset.folder === folder) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (thread) return openThread(thread);
  state.open = null;
  showFolder();
  panel?.trigger("home");
}

function showFolder() {
  const { folder } = place();
  const rows = state.box?.[folder] ?? [];
  const focused = document.activeElement?.dataset?.row;
  content.replaceChildren(
    el("h1", {}, FOLDERS[folder]),
    rows.length
      ? el("ul", { class: "rows", "data-testid": `${folder}-rows` }, rows.map((row) => el("li", {}, showRow(row, folder))))
      : el("p", { class: "empty" }, EMPTY[folder]));
  if (focused) content.querySelector(`[data-row="${CSS.escape(focused)}"]`)?.focus();
}

function showRow(row, folder) {
  const inside = [
    el("span", { class: "who" }, row.unread && el("span", { class: "dot" }, el("span", { class: "unseen" }, "Unread")), row.people,
      row.count > 1 && el("span", { class: "quiet" }, ` ${row.count}`)),
    el("span", { class: "what" }, el("b", {}, row.subject), el("span", { class: "quiet" }, row.snippet)),
    when(row.at),
  ];
  const attributes = { class: row.unread ? "mail-row unread" : "mail-row", "data-testid": "row" };
  if (folder === "drafts") {
    return el("button", { ...attributes, type: "button", "data-row": row.draft_id, onclick: () => composer.openDraft(row.draft_id) }, inside);
  }
  return el("a", { ...attributes, "data-row": row.thread_id, href: `#${folder}/${row.thread_id}` }, inside);
}

// Reading

async function openThread(threadId) {
  let thread;
  try {
    thread = await ask(`threads/${threadId}?images=${pictures.value}`);
  } catch (problem) {
    state.open = null;
    content.replaceChildren(el("h1", {}, "Not here"), el("p", { class: "empty" }, problem.message));
    return;
  }
  const last = thread.messages.at(-1);
  if (!last) return location.replace(`#${place().folder}`);
  state.open = { thread_id: threadId, message_id: last.id, shown: new Set(thread.messages.map((message) => message.id)) };
  content.replaceChildren(
    el("a", { class: "back", href: `#${place().folder}` }, `← ${FOLDERS[place().folder]}`),
    el("h1", { "data-testid": "subject" }, thread.subject),
    el("div", { id: "thread" }, thread.messages.map((message) => showMessage(message, message === last || message.unread))));
  content.focus();
  panel?.trigger("message");
}

async function addNewMails() {
  const { thread_id: threadId, shown } = state.open;
  const thread = await ask(`threads/${threadId}?images=${pictures.value}`).catch(() => ({ messages: [] }));
  if (state.open?.thread_id !== threadId) return;
  for (const message of thread.messages) {
    if (shown.has(message.id)) continue;
    shown.add(message.id);
    document.getElementById("thread").append(showMessage(message, false));
  }
}

/** A mail, its body put in (and so its pictures loaded) once it is unfolded. */
function showMessage(message, unfolded) {
  const sender = message.from[0] ?? { name: "", address: "nobody" };
  const inside = el("div", { class: "inside", hidden: true, id: `mail-${message.id}` });
  const toggle = el("button", {
    type: "button", class: "mail-head", "aria-expanded": "false", "aria-controls": inside.id, onclick: () => unfold(inside.hidden),
  },
    el("span", { class: "from" }, message.unread && el("span", { class: "dot" }, el("span", { class: "unseen" }, "Unread")),
      el("b", {}, sender.name || sender.address), " ", el("span", { class: "quiet" }, `<${sender.address}>`)),
    el("span", { class: "quiet preview" }, message.snippet), when(message.at));
  let filled = false;
  function unfold(open) {
    inside.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    toggle.classList.toggle("open", open);
    if (!open || filled) return;
    filled = true;
    fillMessage(inside, message);
    if (message.unread) {
      toggle.querySelector(".dot")?.remove();
      ask(`messages/${message.id}/read`, { read: true }).then(refresh);
    }
  }
  unfold(unfolded);
  return el("article", { class: "mail", "data-testid": "mail", "data-id": message.id, "aria-label": `Mail from ${sender.name || sender.address}` }, toggle, inside);
}

function fillMessage(inside, message) {
  const names = (people) => people.map((who) => (who.name ? `${who.name} <${who.address}>` : who.address)).join(", ");
  const letter = el("div", { class: "letter", "data-testid": "letter" });
  letter.innerHTML = message.html; // cleaned by the sandbox; the page's policy lets nothing else in
  for (const picture of letter.querySelectorAll("img:not([alt])")) picture.alt = "";
  const answers = [["reply", "Reply"], ["reply_all", "Reply all"], ["forward", "Forward"]];
  inside.append(
    el("p", { class: "quiet" }, `To ${names(message.to) || "nobody"}`, message.cc.length > 0 && ` · Cc ${names(message.cc)}`),
    letter,
    el("div", { class: "buttons" },
      answers.map(([kind, words]) => el("button", { type: "button", onclick: () => composer.answer(message.id, kind) }, words)),
      el("button", { type: "button", class: "plain", onclick: () => markUnread(message) }, "Mark unread"),
      message.labels.includes("INBOX") && el("button", { type: "button", class: "plain", onclick: () => absence(message) }, "Absence note")));
}

async function markUnread(message) {
  await ask(`messages/${message.id}/read`, { read: false });
  location.hash = place().folder;
}

async function absence(message) {
  const style = account.system === "gmail" ? "gmail" : "exchange";
  const { answered } = await ask(`messages/${message.id}/auto_reply`, { style });
  toast(`An absence note went to ${answered}.`);
}

// Keys, as in the product: j and k move, Enter opens, c composes

function keys(event) {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input,select,textarea,[contenteditable]")) return;
  if (event.key === "c") {
    event.preventDefault();
    composer.open();
  }
  if (event.key === "u" && state.open) location.hash = place().folder;
  if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
}

function move(step) {
  const rows = [...content.querySelectorAll(".mail-row, .mail-head")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}
