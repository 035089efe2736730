"""From hits that wait to what the feed says: judged whole, told once, taken back when they turn out to be machines."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from backend.domain.devices import SignedDevice, read_device
from backend.domain.verdicts import RULES_VERSION
from backend.services import hits
from backend.store import tables
from backend.store.hits import take_waiting
from tests.stories import found_workspace

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0.17928; MSOffice 16)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Safari/537.36 Edg/142.0.0.0"
)
KEYS = (b"k" * 32,)
FLYNN = ("flynn@flynnsarcade.com", "Kevin Flynn", "to")
ALAN = ("alan@encom.com", "Alan Bradley", "cc")


class Mail:
    """A tracked mail of Quorra's (or of the tenant's first rep), with an image and as many links as asked for."""

    def __init__(self, conn, tenant, now, *, people=(FLYNN,), links=1, sent=True):
        self.conn, self.tenant, self.workspace_id = conn, tenant, tenant.workspace_id
        self.sent_at = now - timedelta(minutes=5)
        self.rep = next(iter(tenant.reps.values()))
        self.id = conn.execute(
            insert(tables.message)
            .values(
                workspace_id=self.workspace_id,
                rep_id=self.rep.id,
                compose_key=uuid4().hex,
                prepared_at=self.sent_at - timedelta(minutes=2),
                state="sent" if sent else "prepared",
                sent_at=self.sent_at if sent else None,
            )
            .returning(tables.message.c.id)
        ).scalar_one()
        for address, name, role in people:
            self._insert(tables.recipient, address=address, name=name, role=role)
        self.pixel = self._tracker("open", None)
        self.links = [self._link(number) for number in range(links)]

    def _insert(self, table, **values):
        self.conn.execute(insert(table).values(workspace_id=self.workspace_id, message_id=self.id, **values))

    def _tracker(self, kind, link_id):
        token = uuid4().hex
        self._insert(tables.tracker, token=token, kind=kind, link_id=link_id)
        return token

    def _link(self, number):
        link_id = self.conn.execute(
            insert(tables.link)
            .values(
                workspace_id=self.workspace_id,
                message_id=self.id,
                text=f"offer {number}",
                destination=f"https://gridworks.example/{number}?a=1&b=2",
            )
            .returning(tables.link.c.id)
        ).scalar_one()
        return self._tracker("click", link_id)

    def hit(self, after, agent, *, link=None, ip="203.0.113.5", **values):
        """Store a hit so many seconds after sending, as the collector does."""
        hit_id = uuid4()
        row = {
            "kind": "open" if link is None else "click",
            "token": self.pixel if link is None else self.links[link],
            "received_at": self.sent_at + timedelta(seconds=after),
            "method": "GET",
            "ip": ip,
            "user_agent": agent,
            **values,
        }
        self.conn.execute(insert(tables.hit).values(workspace_id=self.workspace_id, id=hit_id, **row))
        self.conn.execute(insert(tables.unjudged).values(workspace_id=self.workspace_id, hit_id=hit_id))
        return hit_id

    def send(self):
        """The sent copy was seen."""
        self.conn.execute(
            update(tables.message)
            .where(tables.message.c.workspace_id == self.workspace_id, tables.message.c.id == self.id)
            .values(state="sent", sent_at=self.sent_at)
        )

    def reply(self, after, name="Kevin Flynn"):
        """An answer came in."""
        mailbox_id = self.conn.execute(
            insert(tables.mailbox)
            .values(workspace_id=self.workspace_id, rep_id=self.rep.id, address=self.rep.email, mode="full")
            .returning(tables.mailbox.c.id)
        ).scalar_one()
        self._insert(
            tables.incoming,
            mailbox_id=mailbox_id,
            provider_message_id=uuid4().hex,
            received_at=self.sent_at + timedelta(seconds=after),
            from_name=name,
            kind="reply",
            rule="in_reply_to",
            sentence="",
            confidence=1.0,
            rules_version=1,
        )

    @property
    def verdicts(self) -> dict[UUID, str]:
        stored = select(tables.verdict.c.hit_id, tables.verdict.c.verdict).where(
            tables.verdict.c.workspace_id == self.workspace_id, tables.verdict.c.message_id == self.id
        )
        return dict(self.conn.execute(stored).tuples().all())

    @property
    def feed(self):
        """What stands in the feed: key -> data."""
        stored = select(tables.feed_item.c.key, tables.feed_item.c.data).where(
            tables.feed_item.c.workspace_id == self.workspace_id,
            tables.feed_item.c.message_id == self.id,
            tables.feed_item.c.retracted.is_(False),
        )
        return dict(self.conn.execute(stored).tuples().all())


def waiting(conn):
    return len(conn.execute(select(tables.unjudged)).all())


def test_a_look_is_told_in_the_feed_with_the_readers_name(conn, gridworks, othergrid, now):
    mail, other = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    hit_id = mail.hit(60, IPHONE)
    assert hits.judge_new(conn, now) == 1
    assert mail.verdicts == {hit_id: "human"}
    assert mail.feed[f"view:{hit_id}"]["who"] == "Kevin Flynn"
    assert mail.feed[f"view:{hit_id}"]["client"] == "iPhone Mail"
    assert other.verdicts == {} and other.feed == {}
    assert waiting(conn) == 0


def test_a_mail_shared_by_to_and_cc_says_someone_on_this_mail_in_the_feed(conn, gridworks, now):
    """D8: never a name."""
    mail = Mail(conn, gridworks, now, people=(FLYNN, ALAN))
    opened, clicked = mail.hit(60, OUTLOOK), mail.hit(90, EDGE, link=0)
    hits.judge_new(conn, now)
    for data in (mail.feed[f"view:{opened}"], mail.feed[f"click:{clicked}"]):
        assert data["who"] == "someone on this mail"
        assert "Flynn" not in str(data) and "Alan" not in str(data)


def test_a_click_tells_its_link(conn, gridworks, now):
    mail = Mail(conn, gridworks, now, links=2)
    clicked = mail.hit(90, EDGE, link=1)
    hits.judge_new(conn, now)
    assert mail.feed[f"click:{clicked}"]["link"] == {
        "text": "offer 1",
        "destination": "https://gridworks.example/1?a=1&b=2",
    }


def test_a_persons_click_fills_in_a_view_until_a_real_one_is_counted(conn, gridworks, now):
    """D12."""
    mail = Mail(conn, gridworks, now)
    clicked = mail.hit(90, EDGE, link=0)
    hits.judge_new(conn, now)
    assert set(mail.feed) == {f"click:{clicked}", "view:inferred"}
    assert mail.feed["view:inferred"]["inferred"] is True
    opened = mail.hit(80, OUTLOOK)
    hits.judge_new(conn, now)
    assert set(mail.feed) == {f"click:{clicked}", f"view:{opened}"}


def test_a_reply_fills_in_a_view(conn, gridworks, othergrid, now):
    """D12: the answer is named, since whoever answers has seen the mail."""
    mail, other = Mail(conn, gridworks, now, people=(FLYNN, ALAN)), Mail(conn, othergrid, now)
    mail.reply(200, "Alan Bradley")
    hits.settle_message(conn, mail.workspace_id, mail.id, now)
    assert mail.feed["view:inferred"]["who"] == "Alan Bradley"
    assert other.feed == {}


def test_a_scanners_third_link_takes_its_first_clicks_back(conn, gridworks, now):
    """D10, retroactively, in the feed."""
    mail = Mail(conn, gridworks, now, links=3)
    mail.hit(60, EDGE, link=0)
    mail.hit(61.2, EDGE, link=1)
    hits.judge_new(conn, now)
    assert len(mail.feed) == 3
    mail.hit(61.9, EDGE, link=2)
    hits.judge_new(conn, now)
    assert set(mail.verdicts.values()) == {"scanner"}
    assert mail.feed == {}


def test_gmails_pre_open_is_kept_but_not_told_and_a_later_open_is(conn, gridworks, now):
    """D9."""
    mail = Mail(conn, gridworks, now)
    before, real = mail.hit(2, GMAIL_PREFETCH), mail.hit(200, GMAIL)
    hits.judge_new(conn, now)
    assert mail.verdicts == {before: "prefetch", real: "human"}
    assert set(mail.feed) == {f"view:{real}"}


def test_the_reps_look_through_gmails_proxy_is_taken_back_when_her_presence_is_told(conn, gridworks, othergrid, now):
    """D7: the add-on's call may come after the look was counted."""
    mail, other = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    look = mail.hit(60, GMAIL)
    theirs = other.hit(60, GMAIL)
    hits.judge_new(conn, now)
    assert set(mail.feed) == {f"view:{look}"}
    hits.note_presence(conn, mail.workspace_id, mail.rep.id, mail.id, mail.sent_at + timedelta(seconds=63), "addon")
    assert mail.verdicts == {look: "self"}
    assert mail.feed == {}
    assert other.verdicts == {theirs: "human"}


def test_our_own_page_explains_no_look(conn, gridworks, now):
    """The message's page in the browser loads nothing of the mail: Flynn's look at that moment is Flynn's."""
    mail = Mail(conn, gridworks, now)
    look = mail.hit(60, GMAIL)
    hits.note_presence(conn, mail.workspace_id, mail.rep.id, mail.id, mail.sent_at + timedelta(seconds=60), "web")
    assert mail.verdicts == {look: "human"}


def test_the_reps_own_browser_is_known_by_its_cookie(conn, gridworks, now):
    """D7, and a colleague's is the team's."""
    mail = Mail(conn, gridworks, now)
    devices = {}
    for name in ("quorra", "sam"):
        rep_id = gridworks.reps[name].id
        cookie = hits.remember_device(conn, mail.workspace_id, rep_id, EDGE, now, link_keys=KEYS)
        signed = read_device(cookie, KEYS)
        assert signed == SignedDevice(mail.workspace_id, rep_id, signed.device_id)
        devices[name] = signed.device_id
    own, teams = mail.hit(60, EDGE, device_id=devices["quorra"]), mail.hit(61, EDGE, device_id=devices["sam"])
    stranger = mail.hit(62, EDGE, device_id=uuid4())
    hits.judge_new(conn, now)
    assert mail.verdicts == {own: "self", teams: "team", stranger: "human"}


def test_another_workspaces_device_is_a_strangers(conn, gridworks, othergrid, now):
    mail = Mail(conn, gridworks, now)
    tess = othergrid.reps["tess"].id
    cookie = hits.remember_device(conn, othergrid.workspace_id, tess, EDGE, now, link_keys=KEYS)
    look = mail.hit(60, EDGE, device_id=read_device(cookie, KEYS).device_id)
    hits.judge_new(conn, now)
    assert mail.verdicts == {look: "human"}


def test_a_prepared_mail_stays_out_of_the_feed_and_is_judged_again_when_it_is_bound(conn, gridworks, now):
    mail = Mail(conn, gridworks, now, sent=False)
    draft, seen = mail.hit(-20, GMAIL), mail.hit(60, OUTLOOK)
    hits.judge_new(conn, now)
    assert mail.verdicts == {draft: "draft", seen: "draft"}
    assert mail.feed == {}
    mail.send()
    hits.settle_message(conn, mail.workspace_id, mail.id, now)
    assert mail.verdicts == {draft: "draft", seen: "human"}
    assert set(mail.feed) == {f"view:{seen}"}


def test_settling_twice_changes_nothing(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    mail.hit(60, OUTLOOK)
    mail.hit(90, EDGE, link=0)
    hits.judge_new(conn, now)
    whole = (
        select(tables.verdict, tables.feed_item.c.seq)
        .join(tables.feed_item, tables.feed_item.c.message_id == tables.verdict.c.message_id)
        .where(tables.verdict.c.workspace_id == mail.workspace_id)
        .order_by(tables.verdict.c.hit_id, tables.feed_item.c.seq)
    )
    before = conn.execute(whole).all()
    hits.settle_message(conn, mail.workspace_id, mail.id, now + timedelta(hours=1))
    assert conn.execute(whole).all() == before


def test_hits_one_by_one_end_where_all_at_once_end(conn, gridworks, now):
    at_once, one_by_one = (Mail(conn, gridworks, now, links=3) for _ in range(2))
    story = [(60, GMAIL, None), (62, GMAIL, None), (70, EDGE, 0), (70.5, EDGE, 1), (71, EDGE, 2), (2000, OUTLOOK, None)]
    for after, agent, link in story:
        at_once.hit(after, agent, link=link)
    hits.judge_new(conn, now)
    for after, agent, link in reversed(story):
        one_by_one.hit(after, agent, link=link)
        hits.judge_new(conn, now)
    assert sorted(at_once.verdicts.values()) == sorted(one_by_one.verdicts.values())
    assert sorted(key.split(":")[0] for key in at_once.feed) == sorted(key.split(":")[0] for key in one_by_one.feed)


def test_hits_of_unknown_tokens_are_dropped_from_what_waits(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    mail.hit(60, OUTLOOK, token="nobody's")
    assert hits.judge_new(conn, now) == 1
    assert waiting(conn) == 0
    assert mail.verdicts == {}


def test_a_token_of_another_workspace_is_unknown(conn, gridworks, othergrid, now):
    mine, theirs = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    mine.hit(60, OUTLOOK, token=theirs.pixel)
    hits.judge_new(conn, now)
    assert mine.verdicts == theirs.verdicts == {}


def test_no_message_no_verdict(conn, gridworks, othergrid, now):
    mail = Mail(conn, gridworks, now)
    mail.hit(60, OUTLOOK)
    hits.settle_message(conn, othergrid.workspace_id, mail.id, now)
    hits.settle_message(conn, mail.workspace_id, mail.id + 1000, now)
    assert mail.verdicts == {}


@pytest.mark.parametrize("limit", [1, 7])
def test_several_workers_at_once_judge_every_hit_and_tell_everything_once(committed, now, limit):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        mails = [Mail(conn, tenant, now) for _ in range(6)]
        for number in range(5):
            for mail in mails:
                mail.hit(60 + number, OUTLOOK)
                mail.hit(200 + 60 * number, EDGE, link=0)
    problems = []

    def work() -> None:
        try:
            for _ in range(200):
                with committed.begin() as conn:
                    if not hits.judge_new(conn, now, limit):
                        return
        except Exception as problem:
            problems.append(problem)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert problems == []
    with committed.begin() as conn:
        assert waiting(conn) == 0
        for mail in mails:
            mail.conn = conn
            assert sorted(mail.verdicts.values()) == ["human"] * 2 + ["repeat"] * 8
            assert sorted(key.split(":")[0] for key in mail.feed) == ["click", "view"]


def test_a_hit_that_another_worker_has_taken_is_left_to_it(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        Mail(conn, tenant, now).hit(60, OUTLOOK)
    with committed.connect() as first, committed.connect() as second:
        assert hits.judge_new(first, now) == 1
        assert hits.judge_new(second, now) == 0
        first.rollback()
        assert hits.judge_new(second, now) == 1
        second.rollback()


def test_a_message_that_somebody_has_at_hand_is_left_for_the_next_time(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        held, free = Mail(conn, tenant, now), Mail(conn, tenant, now)
        for mail in (held, free):
            mail.hit(60, OUTLOOK)
    with committed.connect() as other, committed.begin() as conn:
        hits.lock_messages(other, [(held.workspace_id, held.id)])
        assert hits.judge_new(conn, now) == 1
        held.conn = free.conn = conn
        assert (len(held.verdicts), len(free.verdicts), waiting(conn)) == (0, 1, 1)
        other.rollback()
        assert hits.judge_new(conn, now) == 1
        assert (len(held.verdicts), waiting(conn)) == (1, 0)


def test_a_batch_is_done_with_all_waiting_hits_of_its_messages(conn, gridworks, othergrid, now):
    mail, other = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    for after in range(60, 65):
        mail.hit(after, OUTLOOK)
    assert hits.judge_new(conn, now, limit=1) == 5
    assert waiting(conn) == 0
    assert sorted(mail.verdicts.values()) == ["human"] + ["repeat"] * 4
    assert other.verdicts == {}


def test_a_hit_that_was_judged_with_its_message_is_not_judged_again(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        mail = Mail(conn, tenant, now)
        mail.hit(60, OUTLOOK)
        mail.hit(61, OUTLOOK)
    with committed.connect() as other:
        assert len(take_waiting(other, 1, RULES_VERSION)) == 1
        with committed.begin() as conn:
            hits.judge_new(conn, now)
            assert waiting(conn) == 1
        other.rollback()
    with committed.begin() as conn:
        assert hits.judge_new(conn, now + timedelta(hours=1)) == 1
        mail.conn = conn
        assert (len(mail.verdicts), waiting(conn)) == (2, 0)
        assert set(conn.execute(select(tables.verdict.c.judged_at)).scalars()) == {now}


def test_a_hit_that_older_rules_judged_is_judged_again_while_it_waits(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    hit_id = mail.hit(60, OUTLOOK)
    hits.judge_new(conn, now)
    conn.execute(update(tables.verdict).values(verdict="bot", rules_version=RULES_VERSION - 1))
    conn.execute(insert(tables.unjudged).values(workspace_id=mail.workspace_id, hit_id=hit_id))
    hits.judge_new(conn, now)
    assert mail.verdicts == {hit_id: "human"}
