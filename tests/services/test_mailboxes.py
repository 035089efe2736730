"""How a mailbox comes and goes: connecting, another's address, disconnecting, watches, sweeps. Two workspaces."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from backend.errors import Forbidden, NotFound, Transient
from backend.services import mailboxes
from backend.services.mailboxes import Consent
from backend.store.tables import mailbox
from tests.sandbox.faults import Fault
from tests.services.tracked import QUORRA, SAM, Office

TESS = "tess@othergrid.example"


@pytest.fixture
def office(conn, database, mailroom, gridworks):
    return Office(conn, database, mailroom, gridworks)


@pytest.fixture
def others(conn, database, mailroom, othergrid):
    return Office(conn, database, mailroom, othergrid, rep="tess", address=TESS)


def _row(office):
    return office.conn.execute(select(mailbox).where(mailbox.c.id == office.mailbox_id)).one()


def _jobs(office):
    asked = text("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    mine = {"workspace_id": office.tenant.workspace_id, "mailbox_id": office.mailbox_id}
    return [row.task_name for row in office.conn.execute(asked) if row.args == mine]


def _done(office):
    office.conn.execute(text("UPDATE procrastinate_jobs SET status = 'succeeded'"))


def _give_back(office):
    room = office.mailroom
    mailboxes.give_back_access(office.database, room.gmail, room.google, office.secrets, office.mailbox)


def _renew(office):
    mailboxes.renew_watch(office.database, office.mailroom.gmail, office.secrets, *office.mailbox)


def test_connecting_stores_the_mailbox_sealed_and_has_it_watched_and_read(office):
    office.connect()
    row = _row(office)
    assert (row.address, row.mode, row.state) == (QUORRA, "full", "connected")
    assert set(row.own_addresses) == {QUORRA, "q.reed@gridworks.example"}
    assert row.history_id == str(office.mailroom.world.mailbox(QUORRA).history_id)
    assert b"1//" not in bytes(row.credentials)
    assert b"1//" in office.secrets.unseal(bytes(row.credentials))
    assert _jobs(office) == ["watch_mailbox", "sync_mailbox"]


def test_the_account_that_agreed_decides_which_mailbox_it_is(office):
    grant = office.mailroom.agree("lora.baines@gmail.com", "mailbox_full")
    ours = Consent(office.tenant.workspace_id, office.tenant.reps["quorra"].id, "full", grant)
    id_ = mailboxes.connect(office.database, office.mailroom.gmail, office.secrets, ours, office.now)
    address = office.conn.execute(select(mailbox.c.address).where(mailbox.c.id == id_)).scalar_one()
    assert address == "lora.baines@gmail.com"


def test_a_mailbox_other_than_the_expected_one_is_not_connected(office):
    grant = office.mailroom.agree("lora.baines@gmail.com", "mailbox_full")
    ours = Consent(office.tenant.workspace_id, office.tenant.reps["quorra"].id, "full", grant, QUORRA)
    with pytest.raises(Forbidden):
        mailboxes.connect(office.database, office.mailroom.gmail, office.secrets, ours, office.now)
    assert office.conn.execute(select(mailbox)).first() is None


def test_a_colleagues_address_is_not_connected_by_mistake(office):
    grant = office.mailroom.agree(SAM, "mailbox_full")
    ours = Consent(office.tenant.workspace_id, office.tenant.reps["quorra"].id, "full", grant)
    with pytest.raises(Forbidden):
        mailboxes.connect(office.database, office.mailroom.gmail, office.secrets, ours, office.now)
    assert office.conn.execute(select(mailbox)).first() is None


def test_a_mailbox_that_a_colleague_has_connected_stays_theirs(office):
    for name, refused in (("quorra", False), ("sam", True)):
        grant = office.mailroom.agree("lora.baines@gmail.com", "mailbox_full")
        consent = Consent(office.tenant.workspace_id, office.tenant.reps[name].id, "full", grant)
        if refused:
            with pytest.raises(Forbidden):
                mailboxes.connect(office.database, office.mailroom.gmail, office.secrets, consent, office.now)
        else:
            mailboxes.connect(office.database, office.mailroom.gmail, office.secrets, consent, office.now)
    [row] = office.conn.execute(select(mailbox)).all()
    assert row.rep_id == office.tenant.reps["quorra"].id


def test_a_rep_may_connect_several_and_change_the_mode_of_one(office):
    office.connect()
    other = replace(office, address="lora.baines@gmail.com").connect()
    again = replace(office, mode="headers").connect()
    own = mailboxes.mailboxes_of(office.conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id)
    assert [(each.id, each.mode) for each in own] == [(office.mailbox_id, "headers"), (other.mailbox_id, "full")]
    assert again.mailbox_id == office.mailbox_id


def test_disconnecting_is_silent_at_once_and_the_access_is_given_back_by_a_job(office):
    office.connect()
    _renew(office)
    _done(office)
    rep_id = office.tenant.reps["quorra"].id
    for _ in range(2):
        mailboxes.disconnect(office.conn, office.tenant.workspace_id, rep_id, office.mailbox_id)
    assert _row(office).state == "disconnected"
    assert _row(office).disconnected_because == "asked"
    assert _jobs(office) == ["give_back_access"]
    for _ in range(2):
        _give_back(office)
    assert _row(office).credentials is None
    world = office.mailroom.world
    assert not [grant for grant in world.state.grants.grants if not grant.withdrawn]
    assert world.mailbox(QUORRA).watch is None


def test_while_google_is_in_trouble_the_access_waits_to_be_given_back(office):
    office.connect()
    mailboxes.disconnect(office.conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id, office.mailbox_id)
    with office.mailroom.world.change() as state:
        state.faults.waiting.append(Fault("server_503", 1, "*", QUORRA))
    with pytest.raises(Transient):
        _give_back(office)
    assert _row(office).credentials is not None
    _give_back(office)
    assert _row(office).credentials is None


def test_a_mailbox_that_was_connected_again_keeps_its_access(office):
    office.connect()
    mailboxes.disconnect(office.conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id, office.mailbox_id)
    office.connect()
    _give_back(office)
    _renew(office)
    assert _row(office).state == "connected"
    assert _row(office).watch_expires_at is not None


def test_what_another_workspace_still_reads_is_forgotten_here_and_not_revoked(office, others):
    office.connect()
    twin = replace(others, address=QUORRA).connect()
    _renew(twin)
    mailboxes.disconnect(office.conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id, office.mailbox_id)
    _give_back(office)
    assert _row(office).credentials is None
    assert office.mailroom.world.mailbox(QUORRA).watch is not None
    _renew(twin)
    assert _row(twin).state == "connected"


def test_nobody_disconnects_anothers_mailbox(office, others):
    office.connect()
    others.connect()
    sam, tess = office.tenant.reps["sam"].id, others.tenant.reps["tess"].id
    for workspace_id, rep_id in ((office.tenant.workspace_id, sam), (others.tenant.workspace_id, tess)):
        with pytest.raises(NotFound):
            mailboxes.disconnect(office.conn, workspace_id, rep_id, office.mailbox_id)
    assert _row(office).state == "connected"


def test_a_withdrawn_consent_shows_as_disconnected_whoever_finds_out(office):
    office.connect()
    office.mailroom.world.state.grants.withdraw(QUORRA)
    _renew(office)
    assert (_row(office).state, _row(office).disconnected_because) == ("disconnected", "withdrawn")


def test_credentials_that_no_key_reads_show_as_disconnected(office):
    office.connect()
    office.conn.execute(update(mailbox).values(credentials=b"nonsense"))
    _renew(office)
    assert (_row(office).state, _row(office).disconnected_because) == ("disconnected", "unreadable")


def test_a_failure_of_the_old_consent_does_not_undo_a_new_one(office):
    office.connect()
    own = mailboxes.mailboxes_of(office.conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id)
    with mailboxes.withdrawal_noted(office.database, replace(own[0], connected_at=office.now - timedelta(days=1))):
        raise mailboxes.ConsentWithdrawn
    assert _row(office).state == "connected"


def test_a_watch_is_asked_for_and_its_end_noted(office):
    office.connect()
    _renew(office)
    assert office.mailroom.world.mailbox(QUORRA).watch is not None
    assert _row(office).watch_expires_at > office.now + timedelta(days=6)


def test_watches_are_renewed_days_ahead_and_not_all_at_once(office, others):
    office.connect()
    others.connect()
    for each in (office, others):
        _renew(each)
        _done(each)
    assert mailboxes.renew_watches(office.conn, office.now) == 0
    assert mailboxes.renew_watches(office.conn, office.now + timedelta(days=3)) == 2
    waits = office.conn.execute(text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")).scalars()
    assert len(set(waits)) == 2


def test_a_mailbox_that_nobody_pushes_is_swept_and_one_just_read_is_not(office, others):
    office.connect()
    others.connect()
    _done(office)
    others.sync()
    assert mailboxes.sweep(office.conn, office.now) == 1
    assert _jobs(office) == ["sync_mailbox", "look_around"]
    assert mailboxes.sweep(office.conn, office.now + timedelta(minutes=20)) == 2


def test_a_push_names_an_address_and_leaves_one_job_for_each_mailbox_of_it(office, others):
    office.connect()
    others.connect()
    twin = replace(others, address=QUORRA).connect()
    _done(office)
    for _ in range(3):
        assert mailboxes.sync_mailboxes_at(office.conn, "Quorra@GridWorks.example") == 2
    assert _jobs(office) == ["sync_mailbox"]
    assert _jobs(twin) == ["sync_mailbox"]
    assert _jobs(others) == []
    assert mailboxes.sync_mailboxes_at(office.conn, "nobody@nowhere.example") == 0
