"""The Content and Document pages: who gets in, what may be uploaded, what is told of the conversion, and the plan."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from backend.adapters.blobs import Blobs
from backend.app import MAX_REQUEST_BYTES
from backend.store import document_tables as docs
from backend.store import tables
from tests.documents import pdf, saved
from tests.stories import Rep, Tenant
from tests.web import document_rows, rows
from tests.web.conftest import BASE, QUORRA, SAM, TESS, get, post

JSON = {"Accept": "application/json", "Referer": f"{BASE}/content"}
READ_AT = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.fixture
def blobs(app, tmp_path):
    blobs = Blobs(str(tmp_path / "blobs"))
    app.extensions["readback"] = replace(app.extensions["readback"], blobs=blobs)
    return blobs


@pytest.fixture
def quorra(sign_in, blobs):
    return sign_in(QUORRA)


@pytest.fixture
def gridworks(conn, quorra) -> Tenant:
    """The workspace that Quorra's signing in has founded."""
    found = conn.execute(select(tables.rep).where(tables.rep.c.email == QUORRA.email)).one()
    return Tenant(found.workspace_id, "gridworks.example", {"quorra": Rep(found.id, found.email, found.name)})


@pytest.fixture
def offer(conn, blobs, gridworks) -> int:
    """A document of Quorra's with three pages."""
    rep = gridworks.reps["quorra"]
    document_id = document_rows.put_document(conn, gridworks, rep, "Offer.pdf")
    version_id = document_rows.put_version(conn, gridworks, rep, document_id)
    document_rows.put_pages(conn, blobs, gridworks, (document_id, version_id), 3)
    return document_id


def version_of(conn, document_id: int) -> int:
    return conn.execute(select(docs.document.c.version_id).where(docs.document.c.id == document_id)).scalar_one()


def token_of(client) -> str:
    return get(client, "/content").text.split('name="csrf_token" value="')[1].split('"')[0]


def send(client, content: bytes, name: str, path: str = "/content/upload", **more):
    """Upload one file as the page's script does."""
    form = {"csrf_token": token_of(client), "file": (io.BytesIO(content), name)}
    return client.post(path, base_url=BASE, data=form, content_type="multipart/form-data", headers=JSON, **more)


def test_strangers_are_led_to_the_door(browser, offer, conn):
    version_id = version_of(conn, offer)
    for path in ("/content", f"/content/{offer}", f"/content/{offer}/look", "/content/progress?document=1"):
        answer = get(browser(), path)
        assert answer.status_code == 302, path
        assert urlsplit(answer.headers["Location"]).path == "/sign-in"
    assert get(browser(), f"/content/{offer}/pages/{version_id}/1/320").status_code == 302


def test_another_workspace_finds_nothing(sign_in, offer, conn):
    tess, version_id = sign_in(TESS), version_of(conn, offer)
    assert "Offer.pdf" not in get(tess, "/content").text
    for path in (f"/content/{offer}", f"/content/{offer}/look", f"/content/{offer}/pages/{version_id}/1/320"):
        assert get(tess, path).status_code == 404, path
    for action in ("archive", "restore", "versions"):
        assert post(tess, f"/content/{offer}/{action}", file=(io.BytesIO(b"%PDF-"), "a.pdf")).status_code == 404, action
    for action, form in (("name", {"name": "Mine"}), ("team", {"is": "on"}), ("gate", {"is": "on"})):
        assert post(tess, f"/content/{offer}/{action}", **form).status_code == 404, action
    assert get(tess, f"/content/progress?document={offer}").json == {"documents": []}
    assert conn.execute(select(docs.document.c.name)).scalars().all() == ["Offer.pdf"]


def test_a_colleague_sees_only_what_is_shared(sign_in, quorra, offer, conn, gridworks):
    sam = sign_in(SAM)
    conn.execute(update(tables.rep).where(tables.rep.c.email == SAM.email).values(status="active", admitted_at=READ_AT))
    assert get(sam, f"/content/{offer}").status_code == 404
    assert post(quorra, f"/content/{offer}/team", **{"is": "on"}).status_code == 303
    page = get(sam, f"/content/{offer}").text
    assert "From Quorra Reed" in page and "/archive" not in page
    assert "Quorra Reed" in get(sam, "/content").text


def test_an_admin_may_put_a_colleagues_document_out_of_sight_but_not_change_it(sign_in, quorra, offer, conn):
    sam = sign_in(SAM)
    admitted = update(tables.rep).where(tables.rep.c.email == SAM.email)
    conn.execute(admitted.values(status="active", admitted_at=READ_AT))
    post(quorra, f"/content/{offer}/team", **{"is": "on"})
    assert post(sam, f"/content/{offer}/archive").status_code == 404
    conn.execute(admitted.values(role="admin"))
    page = get(sam, f"/content/{offer}").text
    assert "/archive" in page and "Stop sharing" in page and "/name" not in page and "/gate" not in page
    assert post(sam, f"/content/{offer}/archive").status_code == 303
    assert post(sam, f"/content/{offer}/restore").status_code == 303
    for action, form in (("name", {"name": "Mine"}), ("gate", {"is": "on"})):
        assert post(sam, f"/content/{offer}/{action}", **form).status_code == 404, action
    assert post(sam, f"/content/{offer}/team", **{"is": "off"}).headers["Location"] == "/content"
    assert get(sam, f"/content/{offer}").status_code == 404
    assert post(sam, f"/content/{offer}/archive").status_code == 404
    assert conn.execute(select(docs.document.c.is_shared, docs.document.c.archived_at)).one() == (False, None)
    assert get(quorra, f"/content/{offer}").status_code == 200


def test_a_forged_upload_or_change_is_refused(quorra, offer, conn):
    form = {"file": (io.BytesIO(saved(pdf(1))), "Forged.pdf")}
    forged = quorra.post("/content/upload", base_url=BASE, data=form, headers=JSON, content_type="multipart/form-data")
    assert forged.status_code == 400
    assert quorra.post(f"/content/{offer}/archive", base_url=BASE, headers=JSON).status_code == 400
    assert conn.execute(select(func.count()).select_from(docs.document)).scalar_one() == 1


def test_an_upload_is_taken_and_told_how_far_it_is(quorra, conn, blobs, gridworks):
    content = saved(pdf(2))
    answer = send(quorra, content, "Offer.pdf")
    assert answer.status_code == 202
    told = answer.json
    assert (told["name"], told["state"], told["ready_pages"]) == ("Offer.pdf", "waiting", 0)
    version = conn.execute(select(docs.document_version)).one()
    assert blobs.read(gridworks.workspace_id, version.digest) == content
    conn.execute(update(docs.document_version).values(state="converting", pages=2, ready_pages=1))
    [found] = get(quorra, f"/content/progress?document={told['document']}").json["documents"]
    assert (found["state"], found["pages"], found["ready_pages"]) == ("converting", 2, 1)
    assert f'data-pending="{told["document"]}"' in get(quorra, "/content").text
    conn.execute(update(docs.document_version).values(state="refused", sentence="It is locked."))
    assert "It is locked." in get(quorra, "/content").text
    assert "It is locked." in get(quorra, told["address"]).text


def test_more_than_a_form_may_have_is_taken_as_a_document_and_too_much_is_not(quorra, conn, monkeypatch):
    noise = b"%PDF-1.7\n" + bytes(3 * MAX_REQUEST_BYTES)
    assert send(quorra, noise, "Large.pdf").status_code == 202
    monkeypatch.setattr("backend.web.content.MAX_BYTES", 2 * MAX_REQUEST_BYTES)
    answer = send(quorra, noise + bytes(MAX_REQUEST_BYTES), "Larger.pdf")
    assert answer.status_code == 413
    told = "Nothing was stored. Please send less than 3 MB at once; several large files one by one."
    assert answer.json["sentence"] == told
    assert conn.execute(select(docs.document.c.name)).scalars().all() == ["Large.pdf"]


def test_trouble_with_the_store_of_documents_is_not_called_googles(quorra, conn, tmp_path, offer):
    for blob in [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]:
        blob.unlink()
        blob.mkdir()
    answer = get(quorra, f"/content/{offer}/pages/{version_of(conn, offer)}/1/320")
    assert answer.status_code == 503
    assert "Documents cannot be reached just now" in answer.text
    assert "Google" not in answer.text


def test_elsewhere_a_form_stays_small_and_strangers_may_send_little(quorra, browser, offer):
    much = bytes(MAX_REQUEST_BYTES + 1)
    assert quorra.post(f"/content/{offer}/name", base_url=BASE, data=much).status_code == 413
    form = {"file": (io.BytesIO(much), "a.pdf")}
    assert browser().post("/content/upload", base_url=BASE, data=form, headers=JSON).status_code == 413


def test_an_empty_file_is_refused_with_what_to_do(quorra, conn):
    answer = send(quorra, b"", "Empty.pdf")
    assert answer.status_code == 422
    assert answer.json["sentence"] == "The file is empty. Save it again and upload that."
    assert conn.execute(select(func.count()).select_from(docs.document)).scalar_one() == 0


def test_a_name_with_a_path_loses_the_path(quorra, conn):
    told = send(quorra, saved(pdf(1)), "../../secret/Offer.pdf").json
    assert told["name"] == "Offer.pdf"


def test_without_a_script_several_files_are_taken_at_once(quorra, conn):
    one, two = ((io.BytesIO(saved(pdf(1))), f"{name}.pdf") for name in ("One", "Two"))
    form = {"csrf_token": token_of(quorra), "file": [one, two, (io.BytesIO(b""), "Nothing.pdf")]}
    answer = quorra.post("/content/upload", base_url=BASE, data=form, headers={"Referer": f"{BASE}/content"})
    assert answer.status_code in (302, 303)
    page = get(quorra, "/content").text
    assert "One.pdf is uploaded" in page and "Nothing.pdf: The file is empty" in page
    assert set(conn.execute(select(docs.document.c.name)).scalars()) == {"One.pdf", "Two.pdf"}


def test_a_new_version_belongs_to_the_same_document(quorra, conn, offer):
    told = send(quorra, saved(pdf(4)), "Offer, better.pdf", f"/content/{offer}/versions").json
    assert told["document"] == offer
    numbers = conn.execute(select(docs.document_version.c.number).order_by(docs.document_version.c.number)).scalars()
    assert list(numbers) == [1, 2]
    page = get(quorra, f"/content/{offer}").text
    assert "Version 2" in page and "Offer, better.pdf" in page


def test_a_page_is_an_image_that_only_the_rep_may_keep(quorra, conn, offer, gridworks):
    path = f"/content/{offer}/pages/{version_of(conn, offer)}"
    answer = get(quorra, f"{path}/2/320")
    assert answer.data == document_rows.page_picture(320, 2)
    assert answer.content_type == "image/webp"
    assert answer.headers["Cache-Control"].startswith("private")
    assert get(quorra, f"{path}/4/320").status_code == 404
    assert get(quorra, f"/content/{offer}/pages/999999/1/320").status_code == 404
    counted = select(func.count()).where(tables.hit.c.workspace_id == gridworks.workspace_id)
    assert conn.execute(counted).scalar_one() == 0


def test_the_rep_looks_at_it_in_the_viewer_and_nothing_is_kept(quorra, sign_in, browser, conn, offer, gridworks):
    version_id = version_of(conn, offer)
    look = get(quorra, f"/content/{offer}/look?page=2").headers["Location"]
    assert look == f"/d/look-{offer}-{version_id}?page=2"
    page = get(quorra, look).text
    assert "Your own look" in page and "Page 2 of 3" in page and 'data-visit=""' in page
    place = look.partition("?")[0]
    assert get(quorra, f"{place}/pages/{version_id}/2/800").data == document_rows.page_picture(800, 2)
    for path in (f"/layer/{version_id}/1", f"/outline/{version_id}", f"/search/{version_id}?q=games"):
        assert get(quorra, f"{place}{path}").status_code == 200, path
    told = {"visit": str(uuid4()), "beacons": [{"seq": 0, "at_ms": 1, "state": "reading", "page": 1, "pages": {}}]}
    assert quorra.post(f"{place}/pages", base_url=BASE, json=told).status_code == 204
    for table in (tables.hit, docs.visit, docs.beacon, docs.page_load):
        assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name
    tess = sign_in(TESS)
    for stranger in (browser(), tess):
        for path in ("", f"/pages/{version_id}/2/800", f"/layer/{version_id}/1", "/download"):
            assert get(stranger, f"{place}{path}").status_code == 404, path
    assert get(quorra, f"/d/look-{offer}-{version_id + 1}").status_code == 404


def test_the_page_shows_times_and_the_way_of_each_reader(quorra, conn, offer, gridworks):
    message_id = rows.send(conn, gridworks, gridworks.reps["quorra"], "The offer", READ_AT, [rows.FLYNN])
    share_id = document_rows.put_share(conn, gridworks, offer, message_id)
    share = (message_id, share_id, version_of(conn, offer))
    document_rows.put_visit(conn, gridworks, share, READ_AT, {1: 62_000, 3: 20_000})
    page = get(quorra, f"/content/{offer}").text
    assert "1 view by 1 reader, 1 min 22 s on average" in page
    assert '<th scope="row">1</th><td>1</td><td>1 min 2 s</td>' in page
    assert '<th scope="row">2</th><td>0</td><td>not seen</td>' in page
    assert "read 2 of 3 pages (1, 3) in 1 min 22 s" in page
    assert page.index("page 1 <span") < page.index("page 3 <span")
    assert "1 view by 1 reader" in get(quorra, "/content").text


def test_what_was_read_of_another_version_stays_apart(quorra, conn, blobs, offer, gridworks):
    rep = gridworks.reps["quorra"]
    first = version_of(conn, offer)
    message_id = rows.send(conn, gridworks, rep, "The offer", READ_AT, [rows.FLYNN])
    share_id = document_rows.put_share(conn, gridworks, offer, message_id)
    document_rows.put_visit(conn, gridworks, (message_id, share_id, first), READ_AT, {2: 30_000})
    second = document_rows.put_version(conn, gridworks, rep, offer, 2)
    document_rows.put_pages(conn, blobs, gridworks, (offer, second), 1)
    later = READ_AT + timedelta(hours=3)
    document_rows.put_visit(conn, gridworks, (message_id, share_id, second), later, {1: 5_000})
    newest, oldest = get(quorra, f"/content/{offer}").text, get(quorra, f"/content/{offer}?version={first}").text
    assert "read it in 5 s" in newest and "30 s" not in newest.split("Readers")[1]
    assert "read 1 of 3 pages (2) in 30 s" in oldest and "in 5 s" not in oldest
    assert get(quorra, f"/content/{offer}?version=999999").status_code == 404


def test_names_archive_and_switches(quorra, conn, offer):
    assert post(quorra, f"/content/{offer}/name", name="Offer for Flynn").status_code == 303
    assert "Offer for Flynn" in get(quorra, "/content").text
    post(quorra, f"/content/{offer}/name", name=" ")
    assert "Offer for Flynn" in get(quorra, "/content").text
    post(quorra, f"/content/{offer}/gate", **{"is": "on"})
    assert "Stop asking" in get(quorra, f"/content/{offer}").text
    assert post(quorra, f"/content/{offer}/gate", **{"is": "perhaps"}).status_code == 400
    post(quorra, f"/content/{offer}/archive")
    assert "Offer for Flynn" not in get(quorra, "/content").text.split("</nav>")[-1]
    assert "Offer for Flynn" in get(quorra, "/content?archived=yes").text
    post(quorra, f"/content/{offer}/restore")
    assert "Offer for Flynn" in get(quorra, "/content?q=flynn").text
    assert "Nothing found for" in get(quorra, "/content?q=sark").text


def test_a_single_plan_is_explained_and_takes_nothing(quorra, conn, offer, gridworks):
    conn.execute(
        update(tables.workspace).where(tables.workspace.c.workspace_id == gridworks.workspace_id).values(plan="single")
    )
    page = get(quorra, "/content").text
    assert "Attaching files in Gmail works as always" in page and "data-upload" not in page
    assert "/archive" not in get(quorra, f"/content/{offer}").text
    form = {"csrf_token": token_of(quorra), "file": (io.BytesIO(saved(pdf(1))), "New.pdf")}
    answer = quorra.post("/content/upload", base_url=BASE, data=form, headers=JSON)
    assert answer.status_code == 403
    assert "team" in answer.json["sentence"]
    assert conn.execute(select(func.count()).select_from(docs.document)).scalar_one() == 1
