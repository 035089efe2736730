"""What does a mail server report about a mail of ours: failed, late, delivered, displayed, complained about?

Only "failed" is a bounce (RFC 3464). Servers that write reports of their own are read by flufl.bounce and, where it
knows nothing, by their subjects. A person who quotes or encloses a bounce is no mail server: only what is built or
sent as a server's mail is looked at.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flufl.bounce import all_failures

from backend.domain.mail import Mail
from backend.domain.mail_text import answer_prefix, forward_prefix

Evidence = Mapping[str, str]
# It logs a traceback for each mail that it stumbles over. By level: configuring logging enables what was disabled
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)
Outcome = Literal["failed", "delayed", "delivered", "unknown"]


@dataclass(frozen=True)
class Delivery:
    """What became of a mail, for whom, and the server's reason. `status` is like 5.1.1 (RFC 3463), or ""."""

    outcome: Outcome
    recipients: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""

    @property
    def is_hard(self) -> bool:
        """A permanent failure: this address will not take mail later either."""
        return not self.status.startswith("4") and self.status not in ("5.2.2", "5.4.7", "5.3.4", "5.2.3")


_UNKNOWN = Delivery("unknown")

# RFC 3463 and the IANA registry of enhanced status codes, in a rep's words.
# --- reports that follow RFC 3464 ------------------------------------------------------------------------------

_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_ACTION = re.compile(r"^[ \t]*Action[ \t]*:[ \t]*([A-Za-z]+)", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(
    r"^[ \t]*(?:Final|Original)-Recipient[ \t]*:[ \t]*(?:[\w-]+[ \t]*;)?[ \t]*<?([^\s<>;]+@[^\s<>;]+)",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"^[ \t]*Status[ \t]*:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_REASON = re.compile(r"^[ \t]*Diagnostic-Code[ \t]*:[ \t]*(.{1,300})", re.IGNORECASE | re.MULTILINE)
_OUTCOMES: Mapping[str, Outcome] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "error": "failed",  # opensmtpd
    "delayed": "delayed",
    "delay": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}


def _reported(mail: Mail) -> Delivery:
    part = mail.part(*_REPORTS)
    if not part or not part.text:
        return _UNKNOWN
    actions = [_OUTCOMES.get(each.lower(), "unknown") for each in _ACTION.findall(part.text)]
    statuses = _STATUS.findall(part.text)
    outcome: Outcome = "unknown"
    if "failed" in actions:
        outcome = "failed"
    elif "delayed" in actions:
        outcome = "delayed"
    elif "delivered" in actions:
        outcome = "delivered"
    elif statuses:
        outcome = _by_status(statuses)
    blocks = re.split(r"\n[ \t]*\n", part.text)
    concerned = [block for block in blocks if _concerns(block, outcome)] or blocks
    recipients = [each.lower() for block in concerned for each in _RECIPIENT.findall(block)]
    reasons = _REASON.findall("\n".join(concerned))
    status = (_STATUS.findall("\n".join(concerned)) or [""])[0]
    return Delivery(outcome, tuple(dict.fromkeys(recipients)), status, reasons[0] if reasons else "")


def _by_status(statuses: list[str]) -> Outcome:
    if any(each.startswith("5") for each in statuses):
        return "failed"
    return "delayed" if any(each.startswith("4") for each in statuses) else "delivered"


def _concerns(block: str, outcome: Outcome) -> bool:
    action = _ACTION.search(block)
    return bool(action and _OUTCOMES.get(action.group(1).lower()) == outcome)


# --- reports of other kinds -------------------------------------------------------------------------------------

_DAEMONS = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|postmaster|mail[-_.]?delivery(?:[-_.](?:sub)?system)?|"
    r"double-bounce|"
    r"microsoftexchange[0-9a-f]{32}|bounce[sd]?|mailsystem|mail[-_.]?system|nondelivery|ndr|"
    r"maildelivery)\\?(?:[+-].*)?(?:@|$)",
    re.IGNORECASE,
)
_DAEMON_NAMES = re.compile(
    r"mail delivery (?:sub)?system|mailer[- ]?daemon|mail administrator|^system administrator$|"
    r"internet mail delivery|"
    r"^postmaster\b|microsoft outlook$|mail system$|mail router|系统退信",
    re.IGNORECASE,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver(?:able|ed)|undelivrable|non-?deliver(?:y|able)|delivery (?:status notification \(failure\)|"
    r"failure|failed|"
    r"has failed|unsuccessful|error|report)|mail delivery (?:failed|failure|problem)|"
    r"delivery notification: delivery has failed|"
    r"failure notice|failure delivery|returned (?:mail|to sender|message)|mail (?:system )?error|"
    r"message (?:not delivered|"
    r"undelivered)|could not be delivered|couldn'?t be delivered|cannot be delivered|can'?t be delivered|"
    r"was not delivered|"
    r"not deliver|user unknown|unknown user|unable to deliver|delivery to .{1,80} failed|rejected (?:mail|message)|"
    r"(?:mail|message|email) (?:you sent )?(?:was |has been )?(?:rejected|refused|returned|bounced|blocked)|"
    r"permanent (?:failure|error)|"
    r"\bNDN\b|bounced|"
    r"unzustellbar|nicht zustellbar|nicht zugestellt|non remis|non distribu|[ée]chec de (?:la )?(?:remise|"
    r"distribution)|"
    r"no se puede entregar|no entregad|imposible entregar|onbestelbaar|niet bezorgd|non recapitabile|"
    r"mancato recapito|"
    r"impossibile (?:recapitare|consegnare)|kan (?:inte|ikke) leverer|kunde inte leverer|ikke lever|"
    r"não (?:foi )?(?:possível )?"
    r"entreg|niedostarcz|nie można dostarczyć|nedoručiteln|kézbesíthetetlen|недоставлен|не удалось доставить|"
    r"не доставлен|"
    r"teslim edilemedi|toimitus epäonnistui|配信不能|送信できません|配送できません|無法傳遞|无法投递|退信|未送达|"
    r"전송 실패|반송|배달되지|발송 ?실패|전송되지 못|fehlgeschlagen|"
    r"エラー通知|送信エラー|配信(?:エラー|失敗)|不達|Δεν είναι δυνατή η παράδοση|"
    r"\bin (?:mail|message) from you\b|(?:contents?|file\w*|bulk email) .{0,20}from you\b|"
    r"blocked by (?:our|the|your)|toimittaa|impossível entregar",
    re.IGNORECASE,
)
_LATE_SUBJECT = re.compile(
    r"delay(?:ed)?\b|still being retried|\(delay\)|could not send message for past|not yet (?:been )?delivered|"
    r"warning: (?:message|could not)|will (?:be )?(?:retry|retried)|verzögert|retardé|retrasad|ritardat|"
    r"vertraagd|försenad",
    re.IGNORECASE,
)
_DONE_SUBJECT = re.compile(
    r"\(success\)|\(relay\)|successful mail delivery|delivered:|delivery (?:confirmation|receipt)|relayed:|"
    r"zugestellt:|"
    r"übermittelt:|(?<!non )remis ?:|(?<!no )entregado:|(?<!non )recapitato:|afgeleverd:|levererat:|"
    r"successfully delivered",
    re.IGNORECASE,
)
_LATE_TEXT = re.compile(
    r"(?:you )?do not need to (?:re-?send|resubmit)|warning message only|will (?:be|keep) (?:retried|trying|"
    r"retrying)|"
    r"has not yet been delivered|still (?:trying|being retried)|delivery attempts will continue|"
    r"no action is required|"
    r"temporarily (?:deferred|delayed)|(?:will|to) (?:keep|continue) (?:to )?(?:try|retry)|not yet been delivered",
    re.IGNORECASE,
)
_GIVEN_UP_TEXT = re.compile(
    r"permanent (?:error|failure|fatal)|giving up|gave up|given up|could not be delivered|(?:mailbox|user|"
    r"recipient|address)"
    r".{0,30}(?:unknown|not found|full|unavailable|does ?n.t exist|does not exist|disabled|inactive|rejected)|"
    r"\b55\d[ -]|\b5\.\d\.\d|"
    r"no such (?:user|address|mailbox|recipient)|delivery.{0,30}failed|was not delivered|undeliverable|over quota|"
    r"unable to deliver|exceed(?:s|ed) .{0,20}quota|unknown (?:user|local.part)|can(?:not|'t) be delivered|"
    r"wasn'?t delivered|"
    r"was (?:automatically )?(?:rejected|blocked|returned|refused)|unrouteable|unroutable|host unknown|"
    r"has been (?:rejected|blocked|"
    r"returned)|delivery of the e?-?mail was stopped|has not been delivered",
    re.IGNORECASE,
)
_FAILED_HEADERS = ("X-Failed-Recipients", "X-Actual-Recipients-Failed", "X-Failed-Recipient")


def sent_by_daemon(mail: Mail) -> bool:
    """Tell whether a mail server's own account is the sender."""
    sender = mail.from_
    if _DAEMONS.match(sender.address) or (_DAEMON_NAMES.search(sender.name) and not answer_prefix(mail.subject)):
        return True
    raw = mail.says("From")
    return not sender.address and bool(_DAEMONS.match(raw.strip("<>\" '")) or "mailer-daemon" in raw)


def read_delivery(mail: Mail) -> Delivery:
    """Read what a server reports; outcome "unknown" where the mail is no report of a delivery."""
    if _is_receipt(mail):
        return _UNKNOWN
    reported = _reported(mail)
    if reported.outcome != "unknown" and not _wrapped_by_person(mail):
        return reported
    return _read_without_report(mail)


def _wrapped_by_person(mail: Mail) -> bool:
    """A person who answers or forwards a bounce may drag its parts along."""
    return answer_prefix(mail.subject) and bool(mail.in_reply_to) and not sent_by_daemon(mail)


def _read_without_report(mail: Mail) -> Delivery:
    listed = next((mail.header(name) for name in _FAILED_HEADERS if mail.header(name)), None)
    machine = sent_by_daemon(mail) or mail.content_param("report-type") == "delivery-status"
    if not (listed or machine or _returned_by_nobody(mail)):
        return _UNKNOWN
    temporary, permanent = _scanned(mail)
    named = permanent or temporary or _named(listed or "") or _named_in_text(mail)
    if _DONE_SUBJECT.search(mail.subject) and not _FAILED_SUBJECT.search(mail.subject):
        return Delivery("delivered", named)
    late = bool(_LATE_SUBJECT.search(mail.subject)) or (temporary and not permanent)
    if (
        late
        and not _FAILED_SUBJECT.search(mail.subject)
        and not (permanent and not _LATE_TEXT.search(mail.text[:4000]))
    ):
        return Delivery("delayed", named)
    if listed or permanent or _FAILED_SUBJECT.search(mail.subject):
        status = _status_in(mail.text[:6000])
        still_tried = _LATE_TEXT.search(mail.newest[:3000]) and not _GIVEN_UP_TEXT.search(mail.newest[:3000])
        return Delivery("delayed" if still_tried else "failed", named, status)
    if mail.headers_only and mail.content_param("report-type") == "delivery-status":
        return Delivery("failed", named)  # the status cannot be seen, and most reports are of failures
    if machine and _LATE_TEXT.search(mail.text[:3000]):
        return Delivery("delayed", named)
    if machine and _GIVEN_UP_TEXT.search(mail.text[:3000]):
        return Delivery("failed", named, _status_in(mail.text[:6000]))
    return _UNKNOWN


_BOUNCE_ADDRESS = re.compile(r"^(?:.*-)?(?:bounces?|owner)(?:[+=-].*)?@|^(?:prvs|srs[01])=", re.IGNORECASE)


def _returned_by_nobody(mail: Mail) -> bool:
    """A bounce's subject under another name. Null Return-Path alone proves nothing: vacation notes have it too."""
    if not _FAILED_SUBJECT.search(mail.subject):
        return False
    if any(_BOUNCE_ADDRESS.match(each.address) for each in mail.to):
        return True
    if answer_prefix(mail.subject) or forward_prefix(mail.subject):
        return False
    no_path = (mail.header("Return-Path") or "").strip() == "<>"
    return no_path or bool(_GIVEN_UP_TEXT.search(mail.text[:3000]))


def _status_in(text: str) -> str:
    found = re.search(r"(?<![\d.])([45]\.\d{1,2}\.\d{1,2})(?![\d.])", text)
    return found.group(1) if found else ""


def _named(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip("<>").lower() for each in re.split(r"[\s,;]+", value) if "@" in each))


_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]+(?:\.[\w-]+)+")


def _named_in_text(mail: Mail) -> tuple[str, ...]:
    """The first address in the server's own words that is neither its own nor the rep's."""
    known = {mail.from_.address, *(each.address for each in mail.to)}
    found = [each.lower() for each in _ADDRESS.findall(mail.newest[:3000])]
    return tuple(each for each in found if each not in known and not _DAEMONS.match(each))[:1]


def _scanned(mail: Mail) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask flufl.bounce; it may stumble over broken mail, which then tells nothing."""
    if mail.beginning is None:
        return (), ()
    try:
        temporary, permanent = all_failures(mail.beginning)
    except Exception:
        return (), ()
    return _addresses(temporary), _addresses(permanent)


def _addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    return tuple(sorted({each.decode("ascii", "replace").strip().lower() for each in found if b"@" in each}))


# --- rules ------------------------------------------------------------------------------------------------------


def reported_failed(mail: Mail) -> Evidence | None:
    """A report after RFC 3464 that names a failed recipient."""
    if not mail.part(*_REPORTS):
        return None
    delivery = read_delivery(mail)
    return _evidence(delivery) if delivery.outcome == "failed" else None


def delayed(mail: Mail) -> Evidence | None:
    """A server that goes on trying."""
    delivery = read_delivery(mail)
    return _evidence(delivery) if delivery.outcome == "delayed" else None


def delivered(mail: Mail) -> Evidence | None:
    """A server that confirms a delivery."""
    delivery = read_delivery(mail)
    return _evidence(delivery) if delivery.outcome == "delivered" else None


def returned_without_report(mail: Mail) -> Evidence | None:
    """A bounce in a server's own words."""
    delivery = read_delivery(mail)
    return _evidence(delivery) if delivery.outcome == "failed" else None


def _evidence(delivery: Delivery) -> Evidence:
    found = {"outcome": delivery.outcome, "recipients": " ".join(delivery.recipients), "status": delivery.status}
    return {name: value for name, value in found.items() if value}


_COMPLAINED = re.compile(r"^Original-Rcpt-To:[ \t]*<?([^\s<>@]+@[^\s<>;]+)", re.IGNORECASE | re.MULTILINE)


def complaint(mail: Mail) -> Evidence | None:
    """An abuse report (ARF), with or without its proper form; providers often leave out who complains."""
    part = mail.part("message/feedback-report")
    if mail.content_param("report-type") == "feedback-report" or part:
        named = _COMPLAINED.search(part.text if part else "")
        return {"report-type": "feedback-report", **({"recipient": named.group(1).lower()} if named else {})}
    if mail.header("X-HmXmrOriginalRecipient") and "complaint" in mail.subject.lower():
        return {"recipient": (mail.header("X-HmXmrOriginalRecipient") or "").strip("<> ").lower()}
    return None


_RECEIPT_SUBJECT = re.compile(
    r"^(?:read|not read|displayed|read receipt|return receipt|gelesen|ungelesen|nicht gelesen|lu|non lu|leído|"
    r"no leído|letto|"
    r"gelezen|lido|läst|læst|lest|luettu|przeczytano|přečteno|прочитано|прочтено|okundu|olvasva|lida|prečítané|"
    r"citit|διαβάστηκε|przeczytane|開封済み|已读|已讀|읽음|disp|"
    r"empfangsbestätigung|lesebestätigung|confirmation de lecture|conferma di lettura|confirmación de lectura|"
    r"recibo de (?:lectura|leitura)|leesbevestiging|return receipt \(displayed\))\s?(?:-|:|：|\()",
    re.IGNORECASE,
)
_RECEIPT_TEXT = re.compile(
    r"was (?:read|displayed|opened|deleted without being read)|return receipt|wurde .{0,60}(?:gelesen|angezeigt|"
    r"geöffnet|gelöscht)|"
    r"a été (?:lu|affiché)|read receipt|lesebestätigung|es letto|è stato letto|fue leído|is gelezen|"
    r"was received by|foi lida|została przeczytan|"
    r"byl[ao]? přečten|lästes|blev læst|ble lest|luettiin|было прочитано|прочитано|okundu|開封|已读|읽",
    re.IGNORECASE,
)


_NOTES_RECEIPT = re.compile(r"\s*return receipt\s+your document:?.{0,120}\s+was received by", re.IGNORECASE)


def _is_receipt(mail: Mail) -> bool:
    if "was automatically rejected" in mail.text[:3000]:  # Dovecot's LDA wraps a refusal in an MDN
        return False
    return mail.content_param("report-type") == "disposition-notification" or bool(
        mail.part("message/disposition-notification")
    )


def read_receipt(mail: Mail) -> Evidence | None:
    """A disposition notification, or what Exchange and Notes send instead of one."""
    if _is_receipt(mail):
        return {"report-type": "disposition-notification"}
    if mail.says("Content-Class") == "urn:content-classes:mdn":
        return {"Content-Class": "mdn"}
    if _NOTES_RECEIPT.match(mail.newest[:300]):
        return {"text": "a receipt of Notes"}
    if mail.part("message/delivery-status") or (mail.in_reply_to and answer_prefix(mail.subject)):
        return None
    if _RECEIPT_SUBJECT.match(mail.subject) and _RECEIPT_TEXT.search(mail.text[:1500]):
        return {"Subject": "a receipt's", "text": "a receipt's"}
    return None
