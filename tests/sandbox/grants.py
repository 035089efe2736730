"""Who allowed which client what? Authorization codes, grants and access tokens, as values that survive a restart."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

CODE_LIVES_S = 600.0
TOKEN_LIVES_S = 3599.0

USERINFO_EMAIL = "https://www.googleapis.com/auth/userinfo.email"
USERINFO_PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
SIGN_IN_SCOPES = ("openid", USERINFO_EMAIL, USERINFO_PROFILE)
_LONG_FORMS = {"email": USERINFO_EMAIL, "profile": USERINFO_PROFILE}


class GrantRefused(Exception):
    """The token endpoint says no, in Google's words: `error` and `description`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True)
class CodeRequest:
    """What a browser asked for at the consent page, and who agreed to it."""

    address: str
    scopes: tuple[str, ...]
    redirect_uri: str
    offline: bool
    challenge: str | None = None
    challenge_method: str | None = None
    nonce: str | None = None


@dataclass
class Grant:
    """One account's consent. It lives until it is withdrawn; its access tokens die with it."""

    address: str
    scopes: tuple[str, ...]
    refresh_token: str | None
    nonce: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class AccessToken:
    """What a bearer may do, and until when."""

    value: str
    address: str
    scopes: frozenset[str]
    expires_s: float


@dataclass
class Grants:
    """The book of consents."""

    codes: dict[str, tuple[CodeRequest, float]] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    tokens: dict[str, tuple[AccessToken, Grant]] = field(default_factory=dict)
    spent_codes: set[str] = field(default_factory=set)

    def issue_code(self, request: CodeRequest, now_s: float) -> str:
        code = f"4/0A{secrets.token_urlsafe(48)}"
        self.codes[code] = (request, now_s + CODE_LIVES_S)
        return code

    def granted_scopes(self, address: str) -> tuple[str, ...]:
        """Everything that this account allows just now."""
        found = [scope for g in self.grants if g.address == address and not g.withdrawn for scope in g.scopes]
        return tuple(dict.fromkeys(found))

    def has_offline_grant(self, address: str, scopes: tuple[str, ...]) -> bool:
        return any(
            g.address == address and g.refresh_token and not g.withdrawn and set(scopes) <= set(g.scopes)
            for g in self.grants
        )

    def redeem(self, code: str, redirect_uri: str, verifier: str | None, now_s: float) -> tuple[Grant, AccessToken]:
        """Exchange a code, once. Raises GrantRefused."""
        if code in self.spent_codes:
            raise GrantRefused("invalid_grant", "Bad Request")
        request, expires_s = self.codes.get(code, (None, 0.0))
        if request is None or expires_s <= now_s:
            raise GrantRefused("invalid_grant", "Malformed auth code.")
        if redirect_uri != request.redirect_uri:
            raise GrantRefused("redirect_uri_mismatch", "Bad Request")
        if request.challenge is not None:
            if not verifier:
                raise GrantRefused("invalid_grant", "Missing code verifier.")
            if challenge_of(verifier, request.challenge_method) != request.challenge:
                raise GrantRefused("invalid_grant", "Invalid code verifier.")
        del self.codes[code]
        self.spent_codes.add(code)
        refresh_token = f"1//0{secrets.token_urlsafe(64)}" if request.offline else None
        grant = Grant(request.address, request.scopes, refresh_token, request.nonce)
        self.grants.append(grant)
        return grant, self.issue_token(grant, now_s)

    def renew(self, refresh_token: str, now_s: float) -> tuple[Grant, AccessToken]:
        """A new access token. Raises GrantRefused where the consent is withdrawn or never was."""
        grant = next((g for g in self.grants if g.refresh_token == refresh_token), None)
        if grant is None or grant.withdrawn:
            raise GrantRefused("invalid_grant", "Token has been expired or revoked.")
        return grant, self.issue_token(grant, now_s)

    def issue_token(self, grant: Grant, now_s: float, scopes: tuple[str, ...] | None = None) -> AccessToken:
        value = f"ya29.a0{secrets.token_urlsafe(120)}"
        token = AccessToken(value, grant.address, frozenset(scopes or grant.scopes), now_s + TOKEN_LIVES_S)
        self.tokens[value] = (token, grant)
        return token

    def find_token(self, value: str, now_s: float) -> AccessToken | None:
        """What a bearer token allows; nothing once it is expired or withdrawn."""
        token, grant = self.tokens.get(value, (None, None))
        if token is None or grant is None or grant.withdrawn or token.expires_s <= now_s:
            return None
        return token

    def revoke(self, value: str, now_s: float) -> bool:
        """Withdraw the consent behind an access or refresh token; False where there is none."""
        grant = next((g for g in self.grants if g.refresh_token == value and not g.withdrawn), None)
        if grant is None and self.find_token(value, now_s) is not None:
            grant = self.tokens[value][1]
        if grant is None:
            return False
        grant.withdrawn = True
        return True

    def withdraw(self, address: str) -> int:
        """The person takes back every consent, as at myaccount.google.com/connections."""
        alive = [g for g in self.grants if g.address == address and not g.withdrawn]
        for grant in alive:
            grant.withdrawn = True
        return len(alive)

    def expire_tokens(self, address: str) -> None:
        """Let this account's access tokens expire now; its refresh tokens stay good."""
        self.tokens = {value: kept for value, kept in self.tokens.items() if kept[0].address != address}


def long_scopes(asked: str) -> tuple[str, ...]:
    """The scopes as Google answers them: `email` and `profile` in their long form, each once."""
    return tuple(dict.fromkeys(_LONG_FORMS.get(scope, scope) for scope in asked.split()))


def challenge_of(verifier: str, method: str | None) -> str:
    """The PKCE challenge of a verifier (RFC 7636)."""
    if method == "S256":
        return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return verifier
