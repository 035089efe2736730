"""The feed's page and a message's page: what they say, in which order, and to whom they say nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from backend.domain.identities import Identity
from backend.services import hits
from backend.store import tables
from tests.readings import said, share_document
from tests.web import rows
from tests.web.conftest import get
from tests.web.rows import ALAN, FLYNN


@pytest.fixture
def quorra(sign_in, gridworks):
    rep = gridworks.reps["quorra"]
    return sign_in(Identity(f"sub-{rep.email}", rep.email, True, rep.name, gridworks.domain))


@pytest.fixture
def tess(sign_in, othergrid):
    rep = othergrid.reps["tess"]
    return sign_in(Identity(f"sub-{rep.email}", rep.email, True, rep.name, othergrid.domain))


def order_of(page: str, *words: str) -> list[str]:
    return sorted((word for word in words if word in page), key=page.index)


def groups_of(page: str) -> list[str]:
    return page.split('<article class="group"')[1:]


def test_an_empty_feed_says_what_to_do_next(quorra):
    page = get(quorra, "/").text
    assert order_of(page, "Connect your mailbox", "Install the add-on", "Send your first tracked mail")
    assert 'href="/settings/mailbox">Connect your mailbox' in page


def test_what_is_done_already_is_not_asked_again(quorra, conn, gridworks):
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"])
    page = get(quorra, "/").text
    assert 'href="/settings/mailbox">Connect your mailbox' not in page
    assert "Done" in page


def test_the_newest_event_leads_and_each_message_is_one_group(quorra, conn, gridworks, now):
    found = rows.a_day(conn, gridworks, gridworks.reps["quorra"], now)
    page = get(quorra, "/").text
    groups = groups_of(page)
    assert len(groups) == len(found) == 5
    assert (
        order_of(page, "Games for the arcade", "The new office", "Proposal, second version")[0]
        == "Games for the arcade"
    )
    assert "answered from another address" in groups[0]
    assert "1 view · 1 click · 1 reply" in groups[0]
    assert "3 not counted" in groups[0]
    assert 'data-seq="4"' in groups[0]
    assert "out of office until 3 Dec" in page
    assert 'title="flynn@flynnsarcade.com"' in groups[0]


def test_times_are_exact_and_in_utc_until_the_browser_tells_them(quorra, conn, gridworks, now):
    rows.send(conn, gridworks, gridworks.reps["quorra"], "Games", now)
    assert '<time datetime="2026-11-24T14:05:00+00:00" title="24 Nov 2026, 14:05 UTC">' in get(quorra, "/").text


def test_nobody_sees_another_workspaces_feed_message_changes_or_needs(quorra, tess, conn, gridworks, now):
    found = rows.a_day(conn, gridworks, gridworks.reps["quorra"], now)
    for path in ("/", "/feed/changes?after=0", "/feed/needs", "/?q=arcade"):
        answer = get(tess, path)
        assert answer.status_code == 200
        for secret in ("arcade", "Flynn", "flynnsarcade"):
            assert secret not in answer.text.replace("“arcade”", "").replace('value="arcade"', "")
    assert get(tess, f"/messages/{found['games']}").status_code == 404
    assert get(quorra, f"/messages/{found['games']}").status_code == 200


def test_a_prepared_message_shows_nowhere(quorra, conn, gridworks):
    message_id = conn.execute(
        insert(tables.message)
        .values(
            workspace_id=gridworks.workspace_id,
            rep_id=gridworks.reps["quorra"].id,
            compose_key="k",
            subject="Not sent yet",
        )
        .returning(tables.message.c.id)
    ).scalar_one()
    assert "Not sent yet" not in get(quorra, "/").text
    assert get(quorra, f"/messages/{message_id}").status_code == 404


def test_subjects_and_names_are_text_and_never_markup(quorra, conn, gridworks, now):
    evil = "<script>alert(1)</script>"
    people = [("x@y.example", '"><img src=x onerror=alert(1)>', "to")]
    message_id = rows.send(conn, gridworks, gridworks.reps["quorra"], evil, now, people)
    rows.happen(conn, gridworks, message_id, "click:1", "click", now, who=evil, link=evil, sentence=evil)
    for path in ("/", f"/messages/{message_id}", "/feed/changes?after=0", "/feed/needs", f"/?q={evil}"):
        answer = get(quorra, path)
        told = answer.json["groups"][0]["html"] if answer.is_json else answer.text
        assert "<script>alert" not in told
        assert "<img" not in told


def test_an_answers_words_are_told_on_one_line_and_whole_and_never_as_markup(quorra, conn, gridworks, now):
    said = "<script>alert(1)</script> is what Alan said,\nand I agree with every word."
    message_id = rows.send(conn, gridworks, gridworks.reps["quorra"], "An offer", now)
    rows.happen(conn, gridworks, message_id, "incoming:1", "reply", now, who="Kevin Flynn", text=said)
    for page in (get(quorra, "/").text, get(quorra, f"/messages/{message_id}").text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; is what Alan said, and I agree with every word." in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; is what Alan said,\nand I agree with every word." in page
        assert "Show all" in page


def test_the_feed_goes_on_where_a_page_ends(quorra, conn, gridworks, now):
    for number in range(35):
        rows.send(conn, gridworks, gridworks.reps["quorra"], f"Mail {number:02}", now - timedelta(minutes=number))
    first = get(quorra, "/").text
    assert len(groups_of(first)) == 30
    older = first.split('href="/?before=')[1].split('"')[0]
    second = get(quorra, f"/?before={older}").text
    assert len(groups_of(second)) == 5
    assert "Mail 30" in second
    assert "data-watch" not in second


@pytest.mark.parametrize(
    "before", ["x", "2026-01-01_1", "2026-01-01T00:00:00+00:00_x", "_", f"2026-01-01T00:00:00+00:00_{9**30}"]
)
def test_a_place_that_nobody_gave_out_is_refused(quorra, before):
    assert quorra.get("/", base_url="https://readback.example", query_string={"before": before}).status_code == 400


def test_the_feed_is_searched_by_subject_name_and_address(quorra, conn, gridworks, now):
    rows.send(conn, gridworks, gridworks.reps["quorra"], "Games for the arcade", now, [FLYNN])
    rows.send(conn, gridworks, gridworks.reps["quorra"], "100% of the grid", now, [ALAN])
    for words, found in (("ARCADE", 1), ("encom", 1), ("bradley", 1), ("100%", 1), ("%", 1), ("_", 0), ("clu", 0)):
        page = quorra.get("/", base_url="https://readback.example", query_string={"q": words}).text
        assert len(groups_of(page)) == found, words


def test_changes_since_a_number_come_in_order(quorra, conn, gridworks, now):
    rep = gridworks.reps["quorra"]
    one, two = (rows.send(conn, gridworks, rep, subject, now) for subject in ("One", "Two"))
    rows.happen(conn, gridworks, one, "view:1", "view", now, who="Kevin Flynn")
    told = get(quorra, "/feed/changes?after=1").json
    assert (told["seq"], told["reload"]) == (3, False)
    assert [(change["seq"], change["id"]) for change in told["groups"]] == [(2, two), (3, one)]
    assert get(quorra, "/feed/changes?after=3").json == {"seq": 3, "reload": False, "groups": []}
    assert get(quorra, "/feed/changes?after=4").json["reload"] is True


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "9" * 30, "١"])
def test_a_number_that_is_none_is_refused(quorra, after):
    assert (
        quorra.get("/feed/changes", base_url="https://readback.example", query_string={"after": after}).status_code
        == 400
    )


def test_what_waits_is_the_reps_own(quorra, conn, gridworks, sign_in):
    sam = gridworks.reps["sam"]
    of_sam = sign_in(Identity(f"sub-{sam.email}", sam.email, True, sam.name, gridworks.domain))
    message_id = rows.send(conn, gridworks, sam, "Sam’s mail", rows.today())
    rows.happen(conn, gridworks, message_id, "incoming:1", "reply", rows.today(), who="Kevin Flynn")
    assert "Kevin Flynn waits for your answer" in get(of_sam, "/feed/needs").text
    assert "Kevin Flynn waits" not in get(quorra, "/feed/needs").text


def test_an_answered_answer_waits_no_longer(quorra, conn, gridworks):
    rep = gridworks.reps["quorra"]
    mailbox_id = rows.mailbox(conn, gridworks, rep)
    message_id = rows.send(conn, gridworks, rep, "Games", rows.today())
    rows.happen(conn, gridworks, message_id, "incoming:1", "reply", rows.today(), who="Kevin Flynn")
    assert "waits for your answer" in get(quorra, "/").text
    rows.received(conn, gridworks, message_id, mailbox_id, "own", rows.today() + timedelta(seconds=5))
    assert "waits for your answer" not in get(quorra, "/").text


def test_a_withdrawn_mailbox_needs_the_rep_and_a_disconnected_one_does_not(quorra, conn, gridworks):
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"], state="disconnected", disconnected_because="withdrawn")
    rows.mailbox(conn, gridworks, gridworks.reps["sam"], state="disconnected", disconnected_because="withdrawn")
    rows.mailbox(
        conn,
        gridworks,
        gridworks.reps["quorra"],
        address="q.reed@gridworks.example",
        state="disconnected",
        disconnected_because="asked",
    )
    page = get(quorra, "/feed/needs").text
    assert page.count("Your mailbox is disconnected") == 1
    assert "quorra@gridworks.example" in page


def test_a_message_tells_who_did_what_when_and_what_was_not_counted(quorra, conn, gridworks, now):
    rep = gridworks.reps["quorra"]
    found = rows.a_day(conn, gridworks, rep, now)
    mailbox_id = rows.mailbox(conn, gridworks, rep)
    rows.received(
        conn,
        gridworks,
        found["games"],
        mailbox_id,
        "unrelated",
        now,
        from_name="Sam Tully",
        rule="colleague",
        sentence="A colleague wrote inside the thread.",
    )
    page = get(quorra, f"/messages/{found['games']}").text
    assert order_of(page, "Recipients", "Timeline", "Not counted (4)") == ["Recipients", "Timeline", "Not counted (4)"]
    assert "Someone on this mail" in page
    assert "You looked at it yourself" in page
    assert "You opened the mail in Gmail at that moment." in page
    assert "A colleague wrote inside the thread." in page
    assert "Rule: colleague." in page
    assert "GoogleImageProxy" in page


def test_an_inferred_view_says_so(quorra, conn, gridworks, now):
    found = rows.a_day(conn, gridworks, gridworks.reps["quorra"], now)
    page = get(quorra, f"/messages/{found['alan']}").text
    assert '<em class="doubt">inferred</em>' in page
    assert "Alan answered, so the mail was opened." in page


def a_reading(conn, gridworks, last_at, **changes):
    """A message whose document is read, or was."""
    message_id = rows.send(conn, gridworks, gridworks.reps["quorra"], "Games", rows.today(), [rows.FLYNN])
    rows.happen(conn, gridworks, message_id, "click:1", "click", rows.today(), who="Kevin Flynn")
    data = {"who": "Kevin Flynn", "document": "Offer.pdf", "document_id": 1, "pages_total": 12, "page": 3,
            "state": "reading", "pages_read": [1, 3], "active_ms": 9000, "last_at": last_at.isoformat()}  # fmt: skip
    rows.happen(conn, gridworks, message_id, "document:1", "document", last_at, **{**data, **changes})
    return message_id


def test_who_reads_now_stands_first_and_what_comes_after_waits_behind(quorra, conn, gridworks):
    message_id = a_reading(conn, gridworks, rows.today())
    page = get(quorra, "/").text
    live, after = "is reading page 3 of 12 of “Offer.pdf”", "clicked a link"
    behind = page[page.index("<template>") : page.index("</p></template>")]
    assert after in behind and "is reading" not in behind
    assert order_of(page, 'data-ends-in="', live, "<template>", after) == ['data-ends-in="', live, "<template>", after]
    assert 'data-kinds="documents clicks"' in page
    assert live in get(quorra, f"/messages/{message_id}").text


def test_who_has_not_been_heard_of_reads_no_more(quorra, conn, gridworks):
    message_id = a_reading(conn, gridworks, rows.today() - timedelta(seconds=41))
    for path in ("/", f"/messages/{message_id}"):
        page = get(quorra, path).text
        assert "is reading" not in page
        assert "ead 2 of 12 pages of “Offer.pdf” (1, 3) in 9 s" in page
        assert "data-ends-in" not in page


def test_a_messages_page_tells_the_way_through_a_document_and_what_of_it_was_not_counted(quorra, conn, gridworks):
    rep, at = gridworks.reps["quorra"], rows.today()
    message_id = rows.send(conn, gridworks, rep, "Games", at - timedelta(hours=1), [rows.FLYNN])
    offer = share_document(conn, gridworks.workspace_id, message_id, rep.id)
    visit_id = offer.visit(at - timedelta(minutes=20))
    for seq, page, spent in ((0, 1, 0), (1, 1, 4), (2, 7, 5)):
        offer.beacon(visit_id, seq, at - timedelta(minutes=19), said(5000 * (seq + 1), {page: spent * 1000}, page))
    offer.visit(at, user_agent="curl/8.5.0")
    hits.judge_new(conn, at)
    page = get(quorra, f"/messages/{message_id}").text
    told = ("Documents read", "Kevin Flynn", "“Offer.pdf”", "9 s", "page 1", "4 s<", "page 7", "5 s<", "Timeline",
            "Not counted (1)", "Document opened")  # fmt: skip
    assert order_of(page[page.index("Documents read") :], *told) == list(told)
    assert f'/messages/{message_id}/hits/{visit_id}/claim"' in page


def test_what_was_read_in_another_workspace_is_nowhere(quorra, conn, othergrid):
    rep = next(iter(othergrid.reps.values()))
    message_id = rows.send(conn, othergrid, rep, "Games", rows.today(), [rows.FLYNN])
    offer = share_document(conn, othergrid.workspace_id, message_id, rep.id)
    offer.beacon(offer.visit(rows.today()), 0, rows.today(), said(100, {}, 1))
    hits.judge_new(conn, rows.today())
    assert "Offer.pdf" not in get(quorra, "/").text
    assert get(quorra, f"/messages/{message_id}").status_code == 404
