"""What do the processes say of themselves? One JSON object a line on standard error.

No address, subject or token is ever logged: our own lines name ids and counts only, requests are logged by their
route's pattern instead of their path, and the libraries that would log addresses are kept to warnings.
"""

import logging
import sys

import structlog

_TALKATIVE = ("googleapiclient", "google", "urllib3", "requests_oauthlib", "oauthlib", "alembic", "httpx")


def configure_logs(level: str) -> None:
    """Send structlog's and the standard library's records to standard error as JSON lines; safe to repeat."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
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
