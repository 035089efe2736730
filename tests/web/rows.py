"""Messages and what became of them, as rows: for the pages' tests."""

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from backend.store import tables
from backend.store.feed import FeedItem, put_item
from tests.stories import Rep, Tenant

FLYNN = ("flynn@flynnsarcade.com", "Kevin Flynn", "to")
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0.17928; MSOffice 16)"
ALAN = ("alan@encom.com", "Alan Bradley", "cc")


def send(conn: Connection, tenant: Tenant, rep: Rep, subject: str, sent_at: datetime, people=(FLYNN, ALAN)) -> int:
    """Store a sent message with its recipients and its `sent` item; returns its id."""
    message_id = conn.execute(
        insert(tables.message)
        .values(
            workspace_id=tenant.workspace_id,
            rep_id=rep.id,
            state="sent",
            compose_key=uuid.uuid4().hex,
            subject=subject,
            sent_at=sent_at,
            message_id_header=f"{uuid.uuid4().hex}@mail.gmail.com",
        )
        .returning(tables.message.c.id)
    ).scalar_one()
    for address, name, role in people:
        conn.execute(
            insert(tables.recipient).values(
                workspace_id=tenant.workspace_id, message_id=message_id, address=address, name=name, role=role
            )
        )
    happen(conn, tenant, message_id, "sent", "sent", sent_at)
    return message_id


def happen(conn: Connection, tenant: Tenant, message_id: int, key: str, kind: str, at: datetime, **data) -> bool:
    """Tell the feed an item."""
    return put_item(conn, tenant.workspace_id, FeedItem(message_id, key, kind, at, data))


def judged_hit(conn: Connection, tenant: Tenant, message_id: int, verdict: str, sentence: str, at: datetime) -> None:
    """Store a hit with its verdict."""
    hit_id = uuid.uuid4()
    conn.execute(
        insert(tables.hit).values(
            workspace_id=tenant.workspace_id,
            id=hit_id,
            kind="open",
            token="t" * 32,
            received_at=at,
            method="GET",
            user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)",
        )
    )
    conn.execute(
        insert(tables.verdict).values(
            workspace_id=tenant.workspace_id,
            hit_id=hit_id,
            message_id=message_id,
            verdict=verdict,
            rule=f"{verdict} rule",
            sentence=sentence,
            confidence=0.95,
            rules_version=1,
            judged_at=at,
        )
    )


def hit(conn: Connection, tenant: Tenant, message_id: int, at: datetime, **values) -> uuid.UUID:
    """Store a look at a message's image as the collector does, by Outlook if nothing else is said; returns its id."""
    token, hit_id = f"image-of-{message_id}", uuid.uuid4()
    ours = {"workspace_id": tenant.workspace_id, "token": token}
    conn.execute(upsert(tables.tracker).values(**ours, kind="open", message_id=message_id).on_conflict_do_nothing())
    row = {"kind": "open", "received_at": at, "method": "GET", "user_agent": OUTLOOK, "ip": "203.0.113.5"}
    conn.execute(insert(tables.hit).values(id=hit_id, **{**ours, **row, **values}))
    return hit_id


def mailbox(conn: Connection, tenant: Tenant, rep: Rep, **changes) -> int:
    """Store a connected mailbox."""
    values = {"workspace_id": tenant.workspace_id, "rep_id": rep.id, "address": rep.email, "mode": "full"}
    stored = insert(tables.mailbox).values(**{**values, "credentials": b"sealed", **changes})
    return conn.execute(stored.returning(tables.mailbox.c.id)).scalar_one()


def received(
    conn: Connection, tenant: Tenant, message_id: int, mailbox_id: int, kind: str, at: datetime, **more
) -> None:
    """Store a mail that came in about a message."""
    values = {
        "workspace_id": tenant.workspace_id,
        "message_id": message_id,
        "mailbox_id": mailbox_id,
        "provider_message_id": uuid.uuid4().hex,
        "received_at": at,
        "kind": kind,
        "rule": "a rule",
        "sentence": "A sentence.",
        "confidence": 1.0,
        "rules_version": 1,
    }
    conn.execute(insert(tables.incoming).values(**{**values, **more}))


def a_day(conn: Connection, tenant: Tenant, rep: Rep, now: datetime) -> dict[str, int]:
    """A day with one of everything; returns the messages by subject."""

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    games = send(conn, tenant, rep, "Games for the arcade", ago(190))
    happen(conn, tenant, games, "view:1", "view", ago(150), who="someone on this mail", client="Outlook",
           confidence=0.9, sentence="Outlook loaded the image from a network that is not yours.")  # fmt: skip
    happen(conn, tenant, games, "click:1", "click", ago(148), who="someone on this mail", link={"text": "Floor plan"},
           confidence=0.9, sentence="A browser followed the link and stayed.")  # fmt: skip
    happen(conn, tenant, games, "incoming:1", "reply", ago(4), who="Kevin Flynn", how="another address",
           confidence=0.97, sentence="Answered from another address (the same name).",
           text="Hello Quorra,\n\nfourteen of them would do, if they come in March. Could you send me the price with "
           "delivery? Alan will sign as soon as it is here.")  # fmt: skip
    for verdict, told in (
        ("self", "You opened the mail in Gmail at that moment."),
        ("repeat", "The same view again within the half hour."),
        ("repeat", "The same view again within the half hour."),
    ):
        judged_hit(conn, tenant, games, verdict, told, ago(149))
    office = send(conn, tenant, rep, "The new office", ago(400), [FLYNN])
    happen(conn, tenant, office, "view:2", "view", ago(60), who="Kevin Flynn", client="Gmail", confidence=0.7,
           sentence="Gmail’s proxy loaded the image, but it may have done so in advance.")  # fmt: skip
    away = send(conn, tenant, rep, "Proposal, second version", ago(1500), [FLYNN])
    happen(conn, tenant, away, "incoming:2", "auto_reply", ago(1499), who="Kevin Flynn", back_on="2026-12-03",
           sentence="A header says that a machine answered.", text="I am away until 3 December.")  # fmt: skip
    lost = send(conn, tenant, rep, "Invoice for October", ago(3000), [("dumont@encom.example", "", "to")])
    happen(conn, tenant, lost, "incoming:3", "bounce", ago(2999), who="dumont@encom.example", sentence="The mail could "
           "not be delivered.", reason="the mailbox is full")  # fmt: skip
    alan = send(
        conn, tenant, rep, "A date for the demonstration of the grid to everybody who asked about it", ago(5000)
    )
    happen(conn, tenant, alan, "incoming:4", "reply", ago(4000), who="Alan Bradley", how="in copy", confidence=1.0,
           sentence="Answered by someone in copy.")  # fmt: skip
    happen(conn, tenant, alan, "view:inferred", "view", ago(4000), who="Alan Bradley", inferred=True, confidence=1.0,
           sentence="Alan answered, so the mail was opened.")  # fmt: skip
    return {"games": games, "office": office, "away": away, "lost": lost, "alan": alan}


def today() -> datetime:
    """The views ask the real clock what still waits, so what waits has to be of today."""
    return datetime.now(UTC)
