"""Feed items: told once, corrected in place, numbered in the order in which they become visible."""

import threading
from datetime import timedelta

from sqlalchemy import insert, select

from backend.store import tables
from backend.store.feed import FeedItem, Telling, put_item, retract_item, tell_hits
from tests.stories import found_workspace


def message_of(conn, tenant, key="k1"):
    first = next(iter(tenant.reps.values()))
    return conn.execute(
        insert(tables.message)
        .values(workspace_id=tenant.workspace_id, rep_id=first.id, compose_key=key)
        .returning(tables.message.c.id)
    ).scalar_one()


def items(conn, tenant):
    columns = tables.feed_item.c
    return conn.execute(
        select(columns.key, columns.kind, columns.retracted, columns.seq)
        .where(columns.workspace_id == tenant.workspace_id)
        .order_by(columns.seq)
    ).all()


def test_an_item_told_twice_changes_nothing(conn, gridworks, othergrid, now):
    view = FeedItem(message_of(conn, gridworks), "view:1", "view", now, {"who": "Kevin Flynn"})
    assert put_item(conn, gridworks.workspace_id, view)
    assert not put_item(conn, gridworks.workspace_id, view)
    assert items(conn, gridworks) == [("view:1", "view", False, 1)]
    assert items(conn, othergrid) == []


def test_a_correction_takes_a_new_number_so_that_watchers_hear_of_it(conn, gridworks, now):
    message_id = message_of(conn, gridworks)
    put_item(conn, gridworks.workspace_id, FeedItem(message_id, "view:1", "view", now))
    put_item(conn, gridworks.workspace_id, FeedItem(message_id, "click:2", "click", now))
    put_item(conn, gridworks.workspace_id, FeedItem(message_id, "view:1", "view", now + timedelta(seconds=1)))
    assert items(conn, gridworks) == [("click:2", "click", False, 2), ("view:1", "view", False, 3)]


def test_what_turned_out_untrue_is_taken_back_once_and_can_come_back(conn, gridworks, now):
    message_id = message_of(conn, gridworks)
    view = FeedItem(message_id, "view:1", "view", now)
    assert not retract_item(conn, gridworks.workspace_id, message_id, "view:1")
    put_item(conn, gridworks.workspace_id, view)
    assert retract_item(conn, gridworks.workspace_id, message_id, "view:1")
    assert not retract_item(conn, gridworks.workspace_id, message_id, "view:1")
    assert items(conn, gridworks) == [("view:1", "view", True, 2)]
    assert put_item(conn, gridworks.workspace_id, view)
    assert items(conn, gridworks) == [("view:1", "view", False, 3)]


def test_open_windows_look_anew_at_a_sent_message_whose_uncounted_looks_changed(conn, gridworks, othergrid, now):
    message_id = message_of(conn, gridworks)
    stirred = Telling(gridworks.workspace_id, message_id, [], stirred=True)
    tell_hits(conn, [stirred])
    assert items(conn, gridworks) == []  # prepared: no window shows it
    put_item(conn, gridworks.workspace_id, FeedItem(message_id, "sent", "sent", now))
    tell_hits(conn, [Telling(othergrid.workspace_id, message_id, [], stirred=True)])
    tell_hits(conn, [Telling(gridworks.workspace_id, message_id, [])])
    assert items(conn, gridworks) == [("sent", "sent", False, 1)]
    tell_hits(conn, [stirred])
    assert items(conn, gridworks) == [("sent", "sent", False, 2)]


def test_workspaces_count_apart(conn, gridworks, othergrid, now):
    put_item(conn, gridworks.workspace_id, FeedItem(message_of(conn, gridworks), "sent", "sent", now))
    put_item(conn, othergrid.workspace_id, FeedItem(message_of(conn, othergrid), "sent", "sent", now))
    assert items(conn, gridworks) == [("sent", "sent", False, 1)]
    assert items(conn, othergrid) == [("sent", "sent", False, 1)]


def test_a_number_that_can_be_seen_has_none_below_it_still_to_come(committed, now):
    """Two transactions at once: the second waits for the first, so that no reader passes over a late commit."""
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        one, two = message_of(conn, tenant, "k1"), message_of(conn, tenant, "k2")
    first = committed.connect()
    put_item(first, tenant.workspace_id, FeedItem(one, "sent", "sent", now))

    def second() -> None:
        with committed.begin() as conn:
            put_item(conn, tenant.workspace_id, FeedItem(two, "sent", "sent", now))

    thread = threading.Thread(target=second)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    first.commit()
    first.close()
    thread.join(5)
    with committed.connect() as conn:
        assert [seq for *_, seq in items(conn, tenant)] == [1, 2]
