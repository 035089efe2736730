"""Which new mail is worth its price? Reading a mail costs 20 quota units, a page of history 2, a search 5.

A page of history names each new mail with its thread and its labels, not with its sender. So mail is looked at in this
order: at once what is in a conversation of ours, sent mail while a message waits for its sent copy (`closely`), and
what begins a conversation within a quarter of an hour after a tracked mail was sent, as absence notes and bounces do;
all else within the hour (`aside`), where a search by sender says in one call which of hundreds could matter: what the
owner's colleagues wrote is left out, what is bulk, junk or in others' conversations is left out unless somebody whom
we wrote to, or a mail server, sent it. Where no search is allowed (`headers` mode) only bulk is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.domain.mailboxes import FoundMail
from backend.domain.people import PUBLIC_DOMAINS

READ_UNITS, SEARCH_UNITS = 20, 5
LONGEST_SEARCH = 1600  # characters: an address of more than 2,048 is asked for in another way (googleapiclient)
REPORTERS = ("mailer-daemon", "postmaster", "microsoftexchange")


@dataclass(frozen=True)
class Aside:
    """What may wait: mail that begins a conversation, and mail that is hardly an answer to ours."""

    personal: tuple[FoundMail, ...]
    unlikely: tuple[FoundMail, ...]

    @property
    def all(self) -> tuple[FoundMail, ...]:
        return (*self.personal, *self.unlikely)


def closely(found: Iterable[FoundMail], threads: frozenset[str], *, awaits_copies: bool) -> list[FoundMail]:
    """What is read at once: mail of conversations that we track, and what may be an awaited sent copy."""
    return [
        mail for mail in found if not mail.is_draft and (mail.thread_id in threads or (mail.is_sent and awaits_copies))
    ]


def aside(found: Iterable[FoundMail], threads: frozenset[str]) -> Aside:
    """What is looked at later; what was read at once, or was sent, is not among it."""
    left = [mail for mail in found if not (mail.is_draft or mail.is_sent or mail.thread_id in threads)]
    personal = [mail for mail in left if mail.begins_thread and not (mail.is_bulk or mail.is_junk)]
    kept = {mail.id for mail in personal}
    return Aside(tuple(personal), tuple(mail for mail in left if mail.id not in kept))


def without_search(waiting: Aside) -> list[FoundMail]:
    """What has to be read where no search is allowed: all but bulk."""
    return [mail for mail in waiting.all if not mail.is_bulk]


def searches_for(senders: Iterable[str]) -> list[list[str]]:
    """Group senders into as few searches as their length allows."""
    groups: list[list[str]] = []
    room = 0
    for sender in senders:
        needed = len(sender) + 12  # "from:", what separates them, and what stands for a colon and an @ in an address
        if needed > room:
            groups.append([])
            room = LONGEST_SEARCH
        groups[-1].append(sender)
        room -= needed
    return groups


def pays(waiting: Aside, senders: Sequence[str]) -> bool:
    """Whether searching costs less than reading all of it."""
    searches = 1 + len(searches_for(senders))
    return len(waiting.all) * READ_UNITS > searches * SEARCH_UNITS


def after_search(waiting: Aside, colleagues: frozenset[str], likely: frozenset[str]) -> list[FoundMail]:
    """What is read of it, given which of it colleagues sent, and which likely senders did (ids, as searches found).

    A mail that no search knows yet is read where it begins a conversation: the index may lag behind the mail.
    """
    strangers = [mail for mail in waiting.personal if mail.id not in colleagues or mail.id in likely]
    return [*strangers, *(mail for mail in waiting.unlikely if mail.id in likely)]


def worth_after_gap(
    others: Sequence[FoundMail], likely: frozenset[str], *, most: int, strangers: int
) -> list[FoundMail]:
    """What is read outside of our conversations when the history was lost; `others` are listed newest first.

    Nothing tells bulk from the rest there: likely senders' mail comes first, then what begins a conversation.
    """
    hits = [mail for mail in others if mail.id in likely][:most]
    taken = {mail.id for mail in hits}
    begun = [mail for mail in others if mail.begins_thread and mail.id not in taken]
    return [*hits, *begun[: strangers + (most - len(hits))]]


def likely_senders(addresses: Iterable[str]) -> tuple[str, ...]:
    """From whom an answer could come that no conversation shows: the companies of those whom we wrote to, and servers.

    People with a public provider count by their address alone. Each once, in the order given.
    """
    worth = []
    for address in addresses:
        domain = address.rpartition("@")[2]
        worth.append(address if domain in PUBLIC_DOMAINS else domain)
    return tuple(dict.fromkeys([*REPORTERS, *filter(None, worth)]))
