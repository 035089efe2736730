"""Blobs that nobody names go once they are old; what is named, young or another workspace's stays."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from backend.adapters.blobs import Blobs
from backend.services.tidying import KEPT_FOR, leave_tidying, tidy
from backend.store.document_tables import document, document_page, document_version

LONG_AGO_S = 2 * KEPT_FOR.total_seconds()


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path))


def grow_old(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - LONG_AGO_S,) * 2)


def name_blobs(conn, tenant, original: str, pdf: str, cover: str, images: list[str]) -> int:
    """A document with one version of one page; returns the version."""
    own = {"workspace_id": tenant.workspace_id}
    rep_id = next(iter(tenant.reps.values())).id
    made = insert(document).values(**own, rep_id=rep_id, name="Offer.docx").returning(document.c.id)
    of = {**own, "document_id": conn.execute(made).scalar_one(), "number": 1, "rep_id": rep_id}
    of |= {"file_name": "Offer.docx", "size": 1, "digest": original, "pdf_digest": pdf, "cover_digest": cover}
    version_id = conn.execute(insert(document_version).values(of).returning(document_version.c.id)).scalar_one()
    page = {**own, "version_id": version_id, "number": 1, "width_pt": 1, "height_pt": 1, "kind": "text"}
    page |= {"images": [{"digest": each} for each in images], "words": [], "links": []}
    conn.execute(insert(document_page).values(page))
    return version_id


def there(blobs: Blobs, workspace_id: int) -> set[str]:
    return set(blobs.written_before(workspace_id, datetime.now(UTC) + timedelta(days=1)))


def test_only_what_is_old_and_named_by_no_row_of_its_workspace_is_removed(
    database, conn, blobs, tmp_path, gridworks, othergrid
):
    ours, theirs = gridworks.workspace_id, othergrid.workspace_id
    named = [blobs.put(ours, b"%d" % number) for number in range(5)]
    nobodys = blobs.put(ours, b"nobody's")
    theirs_alone = [blobs.put(theirs, content) for content in (b"0", b"nobody's")]
    name_blobs(conn, gridworks, named[0], named[1], named[2], named[3:])
    name_blobs(conn, othergrid, theirs_alone[0], theirs_alone[0], theirs_alone[0], [])
    grow_old(tmp_path)
    young = blobs.put(ours, b"about to be named")
    assert tidy(database, blobs, ours, datetime.now(UTC)) == 1
    assert there(blobs, ours) == {*named, young}
    assert nobodys not in there(blobs, ours)
    assert there(blobs, theirs) == set(theirs_alone)
    assert tidy(database, blobs, theirs, datetime.now(UTC)) == 1
    assert there(blobs, theirs) == {theirs_alone[0]}


def test_what_two_documents_share_stays_until_neither_names_it(database, conn, blobs, tmp_path, gridworks):
    shared = blobs.put(gridworks.workspace_id, b"the same file twice")
    versions = [name_blobs(conn, gridworks, shared, shared, shared, [shared]) for _ in range(2)]
    grow_old(tmp_path)
    for version_id in versions:
        assert tidy(database, blobs, gridworks.workspace_id, datetime.now(UTC)) == 0
        conn.execute(document_page.delete().where(document_page.c.version_id == version_id))
        conn.execute(document_version.delete().where(document_version.c.id == version_id))
    assert tidy(database, blobs, gridworks.workspace_id, datetime.now(UTC)) == 1


def test_an_old_content_that_is_uploaded_again_is_not_taken_from_under_the_upload(database, blobs, tmp_path, gridworks):
    digest = blobs.put(gridworks.workspace_id, b"uploaded once, and forgotten")
    grow_old(tmp_path)
    assert blobs.put(gridworks.workspace_id, b"uploaded once, and forgotten") == digest
    assert tidy(database, blobs, gridworks.workspace_id, datetime.now(UTC)) == 0
    assert there(blobs, gridworks.workspace_id) == {digest}


def test_each_workspace_gets_a_job_where_mail_does_not_wait_for_it(conn, gridworks, othergrid, now):
    leave_tidying(conn, now)
    leave_tidying(conn, now)
    jobs = "SELECT args->>'workspace_id', queue_name FROM procrastinate_jobs WHERE task_name = 'tidy_blobs'"
    found = conn.execute(text(jobs)).tuples().all()
    mine = {str(gridworks.workspace_id), str(othergrid.workspace_id)}
    assert sorted(row for row in found if row[0] in mine) == sorted((each, "background") for each in mine)
