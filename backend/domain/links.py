"""May this text become a tracked link to this address?

The address is what the rep typed; it must lead to a web page that everybody can see through: http or https, a host,
no credentials. The text must be words. A text that looks like an address would show one place and lead through
another (our tracking address): mail filters take that for phishing, and they are right.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

LONGEST_ADDRESS = 2000
LONGEST_TEXT = 200
UNNAMED = "this link"  # reads well inside a sentence, and is no address

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^\s/?#:@\[\]]+:[0-9]{1,5}(?=[/?#]|$)")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_IP6 = re.compile(r"\[[0-9a-f:.]+\]", re.IGNORECASE)
_DOTS = str.maketrans(dict.fromkeys("。．｡․", "."))  # what browsers and eyes take for a dot in a host
_ADDRESS_LIKE = re.compile(
    r"://|(?<!\w)www\.|(?<![\w.])[\w-]+(?:\.[\w-]+)*\.([^\W\d_]{2,24}|xn--[\w-]+)(?![\w-])", re.I
)
_MAIL_LIKE = re.compile(r"\S@\S")
_FILE_ENDINGS = frozenset(
    {
        *("pdf", "doc", "docx", "ppt", "pptx", "pptm", "xls", "xlsx", "odt", "ods", "odp", "csv", "txt", "rtf", "key"),
        *("jpg", "jpeg", "png", "gif", "svg", "webp", "mp4", "mp3", "js", "ts", "json", "xml", "html", "htm"),
    }
)
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them
_KEPT = "!$&'()*+,;=:@/?%~-._"


@dataclass(frozen=True)
class CheckedLink:
    """A link that may be tracked: an absolute address in ASCII, and words."""

    text: str
    destination: str


@dataclass(frozen=True)
class RefusedLink:
    """A link that may not; `sentence` says why and what to do."""

    where: Literal["text", "address"]
    sentence: str


def check_link(text: str, address: str) -> CheckedLink | RefusedLink:
    """Check what was typed. A missing scheme becomes https; a missing text becomes words."""
    destination = read_address(address)
    if isinstance(destination, RefusedLink):
        return destination
    words = clean_text(text)
    if len(words) > LONGEST_TEXT:
        return RefusedLink("text", f"The text is longer than {LONGEST_TEXT} characters. Please shorten it.")
    if looks_like_address(words):
        return RefusedLink(
            "text",
            "The text looks like an address, but the link leads through Readback's: mail filters take that for "
            "phishing. Use words instead, for example “our offer”.",
        )
    return CheckedLink(words or UNNAMED, destination)


def read_address(typed: str) -> str | RefusedLink:
    """Return the absolute address in ASCII, query and fragment whole, or why it is refused."""
    address = typed.strip()
    if not address:
        return RefusedLink("address", "Where should the link lead? Type its address.")
    if len(address) > LONGEST_ADDRESS:
        return RefusedLink("address", f"This address is longer than {LONGEST_ADDRESS} characters.")
    if any(letter.isspace() or letter == "\\" or unicodedata.category(letter)[0] == "C" for letter in address):
        return RefusedLink("address", "An address holds no spaces, line breaks or backslashes. Please check it.")
    whole = _with_scheme(address)
    if isinstance(whole, RefusedLink):
        return whole
    try:
        return _in_ascii(whole)
    except ValueError:
        return RefusedLink("address", "This address cannot be read. Please check it, for example in a browser.")


def clean_text(text: str) -> str:
    """Return the text on one line, without characters that cannot be seen or that turn the direction of writing."""
    visible = "".join(
        letter
        for letter in " ".join(text.split())
        if letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(visible.split()) if visible.strip(_JOINERS + " ") else ""


def looks_like_address(text: str) -> bool:
    """Tell whether a reader would take the text, or a word of it, for a web or e-mail address."""
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS)
    plain = "".join(letter for letter in plain if letter not in _JOINERS)
    if _MAIL_LIKE.search(plain):
        return True
    found = _ADDRESS_LIKE.finditer(plain)
    return any((match[1] or "").casefold() not in _FILE_ENDINGS for match in found)


def _with_scheme(address: str) -> str | RefusedLink:
    if address.startswith("//"):
        return f"https:{address}"
    scheme = _SCHEME.match(address)
    if scheme is None or _HOST_AND_PORT.match(address):
        return f"https://{address}"
    name = scheme[1].lower()
    if name in ("mailto", "tel", "sms"):
        return RefusedLink("address", f"A {name}: link works only untracked. Put it into the mail as it is.")
    if name not in ("http", "https"):
        return RefusedLink("address", "Only web addresses can be tracked: they begin with http:// or https://.")
    if not address[len(name) + 1 :].startswith("//"):
        return RefusedLink("address", f"After {name}: come two slashes and the name of the site. Please check it.")
    return address


def _in_ascii(address: str) -> str | RefusedLink:
    parts = urlsplit(address)
    if "@" in parts.netloc:
        return RefusedLink("address", "There is an @ before the name of the site, which hides where it leads.")
    port = f":{parts.port}" if parts.port is not None else ""
    host = _host(parts.hostname or "")
    if isinstance(host, RefusedLink):
        return host
    kept = (
        quote(piece, safe=_KEPT + extra)
        for piece, extra in ((parts.path, ""), (parts.query, "[]"), (parts.fragment, "[]"))
    )
    path, query, fragment = kept
    whole = urlunsplit((parts.scheme, f"{host}{port}", path, query, fragment))
    if len(whole) > LONGEST_ADDRESS:
        return RefusedLink("address", f"This address is longer than {LONGEST_ADDRESS} characters.")
    return whole


def _host(name: str) -> str | RefusedLink:
    """The host in ASCII. Raises ValueError where it is none."""
    if ":" in name:
        bracketed = f"[{name}]"
        if not _IP6.fullmatch(bracketed):
            raise ValueError(name)
        return bracketed
    plain = name.translate(_DOTS).removesuffix(".")
    if plain and not plain.isascii():
        plain = plain.encode("idna").decode("ascii")
    labels = plain.split(".")
    if not plain or len(plain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return RefusedLink(
            "address", "The name of the site cannot be read, such as gridworks.example. Please check it."
        )
    if len(labels) == 1 and plain.lower() != "localhost":
        return RefusedLink("address", f"“{plain}” is not the name of a site. Is something missing, such as .com?")
    return plain
