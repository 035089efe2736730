"""One reading, told in four places: the feed, the mail's page, the document's page and the card say the same."""

from datetime import UTC, timedelta

import pytest

from addon.cards import Json
from addon.message import OpenMail, message_card
from addon.words import Viewer
from backend.domain.feed import lines
from backend.services import hits
from backend.services.feed import get_feed, get_message
from backend.services.reading import readings_of_document, totals_of_documents
from tests.google_calls import text_of
from tests.readings import FIREFOX, share_again, share_document
from tests.services.test_hits import ALAN, FLYNN, Mail
from tests.services.test_reading import read

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"  # noqa: E501  # fmt: skip


@pytest.fixture
def mail(conn, gridworks, now):
    return Mail(conn, gridworks, now, people=(FLYNN, ALAN))


def card_of(mail, now) -> Json:
    record = get_message(mail.conn, mail.workspace_id, mail.id)
    shown = OpenMail(record.group, record.rows, record.shared)
    return message_card("https://readback.example", shown, Viewer(now, UTC))


def places(mail, now, *document_ids: int) -> dict[str, str]:
    """What is said of readings in each of the four places."""
    [group] = [one for one in get_feed(mail.conn, mail.workspace_id).groups if one.message_id == mail.id]
    record = get_message(mail.conn, mail.workspace_id, mail.id)
    own = [readings_of_document(mail.conn, mail.workspace_id, one) for one in document_ids]
    return {
        "feed": " | ".join(f"{line.who} {line.told} {line.doubt}" for line in lines(group) if line.kind == "document"),
        "mail": " | ".join(f"{row.line.who} {row.line.told} {row.line.doubt}" for row in record.readings),
        "document": " | ".join(f"{row.line.who} {row.line.told} {row.line.doubt}" for one in own for row in one.rows),
        "card": text_of(card_of(mail, now)),
    }


def test_one_reading_is_told_alike_in_all_places(conn, mail, now):
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id, recipient=FLYNN[0])
    first = read(offer, now, [(1, 12), (2, 8), (3, 5), (7, 30)])
    offer.deed("download", now + timedelta(seconds=40), first)
    read(offer, now + timedelta(minutes=9), [(7, 15), (8, 10)])
    later = now + timedelta(hours=1)
    hits.judge_new(conn, later)
    told = "read 5 of 12 pages of “Offer.pdf” (1–3, 7–8) in 1 min 20 s, downloaded it"
    for place, said in places(mail, later, offer.document_id).items():
        assert told in said.replace("Read 5", "read 5"), place
        assert "probably" not in said.lower(), place
    known = readings_of_document(conn, mail.workspace_id, offer.document_id)
    assert (known.views, known.readers, known.average_ms) == (1, 1, 80_000)
    assert {page.number: (page.views, page.active_ms) for page in known.per_page if page.views} == {
        1: (1, 12_000), 2: (1, 8000), 3: (1, 5000), 7: (1, 45_000), 8: (1, 10_000)}  # fmt: skip
    assert known.rows[0].path == [1, 2, 3, 7, 8]


def test_who_runs_no_script_is_told_without_a_time_and_leaves_the_averages_alone(conn, mail, now):
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id, recipient=FLYNN[0])
    alans = share_again(conn, mail.workspace_id, mail.id, (offer.document_id, offer.version_id), ALAN[0])
    read(offer, now, [(1, 12), (2, 8)])
    at = now + timedelta(minutes=2)
    plain = alans.visit(at, user_agent=PHONE, ip="198.51.100.7")
    for page in (1, 2, 3):
        alans.load(plain, page, at + timedelta(seconds=page))
    later = now + timedelta(hours=1)
    hits.judge_new(conn, later)
    told = "opened 3 of 12 pages of “Offer.pdf” (1–3), time not measured"
    for place, said in places(mail, later, offer.document_id).items():
        assert told in said.replace("Opened 3", "opened 3"), place
        assert " 0 s" not in said, place
    known = readings_of_document(conn, mail.workspace_id, offer.document_id)
    assert (known.views, known.readers, known.timed, known.average_ms) == (2, 2, 1, 20_000)
    totals = totals_of_documents(conn, mail.workspace_id, [offer.document_id])[offer.document_id]
    assert (totals.views, totals.timed, totals.average_ms) == (2, 1, 20_000)
    assert [(page.views, page.timed, page.average_ms) for page in known.per_page[:4]] == [
        (2, 1, 12_000), (2, 1, 8000), (1, 0, 0), (0, 0, 0)]  # fmt: skip
    [untimed] = [row for row in known.rows if not row.page_ms]
    assert untimed.path == [1, 2, 3]


def test_a_doubt_is_told_with_its_reason_in_all_places(conn, mail, now):
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id)
    read(offer, now, [(1, 10)], reader=FLYNN[0])
    later = now + timedelta(hours=1)
    hits.judge_new(conn, later)
    for place, said in places(mail, later, offer.document_id).items():
        assert "probably" in said, place
    reason = "by the address that was given before reading"
    [row] = readings_of_document(conn, mail.workspace_id, offer.document_id).rows
    assert reason in row.here.sentence
    assert reason in text_of(card_of(mail, later))
    [group] = get_feed(conn, mail.workspace_id).groups
    assert any(reason in line.sentence for line in lines(group))


def test_each_document_of_one_mail_has_its_own_row_for_each_reader(conn, mail, now):
    """Sent one by one: Flynn reads both documents, Alan one; then somebody reads the copy that all share."""
    offer, prices = (share_document(conn, mail.workspace_id, mail.id, mail.rep.id, recipient=FLYNN[0]) for _ in "ab")
    alans = share_again(conn, mail.workspace_id, mail.id, (prices.document_id, prices.version_id), ALAN[0])
    for_all = share_again(conn, mail.workspace_id, mail.id, (offer.document_id, offer.version_id), "")
    read(offer, now, [(1, 10)], ip="203.0.113.9")
    read(prices, now + timedelta(minutes=1), [(2, 20)], ip="203.0.113.9")
    read(alans, now + timedelta(minutes=2), [(3, 30)], ip="198.51.100.7")
    read(for_all, now + timedelta(minutes=3), [(4, 40)], ip="192.0.2.1", user_agent=FIREFOX)
    later = now + timedelta(hours=1)
    hits.judge_new(conn, later)
    record = get_message(conn, mail.workspace_id, mail.id)
    flynn, alan = record.rows
    assert [line.told for line in flynn.reads] == ["read 1 of 12 pages of “Offer.pdf” (2) in 20 s",
                                                   "read 1 of 12 pages of “Offer.pdf” (1) in 10 s"]  # fmt: skip
    assert [line.told for line in alan.reads] == ["read 1 of 12 pages of “Offer.pdf” (3) in 30 s"]
    assert [(line.who, line.told) for line in record.shared_reads] == [
        ("One of Kevin Flynn, Alan Bradley", "read 1 of 12 pages of “Offer.pdf” (4) in 40 s")]  # fmt: skip
    card = text_of(card_of(mail, later))
    assert all(f"({page}) in {page}0 s" in card for page in (1, 2, 3, 4))
    assert [row.line.who for row in readings_of_document(conn, mail.workspace_id, prices.document_id).rows] == [
        "Alan Bradley", "Kevin Flynn"]  # fmt: skip
    assert len(readings_of_document(conn, mail.workspace_id, offer.document_id).rows) == 2


def test_two_tabs_of_one_browser_have_one_clock_and_two_devices_have_two(conn, mail, now):
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id)
    read(offer, now, [(1, 20)])
    read(offer, now, [(2, 20)])
    read(offer, now, [(3, 20)], user_agent=PHONE, ip="198.51.100.7")
    hits.judge_new(conn, now + timedelta(hours=1))
    rows = readings_of_document(conn, mail.workspace_id, offer.document_id).rows
    assert sorted(row.read.active_ms for row in rows) == [20_000, 20_000]
    [both] = [row for row in rows if len(row.read.visits) == 2]
    assert sum(both.page_ms.values()) == 20_000


def test_a_reading_that_went_on_in_the_next_version_is_told_with_each(conn, mail, now):
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id, recipient=FLYNN[0])
    second = share_document(conn, mail.workspace_id, mail.id, mail.rep.id, recipient=FLYNN[0], pages=3).version_id
    read(offer, now, [(1, 10), (5, 5)])
    offer.version_id, first = second, offer.version_id
    read(offer, now + timedelta(minutes=5), [(2, 20)])
    hits.judge_new(conn, now + timedelta(hours=1))
    [old] = readings_of_document(conn, mail.workspace_id, offer.document_id, first).rows
    [new] = readings_of_document(conn, mail.workspace_id, offer.document_id, second).rows
    [both] = readings_of_document(conn, mail.workspace_id, offer.document_id).rows
    assert old.here.told == "read 2 of 12 pages (1, 5) in 15 s"
    assert new.here.told == "read 1 of 3 pages (2) in 20 s"
    assert both.here.told == "read 3 of 12 pages (1–2, 5) in 35 s"
