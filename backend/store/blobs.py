"""Which blobs do a workspace's rows name? Everything that is not named is nobody's."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from backend.store.tables import workspace

_UNNAMED = text(
    """
    SELECT digest FROM unnest(CAST(:digests AS text[])) AS given(digest)
    EXCEPT SELECT digest FROM document_version WHERE workspace_id = :workspace_id
    EXCEPT SELECT pdf_digest FROM document_version WHERE workspace_id = :workspace_id
    EXCEPT SELECT cover_digest FROM document_version WHERE workspace_id = :workspace_id
    EXCEPT SELECT image ->> 'digest' FROM document_page, jsonb_array_elements(images) AS image
        WHERE workspace_id = :workspace_id
    """
)


def unnamed(conn: Connection, workspace_id: int, digests: Sequence[str]) -> Sequence[str]:
    """Which of these digests no row of the workspace names."""
    return conn.execute(_UNNAMED, {"workspace_id": workspace_id, "digests": list(digests)}).scalars().all()


def all_workspaces(conn: Connection) -> Sequence[int]:
    """Every workspace's number."""
    return conn.execute(select(workspace.c.workspace_id).order_by(workspace.c.workspace_id)).scalars().all()
