"""What is a process joined from? The parts that `app.py` makes, and that views and jobs reach for."""

from dataclasses import dataclass

from sqlalchemy import Engine

from backend.services.ports import BlobStore, DocumentReader, IdentityProvider, MailboxProvider, PlaceFinder, SecretBox
from backend.settings import Settings


@dataclass(frozen=True)
class Parts:
    """Everything a process was joined from. Tests give their own."""

    settings: Settings
    engine: Engine
    google: IdentityProvider
    gmail: MailboxProvider
    secrets: SecretBox
    blobs: BlobStore
    documents: DocumentReader
    places: PlaceFinder | None = None  # where the admin supplies a database
