"""Coming into a workspace and out of it, on the real database, with two companies at once."""

import threading

import pytest
from sqlalchemy import func, select

from backend.errors import Forbidden, Malformed, NotFound
from backend.services import workspaces
from backend.store import tables
from tests.web.conftest import LORA, QUORRA, SAM, TESS, person
from tests.web.rows import mailbox


def test_the_first_founds_the_second_asks_and_an_admin_admits(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    sam = workspaces.sign_in(conn, SAM, now).member
    assert (quorra.role, quorra.status) == ("admin", "active")
    assert (sam.role, sam.status, sam.workspace_id) == ("member", "pending", quorra.workspace_id)
    workspaces.answer_request(conn, quorra.workspace_id, sam.id, True, now)
    assert workspaces.sign_in(conn, SAM, now).member.status == "active"


def test_another_companys_admin_admits_nobody_here(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    sam = workspaces.sign_in(conn, SAM, now).member
    tess = workspaces.sign_in(conn, TESS, now).member
    assert tess.workspace_id != quorra.workspace_id
    with pytest.raises(NotFound):
        workspaces.answer_request(conn, tess.workspace_id, sam.id, True, now)
    with pytest.raises(NotFound):
        workspaces.remove_member(conn, tess.workspace_id, quorra.id)
    assert [member.name for member in workspaces.get_team(conn, tess.workspace_id).members] == ["Tess Marlow"]


def test_a_request_is_answered_once(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    sam = workspaces.sign_in(conn, SAM, now).member
    workspaces.answer_request(conn, quorra.workspace_id, sam.id, False, now)
    with pytest.raises(NotFound):
        workspaces.answer_request(conn, quorra.workspace_id, sam.id, True, now)
    declined = workspaces.sign_in(conn, SAM, now)
    assert (declined.admission.step, declined.member) == ("shut", None)


def test_signing_in_twice_changes_nothing(conn, now):
    first = workspaces.sign_in(conn, QUORRA, now).member
    assert workspaces.sign_in(conn, QUORRA, now).member == first
    assert conn.execute(select(func.count()).select_from(tables.workspace)).scalar_one() == 1


def test_two_colleagues_at_the_same_moment_found_one_workspace(committed, now):
    people = [person(f"rep{number}@gridworks.example", f"Rep {number}", "gridworks.example") for number in range(6)]
    together = threading.Barrier(len(people))
    entrances = []

    def arrive(who):
        with committed.begin() as conn:
            together.wait()
            entrances.append(workspaces.sign_in(conn, who, now))

    threads = [threading.Thread(target=arrive, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entrances) == len(people)
    assert len({entrance.member.workspace_id for entrance in entrances}) == 1
    assert [entrance.member.role for entrance in entrances].count("admin") == 1
    assert [entrance.member.status for entrance in entrances].count("pending") == len(people) - 1


def test_a_person_of_gmail_is_in_once_invited(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    workspaces.invite(conn, quorra.workspace_id, quorra.id, " Lora.Baines@gmail.com ", now)
    lora = workspaces.sign_in(conn, LORA, now).member
    assert (lora.workspace_id, lora.status, lora.role) == (quorra.workspace_id, "active", "member")
    assert workspaces.get_team(conn, quorra.workspace_id).invitations == []


def test_a_withdrawn_invitation_lets_nobody_in(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    workspaces.invite(conn, quorra.workspace_id, quorra.id, LORA.email, now)
    workspaces.withdraw_invitation(conn, quorra.workspace_id, LORA.email)
    lora = workspaces.sign_in(conn, LORA, now).member
    assert lora.workspace_id != quorra.workspace_id
    with pytest.raises(NotFound):
        workspaces.withdraw_invitation(conn, quorra.workspace_id, LORA.email)


def test_an_invitation_of_strangers_is_shown_and_followed_only_by_hand(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    tess = workspaces.sign_in(conn, TESS, now).member
    workspaces.invite(conn, tess.workspace_id, tess.id, QUORRA.email, now)
    assert workspaces.sign_in(conn, QUORRA, now).member.workspace_id == quorra.workspace_id
    assert [found.workspace_name for found in workspaces.invitations_for(conn, quorra)] == ["othergrid.example"]
    moved = workspaces.accept_invitation(conn, quorra, tess.workspace_id, now)
    assert (moved.workspace_id, moved.role) == (tess.workspace_id, "member")
    with pytest.raises(NotFound):
        workspaces.accept_invitation(conn, quorra, tess.workspace_id, now)


def test_an_invitation_ends_with_the_membership_of_whoever_wrote_it(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    sam = workspaces.sign_in(conn, SAM, now).member
    workspaces.answer_request(conn, quorra.workspace_id, sam.id, True, now)
    workspaces.invite(conn, quorra.workspace_id, sam.id, LORA.email, now)
    workspaces.remove_member(conn, quorra.workspace_id, sam.id)
    assert workspaces.sign_in(conn, LORA, now).member.workspace_id != quorra.workspace_id


@pytest.mark.parametrize(
    "address", ["", "flynn", "a@b", "a b@c.de", "<x@y.de>", "a@b.de, c@d.de", f"{'x' * 300}@y.de", "a@b.de\0"]
)
def test_what_is_no_address_is_not_invited(conn, now, address):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    with pytest.raises(Malformed):
        workspaces.invite(conn, quorra.workspace_id, quorra.id, address, now)


def test_the_last_admin_stays(conn, now):
    quorra = workspaces.sign_in(conn, QUORRA, now).member
    with pytest.raises(Forbidden):
        workspaces.remove_member(conn, quorra.workspace_id, quorra.id)
    with pytest.raises(Forbidden):
        workspaces.change_role(conn, quorra.workspace_id, quorra.id, "member")


def test_removing_somebody_ends_their_sessions_and_their_mailbox(conn, gridworks, othergrid, now):
    sam = gridworks.reps["sam"]
    mailbox(conn, gridworks, sam)
    mailbox(conn, othergrid, othergrid.reps["tess"])
    workspaces.remove_member(conn, gridworks.workspace_id, sam.id)
    assert workspaces.find_session(conn, gridworks.workspace_id, sam.id, 0) is None
    states = dict(conn.execute(select(tables.mailbox.c.address, tables.mailbox.c.state)).all())
    assert states == {sam.email: "disconnected", "tess@othergrid.example": "connected"}


def test_signing_out_everywhere_ends_every_session_of_one_rep(conn, gridworks):
    workspace_id, quorra, sam = gridworks.workspace_id, gridworks.reps["quorra"], gridworks.reps["sam"]
    workspaces.sign_out_everywhere(conn, workspace_id, quorra.id)
    assert workspaces.find_session(conn, workspace_id, quorra.id, 0) is None
    assert workspaces.find_session(conn, workspace_id, quorra.id, 1) is not None
    assert workspaces.find_session(conn, workspace_id, sam.id, 0) is not None


def test_a_session_of_one_workspace_is_none_of_another(conn, gridworks, othergrid):
    assert workspaces.find_session(conn, othergrid.workspace_id, gridworks.reps["quorra"].id, 0) is None
