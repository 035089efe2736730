"""`python -m backend migrate`: the schema, brought to this code's revision."""

from argparse import Namespace

from backend.commands.serving import database
from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.schema import migrate


def run(_: Namespace) -> int:
    """Bring the database's schema to this code's revision."""
    with database(Settings.from_environ()) as url:
        engine = create_store(url)
        print(f"The schema is at revision {migrate(engine)}.")
        engine.dispose()
    return 0
