"""How is a question asked of many rows at once? Their keys as a table to join: one array for each column.

A list of a thousand pairs in an IN is planned anew as a thousand conditions; two arrays are two parameters.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, cast, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import NamedFromClause

MessageKey: TypeAlias = tuple[int, int]  # workspace, message
HitKey: TypeAlias = tuple[int, UUID]  # workspace, hit


def as_ids(keys: Collection[tuple[int, int]]) -> NamedFromClause:
    """These pairs of workspace and number, as a table (workspace_id, id)."""
    return as_table({"workspace_id": BigInteger(), "id": BigInteger()}, keys)


def as_hits(keys: Collection[HitKey]) -> NamedFromClause:
    """These pairs of workspace and UUID, as a table (workspace_id, id)."""
    return as_table({"workspace_id": BigInteger(), "id": Uuid()}, keys)


def as_table(kinds: Mapping[str, Any], rows: Collection[tuple[Any, ...]]) -> NamedFromClause:
    """These rows as a table `asked` with columns of these names and types."""
    arrays = [cast([row[place] for row in rows], ARRAY(kind)) for place, kind in enumerate(kinds.values())]
    columns = [column(name, kind) for name, kind in kinds.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="asked")
