"""From mailbox and hits to the feed: what the rep writes in a conversation quotes the mail; that is no view."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from backend.services.hits import judge_new, note_presence
from backend.store import tables
from tests.services.tracked import FLYNN, QUORRA, SAM, Office

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@pytest.fixture
def office(conn, database, mailroom, gridworks, othergrid):
    return Office(conn, database, mailroom, gridworks).connect()


def opens(office, prepared, rep="quorra"):
    """A rep opens the conversation in Gmail, with the add-on."""
    note_presence(office.conn, office.tenant.workspace_id, office.tenant.reps[rep].id, prepared.id, office.now)
    pass_time(office, 60)


def loads(office, prepared):
    """Gmail's proxy loads the image."""
    ours = {"workspace_id": office.tenant.workspace_id}
    hit_id = uuid4()
    office.conn.execute(
        insert(tables.hit).values(
            **ours, id=hit_id, kind="open", token=prepared.token, received_at=office.now, method="GET", user_agent=GMAIL
        )
    )
    office.conn.execute(insert(tables.unjudged).values(**ours, hit_id=hit_id))
    judge_new(office.conn, office.now)
    pass_time(office, 60)
    return hit_id


def follow_up(office, sent, image=""):
    """She writes to Flynn again, below her own mail."""
    html = f"<p>Did you see this?</p>{image}"
    office.mailroom.world.answer(QUORRA, sent, "Did you see this?", to_all=True, html=html)


def pass_time(office, seconds):
    with office.mailroom.world.change() as state:
        state.clock_shift_s += seconds


def rule_of(office, hit_id):
    return office.conn.execute(select(tables.verdict.c.rule).where(tables.verdict.c.hit_id == hit_id)).scalar_one()


def views(office, prepared):
    """The views of people that the feed shows; not those that an answer implies."""
    asked = select(tables.feed_item.c.key).where(
        tables.feed_item.c.message_id == prepared.id,
        tables.feed_item.c.kind == "view",
        tables.feed_item.c.key != "view:inferred",
        tables.feed_item.c.retracted.is_(False),
    )
    return list(office.conn.execute(asked).scalars())


def test_d7_her_answer_to_flynns_answer_shows_no_view_at_any_time(office):
    prepared, sent = office.send_tracked([FLYNN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "On Thursday?")
    office.sync()
    opens(office, prepared)
    hit_id = loads(office, prepared)
    assert (views(office, prepared), rule_of(office, hit_id)) == ([], "own_writing")
    office.mailroom.world.answer(QUORRA, sent, "Thursday it is.")
    office.sync()
    assert (views(office, prepared), rule_of(office, hit_id)) == ([], "own_writing")
    pass_time(office, 600)
    loads(office, prepared)  # he reads what she wrote
    assert len(views(office, prepared)) == 1


def test_d7_her_follow_up_takes_back_what_its_writing_was_taken_for(office):
    prepared, sent = office.send_tracked([FLYNN])
    office.sync()
    opens(office, prepared)
    hit_id = loads(office, prepared)
    assert views(office, prepared) == [f"view:{hit_id}"]
    follow_up(office, sent)
    office.sync()
    assert (views(office, prepared), rule_of(office, hit_id)) == ([], "own_writing")


def test_d7_a_follow_up_that_is_tracked_itself_takes_it_back_as_well(office):
    """It becomes a message of its own, and quotes the first one."""
    prepared, sent = office.send_tracked([FLYNN])
    office.sync()
    opens(office, prepared)
    hit_id = loads(office, prepared)
    second = office.prepare([FLYNN])
    follow_up(office, sent, second.image)
    office.sync()
    assert [row.state for row in office.messages()] == ["sent", "sent"]
    assert (views(office, prepared), rule_of(office, hit_id)) == ([], "own_writing")


def test_d7_answering_an_answer_to_the_follow_up_is_no_view_of_the_first_mail(office):
    """Flynn's answer names the second mail; what she writes back quotes both."""
    first, sent = office.send_tracked([FLYNN])
    office.sync()
    pass_time(office, 3600)
    second = office.prepare([FLYNN])
    follow_up(office, sent, second.image)
    office.sync()
    pass_time(office, 3600)
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.sync()
    assert [row.message_id for row in office.incoming() if row.kind == "reply"] == [second.id]
    opens(office, first)
    opens(office, second)
    for prepared in (first, second):
        assert (rule_of(office, loads(office, prepared)), views(office, prepared)) == ("own_writing", [])


@pytest.mark.parametrize("has_mailbox", [True, False])
def test_a_colleague_who_writes_in_the_conversation_is_the_team(
    office, conn, database, mailroom, gridworks, has_mailbox
):
    if has_mailbox:
        sams = Office(conn, database, mailroom, gridworks, rep="sam", address=SAM).connect()
    prepared, _ = office.send_tracked([FLYNN, SAM])
    office.sync()
    opens(office, prepared, "sam")
    hit_id = loads(office, prepared)
    mailroom.world.answer(SAM, office.received_by(SAM), "I would add", to_all=True)
    if has_mailbox:
        sams.sync()
    office.sync()
    assert (views(office, prepared), rule_of(office, hit_id)) == ([], "colleagues_writing")


def test_what_another_workspace_writes_in_a_thread_of_the_same_name_explains_nothing(office, conn, othergrid):
    prepared, _ = office.send_tracked([FLYNN])
    office.sync()
    opens(office, prepared)
    tess = othergrid.reps["tess"]
    ours, at = {"workspace_id": othergrid.workspace_id}, office.now + timedelta(seconds=90)
    boxes = insert(tables.mailbox).values(**ours, rep_id=tess.id, address=tess.email, mode="full")
    mailbox_id = conn.execute(boxes.returning(tables.mailbox.c.id)).scalar_one()
    copy = {"mailbox_id": mailbox_id, "provider_message_id": "theirs", "thread_id": office.messages()[0].thread_id}
    conn.execute(
        insert(tables.message).values(**ours, **copy, rep_id=tess.id, compose_key="theirs", state="sent", sent_at=at)
    )
    hit_id = loads(office, prepared)
    assert views(office, prepared) == [f"view:{hit_id}"]
