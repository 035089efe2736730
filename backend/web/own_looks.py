"""The viewer for a rep's own eyes: a document exactly as its recipients see it, with nothing recorded.

In the place of a share's token stands `look-<document>-<version>`. It opens nothing by itself: the rep's session says
who asks, and `services.documents` what they may see. All else is the viewer's own.
"""

import re

from flask_login import current_user
from sqlalchemy import Connection

from backend.domain.viewing import Access, ShareRow
from backend.errors import NotFound
from backend.services import documents

_LOOK = re.compile(r"look-([0-9]{1,18})-([0-9]{1,18})")


def look_path(document_id: int, version_id: int, page: int = 1) -> str:
    """Where a rep looks at a version of a document."""
    return f"/d/look-{document_id}-{version_id}" + (f"?page={page}" if page > 1 else "")


def is_look(token: str) -> bool:
    """Whether this asks for a rep's own look; no token of a share is written so."""
    return _LOOK.fullmatch(token) is not None


def find_look(conn: Connection, token: str) -> Access | None:
    """What the rep who is signed in may look at; None for everybody else, and where there is nothing to see."""
    asked = _LOOK.fullmatch(token)
    if asked is None or not current_user.is_authenticated or current_user.status != "active":
        return None
    workspace_id, rep_id = current_user.workspace_id, current_user.rep_id
    try:
        record = documents.get_document(conn, workspace_id, rep_id, int(asked[1]), int(asked[2]))
    except NotFound:
        return None
    if record.chosen is None or not record.pages:
        return None
    return Access(
        ShareRow(
            workspace_id=workspace_id,
            id=0,
            document_id=record.document.id,
            message_id=0,
            recipient="",
            allows_download=True,
            has_watermark=False,
            expires_at=None,
            off_at=None,
            objected_at=None,
            document_name=record.document.name,
            asks_email=False,
            sender=current_user.member.name,
            privacy="none",  # so that no address of the viewer keeps anything
            version_id=record.chosen.id,
            pages=record.chosen.pages,
            ready_pages=record.chosen.ready_pages,
            is_look=True,
        )
    )
