"""The accounts, their mailboxes and the mail between them: what the API, the mail client and the tests all act on.

Every change happens within `change()`: one lock, and at its end the changed mailboxes are announced over Pub/Sub and
the state is put on the shelf. Nothing is fetched while the lock is held.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formataddr
from pathlib import Path
from typing import Any

from tests.sandbox import image_proxy, letters, postoffice, project, writing
from tests.sandbox.cast import CAST, Account
from tests.sandbox.grants import Grant
from tests.sandbox.mailbox import Mailbox, Message
from tests.sandbox.pictures import remote_pictures
from tests.sandbox.postoffice import Copy, Vacation
from tests.sandbox.pubsub import PubSub
from tests.sandbox.state import Arrival, Shelf, State

HISTORY_LIVES_S = 7 * 24 * 3600.0


@dataclass(frozen=True)
class SandboxConfig:
    """Where the sandbox is, where Readback is, and where its state lies (in memory only without a folder)."""

    url: str
    readback_url: str | None = None
    data_dir: Path | None = None
    accounts: tuple[Account, ...] = CAST


class NoSuchAccount(LookupError):
    """Nobody here has this address."""


class World:
    """The one place that changes anything. Its methods may be called from any thread."""

    def __init__(self, config: SandboxConfig) -> None:
        self.url = config.url.rstrip("/")
        self.readback_url = (config.readback_url or "").rstrip("/") or None
        self.lock = threading.RLock()
        self._depth = 0
        self._accounts = config.accounts
        self._shelf = Shelf(config.data_dir)
        self.state = self._shelf.load()
        self.proxy = image_proxy.ImageProxy()
        self.pubsub = PubSub(self)
        with self.change():
            self._open_mailboxes()
            if self.state.pushes.waiting:
                self.pubsub.wake()

    # What is there

    def accounts(self) -> list[Account]:
        """Everybody with a mailbox."""
        return list(self._accounts)

    def account(self, address: str) -> Account:
        """Whose mailbox an address is, aliases included. Raises NoSuchAccount."""
        found = postoffice.find_account(self._accounts, address)
        if found is None:
            raise NoSuchAccount(address)
        return found

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of an address. Raises NoSuchAccount."""
        return self.state.mailboxes[self.account(address).address]

    def now(self) -> datetime:
        """This world's time; tests shift it to let things expire."""
        return datetime.fromtimestamp(time.time() + self.state.clock_shift_s, UTC)

    def now_s(self) -> float:
        return time.time() + self.state.clock_shift_s

    def now_ms(self) -> int:
        return int(self.now_s() * 1000)

    @contextlib.contextmanager
    def change(self) -> Iterator[State]:
        """Change the state: alone, announced, and kept. Nests."""
        with self.lock:
            self._depth += 1
            try:
                yield self.state
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._announce()
                    self._shelf.save(self.state)

    # Writing and sending

    def send(self, sender_address: str, raw_bytes: bytes, thread_id: str | None = None,
             draft_id: str | None = None, *, as_typed: bool = True) -> str:  # fmt: skip
        """Send a mail and return the id of the sent copy.

        Its draft, if any, is gone then. The mail system writes it in its own way and gives it a Message-ID; through
        the API (`as_typed` false) the body stays as it came. Raises ValueError for a mail without any recipient.
        """
        account = self.account(sender_address)
        if not letters.addresses(raw_bytes, "To", "Cc", "Bcc"):
            raise ValueError("Recipient address required")
        with self.change():
            raw = writing.shaped(own_sender(raw_bytes, account), account, self.now(), as_typed=as_typed)
            mailbox = self.mailbox(account.address)
            thread = self._thread_of(mailbox, raw, thread_id, draft_id)
            if draft_id is not None:
                self.discard_draft(account.address, draft_id)
            copies, unknown = postoffice.post(raw, letters.addresses(raw, "From")[0], self._accounts, self.now())
            labels = {"SENT"}
            if any(copy.recipient == account for copy in copies):  # Gmail keeps one mail, sent and received
                labels |= {"INBOX", "UNREAD"}
            sent = mailbox.add(raw, labels, self.now_ms(), thread_id=thread, alias=draft_id or _alias())
            for copy in copies:
                if copy.recipient != account:
                    self._deliver(copy)
            for address in unknown:
                self._bounce(raw, account.address, address)
            return sent.id

    def answer(self, address: str, message_id: str, text: str, *, to_all: bool = False,
               sender: str | None = None, html: str | None = None) -> str:  # fmt: skip
        """Answer a mail in one's mailbox as a mail program does; `sender` is another address of one's own.

        Returns the id of the sent copy.
        """
        account = self.account(address)
        answered = self.mailbox(account.address).get(message_id)
        mine = {account.address, *account.aliases}
        to = letters.addresses(answered.raw, "Reply-To") or letters.addresses(answered.raw, "From")
        others = [a for a in letters.addresses(answered.raw, "To", "Cc") if a not in mine and a not in to]
        draft = writing.Draft(
            formataddr((account.name, sender or account.address)), to, others if to_all else (), text=text, html=html
        )
        raw = writing.compose(writing.answer_to(answered.raw, draft))
        return self.send(account.address, raw, answered.thread_id)

    def save_draft(self, address: str, raw_bytes: bytes, draft_id: str | None = None,
                   thread_id: str | None = None) -> str:  # fmt: skip
        """Keep a draft, a new one or the next version of one; returns its id. Its message id changes each time."""
        account = self.account(address)
        with self.change():
            mailbox = self.mailbox(address)
            raw = writing.shaped(raw_bytes, account, self.now(), as_typed=False)
            thread = mailbox.thread_for(raw, thread_id)
            if draft_id is not None:
                before = mailbox.messages[mailbox.drafts[draft_id]]
                thread = before.thread_id
                mailbox.remove(before.id, self.now_ms())
            draft_id = draft_id or _alias()
            kept = mailbox.add(raw, {"DRAFT"}, self.now_ms(), thread_id=thread, alias=draft_id)
            mailbox.drafts[draft_id] = kept.id
            return draft_id

    def discard_draft(self, address: str, draft_id: str) -> None:
        """Throw a draft away; one that is gone already is no error."""
        with self.change():
            mailbox = self.mailbox(address)
            message_id = mailbox.drafts.get(draft_id)
            if message_id is not None:
                mailbox.remove(message_id, self.now_ms())

    def receive(self, address: str, raw_bytes: bytes, envelope_from: str = "", sorted_as: str | None = None) -> str:
        """Let a mail from the world outside arrive in a mailbox, as it is; returns its id there.

        Gmail sorts it as personal, or as the category that is given, or into the spam folder ("SPAM").
        """
        with self.change():
            return self._deliver(Copy(self.account(address), raw_bytes, envelope_from), sorted_as).id

    # Reading

    def mark_read(self, address: str, message_id: str, read: bool = True) -> Message:
        """Mark a mail read, or unread again."""
        with self.change():
            add, remove = (set(), {"UNREAD"}) if read else ({"UNREAD"}, set())
            return self.mailbox(address).relabel(message_id, add, remove, self.now_ms())

    def fetch_as(self, address: str, url: str, *, click: bool = False) -> image_proxy.Fetched:
        """Fetch a picture (or follow a link) with the person's own program; redirects are not followed."""
        return image_proxy.fetch_as(self.account(address), url, click=click)

    def fetch_through_proxy(self, address: str, url: str, *, prefetch: bool = False) -> image_proxy.Fetched:
        """Fetch a picture through Google's proxy, where this person's mail is read in Gmail."""
        self.account(address)
        return self.proxy.fetch(url, prefetch=prefetch)

    def load_picture(self, address: str, url: str) -> image_proxy.Fetched:
        """Fetch a picture the way that this person's mailbox does: through the proxy or directly."""
        through = self.account(address).images == "proxy"
        return self.fetch_through_proxy(address, url) if through else self.fetch_as(address, url)

    # Tokens

    def sign_id_token(self, claims: dict[str, Any], *, forged: bool = False) -> str:
        """Sign claims as Google does (iss, iat and exp are added), or as somebody who would like to be Google."""
        now_s = int(time.time())
        return self.state.keys.sign({"iss": project.ISSUER, "iat": now_s, "exp": now_s + 3600, **claims}, forged=forged)

    def identity_claims(self, address: str) -> dict[str, Any]:
        """Who an account is, as claims of an ID token."""
        account = self.account(address)
        given, _, family = account.name.partition(" ")
        claims: dict[str, Any] = {
            "sub": account.sub, "email": account.address, "email_verified": True, "name": account.name,
            "picture": f"{self.url}/avatars/{account.sub}.svg", "given_name": given, "family_name": family,
        }  # fmt: skip
        return claims | ({"hd": account.hosted_domain} if account.hosted_domain else {})

    def addon_tokens(self, address: str, endpoint_url: str, scopes: tuple[str, ...]) -> dict[str, str]:
        """The tokens of an add-on event, as `authorizationEventObject` carries them, for a call of this address."""
        system = {"aud": endpoint_url, "sub": "108641979214875930000", "email": project.ADDON_SERVICE_ACCOUNT,
                  "email_verified": True}  # fmt: skip
        user = {"aud": project.CLIENT_ID, "azp": project.CLIENT_ID, **self.identity_claims(address)}
        with self.change() as state:
            grant = Grant(self.account(address).address, scopes, None)
            access = state.grants.issue_token(grant, self.now_s())
        return {
            "systemIdToken": self.sign_id_token(system),
            "userIdToken": self.sign_id_token(user),
            "userOAuthToken": access.value,
        }

    # Habits

    def set_vacation(self, address: str, vacation: Vacation | None) -> None:
        """Switch the absence note on (everybody hears it once more) or off."""
        with self.change() as state:
            owner = self.account(address).address
            state.vacation_answered = {pair for pair in state.vacation_answered if pair[0] != owner}
            if vacation is None:
                state.vacations.pop(owner, None)
            else:
                state.vacations[owner] = vacation

    def forget_history(self, address: str) -> None:
        """Let a mailbox's history expire now."""
        with self.change():
            self.mailbox(address).forget_history()

    def expire_old_history(self, mailbox: Mailbox) -> None:
        """History lives about a week."""
        horizon_ms = self.now_ms() - int(HISTORY_LIVES_S * 1000)
        old = [change.id for change in mailbox.changes if change.at_ms < horizon_ms]
        if old:
            mailbox.forget_history(max(old))

    def reset(self) -> None:
        """A new world under the same keys."""
        with self.change():
            self.state = State(keys=self.state.keys)
            self.proxy.clear()
            self._open_mailboxes()

    def close(self) -> None:
        """Stop the background deliveries."""
        self.pubsub.close()

    def _open_mailboxes(self) -> None:
        for account in self._accounts:
            self.state.mailboxes.setdefault(account.address, Mailbox(account.address))

    def _thread_of(self, mailbox: Mailbox, raw: bytes, wished: str | None, draft_id: str | None) -> str | None:
        found = mailbox.thread_for(raw, wished)
        if found is None and draft_id in mailbox.drafts:
            draft = mailbox.messages[mailbox.drafts[draft_id]]
            alone = len(mailbox.thread(draft.thread_id)) == 1
            return draft.thread_id if alone else None
        return found

    def _deliver(self, copy: Copy, sorted_as: str | None = None) -> Message:
        owner = copy.recipient
        mailbox = self.mailbox(owner.address)
        filtered = self.state.arrivals.get(owner.address, Arrival())
        labels = {"INBOX"} - ({"INBOX"} if filtered.archive else set())
        labels |= set() if filtered.mark_read else {"UNREAD"}
        labels |= {sorted_as or "CATEGORY_PERSONAL"} if owner.system == "gmail" else set()
        labels -= {"INBOX"} if sorted_as == "SPAM" else set()
        arrived = mailbox.add(copy.raw, labels, self.now_ms(), thread_id=mailbox.thread_for(copy.raw))
        if owner.address in self.state.prefetching:
            addresses = remote_pictures(arrived.html or "")
            threading.Thread(target=self._prefetch, args=(addresses,), daemon=True).start()
        vacation = self.state.vacations.get(owner.address)
        already = (owner.address, copy.envelope_from) in self.state.vacation_answered
        if vacation is not None and not already and postoffice.wants_absence_note(copy):
            self.state.vacation_answered.add((owner.address, copy.envelope_from))
            note = postoffice.absence_note(copy, vacation, self.now())
            for answer in postoffice.post(note, "", self._accounts, self.now())[0]:
                self._deliver(answer)
        return arrived

    def _bounce(self, raw: bytes, sender: str, failed: str) -> None:
        report = postoffice.bounce(raw, sender, failed, self.now())
        for copy in postoffice.post(report, "", self._accounts, self.now())[0]:
            self._deliver(copy)

    def _prefetch(self, addresses: list[str]) -> None:
        for address in addresses:
            self.proxy.fetch(address, prefetch=True)

    def _announce(self) -> None:
        for mailbox in self.state.mailboxes.values():
            fresh = [change for change in mailbox.changes if change.id > mailbox.announced_to]
            mailbox.announced_to = mailbox.history_id
            watch = mailbox.watch
            if watch is None or watch.expires_ms <= self.now_ms():
                continue
            if any(watch.wants(change) for change in fresh):
                self.pubsub.publish(mailbox.address, mailbox.history_id)


def own_sender(raw: bytes, account: Account) -> bytes:
    """The mail from one of the account's own addresses: a foreign or missing From is replaced, as Gmail does."""
    said = letters.addresses(raw, "From")
    if len(said) == 1 and account.may_write_from(said[0]):
        return raw
    return letters.with_fields(letters.without(raw, "From"), [("From", formataddr((account.name, account.address)))])


def _alias() -> str:
    """The id that Gmail's page gives to what is being written: `r` and a signed number."""
    return f"r{secrets.randbits(64) - 2**63}"
