"""From hits that wait to what the feed says: judged whole, told once, taken back when they turn out to be machines."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from backend.domain.devices import SignedDevice, read_device
from backend.services import hits
from backend.store import tables
from backend.store.feed import FeedItem, put_item
from tests.stories import found_workspace

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0.17928; MSOffice 16)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Safari/537.36 Edg/142.0.0.0"
)
KEYS = (b"k" * 32,)
FLYNN = ("flynn@flynnsarcade.com", "Kevin Flynn", "to")
ALAN = ("alan@encom.com", "Alan Bradley", "cc")


class Mail:
    """A tracked mail of Quorra's (or of the tenant's first rep), with an image and as many links as asked for."""

    def __init__(self, conn, tenant, now, *, people=(FLYNN,), links=1, sent=True):
        self.conn, self.tenant, self.workspace_id = conn, tenant, tenant.workspace_id
        self.sent_at = now - timedelta(minutes=5)
        self.rep = next(iter(tenant.reps.values()))
        self.id = conn.execute(
            insert(tables.message)
            .values(
                workspace_id=self.workspace_id,
                rep_id=self.rep.id,
                compose_key=uuid4().hex,
                prepared_at=self.sent_at - timedelta(minutes=2),
                state="sent" if sent else "prepared",
                sent_at=self.sent_at if sent else None,
            )
            .returning(tables.message.c.id)
        ).scalar_one()
        for address, name, role in people:
            self._insert(tables.recipient, address=address, name=name, role=role)
        self.pixel = self._tracker("open", None)
        self.links = [self._link(number) for number in range(links)]

    def _insert(self, table, **values):
        self.conn.execute(insert(table).values(workspace_id=self.workspace_id, message_id=self.id, **values))

    def _tracker(self, kind, link_id):
        token = uuid4().hex
        self._insert(tables.tracker, token=token, kind=kind, link_id=link_id)
        return token

    def _link(self, number):
        link_id = self.conn.execute(
            insert(tables.link)
            .values(
                workspace_id=self.workspace_id,
                message_id=self.id,
                text=f"offer {number}",
                destination=f"https://gridworks.example/{number}?a=1&b=2",
            )
            .returning(tables.link.c.id)
        ).scalar_one()
        return self._tracker("click", link_id)

    def hit(self, after, agent, *, link=None, ip="203.0.113.5", **values):
        """Store a hit so many seconds after sending, as the collector does."""
        hit_id = uuid4()
        row = {
            "kind": "open" if link is None else "click",
            "token": self.pixel if link is None else self.links[link],
            "received_at": self.sent_at + timedelta(seconds=after),
            "method": "GET",
            "ip": ip,
            "user_agent": agent,
            **values,
        }
        self.conn.execute(insert(tables.hit).values(workspace_id=self.workspace_id, id=hit_id, **row))
        self.conn.execute(insert(tables.unjudged).values(workspace_id=self.workspace_id, hit_id=hit_id))
        return hit_id

    def send(self):
        """The sent copy was seen."""
        self.conn.execute(
            update(tables.message)
            .where(tables.message.c.workspace_id == self.workspace_id, tables.message.c.id == self.id)
            .values(state="sent", sent_at=self.sent_at)
        )

    def reply(self, after, name="Kevin Flynn"):
        """An answer came in."""
        mailbox_id = self.conn.execute(
            insert(tables.mailbox)
            .values(workspace_id=self.workspace_id, rep_id=self.rep.id, address=self.rep.email, mode="full")
            .returning(tables.mailbox.c.id)
        ).scalar_one()
        self._insert(
            tables.incoming,
            mailbox_id=mailbox_id,
            provider_message_id=uuid4().hex,
            received_at=self.sent_at + timedelta(seconds=after),
            from_name=name,
            kind="reply",
            rule="in_reply_to",
            sentence="",
            confidence=1.0,
            rules_version=1,
        )

    @property
    def verdicts(self) -> dict[UUID, str]:
        stored = select(tables.verdict.c.hit_id, tables.verdict.c.verdict).where(
            tables.verdict.c.workspace_id == self.workspace_id, tables.verdict.c.message_id == self.id
        )
        return dict(self.conn.execute(stored).tuples().all())

    @property
    def feed(self):
        """What stands in the feed: key -> data."""
        stored = select(tables.feed_item.c.key, tables.feed_item.c.data).where(
            tables.feed_item.c.workspace_id == self.workspace_id,
            tables.feed_item.c.message_id == self.id,
            tables.feed_item.c.retracted.is_(False),
        )
        return dict(self.conn.execute(stored).tuples().all())


def waiting(conn):
    return len(conn.execute(select(tables.unjudged)).all())


def test_a_look_is_told_in_the_feed_with_the_readers_name(conn, gridworks, othergrid, now):
    mail, other = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    hit_id = mail.hit(60, IPHONE)
    assert hits.judge_new(conn, now) == 1
    assert mail.verdicts == {hit_id: "human"}
    assert mail.feed[f"view:{hit_id}"]["who"] == "Kevin Flynn"
    assert mail.feed[f"view:{hit_id}"]["client"] == "iPhone Mail"
    assert other.verdicts == {} and other.feed == {}
    assert waiting(conn) == 0
