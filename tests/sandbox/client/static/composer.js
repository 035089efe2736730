// The compose window. Its draft is kept while its writer types; its pictures are shown through Gmail's proxy, while the
// mail that is kept and sent holds their own addresses. Comments, styles and scripts never get in.

import { Panel } from "./panel.js";
import { ask, el, imagePath, inert, toast } from "./parts.js";

const PAUSE_MS = 600;
const UNDO_S = 5;
const FIELDS = ["from", "to", "cc", "bcc", "subject"];
const TITLES = { reply: "Reply", reply_all: "Reply to all", forward: "Forward" };

export class Composer {
  constructor(account, { via, changed }) {
    this.account = account;
    this.via = via; // how pictures are shown while writing
    this.changed = changed;
    this.root = document.getElementById("composer");
    this.form = document.getElementById("sheet");
    this.body = document.getElementById("body");
    this.saved = document.getElementById("saved");
    this.refused = document.getElementById("refused");
    this.saving = Promise.resolve();
    this.sheet = null;
    this.range = null;
    this.listen();
  }

  listen() {
    const on = (id, act) => document.getElementById(id)?.addEventListener("click", act);
    document.getElementById("from-row").hidden = this.account.addresses.length < 2;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(0); });
    this.form.addEventListener("input", () => this.soon());
    this.body.addEventListener("paste", (event) => this.paste(event));
    document.addEventListener("selectionchange", () => this.remember());
    document.execCommand("defaultParagraphSeparator", false, "div");
    on("send-undo", () => this.send(UNDO_S));
    on("discard", () => this.discard());
    on("close", () => this.close());
    on("compose-addon", () => this.toggleAddon());
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    const root = document.getElementById("compose-panel");
    if (root) {
      this.panel = new Panel(root, {
        context: () => this.recipients(),
        draft: { update: (markup) => this.update(markup) },
        openDraft: (id) => this.openDraft(id),
      });
    }
  }

  /** Open the window with a sheet (see the package's docstring). */
  async open(sheet = {}, title = "New mail") {
    if (this.sheet) await this.close();
    this.sheet = { draft_id: null, answering: null, ...sheet };
    for (const name of FIELDS) this.form.elements[name].value = sheet[name] ?? (name === "from" ? this.account.address : "");
    this.body.replaceChildren(...this.shown(sheet.html ?? ""));
    this.range = null;
    this.dirty = false;
    this.saved.textContent = "";
    this.refused.textContent = "";
    document.getElementById("composer-title").textContent = title;
    this.showPanel(false);
    this.root.hidden = false;
    (this.form.elements.to.value ? this.body : this.form.elements.to).focus();
    if (this.form.elements.to.value) this.putCursorFirst();
  }

  async answer(messageId, kind) {
    const sheet = await ask(`messages/${messageId}/answer?kind=${kind}`);
    await this.open(sheet, TITLES[kind]);
  }

  async openDraft(id) {
    const sheet = await ask(`drafts/${encodeURIComponent(id)}`);
    await this.open(sheet, "Draft");
  }

  // The draft

  /** The sheet as it stands, with every picture at its own address. */
  written() {
    const page = document.implementation.createHTMLDocument("");
    const body = page.importNode(this.body, true); // without a window: changing an address here loads nothing
    for (const picture of body.querySelectorAll("img[data-address]")) {
      picture.setAttribute("src", picture.dataset.address);
      picture.removeAttribute("data-address");
    }
    const fields = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value]));
    return { ...fields, html: body.innerHTML, answering: this.sheet.answering, draft_id: this.sheet.draft_id };
  }

  soon() {
    this.dirty = true;
    this.refused.textContent = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /** Keep the draft; one save after the other, so that one window makes one draft. */
  save() {
    clearTimeout(this.timer);
    const sheet = this.sheet;
    this.saving = this.saving.then(async () => {
      if (this.sheet !== sheet || !sheet || !this.dirty) return;
      this.dirty = false;
      this.saved.textContent = "Saving…";
      try {
        const kept = await ask("drafts", this.written());
        sheet.draft_id = kept.draft_id;
        if (this.sheet === sheet) this.saved.textContent = "Draft saved";
      } catch (problem) {
        if (this.sheet === sheet) this.saved.textContent = `Not saved: ${problem.message}`;
      }
      this.changed();
    });
    return this.saving;
  }

  async send(undoS) {
    this.dirty = true;
    await this.save();
    const sheet = this.written();
    let answer;
    try {
      answer = await ask("send", { ...sheet, undo_s: undoS });
    } catch (problem) {
      this.refused.textContent = problem.message;
      return;
    }
    this.hide();
    if (answer.pending) this.offerUndo(answer, sheet);
    else toast("Sent.");
    this.changed();
  }

  offerUndo({ pending, undo_s: seconds }, sheet) {
    const undo = async () => {
      const { undone } = await ask(`pending/${pending}/undo`, {});
      away();
      toast(undone ? "Undone. Nothing was sent." : "Too late, the mail has left.");
      if (undone) this.open(sheet, "Draft");
    };
    const away = toast("Sending.", el("button", { type: "button", onclick: undo, "data-testid": "undo" }, "Undo"), seconds);
  }

  async discard() {
    clearTimeout(this.timer);
    this.dirty = false;
    await this.saving;
    const { draft_id: id } = this.sheet;
    this.hide();
    if (id) await ask(`drafts/${encodeURIComponent(id)}/discard`, {});
    toast("Draft discarded.");
    this.changed();
  }

  async close() {
    await this.save();
    this.hide();
  }

  hide() {
    clearTimeout(this.timer);
    this.sheet = null;
    this.root.hidden = true;
    this.panel?.clear();
    document.getElementById("compose").focus();
  }

  // What is in the body

  /** Nodes for the screen: cleaned, and every picture by way of the proxy. */
  shown(html) {
    const page = inert(html);
    const comments = document.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
    const dropped = [];
    while (comments.nextNode()) dropped.push(comments.currentNode);
    for (const node of [...dropped, ...page.querySelectorAll("style,script,iframe,object,link,meta,form,input,button,svg")]) node.remove();
    for (const picture of page.querySelectorAll("img")) {
      const address = picture.getAttribute("src") ?? "";
      picture.removeAttribute("srcset");
      if (!/^https?:/.test(address)) picture.removeAttribute("src");
      else {
        picture.setAttribute("data-address", address);
        picture.setAttribute("src", imagePath(address, this.via()));
      }
    }
    return [...page.childNodes];
  }

  paste(event) {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    this.place([document.createTextNode(text)], "IN_PLACE_INSERT");
    this.soon();
  }

  remember() {
    const selection = document.getSelection();
    if (selection.rangeCount && this.body.contains(selection.anchorNode)) this.range = selection.getRangeAt(0).cloneRange();
  }

  putCursorFirst() {
    const first = this.body.querySelector("div") ?? this.body;
    const range = document.createRange();
    range.setStart(first, 0);
    document.getSelection().removeAllRanges();
    document.getSelection().addRange(range);
  }

  place(nodes, kind) {
    if (!nodes.length) return;
    if (kind === "INSERT_AT_START") this.body.prepend(...nodes);
    else if (kind === "INSERT_AT_END") this.body.append(...nodes);
    else if (kind === "REPLACE") this.body.replaceChildren(...nodes);
    else this.placeAtCursor(nodes);
  }

  placeAtCursor(nodes) {
    const quote = this.body.querySelector(".gmail_quote");
    if (this.range && this.body.contains(this.range.startContainer)) {
      this.range.deleteContents();
      const fragment = document.createDocumentFragment();
      fragment.append(...nodes);
      this.range.insertNode(fragment);
      this.range.collapse(false);
    } else if (quote) quote.before(...nodes);
    else this.body.append(...nodes);
  }

  /** updateDraftActionMarkup: what the add-on changes in this draft, asked for by a press. */
  update(markup) {
    const { updateBody, updateSubject } = markup;
    const nodes = (updateBody?.insertContents ?? []).flatMap((content) => this.pieces(content));
    this.place(nodes, updateBody?.type ?? "IN_PLACE_INSERT");
    if (updateSubject) this.form.elements.subject.value = updateSubject.subject ?? "";
    for (const [name, key] of [["to", "To"], ["cc", "Cc"], ["bcc", "Bcc"]]) {
      const told = markup[`update${key}Recipients`]?.[`${name}Recipients`];
      if (told) this.form.elements[name].value = told.map((who) => who.email).join(", ");
    }
    this.dirty = true;
    this.save();
  }

  pieces({ content = "", contentType }) {
    if (contentType === "TEXT") return content.split("\n").flatMap((line, place) => (place ? [el("br"), line] : [line])).map(
      (piece) => (typeof piece === "string" ? document.createTextNode(piece) : piece));
    const nodes = this.shown(content);
    return contentType === "IMMUTABLE_HTML" ? [el("div", { contenteditable: "false" }, nodes)] : nodes;
  }

  // The add-on

  recipients() {
    const found = (name) => this.form.elements[name].value.match(/[^\s<>,;"']+@[^\s<>,;"']+/g) ?? [];
    return { to: found("to"), cc: found("cc"), bcc: found("bcc") };
  }

  toggleAddon() {
    const open = this.panel.root.hidden;
    this.showPanel(open);
    if (!open) return;
    this.panel.root.scrollIntoView({ block: "nearest" });
    this.panel.trigger("compose");
  }

  showPanel(open) {
    if (!this.panel) return;
    this.panel.root.hidden = !open;
    this.root.classList.toggle("with-addon", open);
    document.getElementById("compose-addon").setAttribute("aria-expanded", String(open));
    if (!open) this.panel.clear();
  }
}
