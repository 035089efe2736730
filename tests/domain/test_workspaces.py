"""Whose workspace does a person come into? The verified company decides, never the address."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.identities import Identity
from backend.domain.workspaces import (
    Arrival,
    Invitation,
    Member,
    admit,
    company_of,
    may_change_role,
    may_leave,
)

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUORRA = Identity("1", "quorra@gridworks.example", True, "Quorra Reed", "gridworks.example")
LORA = Identity("2", "lora.baines@gmail.com", True, "Lora Baines")


def member(status="active", workspace_id=7, **changes) -> Member:
    return replace(
        Member(
            workspace_id, 1, "1", "quorra@gridworks.example", "Quorra Reed", "member", status, 0, "gridworks", AT, AT
        ),
        **changes,
    )


def invitation(workspace_id=9, domain=None) -> Invitation:
    return Invitation(workspace_id, 1, "somebody@example.com", "Tess Marlow", "othergrid", domain, AT)


def test_the_first_person_founds_a_workspace():
    assert admit(Arrival(QUORRA)).step == "found"
    assert admit(Arrival(LORA)).step == "found"


def test_a_later_colleague_asks_to_join():
    decided = admit(Arrival(QUORRA, domain_workspace_id=7))
    assert (decided.step, decided.workspace_id) == ("ask", 7)


def test_an_unverified_address_stays_outside_whatever_else_is_known():
    unverified = replace(QUORRA, email_verified=False)
    assert admit(Arrival(unverified, [member()], [invitation()], 7)).step == "refuse"


def test_an_address_that_looks_like_a_companys_is_no_company():
    pretender = Identity("3", "ceo@gridworks.example", True, "Clu")
    assert company_of(pretender) is None
    assert admit(Arrival(pretender)).step == "found"


def test_gmail_is_nobodys_company():
    assert company_of(replace(LORA, hosted_domain="gmail.com")) is None
    assert company_of(replace(QUORRA, hosted_domain=" GridWorks.Example ")) == "gridworks.example"


def test_a_member_comes_in_where_they_were_admitted_last():
    later = member(workspace_id=9, admitted_at=AT.replace(day=25))
    assert admit(Arrival(QUORRA, [later, member()], domain_workspace_id=7)).workspace_id == 9


def test_whoever_asked_keeps_waiting():
    assert admit(Arrival(QUORRA, [member("pending")], domain_workspace_id=7)).step == "wait"


def test_the_declined_and_the_removed_stay_outside_until_invited():
    for status in ("declined", "removed"):
        gone = [member(status)]
        assert admit(Arrival(QUORRA, gone, domain_workspace_id=7)).step == "shut"
        invited = Arrival(QUORRA, gone, [invitation(7, "gridworks.example")], 7)
        assert admit(invited).step == "accept"


def test_a_person_without_a_company_accepts_an_invitation_by_signing_in():
    decided = admit(Arrival(LORA, invitations=[invitation(9)]))
    assert (decided.step, decided.workspace_id) == ("accept", 9)


def test_no_stranger_moves_anybody_by_inviting_them():
    assert admit(Arrival(QUORRA, [member()], [invitation(9)], 7)).workspace_id == 7
    assert admit(Arrival(QUORRA, invitations=[invitation(9)])).step == "found"
    assert admit(Arrival(QUORRA, invitations=[invitation(9)], domain_workspace_id=7)).step == "ask"


def test_the_last_admin_cannot_leave_nor_step_down():
    admin, plain = member(role="admin"), member(id=2)
    assert not may_leave([admin, plain], admin.id)
    assert not may_change_role([admin, plain], admin.id, "member")
    assert may_leave([admin, plain], plain.id)
    second = member(id=3, role="admin")
    assert may_leave([admin, second], admin.id)
    assert not may_leave([admin, replace(second, status="removed")], admin.id)


@given(
    verified=st.booleans(),
    company=st.none() | st.sampled_from(["gridworks.example", "gmail.com", ""]),
    statuses=st.lists(st.sampled_from(["pending", "active", "declined", "removed"]), max_size=3),
    invited=st.booleans(),
    founded=st.booleans(),
)
def test_everybody_gets_one_answer_and_nobody_unverified_gets_in(verified, company, statuses, invited, founded):
    identity = replace(QUORRA, email_verified=verified, hosted_domain=company)
    memberships = [member(status, workspace_id=7 + number) for number, status in enumerate(statuses)]
    decided = admit(Arrival(identity, memberships, [invitation()] if invited else [], 7 if founded else None))
    assert decided.rule
    assert decided.sentence
    assert (decided.workspace_id is None) == (decided.step in ("refuse", "found"))
    if not verified:
        assert decided.step == "refuse"
    if decided.step == "enter":
        assert "active" in statuses
