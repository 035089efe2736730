"""What is this mail, and what does it answer? `python -m backend explain message FILE.eml...`, for support and admins.

The same rules as in the product (`backend.domain.incoming` and `replies`), run on files, without a database. With
--sent, those are the tracked messages; without it, whatever a mail refers to is taken as tracked.
"""

import argparse
import json
from pathlib import Path

from backend.domain.mail import Mail, parse_mail
from backend.domain.people import MailboxFacts, Recipient, Role
from backend.domain.replies import Judgement, TrackedMessage, judge_alone, judge_incoming, thread_key
from backend.errors import UnreadableMail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE.eml", help="mails to explain")
    parser.add_argument(
        "--sent",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE.eml",
        help="sent mails, taken as the tracked ones",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a file and line")


def run(args: argparse.Namespace) -> int:
    """Explain each file; one that cannot be read says so, and the rest go on."""
    sent = [mail for name in args.sent if (mail := _sent_mail(name))]
    tracked = [_tracked(number, mail) for number, mail in enumerate(sent, 1)]
    own = MailboxFacts(own_addresses=frozenset(mail.from_.address for mail in sent if mail.from_.address))
    for name in args.files:
        told = _told(name, tracked if args.sent else None, own)
        print(json.dumps(told, ensure_ascii=False) if args.json else _as_text(told))
    return 0


def _sent_mail(name: str) -> Mail | None:
    try:
        return _read(name)
    except UnreadableMail:
        return None  # a sent mail that cannot be read cannot be answered either


def _read(name: str) -> Mail:
    try:
        return parse_mail(Path(name).read_bytes())
    except OSError as error:
        raise UnreadableMail(f"the file cannot be opened: {error.strerror or type(error).__name__}") from error


def _told(name: str, tracked: list[TrackedMessage] | None, own: MailboxFacts) -> dict[str, str | None]:
    try:
        mail = _read(name)
    except UnreadableMail as error:
        return {"file": name, "kind": None, "rule": None, "sentence": f"This cannot be read: {error}.", "answers": None}
    judged = judge_alone(mail, _facts_of(mail)) if tracked is None else judge_incoming(mail, tracked, own)
    return _as_object(name, judged)


def _facts_of(mail: Mail) -> MailboxFacts:
    """Take whom a copy was delivered to as the mailbox's owner: a mail from there is the owner's own."""
    delivered = {value.strip("<> \t").lower() for value in mail.all_headers("Delivered-To")}
    people = {each.address for each in (*mail.to, *mail.cc) if each.address}
    alone = people if len(people) == 1 and not delivered else set()
    return MailboxFacts(own_addresses=frozenset(delivered | alone))


def _as_object(name: str, judged: Judgement) -> dict[str, str | None]:
    answers = f"<{judged.answers}>" if judged.answers else None
    return {"file": name, "kind": judged.kind, "rule": judged.rule, "sentence": judged.sentence, "answers": answers}


def _as_text(told: dict[str, str | None]) -> str:
    lines = [f"{told['file']}: {(told['kind'] or 'unreadable').replace('_', ' ')}", f"  {told['sentence']}"]
    if told["rule"]:
        lines.append(f"  rule: {told['rule']}")
    if told["answers"]:
        lines.append(f"  answers: {told['answers']}")
    return "\n".join(lines)


def _tracked(number: int, mail: Mail) -> TrackedMessage:
    roles: tuple[tuple[Role, str], ...] = (("to", "To"), ("cc", "Cc"), ("bcc", "Bcc"))
    recipients = tuple(
        Recipient(each.address, each.name, role)
        for role, header in roles
        for each in mail.people(header)
        if each.address
    )
    return TrackedMessage(
        message_id=number,
        message_id_header=mail.message_id or "",
        subject=mail.subject,
        sent_at=mail.date,
        recipients=recipients,
        thread_keys=frozenset(filter(None, [thread_key(mail.header("Thread-Index"))])),
    )
