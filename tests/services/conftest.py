"""Whose desk is it? Quorra's, Sam's beside her, and Tess's at another company."""

import pytest

from backend.adapters.blobs import Blobs
from backend.adapters.documents import Documents
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
