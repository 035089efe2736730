"""`make demo-check`: the demo's processes, the story without a browser, and a table "expected / seen".

The story is told twice: once as it is, and once with every push delivered twice and in the wrong order, and the
worker killed in the middle and started again; then the stories of documents and of machines.
Exits 1 at the first difference.
"""

import contextlib
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.sandbox.document_story import DocumentStory
from tests.sandbox.processes import House, NotStarted, free_port
from tests.sandbox.story import QUORRA, Different, Story, Table
from tests.sandbox.truth_story import TruthStory
from tests.sandbox.window import Window

_PRIVATE = re.compile(r"[\w.]+@(?:gridworks\.example|flynnsarcade\.com|encom\.com)|The offer|/[ocdt]/[\w-]{32}")


def main() -> int:
    """Start the house in a folder of its own, tell the story, stop everything."""
    with tempfile.TemporaryDirectory(prefix="readback-check-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        began = time.monotonic()
        house = House(Path(folder), free_port(), free_port(), say=lambda step: print(f"  starting {step}", flush=True))
        try:
            house.start()
            print(f"  up after {time.monotonic() - began:.1f} s\n", flush=True)
            return check(house)
        except NotStarted as problem:
            print(problem, file=sys.stderr)
            return 1
        finally:
            house.stop()


def check(house: House) -> int:
    """Tell the story twice; print the table and the delays."""
    print(f"    {'step':<74} {'expected':<44} seen")
    table = Table(say=lambda row: print(row, flush=True))
    window = Window(house.url, QUORRA)
    delays: list[float] = []
    try:
        window.sign_in()
        window.connect_mailbox("full")
        window.watch()
        first = Story(house.sandbox_url, window, table, "as it is")
        first.tell()
        delays = first.delays_s
        print("\n    7 the same with pushes twice, in the wrong order, and the worker killed\n", flush=True)
        with pushes_in_disorder(house):
            Story(house.sandbox_url, window, table, "in trouble", between=lambda: interrupt(house)).tell()
        counts = [(step, seen) for step, _, seen in table.rows if "counted" in step]
        once, again = counts[: len(counts) // 2], counts[len(counts) // 2 :]
        alike = [before for before, after in zip(once, again, strict=True) if before == after]
        table.expect("7 both tellings count the same", len(once), lambda: len(alike), 0)
        print("\n    8 documents in a mail; the worker is killed while it converts them\n", flush=True)
        DocumentStory(house.sandbox_url, window, table, "once", trouble=lambda: interrupt(house)).tell()
        print("\n    10 what machines do with a mail\n", flush=True)
        TruthStory(house.sandbox_url, window, table, "once").tell()
        table.expect("  no address, subject or token in any log", [], lambda: leaks(house), 0)
    except Different:
        tell_logs(house)
        return 1
    finally:
        window.close()
    median = statistics.median(delays) * 1000
    print(
        f"\n  from sending, asking for the image or answering to the open feed: median {median:.0f} ms of {len(delays)}"
    )
    print(f"  {len(table.rows)} steps as expected", flush=True)
    return 0


@contextlib.contextmanager
def pushes_in_disorder(house: House) -> Iterator[None]:
    """Every push twice; what gathers within a third of a second is delivered the last one first."""
    done = threading.Event()

    def shuffle() -> None:
        while not done.is_set():
            _control(house, "pushes", {"duplicate": True, "hold": True})
            done.wait(0.3)
            _control(house, "pushes/release", {"order": "reverse"})

    thread = threading.Thread(target=shuffle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        _control(house, "pushes", {"duplicate": False, "hold": False})


def _control(house: House, path: str, wish: dict[str, object]) -> None:
    requests.post(f"{house.sandbox_url}/control/{path}", json=wish, timeout=10).raise_for_status()


def interrupt(house: House) -> None:
    """Take the worker away, and bring it back a moment later, while mail goes on arriving."""
    house.kill_worker()
    house.start_worker()


def leaks(house: House) -> list[str]:
    """What stands in the logs of web and worker that should not."""
    return sorted({found for name in ("web", "worker") for found in _PRIVATE.findall(house.log(name))})


def tell_logs(house: House) -> None:
    """What the processes had to say, for whoever looks for the cause."""
    for name in ("web", "worker", "sandbox"):
        with contextlib.suppress(OSError):
            print(f"\n--- {name} ---\n{house.log(name)[-1500:]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
