"""`python -m backend work`: the worker, until it is told to stop."""

from argparse import Namespace
from dataclasses import replace

from backend.app import create_parts
from backend.commands.serving import database
from backend.jobs import run_worker
from backend.logs import configure_logs
from backend.settings import Settings


def run(_: Namespace) -> int:
    """Run the worker until told to stop: it finishes the jobs at hand first."""
    settings = Settings.from_environ()
    configure_logs(settings.log_level)
    with database(settings) as url:
        run_worker(create_parts(replace(settings, database_url=url)))
    return 0
