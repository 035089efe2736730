"""By which rules is a hit judged? The ordered table of `verdicts`: each rule's name, sentence and source.

A rule looks at one hit in its scene and answers or passes. The table is the documentation: nothing is decided
elsewhere. Only `human` counts, so whoever is in doubt about a person's look says so by confidence, not by a verdict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from backend.domain.agents import Agent, AgentKind
from backend.domain.claims import LEARNED_CLIENT, Learned, is_learned
from backend.domain.clues import Burst
from backend.domain.hits import DOCUMENT_KINDS, Hit, HitKind, MessageFacts, Word
from backend.domain.looks import Looks
from backend.domain.networks import find_network
from backend.domain.words import capital, lasting
from backend.domain.writing import Sign, Writer

TOO_EARLY = timedelta(seconds=5)
LEARNED = 0.7  # a family or an office shares a network, and many people one version of a browser
GIVEN = 0.75  # anybody can give anybody's address
READ_MS = 3000  # pages in view for so long, by a clock that the server checks: somebody reads
DELIVERY = timedelta(minutes=10)  # two thirds of scanners' bursts come within a minute, nearly all within five


@dataclass(frozen=True)
class Scene:
    """A hit with everything a rule may look at.

    `present` is the rep whose presence explains it, `writer` who quoted the mail then, `claimed_by` the rep who said
    that it was theirs; `learned` are the clients that the message's rep is known by since she called one of their
    hits hers.
    """

    hit: Hit
    agent: Agent
    facts: MessageFacts
    burst: Burst | None
    present: int | None
    looks: Looks
    claimed_by: int | None = None
    learned: Learned = field(default_factory=dict)
    writer: Writer | None = None
    visit: Word | None = None

    @property
    def since_sending(self) -> timedelta | None:
        """How long after sending it came; None where that is not known."""
        return None if self.facts.sent_at is None else self.hit.received_at - self.facts.sent_at

    @property
    def about(self) -> str:
        """Of whom a machine's look says nothing."""
        return self.facts.reader or "the people on this mail"


@dataclass(frozen=True)
class Found:
    """A rule's answer; `verdict` where that hangs on another hit's and not on the rule."""

    sentence: str
    confidence: float = 1.0
    verdict: Word | None = None


@dataclass(frozen=True)
class Rule:
    """A named rule; `source` says how we know."""

    name: str
    verdict: Word
    applies: Callable[[Scene], Found | None]
    source: str


def _own_word(scene: Scene) -> Found | None:
    if scene.claimed_by != scene.facts.rep_id:
        return None
    return Found("That was you: you said so.")


def _colleagues_word(scene: Scene) -> Found | None:
    if scene.claimed_by is None:
        return None
    return Found(f"{scene.facts.colleague(scene.claimed_by)} looked at it, by their own word.")


def _not_sent(scene: Scene) -> Found | None:
    if scene.facts.state == "sent":
        return None
    return Found("The mail had not been sent yet: this was a look at the draft.")


def _before_sending(scene: Scene) -> Found | None:
    since = scene.since_sending
    if since is None or since >= timedelta(0):
        return None
    return Found(f"This was {lasting(-since)} before the mail was sent: a look at the draft.")


def _device_owner(scene: Scene) -> int | None:
    for device in scene.facts.devices:
        forgotten = device.forgotten_at is not None and scene.hit.received_at >= device.forgotten_at
        if device.id == scene.hit.device_id and not forgotten:
            return device.rep_id
    return None


def _own_device(scene: Scene) -> Found | None:
    if _device_owner(scene) != scene.facts.rep_id:
        return None
    return Found("That was you: the browser is one that you have signed in with.")


def _colleagues_device(scene: Scene) -> Found | None:
    owner = _device_owner(scene)
    if owner is None:
        return None
    return Found(f"{scene.facts.colleague(owner)} looked at it: the browser is a colleague's.")


def _own_presence(scene: Scene) -> Found | None:
    if scene.present != scene.facts.rep_id:
        return None
    return Found("That was you: you had the mail open in Gmail at that moment.", 0.95)


def _colleagues_presence(scene: Scene) -> Found | None:
    if scene.present is None:
        return None
    return Found(f"{scene.facts.colleague(scene.present)} had the mail open in Gmail at that moment.", 0.95)


_WROTE: Mapping[Sign, tuple[str, float]] = {
    "wrote next": ("wrote in this conversation right after, and what one writes quotes the mail", 0.75),
    "just sent": ("had written in this conversation seconds before, and what one writes quotes the mail", 0.75),
    "had an answer open": ("had an answer in this conversation open, and writing back quotes the mail", 0.6),
}


def _own_writing(scene: Scene) -> Found | None:
    if scene.writer is None or scene.writer.rep_id != scene.facts.rep_id:
        return None
    why, sure = _WROTE[scene.writer.sign]
    return Found(f"Probably you: you {why}.", sure)


def _colleagues_writing(scene: Scene) -> Found | None:
    if scene.writer is None:
        return None
    why, sure = _WROTE[scene.writer.sign]
    colleague = scene.facts.colleague(scene.writer.rep_id)
    return Found(f"Probably {colleague}, who {why}.", sure)


def _learned_client(scene: Scene) -> Found | None:
    if not is_learned(scene.hit, scene.learned):
        return None
    what = "browser" if scene.agent.kind == "browser" else "mail program"
    return Found(f"Probably you: the same {what} and network as one that you called yours.", LEARNED)


def _head(scene: Scene) -> Found | None:
    if scene.hit.method == "GET":
        return None
    return Found("A program only asked whether the address exists; nobody looked at anything.")


def _announced_prefetch(scene: Scene) -> Found | None:
    for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"):
        told = scene.hit.headers.get(name, "").lower()
        if any(word in told for word in ("prefetch", "prerender", "preview")):
            return Found("A browser loaded it ahead of time, as it said itself; nobody had looked yet.")
    return None


def _gmail_prefetch(scene: Scene) -> Found | None:
    if scene.agent.kind != "gmail_prefetch":
        return None
    return Found(f"Gmail loaded it as the mail arrived, which says nothing about {scene.about}.", 0.95)


def _apple_prefetch(scene: Scene) -> Found | None:
    if scene.agent.kind != "apple_prefetch" or scene.hit.kind != "open":
        return None
    return Found(f"Apple's proxy loaded it, which says nothing about {scene.about}: it loads every mail.", 0.95)


def _named_scanner(scene: Scene) -> Found | None:
    if scene.agent.kind != "scanner":
        return None
    return Found(f"{scene.agent.name} looked at it: a security product, not a person.")


_MACHINES: Mapping[AgentKind, str] = {
    "preview": "{name} loaded it to show a preview of the link: the mail or its link was passed on there.",
    "probe": "{name} asked what the link is before anybody followed it.",
    "crawler": "{name} is a crawler, not a person.",
    "library": "{name} is a program's way to load addresses, not a person's.",
    "apple_prefetch": "It names itself “Mozilla/5.0” and nothing else: no browser follows links under that name.",
    "none": "It does not say what program it is, as every browser and mail program does.",
    "unknown": "It names itself as no browser or mail program does.",
}
_SURE: Mapping[AgentKind, float] = {"library": 0.9, "none": 0.8, "unknown": 0.6}


def _named_machine(scene: Scene) -> Found | None:
    sentence = _MACHINES.get(scene.agent.kind)
    if sentence is None:
        return None
    return Found(sentence.format(name=capital(scene.agent.name)), _SURE.get(scene.agent.kind, 1.0))


def _headless(scene: Scene) -> Found | None:
    if "headless" not in scene.hit.headers.get("sec-ch-ua", "").lower():
        return None
    return Found("A browser without a screen loaded it: a program drives it.")


def _picture_proxy_clicks(scene: Scene) -> Found | None:
    if scene.hit.kind == "open" or not scene.agent.is_proxy:
        return None
    return Found(f"{capital(scene.agent.name)} loads pictures; it does not click for anybody.", 0.9)


def _many_links(scene: Scene) -> Found | None:
    if scene.burst != "many":
        return None
    return Found("Three or more different links of the mail were followed within two seconds: no person does that.")


def _two_links(scene: Scene) -> Found | None:
    if scene.burst != "pair":
        return None
    return Found("Two different links of the mail were followed within a second: no person is so quick.", 0.85)


def _same_machine(scene: Scene) -> Found | None:
    if scene.burst is None:
        return None
    return Found("The same program followed several links at once within this minute.", 0.85)


def _security_network(scene: Scene) -> Found | None:
    network = find_network(scene.hit.ip)
    if network is None or network.owner != "mail security" or scene.agent.kind != "browser":
        return None
    since = scene.since_sending
    soon = since is not None and since <= DELIVERY
    rechecks = scene.hit.kind in ("click", "visit") and scene.looks.rechecks(scene.hit, scene.agent)
    if not (soon or rechecks):
        return None
    when = f"{lasting(since)} after sending" if soon and since is not None else "right after somebody's click"
    return Found(f"It came from {network.name} {when}: a scanner that poses as a browser.", 0.85)


def _was_read(scene: Scene) -> bool:
    """Whether pages stayed in view for longer than a scanner stays anywhere."""
    visit = scene.facts.visit_of(scene.hit)
    return visit is not None and visit.active_ms >= READ_MS


def _click_too_early(scene: Scene) -> Found | None:
    since = scene.since_sending
    if (
        scene.hit.kind not in ("click", "visit")
        or since is None
        or since > TOO_EARLY
        or scene.looks.opened_from(scene.hit)
        or _was_read(scene)
    ):
        return None
    return Found(f"A click {lasting(since)} after sending, by nobody who had opened the mail: a scanner.", 0.75)


def _open_too_early(scene: Scene) -> Found | None:
    since = scene.since_sending
    if scene.hit.kind != "open" or since is None or since > TOO_EARLY or scene.agent.kind != "browser":
        return None
    return Found(f"Loaded {lasting(since)} after sending, as by a scanner on the mail's way; people need longer.", 0.65)


def _of_its_visit(scene: Scene) -> Found | None:
    if scene.hit.kind == "visit" or scene.visit in (None, "human", "repeat"):
        return None
    return Found("The document was not opened by a reader, so what was done in it does not count.", 0.9, scene.visit)


def _never_shown(scene: Scene) -> Found | None:
    visit = scene.facts.visit_of(scene.hit)
    if scene.hit.kind != "visit" or visit is None or visit.shown:
        return None
    return Found("Its address was asked for, but no page was shown: a program, or somebody who turned away.", 0.8)


_AGAIN: Mapping[HitKind, str] = {"open": "look", "visit": "reading", "download": "download"}


def _repeat(scene: Scene) -> Found | None:
    if scene.looks.continued_by(scene.hit, scene.agent) is None:
        return None
    what = _AGAIN.get(scene.hit.kind, "click")
    return Found(f"The same {what} again: {scene.agent.name} was here within the last half hour.", 0.9)


def _click(scene: Scene) -> Found | None:
    if scene.hit.kind != "click":
        return None
    return Found(f"{capital(scene.facts.someone)} followed the link in {scene.agent.name}.", _sureness(scene, 0.95))


_DONE: Mapping[HitKind, str] = {
    "visit": "opened the document",
    "download": "downloaded the document",
    "follow": "followed a link in the document",
}


def _in_document(scene: Scene) -> Found | None:
    if scene.hit.kind not in DOCUMENT_KINDS:
        return None
    told = f"{capital(scene.facts.doer(scene.hit))} {_DONE[scene.hit.kind]} in {scene.agent.name}"
    visit = scene.facts.visit_of(scene.hit)
    is_given = visit is not None and bool(visit.address) and not visit.is_proven
    sentence = f"{told}, by the address that was given before reading." if is_given else f"{told}."
    return Found(sentence, _sureness(scene, GIVEN if is_given else 0.95))


def _through_proxy(scene: Scene) -> Found | None:
    if not scene.agent.is_proxy:
        return None
    since = scene.since_sending
    if since is not None and since <= TOO_EARLY:
        return Found(
            f"{capital(scene.agent.name)} loaded it {lasting(since)} after sending: "
            f"{scene.facts.someone} probably opened it at once, or the mail was prepared on arrival.",
            0.6,
        )
    return Found(
        f"{capital(scene.facts.someone)} opened it: {scene.agent.name} loads pictures when a mail is read.", 0.9
    )


def _opened(scene: Scene) -> Found | None:
    return Found(f"{capital(scene.facts.someone)} opened it in {scene.agent.name}.", _sureness(scene, 0.95))


def _sureness(scene: Scene, most: float) -> float:
    """Less sure of a program that only seems to be a person's, and of one inside a security product's network."""
    network = find_network(scene.hit.ip)
    if network is not None and network.owner == "mail security" and scene.agent.kind == "browser":
        return 0.6
    return min(most, scene.agent.confidence)


RULES: tuple[Rule, ...] = (
    Rule("own_word", "self", _own_word, "the rep pressed “That was me” on the message's page"),
    Rule("colleagues_word", "team", _colleagues_word, "a colleague pressed “That was me” on the message's page"),
    Rule("not_sent", "draft", _not_sent, "a prepared message counts nothing until its sent copy was seen"),
    Rule("before_sending", "draft", _before_sending, "the sent copy's own time"),
    Rule("own_device", "self", _own_device, "the signed cookie that sign-in left in that browser"),
    Rule("colleagues_device", "team", _colleagues_device, "the signed cookie that sign-in left in that browser"),
    Rule("own_presence", "self", _own_presence, "Gmail calls the add-on when the rep opens a mail of the thread"),
    Rule("colleagues_presence", "team", _colleagues_presence, "Gmail calls the add-on when a colleague opens it"),
    Rule("own_writing", "self", _own_writing, "an answer quotes the pixel: Foundry376/Mailspring#1049; DECISIONS, 18"),
    Rule("colleagues_writing", "team", _colleagues_writing, "as own_writing, for a colleague who writes in the thread"),
    Rule(LEARNED_CLIENT, "self", _learned_client, "User-Agent and address block of a hit that the rep called hers"),
    Rule("head", "bot", _head, "RFC 9110, 9.3.2: HEAD asks about a resource without its content"),
    Rule("announced_prefetch", "prefetch", _announced_prefetch, "Fetch standard, Sec-Purpose; Purpose; X-Moz"),
    Rule("gmail_prefetch", "prefetch", _gmail_prefetch, "mautic/mautic#10245; bird.com"),
    Rule("apple_prefetch", "prefetch", _apple_prefetch, "ua-parser/uap-core#509; Apple Mail Privacy Protection"),
    Rule("named_scanner", "scanner", _named_scanner, "it names itself; matomo-org/device-detector"),
    Rule("named_machine", "bot", _named_machine, "it names itself; crawler-user-agents, and what that misses"),
    Rule("headless", "bot", _headless, "User-Agent Client Hints name the engine"),
    Rule("picture_proxy_clicks", "bot", _picture_proxy_clicks, "picture proxies fetch pictures only"),
    Rule(
        "many_links", "scanner", _many_links, "experience.adobe.com, filtering e-mail bot activity; craft-campaign#546"
    ),
    Rule("two_links", "scanner", _two_links, "as many_links, for mails of few links"),
    Rule("same_machine", "scanner", _same_machine, "a scanner's opens and stray clicks around its burst"),
    Rule(
        "security_network", "scanner", _security_network, "Defender fetches all links in about a minute after delivery"
    ),
    Rule("click_too_early", "scanner", _click_too_early, "scanners follow links before the mail is delivered"),
    Rule("open_too_early", "scanner", _open_too_early, "scanners load pictures before the mail is delivered"),
    Rule("of_its_visit", "bot", _of_its_visit, "what is done in a document is done by whoever opened it"),
    Rule("never_shown", "bot", _never_shown, "a program fetches the page and shows nothing: no beacon, no page image"),
    Rule("repeat", "repeat", _repeat, "one session is one view"),
    Rule("click", "human", _click, "a click that nothing speaks against"),
    Rule("in_document", "human", _in_document, "a document opened or used, with nothing that speaks against it"),
    Rule(
        "through_proxy", "human", _through_proxy, "Gmail's and Yahoo's proxies fetch when a mail is read; validity.com"
    ),
    Rule("opened", "human", _opened, "a look that nothing speaks against"),
)
