"""Whose desk is it, and what lies in the mailroom? Quorra's, Sam's beside her, and Tess's at another company."""

from collections.abc import Iterator

import pytest

from backend.adapters.blobs import Blobs
from backend.adapters.documents import Documents
from tests.mailroom import Mailroom, open_mailroom
from tests.services.desks import Desk


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def desk(database, conn, blobs, gridworks) -> Desk:
    return Desk(database, conn, blobs, gridworks)


@pytest.fixture
def caged(desk) -> Desk:
    """The same desk, with files read as in production."""
    desk.reader = Documents()
    return desk


@pytest.fixture
def sams(desk) -> Desk:
    return Desk(desk.database, desk.conn, desk.blobs, desk.tenant, "sam")


@pytest.fixture
def tesss(desk, othergrid) -> Desk:
    return Desk(desk.database, desk.conn, desk.blobs, othergrid, "tess")


@pytest.fixture(scope="module")
def whole_mailroom() -> Iterator[Mailroom]:
    """Mailboxes at the local Google, one for all tests of a file: whoever takes it clears it, or takes `mailroom`."""
    with open_mailroom() as mailroom:
        yield mailroom


@pytest.fixture
def mailroom(whole_mailroom: Mailroom) -> Mailroom:
    """The mailroom with nothing in it."""
    whole_mailroom.world.reset()
    return whole_mailroom
