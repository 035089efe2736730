"""`python -m backend plan WHOSE single|team`: put a workspace on a plan. It holds from the next request.

WHOSE is the company's verified domain, or the address of a member: a workspace of gmail.com and its like has no domain.
"""

import argparse
import sys

from backend.commands.serving import database
from backend.settings import Settings
from backend.store.documents import set_plan, workspaces_of
from backend.store.engine import create_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("whose", help="the company's verified domain, a member's address, or the workspace's number")
    parser.add_argument("plan", choices=("single", "team"))


def run(args: argparse.Namespace) -> int:
    """Change the plan; 1 where not exactly one workspace is meant, and nothing is changed then."""
    with database(Settings.from_environ()) as url:
        engine = create_store(url)
        with engine.begin() as conn:
            found = workspaces_of(conn, args.whose)
            if len(found) == 1:
                set_plan(conn, found[0][0], args.plan)
        engine.dispose()
    if len(found) != 1:
        print(_why_not(args.whose, [f"{number} ({name})" for number, name in found]), file=sys.stderr)
        return 1
    [(number, name)] = found
    print(f"Workspace {number} ({name}) is on the plan {args.plan!r}.")
    return 0


def _why_not(whose: str, found: list[str]) -> str:
    if found:
        return (
            f"{whose} is a member of several workspaces: {', '.join(found)}. Name the one that is meant by its number."
        )
    if "@" in whose:
        return f"No workspace has an active member with the address {whose}. Nothing was changed."
    if whose.isdecimal():
        return f"There is no workspace {whose}. Nothing was changed."
    return (
        f"No workspace has the domain {whose}. Nothing was changed. "
        "Workspaces of gmail.com and its like have no domain: name the address of a member instead."
    )
