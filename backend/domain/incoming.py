"""What is an incoming mail: a person's answer, a machine's, a bounce, a receipt, a calendar answer, or none of these?

`RULES` is the documentation: named rules in order, the first that applies answers, and its name and sentence go
wherever the answer goes. The order matters: what a mail *is built as* (a report, an invitation) is surer than its
headers, headers are surer than subjects, subjects surer than words. A person's answer is what nothing else claims.
Whether it answers one of our messages is not asked here: see `replies`. Bump RULES_VERSION when an answer changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from backend.domain import absences, automatic, deliveries, delivery_reasons, letters, listed
from backend.domain.mail import Mail

RULES_VERSION = 7

Kind = Literal["reply", "auto_reply", "bounce", "receipt", "calendar", "own", "unrelated"]
Evidence = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One way to know what a mail is. `applies` returns the evidence, or None where the rule has nothing to say."""

    name: str
    kind: Kind
    sentence: str
    source: str
    applies: Callable[[Mail], Evidence | None]
    confidence: float = 0.99


@dataclass(frozen=True)
class Finding:
    """What a mail is, by which rule, on what evidence. `failed` are the addresses that a bounce is about, and why."""

    kind: Kind
    rule: str
    sentence: str
    confidence: float
    evidence: Evidence = field(default_factory=dict)
    back_on: date | None = None
    failed: tuple[str, ...] = ()
    reason: str = ""


RULES: tuple[Rule, ...] = (
    Rule(
        "reaction",
        "unrelated",
        "An emoji reaction to a mail, not an answer.",
        "Gmail: part text/vnd.google.email-reaction+json",
        letters.reaction,
    ),
    Rule(
        "complaint",
        "unrelated",
        "A provider reports that a recipient marked the mail as spam.",
        "RFC 5965 (ARF)",
        deliveries.complaint,
    ),
    Rule("calendar", "calendar", "An answer of a calendar, not of a person's own words.", "RFC 6047", letters.calendar),
    Rule(
        "read receipt",
        "receipt",
        "A receipt that the mail was displayed or deleted; nobody wrote it.",
        "RFC 8098",
        deliveries.read_receipt,
    ),
    Rule(
        "delivery failed",
        "bounce",
        "The mail could not be delivered.",
        "RFC 3464: Action failed",
        deliveries.reported_failed,
    ),
    Rule(
        "delivery delayed",
        "unrelated",
        "The delivery is late and still being tried; this is no bounce.",
        "RFC 3464: Action delayed",
        deliveries.delayed,
    ),
    Rule(
        "delivered",
        "receipt",
        "A server reports that it delivered the mail or passed it on.",
        "RFC 3464: Action delivered, relayed, expanded",
        deliveries.delivered,
    ),
    Rule(
        "returned by a server",
        "bounce",
        "A mail server returned the mail in its own format.",
        "Exim, qmail, Exchange, Notes and others; flufl.bounce",
        deliveries.returned_without_report,
        0.97,
    ),
    Rule(
        "list administration",
        "auto_reply",
        "A mailing list's software answers: the mail is held or was refused.",
        "Mailman: X-List-Administrivia",
        listed.administration,
    ),
    Rule(
        "vacation header",
        "auto_reply",
        "A header says that a machine answered.",
        "RFC 3834: Auto-Submitted: auto-replied; vendors' headers",
        automatic.answered_by_machine,
    ),
    Rule(
        "mailbox rule",
        "auto_reply",
        "Exchange's rules answered for the mailbox's owner.",
        "Microsoft: X-MS-Exchange-Generated-Message-Source, X-MS-Exchange-Parent-Message-Id",
        automatic.answered_by_exchange,
    ),
    Rule(
        "absence in the subject",
        "auto_reply",
        "The subject begins as automatic answers do.",
        "Subjects of Outlook, Gmail, Notes and others, by language",
        absences.subject_says_so,
        0.96,
    ),
    Rule(
        "acknowledgement",
        "auto_reply",
        "A ticket system or a mailbox confirms that the mail arrived.",
        "Zendesk, Freshdesk, Jira, ServiceNow, OTRS, RT and others",
        automatic.acknowledges,
        0.95,
    ),
    Rule(
        "challenge",
        "auto_reply",
        "A spam filter asks the sender to confirm the mail.",
        "Boxbe, SpamArrest, TMDA and others",
        automatic.challenges,
        0.9,
    ),
    Rule(
        "notification",
        "unrelated",
        "A system notifies; nobody answered the mail.",
        "GitHub, GitLab, Jira, Bugzilla and others mark their mail",
        listed.notification,
        0.95,
    ),
    Rule(
        "generated answer",
        "auto_reply",
        "A machine generated this in answer to a mail.",
        "RFC 3834: Auto-Submitted other than no, with a reference",
        automatic.generated_in_answer,
        0.95,
    ),
    Rule(
        "generated",
        "unrelated",
        "A machine generated this, and it answers nothing.",
        "RFC 3834: Auto-Submitted other than no",
        automatic.generated,
        0.95,
    ),
    Rule(
        "absence in the text",
        "auto_reply",
        "The text is an absence note: nothing in it answers the mail.",
        "Weighed words in 20 languages",
        absences.text_says_so,
        0.85,
    ),
    Rule(
        "unattended sender",
        "auto_reply",
        "The sender's address takes no answers and the mail answers one.",
        "noreply addresses",
        automatic.unattended_answers,
        0.9,
    ),
    Rule(
        "bulk mail",
        "unrelated",
        "A mailing to many.",
        "Precedence: bulk, List-Unsubscribe, campaign headers",
        listed.mailing,
        0.9,
    ),
    Rule(
        "forward",
        "unrelated",
        "The mail was forwarded, not answered.",
        "Subjects and marks of forwards, by language",
        letters.forward,
        0.9,
    ),
    Rule(
        "person answers",
        "reply",
        "A person answers a mail.",
        "In-Reply-To, References or Thread-Index, and nothing automatic",
        letters.answers_by_reference,
        0.97,
    ),
    Rule(
        "person answers by subject",
        "reply",
        "A person answers, though the mail names no other.",
        'A subject that begins with "Re:" or its like',
        letters.answers_by_subject,
        0.7,
    ),
    Rule(
        "person answers by quotation",
        "reply",
        "A person answers above a quotation, though neither subject nor headers say so.",
        "Text under which an older mail is quoted",
        letters.answers_by_quotation,
        0.6,
    ),
    Rule(
        "new mail",
        "unrelated",
        "A new mail that answers nothing.",
        "",
        lambda mail: {},
        0.9,
    ),
)


def what_is(mail: Mail) -> Finding:
    """Say what the mail is in itself. Never raises; the same mail always gives the same finding."""
    for rule in RULES:
        evidence = rule.applies(mail)
        if evidence is not None:
            return _detailed(mail, Finding(rule.kind, rule.name, rule.sentence, rule.confidence, evidence))
    raise AssertionError("the last rule applies to every mail")


def _detailed(mail: Mail, finding: Finding) -> Finding:
    if finding.kind == "auto_reply":
        back_on = absences.back_on(mail)
        said = f" Back on {back_on:%-d %B %Y}." if back_on else ""
        return replace(finding, back_on=back_on, sentence=finding.sentence + said)
    if finding.kind == "bounce":
        delivery = deliveries.read_delivery(mail)
        sentence = finding.sentence + delivery_reasons.explained(delivery, mail)
        reason = delivery_reasons.reason_of(delivery, mail)
        return replace(finding, failed=delivery.recipients, sentence=sentence, reason=reason)
    return finding
