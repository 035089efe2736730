"""Who is signed in? The cookie names workspace, rep and epoch; the rep's row decides whether it holds."""

import re
from dataclasses import dataclass

from flask_login import LoginManager, UserMixin
from sqlalchemy import Connection

from backend.domain.workspaces import Member, Role, Status
from backend.services import workspaces
from backend.web.parts import parts

_ID = re.compile(r"(\d{1,18}):(\d{1,18}):(\d{1,9})")


@dataclass(frozen=True)
class SessionId:
    """What the cookie says."""

    workspace_id: int
    rep_id: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.workspace_id}:{self.rep_id}:{self.epoch}"


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of this request."""

    def __init__(self, member: Member) -> None:
        self.member = member

    @property
    def workspace_id(self) -> int:
        return self.member.workspace_id

    @property
    def rep_id(self) -> int:
        return self.member.id

    @property
    def role(self) -> Role:
        return self.member.role

    @property
    def status(self) -> Status:
        return self.member.status

    def get_id(self) -> str:
        """What Flask-Login keeps in the session."""
        return str(SessionId(self.member.workspace_id, self.member.id, self.member.session_epoch))


def parse_session_id(told: object) -> SessionId | None:
    """Read what a session says; None for anything else."""
    found = _ID.fullmatch(told) if isinstance(told, str) else None
    return SessionId(*(int(number) for number in found.groups())) if found else None


def find_member(conn: Connection, session_id: SessionId) -> Member | None:
    """Find the rep of a session that still holds."""
    return workspaces.find_session(conn, session_id.workspace_id, session_id.rep_id, session_id.epoch)


def create_login_manager() -> LoginManager:
    """Make Flask-Login find our reps."""
    manager = LoginManager()
    manager.session_protection = None  # a phone changes its address all day; the epoch ends sessions

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(told: str) -> SignedIn | None:
        session_id = parse_session_id(told)
        if session_id is None:
            return None
        with parts().engine.begin() as conn:
            member = find_member(conn, session_id)
        return SignedIn(member) if member else None

    return manager
