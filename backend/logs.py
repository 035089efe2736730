"""What do the processes say of themselves? One JSON object a line on standard error.

No address, subject or token is ever logged: our own lines name ids and counts only, and the libraries that would log
addresses are kept to warnings. Of an exception its kind and its way are told, and of its words only our own: others
put SQL parameters, rows, URLs and bodies of answers into theirs.
"""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog

from backend.errors import ReadbackError

_TALKATIVE = (
    "googleapiclient",
    "google",
    "urllib3",
    "requests_oauthlib",
    "oauthlib",
    "alembic",
    "httpx",
    "flask-limiter",
)
_SERVERS = (
    "uvicorn",
    "uvicorn.error",
    "gunicorn.error",
)  # they bring handlers of their own, which write whole tracebacks
_NUMBERS = ("pgcode", "sqlstate", "status_code", "errno")


def configure_logs(level: str) -> None:
    """Send structlog's and the standard library's records to standard error as JSON lines; safe to repeat."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SERVERS:
        server = logging.getLogger(name)
        server.handlers[:] = []
        server.propagate = True


def trace_of(problem: BaseException) -> str:
    """Tell an exception and its causes, the deepest last: kinds, numbers and frames, and no words but our own."""
    return "caused by ".join(
        f"{_kind(each)}\n{''.join(traceback.format_tb(each.__traceback__))}" for each in _chain(problem)
    )


def _chain(problem: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = problem
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _kind(problem: BaseException) -> str:
    told = f"{type(problem).__module__}.{type(problem).__qualname__}"
    numbers = [f"{name}={value}" for name in _NUMBERS if (value := getattr(problem, name, None)) is not None]
    words = [str(problem)] if isinstance(problem, ReadbackError) else []
    return ": ".join([told, *words, *numbers])


def _tell_exception(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    given = event.pop("exc_info", None)
    if isinstance(given, tuple):
        given = given[1]
    elif given and not isinstance(given, BaseException):
        given = sys.exc_info()[1]
    if given:
        event["exception"] = trace_of(given)
    return event
