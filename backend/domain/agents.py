"""What kind of program names itself so, and what does a person call it? From a User-Agent to "iPhone Mail".

Ordered: first what mail systems and link checkers are known to send, then mail programs, then machines by name (the
crawler-user-agents list, and what it misses), then browsers. Facts and where each list fails: the lists know image
proxies only as bots though Gmail's is a person's look, miss Gmail's and Apple's prefetch altogether, and one of them
takes real Outlook for a crawler. What a kind means for a hit is in `verdict_rules`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from crawleruseragents import is_crawler

from backend.domain.agent_names import (
    DEVICES,
    LIBRARIES,
    MACHINES,
    MAIL_APPS,
    MAIL_SYSTEMS,
    PLATFORMS,
    PREVIEWS,
    PROBES,
    SCANNERS,
)
from backend.domain.browsers import called

AgentKind = Literal[
    "gmail_proxy",  # fetches when the mail is read
    "mail_proxy",  # Yahoo's and others', likewise
    "gmail_prefetch",  # fetches as the mail arrives in an open session
    "apple_prefetch",  # fetches every mail in the background
    "scanner",
    "probe",
    "preview",
    "crawler",
    "library",
    "mail_app",
    "browser",
    "unknown",
    "none",
]
_MOST_CHARACTERS = 1024
_OWN_NAME = re.compile(
    r"(?<![\w./@-])(?:[a-z][\w-]{0,30}?)?(?:bot|crawler|spider|headless\w+|fetcher|monitor|checker|scanner|preview)\b(?![.@])",
    re.IGNORECASE,
)
_DISGUISED = re.compile(r"bot\b|crawl|spider|https?://", re.IGNORECASE)


@dataclass(frozen=True)
class Agent:
    """A program. `confidence`: how sure it is that a person stands behind it, for those that people use."""

    kind: AgentKind
    name: str
    confidence: float = 1.0

    @property
    def is_proxy(self) -> bool:
        """Whether it fetches for many people, from any address."""
        return self.kind in ("gmail_proxy", "mail_proxy", "gmail_prefetch", "apple_prefetch")

    @property
    def is_google(self) -> bool:
        """Whether Google fetches, for whoever reads in Gmail."""
        return self.kind in ("gmail_proxy", "gmail_prefetch")


Named = tuple[str, re.Pattern[str]]


@lru_cache(maxsize=8192)
def agent_of(user_agent: str) -> Agent:
    """Say what program this is."""
    told = user_agent[:_MOST_CHARACTERS].strip()
    if not told or told == "-":
        return Agent("none", "a program without a name")
    if told == "Mozilla/5.0":
        return Agent("apple_prefetch", "Apple's proxy")
    return _mail_system(told) or _mail_app(told) or _machine(told) or _browser(told) or _stranger(told)


def _mail_system(told: str) -> Agent | None:
    if told.endswith("Edge/12.246 Mozilla/5.0"):
        return Agent("gmail_prefetch", "Gmail's prefetch")
    if "GoogleImageProxy" in told:
        return Agent("gmail_proxy", "Gmail's image proxy", 0.9)
    name = _named(told, MAIL_SYSTEMS)
    return Agent("mail_proxy", name, 0.85) if name else None


def _mail_app(told: str) -> Agent | None:
    for kind, names in (("probe", PROBES), ("scanner", SCANNERS), ("preview", PREVIEWS)):
        name = _named(told, names)
        if name:
            return Agent(kind, name)  # type: ignore[arg-type]
    name = _named(told, MAIL_APPS)
    if name is None or _DISGUISED.search(told):
        return None
    return Agent("mail_app", _with_system(name, told), 0.95)


def _machine(told: str) -> Agent | None:
    without_devices = DEVICES.sub("", told)
    name = _named(without_devices, LIBRARIES)
    if name:
        return Agent("library", name)
    if MACHINES.search(without_devices) or is_crawler(without_devices):
        return Agent("crawler", _crawler_name(without_devices))
    return None


def _browser(told: str) -> Agent | None:
    if not PLATFORMS.search(told):
        return None
    if "AppleWebKit/" in told and not re.search(r"Safari/|Chrome/|CriOS|FxiOS|EdgiOS|OPiOS|GSA/|FBAN|Instagram", told):
        if "iPhone" in told or "iPad" in told or "iPod" in told:
            return Agent("mail_app", "iPad Mail" if "iPad" in told else "iPhone Mail", 0.9)
        if "Macintosh" in told:
            return Agent("mail_app", "Mail on Mac", 0.9)
    return Agent("browser", called(told), 0.9)


def _stranger(told: str) -> Agent:
    """Neither known nor shaped like a browser: somebody's small program."""
    return Agent("unknown", "an unknown program", 0.5)


def _named(told: str, names: Sequence[Named]) -> str | None:
    return next((name for name, pattern in names if pattern.search(told)), None)


def _with_system(name: str, told: str) -> str:
    if name in ("Outlook", "Thunderbird"):
        for mark, system in (("Mac", "Mac"), ("Windows", "Windows"), ("Linux", "Linux")):
            if mark in told:
                return f"{name} on {system}"
    return name


def _crawler_name(told: str) -> str:
    """A crawler's own name, where it has one that can be read."""
    found = _OWN_NAME.search(told) or re.match(r"(?!Mozilla)[A-Za-z][\w-]{2,30}(?=[/ ;]|$)", told)
    return found.group(0) if found else "a crawler"
