"""Which settings does a process run with? The only reader of the environment.

`Settings.from_environ` reads a mapping and names every missing or malformed variable at once. Google's endpoints
are settings too, with Google's own addresses as defaults; nothing else in the code knows a Google address.
Every variable is documented in `.env.example`; a guard test holds the two together.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from backend.errors import SettingsIncomplete

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class GoogleSettings:
    """How Google knows us, and where Google is."""

    client_id: str
    client_secret: str = field(repr=False)
    addon_service_account: str
    pubsub_topic: str
    push_service_account: str
    push_audience: str
    auth_url: str
    token_url: str
    revoke_url: str
    certs_url: str
    gmail_url: str


@dataclass(frozen=True)
class Settings:
    """Everything that a process is told from outside. Secrets stay out of its repr."""

    database_url: str | None = field(repr=False)
    data_dir: Path
    blobs_url: str | None
    geoip_database: str | None
    public_url: str
    tracking_url: str
    secret_key: str = field(repr=False)
    link_keys: tuple[bytes, ...] = field(repr=False)
    token_encryption_keys: tuple[str, ...] = field(repr=False)
    google: GoogleSettings
    trusted_proxy_hops: int
    log_level: str
    metrics_token: str | None = field(repr=False)
    port: int
    web_concurrency: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from `environ` (the process's own when None).

        Raises SettingsIncomplete naming every missing and every malformed variable at once.
        """
        reader = _Reader(os.environ if environ is None else environ)
        public_url = reader.url("PUBLIC_URL")
        settings = cls(
            database_url=reader.database("DATABASE_URL"),
            data_dir=Path(reader.optional("READBACK_DATA_DIR") or ".data"),
            blobs_url=reader.optional("BLOBS_URL"),
            geoip_database=reader.optional("GEOIP_DATABASE"),
            public_url=public_url,
            tracking_url=reader.url("TRACKING_URL", default=public_url),
            secret_key=reader.secret("SECRET_KEY"),
            link_keys=tuple(key.encode() for key in reader.secrets("LINK_KEYS")),
            token_encryption_keys=reader.fernet_keys("TOKEN_ENCRYPTION_KEYS"),
            google=_google(reader, public_url),
            trusted_proxy_hops=reader.integer("TRUSTED_PROXY_HOPS", 0),
            log_level=reader.level("LOG_LEVEL"),
            metrics_token=reader.optional("METRICS_TOKEN"),
            port=reader.integer("PORT", 8000),
            web_concurrency=reader.integer("WEB_CONCURRENCY", 1),
        )
        reader.complain()
        return settings


def _google(reader: "_Reader", public_url: str) -> GoogleSettings:
    return GoogleSettings(
        client_id=reader.required("GOOGLE_CLIENT_ID"),
        client_secret=reader.required("GOOGLE_CLIENT_SECRET"),
        addon_service_account=reader.required("GOOGLE_ADDON_SERVICE_ACCOUNT"),
        pubsub_topic=reader.required("GOOGLE_PUBSUB_TOPIC"),
        push_service_account=reader.required("GOOGLE_PUSH_SERVICE_ACCOUNT"),
        push_audience=reader.optional("GOOGLE_PUSH_AUDIENCE") or f"{public_url}/push/gmail",
        auth_url=reader.url("GOOGLE_AUTH_URL", default="https://accounts.google.com/o/oauth2/v2/auth"),
        token_url=reader.url("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token"),
        revoke_url=reader.url("GOOGLE_REVOKE_URL", default="https://oauth2.googleapis.com/revoke"),
        certs_url=reader.url("GOOGLE_CERTS_URL", default="https://www.googleapis.com/oauth2/v1/certs"),
        gmail_url=reader.url("GOOGLE_GMAIL_URL", default="https://gmail.googleapis.com"),
    )


class _Reader:
    """Reads variables one by one and remembers every complaint, so that all are told together."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._missing: list[str] = []
        self._malformed: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def required(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            self._missing.append(name)
        return value or ""

    def url(self, name: str, default: str | None = None) -> str:
        value = (self.optional(name) or default) if default is not None else self.required(name)
        if value and not _is_web_address(value):
            self._malformed.append(f"{name} (an http or https address without query)")
        return (value or "").rstrip("/")

    def secret(self, name: str) -> str:
        value = self.required(name)
        if value and len(value) < 32:
            self._malformed.append(f"{name} (at least 32 characters)")
        return value

    def secrets(self, name: str) -> tuple[str, ...]:
        values = tuple(part.strip() for part in self.required(name).split(",") if part.strip())
        if self.optional(name) and (not values or any(len(value) < 32 for value in values)):
            self._malformed.append(f"{name} (keys of at least 32 characters, separated by commas)")
        return values

    def fernet_keys(self, name: str) -> tuple[str, ...]:
        values = tuple(part.strip() for part in self.required(name).split(",") if part.strip())
        if self.optional(name) and not (values and all(_is_fernet_key(value) for value in values)):
            self._malformed.append(f"{name} (Fernet keys, separated by commas)")
        return values

    def database(self, name: str) -> str | None:
        value = self.optional(name)
        if value and not value.startswith(("postgres://", "postgresql://", "postgresql+psycopg2://")):
            self._malformed.append(f"{name} (postgresql://...)")
        return value

    def level(self, name: str) -> str:
        value = (self.optional(name) or "INFO").upper()
        if value not in _LEVELS:
            self._malformed.append(f"{name} (one of {', '.join(_LEVELS)})")
        return value

    def integer(self, name: str, default: int) -> int:
        value = self.optional(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit()):
            self._malformed.append(f"{name} (a whole number)")
            return default
        return int(value)

    def complain(self) -> None:
        told = []
        if self._missing:
            told.append("missing: " + ", ".join(self._missing))
        if self._malformed:
            told.append("malformed: " + ", ".join(self._malformed))
        if told:
            raise SettingsIncomplete("Settings " + "; ".join(told) + ". See .env.example.")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and parts.port != 0
    except ValueError:  # half an IPv6 address, or a port that is none
        return False


def _is_fernet_key(value: str) -> bool:
    try:
        Fernet(value)
    except ValueError:
        return False
    return True
