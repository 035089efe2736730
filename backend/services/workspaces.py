"""How does a person come into a workspace, and out of it? Signing in, asking, admitting, inviting, removing.

What to do with an arrival is decided in `domain.workspaces`; here it is done, so that two people who arrive at the
same moment end as one workspace with one founder. The caller owns the transaction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

import structlog
from sqlalchemy import Connection

from backend.domain.identities import Identity
from backend.domain.viewing import Privacy
from backend.domain.workspaces import (
    Admission,
    Arrival,
    Invitation,
    Member,
    Role,
    admit,
    company_of,
    may_change_role,
    may_leave,
    name_of_workspace,
)
from backend.errors import Forbidden, Malformed, NotFound
from backend.services.mailboxes import disconnect
from backend.store import reps, workspaces
from backend.store.mailboxes import mailboxes_of_rep
from backend.store.reps import Place

log = structlog.get_logger(__name__)

_ADDRESS = re.compile(r"[^\s\0-\x1f\x7f@<>,;\"\\]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Entrance:
    """What became of a sign-in; `member` is None where the person stays outside."""

    admission: Admission
    member: Member | None


@dataclass(frozen=True)
class Team:
    """Everybody of a workspace: those inside, those who ask, those invited."""

    members: Sequence[Member]
    requests: Sequence[Member]
    invitations: Sequence[Invitation]


def sign_in(conn: Connection, identity: Identity, now: datetime) -> Entrance:
    """Let a person in, let them ask, or found their workspace. Safe to repeat."""
    company = company_of(identity)
    entrance = _enter(conn, identity, _arrival(conn, identity, company), now)
    if entrance is None:  # founded by a colleague, or the invitation withdrawn, between our look and our try
        entrance = _enter(conn, identity, _arrival(conn, identity, company), now)
    if entrance is None:
        raise NotFound("The workspace of your company is being made just now; please try again.")
    return entrance


def find_session(conn: Connection, workspace_id: int, rep_id: int, session_epoch: int) -> Member | None:
    """Find whom a session belongs to; None where it has ended, or the rep is no longer here."""
    member = reps.find_rep(conn, workspace_id, rep_id)
    if member is None or member.session_epoch != session_epoch or member.status not in ("active", "pending"):
        return None
    return member


def get_team(conn: Connection, workspace_id: int) -> Team:
    """Everybody of a workspace."""
    everybody = reps.reps_of(conn, workspace_id)
    return Team(
        members=[member for member in everybody if member.status == "active"],
        requests=[member for member in everybody if member.status == "pending"],
        invitations=workspaces.open_invitations_of(conn, workspace_id),
    )


def reader_privacy_of(conn: Connection, workspace_id: int) -> Privacy:
    """What readers of the workspace's documents meet."""
    return workspaces.reader_privacy_of(conn, workspace_id)


def set_reader_privacy(conn: Connection, workspace_id: int, rep_id: int, privacy: str) -> None:
    """Let readers meet something else, from this moment on, also those who have a document open. Raises Malformed."""
    if privacy not in get_args(Privacy):
        raise Malformed("Please choose what readers of your documents meet.")
    workspaces.put_reader_privacy(conn, workspace_id, cast(Privacy, privacy))
    log.info("what readers of documents meet was changed", workspace_id=workspace_id, rep_id=rep_id, to=privacy)


def answer_request(conn: Connection, workspace_id: int, rep_id: int, admitted: bool, now: datetime) -> None:
    """Admit or decline somebody who asked to join. Raises NotFound where nobody of this id waits."""
    place = Place("member", "active", now) if admitted else Place("member", "declined")
    if not reps.answer_request(conn, workspace_id, rep_id, place):
        raise NotFound("This request has been answered already.")


def invite(conn: Connection, workspace_id: int, invited_by: int, address: str, now: datetime) -> None:
    """Invite somebody by address; they are in at their next sign-in. Safe to repeat. Raises Malformed, Forbidden."""
    email = address.strip().lower()
    if len(email) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        raise Malformed("This is not an e-mail address.")
    if any(member.email == email and member.status == "active" for member in reps.reps_of(conn, workspace_id)):
        raise Forbidden("This person is a member already.")
    workspaces.put_invitation(conn, workspace_id, invited_by, email, now)


def withdraw_invitation(conn: Connection, workspace_id: int, address: str) -> None:
    """Take an invitation back. Raises NotFound where it was accepted or withdrawn already."""
    if "\0" in address or not workspaces.drop_invitation(conn, workspace_id, address):
        raise NotFound("This invitation was accepted or withdrawn already.")


def invitations_for(conn: Connection, member: Member) -> Sequence[Invitation]:
    """List other workspaces that invite this member; nobody is moved there unasked."""
    invited = workspaces.open_invitations_to(conn, member.email)
    return [invitation for invitation in invited if invitation.workspace_id != member.workspace_id]


def accept_invitation(conn: Connection, member: Member, workspace_id: int, now: datetime) -> Member:
    """Follow an invitation into another workspace. Raises NotFound where it does not stand (any more)."""
    if not workspaces.accept_invitation(conn, workspace_id, member.email, now):
        raise NotFound("This invitation was withdrawn.")
    identity = Identity(member.google_sub, member.email, True, member.name)
    rep_id = reps.put_rep(conn, workspace_id, identity, Place("member", "active", now))
    return _get_rep(conn, workspace_id, rep_id)


def change_role(conn: Connection, workspace_id: int, rep_id: int, role: Role) -> None:
    """Make a member an admin, or an admin a member. Raises Forbidden for the last admin, NotFound."""
    workspaces.lock_workspace(conn, workspace_id)
    members = get_team(conn, workspace_id).members
    _must_be_member(members, rep_id)
    if not may_change_role(members, rep_id, role):
        raise Forbidden("A workspace needs an admin: make somebody else one first.")
    reps.put_role(conn, workspace_id, rep_id, role)


def remove_member(conn: Connection, workspace_id: int, rep_id: int) -> None:
    """Take a member out, end their sessions and stop reading their mail. Raises Forbidden for the last admin."""
    workspaces.lock_workspace(conn, workspace_id)
    members = get_team(conn, workspace_id).members
    _must_be_member(members, rep_id)
    if not may_leave(members, rep_id):
        raise Forbidden("The last admin cannot leave: make somebody else an admin first.")
    reps.put_removed(conn, workspace_id, rep_id)
    for mailbox in mailboxes_of_rep(conn, workspace_id, rep_id):
        disconnect(conn, workspace_id, rep_id, mailbox.id)


def sign_out_everywhere(conn: Connection, workspace_id: int, rep_id: int) -> None:
    """End all sessions of a rep. Safe to repeat."""
    reps.end_sessions(conn, workspace_id, rep_id)


def _arrival(conn: Connection, identity: Identity, company: str | None) -> Arrival:
    return Arrival(
        identity=identity,
        memberships=reps.memberships_of(conn, identity.sub),
        invitations=workspaces.open_invitations_to(conn, identity.email),
        domain_workspace_id=workspaces.find_workspace_of_domain(conn, company) if company else None,
    )


def _enter(conn: Connection, identity: Identity, arrival: Arrival, now: datetime) -> Entrance | None:
    admission = admit(arrival)
    workspace_id = admission.workspace_id
    if admission.step in ("refuse", "shut"):
        return Entrance(admission, None)
    if admission.step == "found":
        workspace_id = workspaces.make_workspace(conn, name_of_workspace(identity), company_of(identity))
        if workspace_id is None:
            return None
        rep_id = reps.put_rep(conn, workspace_id, identity, Place("admin", "active", now))
    elif workspace_id is None:
        raise NotFound
    elif admission.step == "ask":
        rep_id = reps.put_rep(conn, workspace_id, identity, Place("member", "pending"))
    elif admission.step == "accept":
        if not workspaces.accept_invitation(conn, workspace_id, identity.email, now):
            return None
        rep_id = reps.put_rep(conn, workspace_id, identity, Place("member", "active", now))
    else:
        rep_id = next(member.id for member in arrival.memberships if member.workspace_id == workspace_id)
        reps.rename_rep(conn, workspace_id, rep_id, identity)
    return Entrance(admission, _get_rep(conn, workspace_id, rep_id))


def _get_rep(conn: Connection, workspace_id: int, rep_id: int) -> Member:
    member = reps.find_rep(conn, workspace_id, rep_id)
    if member is None:
        raise NotFound
    return member


def _must_be_member(members: Sequence[Member], rep_id: int) -> None:
    if all(member.id != rep_id for member in members):
        raise NotFound("This person is no longer a member.")
