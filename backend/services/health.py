"""Can this process do its work? What `/readyz` tells, part by part."""

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from backend.store.schema import is_current


def readiness(engine: Engine, data_dir: Path) -> Mapping[str, str]:
    """Say of each part "ok" or what is wrong with it."""
    return {**_database(engine), "journal": _journal(data_dir)}


def _database(engine: Engine) -> Mapping[str, str]:
    try:
        with engine.begin() as conn:
            return {"database": "ok", "schema": "ok" if is_current(conn) else "not migrated"}
    except SQLAlchemyError:
        return {"database": "cannot be reached", "schema": "unknown"}


def _journal(data_dir: Path) -> str:
    """Hits go to a journal here when the database is away, so the folder has to be there, or to be made."""
    nearest = next((folder for folder in (data_dir, *data_dir.absolute().parents) if folder.exists()), data_dir)
    return "ok" if nearest.is_dir() and os.access(nearest, os.W_OK) else "folder cannot be written"
