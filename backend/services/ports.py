"""What the services need of the outside world, as they would say it. The adapters fulfil it; `app.py` joins the two."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from backend.domain.document_pages import PdfReady, RenderedPage
from backend.domain.identities import AuthorizationRequest, Grant, Identity, Purpose
from backend.domain.mailboxes import Changes, FoundMail, MailboxProfile, MailHeaders, MailPlace, RawMail, Watch
from backend.domain.places import Place


class IdentityProvider(Protocol):
    """Google as the one who vouches for people and for its own calls. All of it is network: never in a transaction."""

    def begin(self, purpose: Purpose, redirect_uri: str, login_hint: str | None = None) -> AuthorizationRequest:
        """Begin a consent (authorization-code flow with PKCE)."""

    def finish(self, redirect_uri: str, code: str, request: AuthorizationRequest) -> Grant:
        """Exchange the code. Raises InvalidToken, ConsentIncomplete, ConsentWithdrawn or Transient."""

    def verify_addon_call(self, bearer: str, audience: str) -> None:
        """Raise InvalidToken unless Google itself calls our add-on at just this address."""

    def verify_user(self, user_id_token: str) -> Identity:
        """Return who uses the add-on. Raises InvalidToken."""

    def verify_push(self, bearer: str) -> None:
        """Raise InvalidToken unless our Pub/Sub subscription calls."""

    def revoke(self, token: str) -> None:
        """Withdraw our own access; a token that is already dead is no error."""


class PlaceFinder(Protocol):
    """Says roughly where a network is. Local: no network, safe in a transaction."""

    def find(self, ip: str) -> Place | None:
        """The place of an address; None where it is not known."""


class SecretBox(Protocol):
    """Encrypts what must not lie about readable."""

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the newest key."""

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits. Raises SecretUnreadable."""


class MailboxSession(Protocol):
    """One mailbox, opened with its owner's consent. All of it is network: never in a transaction.

    Every call may raise ConsentWithdrawn, RateLimited or Transient. Cursors are opaque strings of the provider's.
    """

    def profile(self) -> MailboxProfile:
        """Whose mailbox it is, and where its history stands now."""

    def own_addresses(self) -> frozenset[str]:
        """The addresses that its owner sends from, in lower case, as far as we may see them."""

    def watch(self) -> Watch:
        """Ask for pushes, or for more of them; safe to repeat."""

    def stop_watching(self) -> None:
        """Ask for no more pushes."""

    def changes_since(self, cursor: str) -> Changes:
        """All mail that arrived or was sent since the cursor, oldest first, perhaps in steps. Raises CursorExpired."""

    def recent(self, since: datetime, *, sent_only: bool) -> Sequence[FoundMail]:
        """What the mailbox holds of the time since then, newest first: for when the cursor is lost."""

    def sent_by(self, senders: Sequence[str], since: datetime) -> frozenset[str]:
        """The ids of mail from any of these addresses, domains or names before the @, since then; junk too.

        Raises Forbidden without `full` access. What came a moment ago may be missing.
        """

    def thread(self, thread_id: str) -> Sequence[FoundMail]:
        """What the thread holds now; nothing where it is gone."""

    def headers(self, ids: Iterable[str]) -> Sequence[MailHeaders]:
        """Headers of these messages; those that are gone are left out."""

    def raw(self, ids: Iterable[str]) -> Sequence[RawMail]:
        """These messages as they are; those that are gone are left out. Raises Forbidden without `full` access."""

    def resolve_addon_id(self, addon_id: str) -> MailPlace | None:
        """Find the message that the provider's add-on names so; None where there is none."""


class MailboxProvider(Protocol):
    """A provider of mailboxes: one module in `adapters/`, and one subclass of the contract suite."""

    def credentials_of(self, grant: Grant) -> bytes:
        """What must be kept, sealed, to open the mailbox again."""

    def open(self, credentials: bytes) -> MailboxSession:
        """Open a mailbox with what was kept; asks nobody yet."""


class BlobStore(Protocol):
    """The bytes of documents and pages, by workspace and SHA-256; each content once. Never in a transaction."""

    def put(self, workspace_id: int, content: bytes | IO[bytes]) -> str:
        """Store the content, unless it is there, and return its SHA-256. Raises Transient."""

    def size(self, workspace_id: int, digest: str) -> int:
        """How many bytes it has. Raises NotFound."""

    def stream(self, workspace_id: int, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end` (None: its end). Raises NotFound at once."""

    def read(self, workspace_id: int, digest: str) -> bytes:
        """All of it. Raises NotFound."""

    def written_before(self, workspace_id: int, before: datetime) -> Iterator[str]:
        """Yield the digests of the blobs that were last written (also: once more) before then. Raises Transient."""

    def remove(self, workspace_id: int, digest: str, before: datetime) -> bool:
        """Remove it unless it was written since; whether it was. Only for what no row names. Raises Transient."""

    def remove_unfinished(self, workspace_id: int, before: datetime) -> int:
        """Remove what was left half written before then; returns how much. Raises Transient."""


class DocumentReader(Protocol):
    """Makes pages of files, in a cage. It takes seconds to minutes: never in a transaction."""

    def stop(self) -> None:
        """Break off what is at hand, and whatever is begun from now on, with Stopped: the process is to end."""

    def prepare(self, source: Path, name: str) -> PdfReady:
        """Find out what the file is and make it a PDF. Raises DocumentRefused, ConversionFailed, Stopped."""

    def render(
        self,
        ready: PdfReady,
        widths: Sequence[int],
        numbers: Sequence[int] | None = None,
        cover_width: int | None = None,
    ) -> Generator[RenderedPage, None, None]:
        """Yield the pages, each as soon as it is ready; the first with a cover where its width is given.

        Raises DocumentRefused, ConversionFailed, Stopped.
        """

    def stamp(self, image: bytes, label: str) -> bytes:
        """Return a page's image as WebP with a label drawn across it. Raises ConversionFailed."""
