"""How does the collector learn that a browser is the rep's own? By a cookie on the tracking domain, set at sign-in."""

from uuid import UUID

from flask import redirect
from flask.typing import ResponseReturnValue

from backend.domain.workspaces import Member
from backend.errors import InvalidToken


def remember_and_go(member: Member, next_path: str) -> ResponseReturnValue:
    """Go where the person wanted to."""
    return redirect(next_path)


def this_device() -> UUID | None:
    """The device of this request, where its cookie can be seen here."""
    return None


def arrive(told: str) -> ResponseReturnValue:
    """Refuse what nobody has signed."""
    raise InvalidToken("This address has expired; please sign in again.")
