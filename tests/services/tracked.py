"""A tracked message as rows, and the mailbox of a rep connected to the local Google."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from backend.adapters.secrets import FernetBox
from backend.domain.tokens import mint_token, open_address
from backend.services.looking import look_around
from backend.services.mailboxes import Consent, connect
from backend.store.tables import feed_item, incoming, message, recipient, tracker
from tests.mailroom import Mailroom
from tests.stories import Tenant

QUORRA, SAM = "quorra@gridworks.example", "sam@gridworks.example"
FLYNN, KEVIN, ALAN = "flynn@flynnsarcade.com", "kevinf@flynnsarcade.com", "alan@encom.com"


@dataclass(frozen=True)
class Prepared:
    """A message after Track was pressed, and the image that is in its draft now."""

    id: int
    token: str
    image: str


@dataclass
class Office:
    """A rep's mailbox, connected; syncs it, sends tracked mail from it, and tells what is stored."""

    conn: Connection
    database: Any
    mailroom: Mailroom
    tenant: Tenant
    rep: str = "quorra"
    address: str = QUORRA
    mode: str = "full"
    mailbox_id: int = 0

    @property
    def secrets(self) -> FernetBox:
        return FernetBox(self.mailroom.settings.token_encryption_keys)

    @property
    def mailbox(self) -> tuple[int, int]:
        return self.tenant.workspace_id, self.mailbox_id

    @property
    def now(self) -> datetime:
        return self.mailroom.world.now()

    def connect(self) -> "Office":
        purpose = "mailbox_full" if self.mode == "full" else "mailbox_headers"
        grant = self.mailroom.agree(self.address, purpose)
        consent = Consent(self.tenant.workspace_id, self.tenant.reps[self.rep].id, self.mode, grant)
        self.mailbox_id = connect(self.database, self.mailroom.gmail, self.secrets, consent, self.now)
        return self

    def sync(self) -> None:
        look_around(self.database, self.mailroom.gmail, self.secrets, self.mailbox, self.now)

    def prepare(self, to: Sequence[str], subject: str | None = None, token: str | None = None) -> Prepared:
        """Press Track: to the first of them, the rest in copy."""
        workspace_id, keys = self.tenant.workspace_id, self.mailroom.settings.link_keys
        token = token or mint_token("o", workspace_id, keys)
        row = {"workspace_id": workspace_id, "rep_id": self.tenant.reps[self.rep].id, "compose_key": token}
        at = self.now - timedelta(seconds=5)
        message_id = self.conn.execute(
            insert(message).values(**row, subject=subject, prepared_at=at).returning(message.c.id)
        ).scalar_one()
        ours = {"workspace_id": workspace_id, "message_id": message_id}
        self.conn.execute(insert(tracker).values(**ours, token=token, kind="open"))
        for number, address in enumerate(to):
            self.conn.execute(insert(recipient).values(**ours, address=address, role="cc" if number else "to"))
        return Prepared(message_id, token, f'<img src="{open_address(self.mailroom.settings.tracking_url, token)}">')

    def send(self, prepared: Prepared, to: Sequence[str], subject: str = "Offer") -> str:
        """Press Send: returns the sent copy's id."""
        body = f"<p>Hello</p>{prepared.image}"
        return self.mailroom.write(f"Quorra Reed <{self.address}>", [to[0]], subject, cc=to[1:], html=body)

    def send_tracked(self, to: Sequence[str], subject: str = "Offer") -> tuple[Prepared, str]:
        prepared = self.prepare(to)
        return prepared, self.send(prepared, to, subject)

    def received_by(self, address: str) -> str:
        """The id of the latest mail in somebody's inbox."""
        return self.mailroom.world.mailbox(address).list("INBOX")[0].id

    def messages(self) -> list[Any]:
        asked = select(message).where(message.c.workspace_id == self.tenant.workspace_id).order_by(message.c.id)
        return list(self.conn.execute(asked))

    def incoming(self) -> list[Any]:
        asked = select(incoming).where(incoming.c.workspace_id == self.tenant.workspace_id)
        return list(self.conn.execute(asked.order_by(incoming.c.received_at, incoming.c.provider_message_id)))

    def feed(self) -> list[tuple[str, dict[str, Any]]]:
        asked = select(feed_item.c.kind, feed_item.c.data).where(
            feed_item.c.workspace_id == self.tenant.workspace_id, feed_item.c.retracted.is_(False)
        )
        return [(kind, data) for kind, data in self.conn.execute(asked.order_by(feed_item.c.occurred_at))]

    def kinds(self) -> list[str]:
        """What the feed shows, but for views that a reply implies."""
        return sorted(kind for kind, _ in self.feed() if kind != "view")
