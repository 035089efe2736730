"""What the services need of the outside world, as they would say it. The adapters fulfil it; `app.py` joins the two."""

from typing import Literal, Protocol

from backend.domain.identities import AuthorizationRequest, Grant, Identity

Purpose = Literal["sign_in", "mailbox_full", "mailbox_headers"]


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


class SecretBox(Protocol):
    """Encrypts what must not lie about readable."""

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the newest key."""

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits. Raises SecretUnreadable."""


class MailboxProvider(Protocol):
    """A provider of mailboxes. SYNC fills this in."""
