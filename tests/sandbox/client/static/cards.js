// A card of the add-on as elements. Knows Google's card JSON, and nothing of where cards come from.
//
// host: { act(action, element), openLink(openLink), imagePath(url) }

import { el, marked } from "./parts.js";

const ICONS = {
  BOOKMARK: "🔖", CLOCK: "🕒", CONFIRMATION_NUMBER_ICON: "✔", DESCRIPTION: "📄", DOLLAR: "$", EMAIL: "✉", EVENT_SEAT: "📅",
  INVITE: "📅", MAP_PIN: "📍", MULTIPLE_PEOPLE: "👥", PERSON: "👤", PHONE: "📞", STAR: "★", STORE: "🏬", TICKET: "🎫", VIDEO_CAMERA: "🎥",
};
let serial = 0;

/** The whole card: header, sections, footer. */
export function renderCard(card, host) {
  const sections = (card.sections ?? []).map((section) => renderSection(section, host));
  return el("article", { class: "card", "data-testid": "card", "data-name": card.name },
    card.header && renderHeader(card.header, host),
    sections,
    (card.cardActions ?? []).map((action) => renderButton({ text: action.actionLabel, onClick: action.onClick }, host)),
    card.fixedFooter && el("footer", {},
      [card.fixedFooter.primaryButton, card.fixedFooter.secondaryButton].filter(Boolean).map((button, place) =>
        renderButton({ type: place ? "OUTLINED" : "FILLED", ...button }, host))));
}

/** The form as it stands: name to values; what is off or empty is left out. */
export function formOf(root) {
  const form = {};
  for (const input of root.querySelectorAll("[data-input]")) {
    const on = input.type === "checkbox" || input.type === "radio" ? input.checked : input.value !== "";
    if (on) (form[input.dataset.input] ??= []).push(input.value);
  }
  return form;
}

/** Put earlier values back into a new card, as `persistValues` asks. */
export function restore(root, form) {
  for (const input of root.querySelectorAll("[data-input]")) {
    const values = form[input.dataset.input] ?? [];
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (values.length) input.value = values[0];
  }
}

function renderHeader(header, host) {
  return el("header", {},
    header.imageUrl && el("img", { src: host.imagePath(header.imageUrl), alt: header.imageAltText ?? "", class: header.imageType === "CIRCLE" ? "round" : "" }),
    el("div", {}, el("h3", {}, header.title ?? ""), header.subtitle && el("p", { class: "quiet" }, header.subtitle)));
}

function renderSection(section, host) {
  const widgets = section.widgets ?? [];
  const title = section.header && el("h4", {}, marked(section.header, host.openLink));
  if (!section.collapsible) return el("section", {}, title, widgets.map((widget) => renderWidget(widget, host)));
  const shown = section.uncollapsibleWidgetsCount ?? 0;
  const id = `rest-${++serial}`;
  const rest = el("div", { id, hidden: true }, widgets.slice(shown).map((widget) => renderWidget(widget, host)));
  const words = () => (rest.hidden ? "Show more" : "Show less");
  const toggle = el("button", {
    type: "button", class: "plain", "aria-expanded": "false", "aria-controls": id,
    onclick: () => {
      rest.hidden = !rest.hidden;
      toggle.setAttribute("aria-expanded", String(!rest.hidden));
      toggle.textContent = words();
    },
  }, words());
  return el("section", {}, title, widgets.slice(0, shown).map((widget) => renderWidget(widget, host)), rest, toggle);
}

function renderWidget(widget, host) {
  for (const [name, render] of Object.entries(WIDGETS)) {
    if (widget[name]) {
      const shown = render(widget[name], host);
      if (widget.horizontalAlignment) shown.dataset.align = widget.horizontalAlignment.toLowerCase();
      return shown;
    }
  }
  return el("p", { class: "unknown" }, `This stand-in cannot show: ${Object.keys(widget).join(", ")}`);
}

const WIDGETS = {
  textParagraph: (given, host) => el("p", { class: "paragraph" }, marked(given.text, host.openLink)),
  decoratedText: renderDecorated,
  textInput: renderTextInput,
  selectionInput: renderSelection,
  buttonList: (given, host) => el("div", { class: "buttons" }, (given.buttons ?? []).map((button) => renderButton(button, host))),
  image: renderImage,
  divider: () => el("hr"),
  columns: (given, host) => el("div", { class: "columns" },
    (given.columnItems ?? []).map((column) => el("div", {}, (column.widgets ?? []).map((widget) => renderWidget(widget, host))))),
  grid: renderGrid,
};

function renderDecorated(given, host) {
  const icon = given.startIcon ?? given.icon;
  const words = el("span", { class: "words" },
    given.topLabel && el("small", {}, marked(given.topLabel, host.openLink)),
    el("span", { class: given.wrapText ? "text wrap" : "text" }, marked(given.text, host.openLink)),
    given.bottomLabel && el("small", { class: given.wrapText ? "wrap" : "" }, marked(given.bottomLabel, host.openLink)));
  const sign = icon && renderIcon(icon, host);
  const pressed = given.onClick
    ? el("button", { type: "button", class: "row", onclick: (event) => follow(given.onClick, event.currentTarget, host) }, sign, words)
    : el("div", { class: "row" }, sign, words);
  const end = given.endIcon && renderIcon(given.endIcon, host);
  return el("div", { class: "decorated" }, pressed, given.button && renderButton(given.button, host),
    given.switchControl && renderSwitch(given.switchControl, given.text, host), end);
}

function renderIcon(icon, host) {
  if (icon.iconUrl) return el("img", { class: "icon", src: host.imagePath(icon.iconUrl), alt: icon.altText ?? "" });
  return el("span", { class: "icon", "aria-hidden": "true" }, ICONS[icon.knownIcon] ?? "•");
}

function renderSwitch(given, label, host) {
  const box = el("input", {
    type: "checkbox", role: given.controlType === "CHECK_BOX" ? null : "switch", "data-input": given.name,
    value: given.value ?? "true", checked: given.selected, "aria-label": marked(label).textContent,
    onchange: (event) => given.onChangeAction && host.act(given.onChangeAction, event.currentTarget),
  });
  return box;
}

function renderTextInput(given, host) {
  const id = `input-${++serial}`;
  const several = given.type === "MULTIPLE_LINE";
  const attributes = {
    id, "data-input": given.name, placeholder: given.placeholderText, "aria-describedby": given.hintText && `${id}-hint`,
    onchange: (event) => given.onChangeAction && host.act(given.onChangeAction, event.currentTarget),
  };
  const input = several ? el("textarea", { ...attributes, rows: 3 }) : el("input", { ...attributes, type: "text" });
  input.value = given.value ?? "";
  return el("div", { class: "field" }, el("label", { for: id }, given.label ?? ""), input,
    given.hintText && el("small", { id: `${id}-hint` }, given.hintText));
}

function renderSelection(given, host) {
  const changed = (event) => given.onChangeAction && host.act(given.onChangeAction, event.currentTarget);
  const items = given.items ?? [];
  if (given.type === "DROPDOWN") {
    const id = `input-${++serial}`;
    const select = el("select", { id, "data-input": given.name, onchange: changed },
      items.map((item) => el("option", { value: item.value, selected: item.selected }, item.text)));
    return el("div", { class: "field" }, el("label", { for: id }, given.label ?? ""), select);
  }
  const type = given.type === "RADIO_BUTTON" ? "radio" : "checkbox";
  const group = `group-${++serial}`;
  return el("fieldset", {}, given.label && el("legend", {}, given.label), items.map((item) => el("label", { class: "choice" },
    el("input", { type, name: group, "data-input": given.name, value: item.value, checked: item.selected,
      role: given.type === "SWITCH" ? "switch" : null, onchange: changed }), el("span", {}, item.text))));
}

function renderImage(given, host) {
  const picture = el("img", { class: "picture", src: host.imagePath(given.imageUrl), alt: given.altText ?? "" });
  if (!given.onClick) return picture;
  return el("button", { type: "button", class: "row", onclick: (event) => follow(given.onClick, event.currentTarget, host) }, picture);
}

function renderGrid(given, host) {
  const items = el("div", { class: "grid", "data-columns": given.columnCount ?? 2 }, (given.items ?? []).map((item) => {
    const picture = item.image && el("img", {
      src: host.imagePath(item.image.imageUri), alt: item.image.altText ?? "",
      class: item.image.cropStyle && `crop ${item.image.cropStyle.type.toLowerCase()}`,
    });
    const words = el("span", { class: "words" }, el("span", {}, item.title ?? ""), item.subtitle && el("small", {}, item.subtitle));
    const inside = item.layout === "TEXT_ABOVE" ? [words, picture] : [picture, words];
    const look = given.borderStyle?.type === "STROKE" ? "item stroke" : "item";
    return given.onClick
      ? el("button", { type: "button", class: look, onclick: (event) => follow(onItem(given.onClick, item), event.currentTarget, host) }, inside)
      : el("div", { class: look }, inside);
  }));
  return given.title ? el("div", {}, el("h4", {}, given.title), items) : items;
}

/** Google adds the pressed item's id to the parameters. */
function onItem(onClick, item) {
  if (!onClick.action) return onClick;
  const known = { key: "grid_item_identifier", value: item.id ?? "" };
  return { ...onClick, action: { ...onClick.action, parameters: [...(onClick.action.parameters ?? []), known] } };
}

function renderButton(given, host) {
  const filled = given.type === "FILLED" || given.type === "FILLED_TONAL" || given.color;
  return el("button", {
    type: "button", class: filled ? "strong" : given.type === "BORDERLESS" ? "plain" : "", disabled: given.disabled,
    "aria-label": given.text ? null : given.altText, onclick: (event) => follow(given.onClick ?? {}, event.currentTarget, host),
  }, given.icon && renderIcon(given.icon, host), given.text ?? "");
}

function follow(onClick, element, host) {
  if (onClick.openLink) host.openLink(onClick.openLink);
  else if (onClick.action) host.act(onClick.action, element);
}
