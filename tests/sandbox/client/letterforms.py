"""What does a mail look like on the screen, and in the compose window? Sanitised HTML, its pictures and its links.

Pure: HTML in, HTML out. Two cleanings: `composed` keeps what Gmail's composer keeps (no comment, no <style>, pictures
at their own addresses); `shown` is for the screen, where no picture and no link leads out but by the given paths.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del", "div", "dl",
    "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "s",
    "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "dir", "align", "lang", "title", "class"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "valign", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "valign", "bgcolor"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius",
    "border-right", "border-spacing", "border-style", "border-top", "border-width", "clear", "color", "direction",
    "display", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
    "letter-spacing", "line-height", "list-style", "list-style-type", "margin", "margin-bottom", "margin-left",
    "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "opacity", "overflow",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration",
    "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip
_CLASSES = re.compile(r"^(gmail_\w+|MsoNormal)$")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_BLOCKS = {"div", "p", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "li", "pre", "table", "ul", "ol"}

Rewrite = Callable[[str], str]


@dataclass(frozen=True)
class Shown:
    """A mail for the screen: its HTML, the pictures' own addresses in order, and its links as (words, address)."""

    html: str
    images: list[str]
    links: list[tuple[str, str]]


def composed(body: str) -> str:
    """The HTML as the compose window keeps it."""
    return _clean(body, lambda tag, name, value: value)


def shown(body: str, image: Rewrite | None, link: Rewrite | None) -> Shown:
    """The HTML for the screen. `image` and `link` say by which path an address is loaded; no `image`: not at all."""
    images: list[str] = []

    def led(tag: str, name: str, value: str) -> str | None:
        if (tag, name) == ("img", "src"):
            if image is None or not value.startswith(("http://", "https://")):
                return None
            images.append(value)
            return image(value)
        if (tag, name) == ("a", "href") and link is not None and value.startswith(("http://", "https://")):
            return link(value)
        return value

    opened = {"a": {"target": "_blank", "rel": "noopener"}}
    return Shown(_clean(body, led, opened), images, links_in(body))


def _clean(
    body: str, led: Callable[[str, str, str], str | None], fixed: dict[str, dict[str, str]] | None = None
) -> str:
    def kept(tag: str, name: str, value: str) -> str | None:
        if name == "class":
            return " ".join(c for c in value.split() if _CLASSES.match(c)) or None
        return led(tag, name, value)

    return nh3.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        set_tag_attribute_values=fixed or {},
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
        strip_comments=True,
    )


def html_of(text: str) -> str:
    """Plain text as HTML: lines kept, addresses made links."""
    escaped = html.escape(text, quote=False)
    linked = _ADDRESS.sub(lambda m: f'<a href="{m[0].replace(chr(34), "%22")}">{m[0]}</a>', escaped)
    return f'<div style="white-space:pre-wrap">{linked}</div>'


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.found.append((" ".join(self._words.split()), self._href))
            self._href = None


def links_in(body: str) -> list[tuple[str, str]]:
    """The links of a mail as (words, address), in order."""
    parser = _Links()
    parser.feed(body)
    return parser.found


@dataclass
class _Lines:
    lines: list[str] = field(default_factory=lambda: [""])
    quoted: int = 0

    def words(self, text: str) -> None:
        if not self.lines[-1]:
            self.lines[-1] = "> " * self.quoted
            text = text.lstrip()
        self.lines[-1] += text

    def end(self, *, always: bool = False) -> None:
        if always or self.lines[-1].strip("> "):
            self.lines.append("")


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Lines()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.page.end(always=True)
        elif tag == "blockquote":
            self.page.end()
            self.page.lines[-1] = ""
            self.page.quoted += 1
        elif tag in _BLOCKS:
            self.page.end()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "blockquote":
            self.page.end()
        if tag == "blockquote":
            self.page.quoted = max(0, self.page.quoted - 1)
            self.page.lines[-1] = ""

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        if words.strip() or self.page.lines[-1]:
            self.page.words(words)


def text_of(body: str) -> str:
    """The plain-text alternative that goes with a composed mail; quotations are marked with "> "."""
    parser = _Plain()
    parser.feed(body)
    return "\n".join(line.rstrip() for line in parser.page.lines).strip() + "\n"
