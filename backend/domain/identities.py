"""Who is it, and what did they allow us? Values that the identity provider tells, after verification."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Purpose = Literal["sign_in", "mailbox_full", "mailbox_headers"]


@dataclass(frozen=True)
class Identity:
    """A person as Google vouches for them in an ID token. `hosted_domain` is the verified company domain, if any."""

    sub: str
    email: str
    email_verified: bool
    name: str = ""
    hosted_domain: str | None = None


@dataclass(frozen=True)
class AuthorizationRequest:
    """A consent that has begun: where to send the browser, and what must be kept until it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True)
class Grant:
    """What a finished consent gave. Instants are aware UTC; `refresh_token` is absent for a mere sign-in."""

    identity: Identity
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]
