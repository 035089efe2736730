"""How often may somebody knock? Limits on what can be abused, kept in each process's memory.

Memory is enough: the limits keep guessing and flooding away from one process; they are no quota.
"""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


def init_app(app: Flask) -> None:
    """Count from now on."""
    limiter.init_app(app)
