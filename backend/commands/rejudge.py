"""`python -m backend rejudge`: judge history again under the current rules, after an update that changed them.

It works in short transactions while the product runs, tells its progress on standard error, and can be interrupted
and started again at any time. Which messages, and why no incoming mail: `services.rejudging`.
"""

import argparse
import sys
import time
from datetime import UTC, datetime

from backend.commands.serving import database
from backend.services.rejudging import Progress, rejudge, scope_of
from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.keys import MessageKey

_TELL_EVERY_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=_instant,
        help="judge every message that was hit, read or answered since then (ISO 8601; without a zone: UTC), "
        "not only what older rules judged",
    )
    parser.add_argument("--workspace", metavar="ID", type=int, help="of this workspace only")
    parser.add_argument(
        "--after", metavar="WORKSPACE:MESSAGE", type=_key, default=(0, 0), help="go on after this message"
    )


def run(args: argparse.Namespace) -> int:
    """Judge again, and tell how much was; 130 where it was interrupted."""
    settings = Settings.from_environ()
    progress = Progress(0)
    with database(settings) as url:
        engine = create_store(url)
        told_at = time.monotonic()
        try:
            for progress in rejudge(
                engine, scope_of(args.workspace, args.since), lambda: datetime.now(UTC), args.after
            ):
                if time.monotonic() - told_at >= _TELL_EVERY_S:
                    told_at = time.monotonic()
                    print(_told(progress), file=sys.stderr)
        except KeyboardInterrupt:
            print(f"Interrupted. {_told(progress)}", file=sys.stderr)
            return 130
        finally:
            engine.dispose()
    print(f"{progress.judged} messages with {progress.hits} hits were judged again.")
    return 0


def _told(progress: Progress) -> str:
    workspace_id, message_id = progress.after
    return (
        f"{progress.seen} of {progress.all} messages looked at, {progress.judged} with {progress.hits} hits "
        f"judged again; to go on from here: --after {workspace_id}:{message_id}"
    )


def _instant(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a date like 2026-11-24, not {told!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _key(told: str) -> MessageKey:
    workspace_id, colon, message_id = told.partition(":")
    if not (colon and workspace_id.isdigit() and message_id.isdigit()):
        raise argparse.ArgumentTypeError(f"two numbers like 3:1204, not {told!r}")
    return int(workspace_id), int(message_id)
