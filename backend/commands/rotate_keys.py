"""`python -m backend rotate-keys`: encrypt every stored credential anew with the newest key.

Put a new key in front of TOKEN_ENCRYPTION_KEYS, restart, run this, then take the old key away. It works in small
transactions while the product runs, and can be run again at any time.
"""

from argparse import Namespace

from sqlalchemy import Engine

from backend.adapters.secrets import FernetBox
from backend.commands.serving import database
from backend.errors import SecretUnreadable
from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.mailboxes import put_credentials, sealed_credentials

_AT_ONCE = 100


def run(_: Namespace) -> int:
    """Rotate, and tell how many were done; 1 where some could be read with no key at hand."""
    settings = Settings.from_environ()
    with database(settings) as url:
        engine = create_store(url)
        done, unreadable = rotate(engine, FernetBox(settings.token_encryption_keys))
        engine.dispose()
    print(f"{done} credentials are encrypted with the newest key.")
    if unreadable:
        print(f"{unreadable} could not be decrypted with any key: their owners have to connect again.")
    return 1 if unreadable else 0


def rotate(engine: Engine, box: FernetBox) -> tuple[int, int]:
    """Seal all stored credentials with the newest key; returns how many were, and how many could not be read."""
    done = unreadable = 0
    after = (0, 0)
    while True:
        with engine.begin() as conn:
            sealed = sealed_credentials(conn, after, _AT_ONCE)
            for workspace_id, mailbox_id, credentials in sealed:
                try:
                    put_credentials(conn, workspace_id, mailbox_id, box.rotate(credentials))
                    done += 1
                except SecretUnreadable:
                    unreadable += 1
        if not sealed:
            return done, unreadable
        after = sealed[-1][:2]
