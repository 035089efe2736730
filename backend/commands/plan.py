"""`python -m backend plan DOMAIN single|team`: put a company's workspace on a plan. It holds from the next request."""

import argparse
import sys

from backend.commands.serving import database
from backend.settings import Settings
from backend.store.documents import set_plan
from backend.store.engine import create_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("domain", help="the company's verified domain")
    parser.add_argument("plan", choices=("single", "team"))


def run(args: argparse.Namespace) -> int:
    """Change the plan; 1 where no workspace has this domain."""
    with database(Settings.from_environ()) as url:
        engine = create_store(url)
        with engine.begin() as conn:
            is_known = set_plan(conn, args.domain.lower(), args.plan)
        engine.dispose()
    if not is_known:
        print("No workspace has this domain.", file=sys.stderr)
        return 1
    print(f"{args.domain.lower()} is on the plan {args.plan!r}.")
    return 0
