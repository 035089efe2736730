"""How is Readback pointed at the sandbox? By nothing but its own settings."""

import functools
import json
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from tests.sandbox import project


def readback_environment(sandbox_url: str, readback_url: str, data_dir: Path | None = None) -> dict[str, str]:
    """Every setting that a Readback at `readback_url` needs to find the sandbox at `sandbox_url`.

    Its secrets are made once and kept in `data_dir`; without one they last as long as the process.
    """
    sandbox_url, readback_url = sandbox_url.rstrip("/"), readback_url.rstrip("/")
    return {
        "PUBLIC_URL": readback_url,
        "TRACKING_URL": readback_url,
        "GOOGLE_CLIENT_ID": project.CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": project.CLIENT_SECRET,
        "GOOGLE_ADDON_SERVICE_ACCOUNT": project.ADDON_SERVICE_ACCOUNT,
        "GOOGLE_PUBSUB_TOPIC": project.TOPIC,
        "GOOGLE_PUSH_SERVICE_ACCOUNT": project.PUSH_SERVICE_ACCOUNT,
        "GOOGLE_PUSH_AUDIENCE": f"{readback_url}/push/gmail",
        "GOOGLE_AUTH_URL": f"{sandbox_url}/o/oauth2/v2/auth",
        "GOOGLE_TOKEN_URL": f"{sandbox_url}/token",
        "GOOGLE_REVOKE_URL": f"{sandbox_url}/revoke",
        "GOOGLE_CERTS_URL": f"{sandbox_url}/oauth2/v1/certs",
        "GOOGLE_GMAIL_URL": sandbox_url,
        **(_kept_secrets(data_dir) if data_dir else _passing_secrets()),
    }


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    file = data_dir / "readback-secrets.json"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(_new_secrets()))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


@functools.cache
def _passing_secrets() -> dict[str, str]:
    return _new_secrets()


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "LINK_KEYS": secrets.token_urlsafe(48),
        "TOKEN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
