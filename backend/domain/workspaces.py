"""Whose workspace does a person come into when they sign in? Named rules, the first that applies answers.

The company is what Google vouches for in the ID token (`hosted_domain`), never the address's domain: anybody can own
an address that looks like a company's. Nobody is moved out of a workspace by an invitation that a stranger wrote:
whoever works somewhere already, or whose company could have a workspace of its own, has to accept it by hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from backend.domain.identities import Identity

Status = Literal["pending", "active", "declined", "removed"]
Role = Literal["admin", "member"]
Step = Literal["refuse", "enter", "accept", "wait", "shut", "ask", "found"]

_CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True)
class Member:
    """A rep as a row, with the name of the workspace."""

    workspace_id: int
    id: int
    google_sub: str = field(repr=False)
    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    status: Status
    session_epoch: int
    workspace_name: str
    created_at: datetime
    admitted_at: datetime | None

    @property
    def is_active_admin(self) -> bool:
        return self.role == "admin" and self.status == "active"


@dataclass(frozen=True)
class Invitation:
    """An open invitation to a workspace; `domain` is the workspace's company, if it has one."""

    workspace_id: int
    id: int
    email: str = field(repr=False)
    invited_by: str = field(repr=False)
    workspace_name: str
    domain: str | None
    created_at: datetime


@dataclass(frozen=True)
class Arrival:
    """Who stands at the door, and what is known of them; `domain_workspace_id` is their company's, if founded."""

    identity: Identity
    memberships: Sequence[Member] = ()
    invitations: Sequence[Invitation] = ()
    domain_workspace_id: int | None = None


@dataclass(frozen=True)
class Admission:
    """What to do with an arrival, by which rule, and in which workspace (None: in a new one)."""

    step: Step
    rule: str
    sentence: str
    workspace_id: int | None = None


def company_of(identity: Identity) -> str | None:
    """The verified company domain in lower case; None for gmail.com and its like."""
    domain = (identity.hosted_domain or "").strip().lower()
    return domain if domain and domain not in _CONSUMER_DOMAINS else None


def admit(arrival: Arrival) -> Admission:
    """Decide what becomes of an arrival."""
    for rule in RULES:
        decided = rule(arrival)
        if decided is not None:
            return decided
    return Admission("found", "first", "The first person: a workspace is made.")


def _address_not_verified(arrival: Arrival) -> Admission | None:
    if arrival.identity.email_verified:
        return None
    return Admission("refuse", "address not verified", "Google has not verified the address of this account.")


def _works_here(arrival: Arrival) -> Admission | None:
    active = [member for member in arrival.memberships if member.status == "active"]
    if not active:
        return None
    latest = max(active, key=lambda member: (member.admitted_at or member.created_at, member.id))
    return Admission("enter", "works here", "An active member of the workspace.", latest.workspace_id)


def _invited(arrival: Arrival) -> Admission | None:
    company = company_of(arrival.identity)
    for invitation in sorted(arrival.invitations, key=lambda invitation: invitation.created_at, reverse=True):
        if company is None or invitation.domain == company:
            return Admission("accept", "invited", "Invited by a member of the workspace.", invitation.workspace_id)
    return None


def _waits(arrival: Arrival) -> Admission | None:
    for member in arrival.memberships:
        if member.status == "pending":
            return Admission("wait", "waits", "An admin has not yet answered the request.", member.workspace_id)
    return None


def _shut_out(arrival: Arrival) -> Admission | None:
    for member in arrival.memberships:
        if member.workspace_id == arrival.domain_workspace_id:
            return Admission("shut", "shut out", "An admin has declined or removed this person.", member.workspace_id)
    return None


def _colleague(arrival: Arrival) -> Admission | None:
    if arrival.domain_workspace_id is None:
        return None
    return Admission("ask", "colleague", "A colleague's workspace: an admin admits.", arrival.domain_workspace_id)


RULES: tuple[Callable[[Arrival], Admission | None], ...] = (
    _address_not_verified,
    _works_here,
    _invited,
    _waits,
    _shut_out,
    _colleague,
)


def name_of_workspace(identity: Identity) -> str:
    """What a new workspace is called."""
    return company_of(identity) or f"{identity.name or identity.email}’s workspace"


def may_change_role(members: Sequence[Member], member_id: int, role: Role) -> bool:
    """Whether the workspace still has an admin afterwards."""
    return role == "admin" or _another_admin(members, member_id)


def may_leave(members: Sequence[Member], member_id: int) -> bool:
    """Whether the workspace still has an admin when this member is gone."""
    return _another_admin(members, member_id)


def _another_admin(members: Sequence[Member], member_id: int) -> bool:
    return any(member.is_active_admin and member.id != member_id for member in members)
