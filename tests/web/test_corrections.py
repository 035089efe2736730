"""“That was me” on a message's page: whose button stands where, what it does, and for whom it does nothing."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.domain.identities import Identity
from backend.services import hits
from backend.store import tables
from tests.services.test_hits import EDGE
from tests.web import rows
from tests.web.conftest import BASE, at, get, post
from tests.web.rows import FLYNN

CLAIM, TAKE_BACK = "That was me</button>", "Not me after all</button>"


@pytest.fixture
def visit(sign_in, gridworks, othergrid):
    """Sign in by first name."""

    def visit(name):
        tenant = next(each for each in (gridworks, othergrid) if name in each.reps)
        rep = tenant.reps[name]
        return sign_in(Identity(f"sub-{rep.email}", rep.email, True, rep.name, tenant.domain))

    return visit


class Mail:
    """A mail of Quorra's (or of somebody else's) with looks at it."""

    def __init__(self, conn, tenant, rep, now):
        self.conn, self.tenant, self.now = conn, tenant, now
        self.id = rows.send(conn, tenant, rep, "Games", at(now, 60), [FLYNN])
        self.path = f"/messages/{self.id}"

    def look(self, minutes_ago=30, **values):
        hit_id = rows.hit(self.conn, self.tenant, self.id, at(self.now, minutes_ago), **values)
        hits.settle_message(self.conn, self.tenant.workspace_id, self.id, self.now)
        return hit_id

    def verdict(self, hit_id):
        asked = select(tables.verdict.c.verdict).where(tables.verdict.c.hit_id == hit_id)
        return self.conn.execute(asked).scalar_one()


@pytest.fixture
def mail(conn, gridworks, now):
    return Mail(conn, gridworks, gridworks.reps["quorra"], now)


def claims(conn):
    return [(row.hit_id, row.rep_id) for row in conn.execute(select(tables.claim))]


def test_a_view_that_the_rep_calls_hers_is_no_view_until_she_takes_it_back(visit, mail):
    quorra, look = visit("quorra"), mail.look()
    assert get(quorra, mail.path).text.count(CLAIM) == 1
    answer = post(quorra, f"{mail.path}/hits/{look}/claim")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{mail.path}#hit-{look}")
    page = get(quorra, mail.path).text
    assert "You looked at it yourself" in page and "That was you: you said so." in page
    assert (page.count(CLAIM), page.count(TAKE_BACK)) == (0, 1)
    assert "1 not counted" in get(quorra, "/").text and "1 view" not in get(quorra, "/").text
    assert post(quorra, f"{mail.path}/hits/{look}/take-back").status_code == 303
    page = get(quorra, mail.path).text
    assert (page.count(CLAIM), page.count(TAKE_BACK)) == (1, 0)
    assert "1 view" in get(quorra, "/").text


def test_a_colleague_sees_the_mail_as_the_teams_and_may_take_back_her_own_word_only(visit, mail):
    quorra, sam, look = visit("quorra"), visit("sam"), mail.look()
    post(sam, f"{mail.path}/hits/{look}/claim")
    assert mail.verdict(look) == "team"
    assert TAKE_BACK in get(sam, mail.path).text
    of_quorra = get(quorra, mail.path).text
    assert "Sam Tully looked at it, by their own word." in of_quorra
    assert CLAIM in of_quorra and TAKE_BACK not in of_quorra
    post(quorra, f"{mail.path}/hits/{look}/take-back")
    assert mail.verdict(look) == "team"


def test_what_is_the_reps_already_has_no_button_and_what_is_not_has_one(visit, mail, conn, gridworks):
    for verdict in ("self", "draft", "team", "repeat", "scanner", "bot", "prefetch"):
        rows.judged_hit(conn, gridworks, mail.id, verdict, "A sentence.", mail.now)
    assert get(visit("quorra"), mail.path).text.count(CLAIM) == 5
    assert get(visit("sam"), mail.path).text.count(CLAIM) == 4


def test_a_look_that_was_only_taken_for_hers_is_given_back_by_not_me(visit, mail):
    quorra, mine = visit("quorra"), mail.look(user_agent=EDGE)
    post(quorra, f"{mail.path}/hits/{mine}/claim")
    later = mail.look(-9_000_000, user_agent=EDGE)  # after the press, which has the real clock
    page = get(quorra, mail.path).text
    assert "the same browser and network as one that you called yours" in page
    assert f"{mail.path}/hits/{later}/unlearn" in page and "Not me</button>" in page
    assert post(quorra, f"{mail.path}/hits/{later}/unlearn").status_code == 303
    assert (mail.verdict(mine), mail.verdict(later)) == ("self", "human")


def test_nobody_corrects_anything_of_another_workspace_or_what_is_not_there(visit, mail, conn, gridworks, now):
    quorra, tess = visit("quorra"), visit("tess")
    look, another = mail.look(), Mail(conn, gridworks, gridworks.reps["quorra"], now)
    for word in ("claim", "take-back", "unlearn"):
        assert post(tess, f"{mail.path}/hits/{look}/{word}").status_code == 404
        assert post(quorra, f"{another.path}/hits/{look}/{word}").status_code == 404
        assert post(quorra, f"{mail.path}/hits/{uuid4()}/{word}").status_code == 404
        assert post(quorra, f"{mail.path}/hits/1/{word}").status_code == 404
        assert get(quorra, f"{mail.path}/hits/{look}/{word}").status_code == 405
    assert claims(conn) == [] and mail.verdict(look) == "human"
    post(quorra, f"{mail.path}/hits/{look}/claim")
    assert post(tess, f"{mail.path}/hits/{look}/take-back").status_code == 404
    assert claims(conn) == [(look, gridworks.reps["quorra"].id)]


def test_a_correction_needs_the_pages_own_token_and_a_session(visit, browser, mail, conn):
    look, quorra = mail.look(), visit("quorra")
    forged = quorra.post(f"{mail.path}/hits/{look}/claim", base_url=BASE, headers={"Referer": f"{BASE}/"})
    assert forged.status_code == 400
    assert post(browser(), f"{mail.path}/hits/{look}/claim").status_code in (302, 400)
    assert claims(conn) == []


def test_the_record_is_the_page_without_its_frame_and_nobody_elses(visit, browser, mail):
    mail.look()
    quorra = visit("quorra")
    pages = [get(quorra, path).text for path in (f"{mail.path}/record", mail.path)]
    piece, page = (re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", told) for told in pages)
    assert piece.lstrip().startswith("<div") and piece.strip() in page
    assert get(visit("tess"), f"{mail.path}/record").status_code == 404
    assert get(browser(), f"{mail.path}/record").status_code == 302
