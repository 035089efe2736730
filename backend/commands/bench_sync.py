"""What does it cost to find a mailbox's answers? `python -m backend bench sync`.

Measured against the local Google, which counts quota units as the real one does, so the measuring lives with it in
tests/bench: nothing of it is imported unless it runs, and it runs where the repository's tests are.
"""

import argparse
import runpy
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--bulk", type=int, help="adverts and notices on the day")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Hand over to the measuring; it exits by itself."""
    bulk = [] if args.bulk is None else ["--bulk", str(args.bulk)]
    sys.argv[1:] = [*bulk, *(["--json"] if args.json else [])]
    runpy.run_module("tests.bench.sync", run_name="__main__")
    return 0
