// The add-on's side panel: calls the add-on by way of the sandbox's server, keeps the cards on top of each other, and
// does what the answers ask for. Insertion into the draft happens here only, as the answer to a press.

import { formOf, renderCard, restore } from "./cards.js";
import { ask, el, imagePath, toast } from "./parts.js";

export class Panel {
  /** `draft`: what an answer may do with the compose window ({ update(markup) }), where there is one. */
  constructor(root, { name = "Readback", context = () => ({}), draft = null, openDraft = () => {} } = {}) {
    Object.assign(this, { root, name, context, draft, openDraft });
    this.stack = [];
    this.last = null; // the trigger that a reload repeats
    this.turn = 0; // an answer that comes after a newer call is dropped
    this.form = null;
    this.say("");
  }

  /** Gmail's own triggers: home, message, compose. */
  trigger(name) {
    this.last = name;
    return this.call({ trigger: name }, { fresh: true });
  }

  /** Take every card away; an answer on its way is dropped. */
  clear() {
    this.turn += 1;
    this.stack = [];
    this.say("");
  }

  async call(asked, { fresh = false, pressed = false, spinner = true, keep = null } = {}) {
    const turn = ++this.turn;
    const body = { ...asked, context: this.context(), time_zone: timeZone() };
    this.busy(true, fresh || spinner);
    let answer;
    try {
      answer = await ask("addon", body);
    } catch (problem) {
      answer = { error: problem.message };
    }
    if (turn !== this.turn) return;
    this.busy(false);
    const again = () => this.call(asked, { fresh, pressed, spinner, keep });
    if (answer.error) this.trouble(answer.error, again);
    else this.follow(answer.response, { fresh, pressed, keep, again });
  }

  follow(response, { fresh, pressed, keep, again }) {
    if (response.requesting_google_scopes) return this.askConsent(response.requesting_google_scopes, again);
    if (response.basic_authorization_prompt) return this.askSignIn(response.basic_authorization_prompt);
    const told = response.renderActions ?? response;
    const action = told.action ?? response.custom_authorization_prompt?.action ?? {};
    const gmail = (told.hostAppAction ?? response.hostAppAction)?.gmailAction ?? {};
    if (fresh) this.stack = [];
    for (const step of action.navigations ?? []) this.navigate(step);
    this.show(keep);
    if (pressed && gmail.updateDraftActionMarkup && this.draft) this.draft.update(gmail.updateDraftActionMarkup);
    if (pressed && gmail.openCreatedDraftActionMarkup) this.openDraft(gmail.openCreatedDraftActionMarkup.draftId);
    if (action.notification?.text) toast(action.notification.text);
    if (action.link) this.openLink(action.link);
  }

  navigate(step) {
    if (step.pushCard) this.stack.push(step.pushCard);
    else if (step.updateCard) this.stack.splice(-1, 1, step.updateCard);
    else if (step.pop || step.popCard) this.stack.length > 1 && this.stack.pop();
    else if (step.popToRoot) this.stack.splice(1);
    else if (step.popToCard) {
      const place = this.stack.findLastIndex((card) => card.name === step.popToCard);
      if (place >= 0) this.stack.splice(place + 1);
    }
  }

  show(keep = null) {
    const card = this.stack.at(-1);
    if (!card) return this.say("Nothing to show here.");
    const host = {
      act: (action) => this.act(action),
      openLink: (link) => this.openLink(link),
      imagePath: (url) => imagePath(url, "proxy"),
    };
    const back = this.stack.length > 1 && el("button", { type: "button", class: "plain", onclick: () => this.back() }, "← Back");
    this.fill(back, renderCard(card, host));
    if (keep) restore(this.root, keep);
  }

  act(action) {
    const form = formOf(this.root);
    const parameters = Object.fromEntries((action.parameters ?? []).map(({ key, value }) => [key, value ?? ""]));
    const asked = { function: action.function, parameters, form };
    this.call(asked, { pressed: true, spinner: action.loadIndicator !== "NONE", keep: action.persistValues ? form : null });
  }

  back() {
    this.stack.pop();
    this.show();
  }

  openLink({ url, openAs, onClose }) {
    if (!/^(https?|mailto|tel):/.test(url ?? "")) return toast("The add-on gave an address that cannot be opened.");
    const opened = window.open(url, "_blank", openAs === "OVERLAY" ? "popup,width=640,height=760" : "");
    if (onClose === "RELOAD") this.reloadAfter(opened);
  }

  reloadAfter(opened) {
    const reload = () => {
      clearInterval(waiting);
      window.removeEventListener("focus", reload);
      if (this.last) this.trigger(this.last);
    };
    const waiting = setInterval(() => opened?.closed && reload(), 300);
    window.addEventListener("focus", reload); // a page that cuts its tie to us never says that it was closed
  }

  askConsent(asked, again) {
    const every = asked.all_scopes === true;
    const allow = async () => {
      await ask("addon/consent", every ? { all_scopes: true } : { scopes: asked.scopes ?? [] });
      again();
    };
    const scopes = every ? ["everything that it was installed with"] : (asked.scopes ?? []);
    this.fill(el("div", { class: "notice", "data-testid": "consent" },
      el("h3", {}, `${this.name} needs your permission`),
      el("ul", {}, scopes.map((scope) => el("li", {}, scope.replace("https://www.googleapis.com/auth/", "")))),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "strong", onclick: allow }, "Allow"),
        el("button", { type: "button", onclick: () => (this.stack.length ? this.show() : this.say("Permission was not given.")) }, "Not now"))));
  }

  askSignIn(prompt) {
    this.fill(el("div", { class: "notice", "data-testid": "sign-in" },
      el("h3", {}, `${this.name} needs you to sign in`),
      el("p", {}, `To go on, connect ${prompt.resource ?? this.name}.`),
      el("button", { type: "button", class: "strong",
        onclick: () => this.openLink({ url: prompt.authorization_url, openAs: "OVERLAY", onClose: "RELOAD" }) }, "Authorise access")));
  }

  trouble(words, again) {
    this.fill(el("div", { class: "notice", role: "alert", "data-testid": "addon-error" },
      el("h3", {}, "Something went wrong"), el("p", { class: "quiet" }, words),
      el("button", { type: "button", onclick: again }, "Retry")));
  }

  say(words) {
    this.fill(el("p", { class: "quiet" }, words));
  }

  busy(on, shown = true) {
    this.root.setAttribute("aria-busy", String(on));
    this.root.classList.toggle("busy", on && shown);
  }

  fill(...children) {
    const home = el("button", { type: "button", class: "plain", onclick: () => this.last && this.trigger(this.last) }, "Refresh");
    this.root.replaceChildren(
      el("div", { class: "panel-head" }, el("h2", {}, this.name), el("span", { class: "working", "aria-hidden": "true" }), this.last && home),
      ...children.filter(Boolean));
  }
}

function timeZone() {
  const now = new Date();
  return { id: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "Etc/UTC", offset: -now.getTimezoneOffset() * 60_000 };
}
