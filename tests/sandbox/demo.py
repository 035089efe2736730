"""`make demo`: the whole product on this machine, with a local Google and a mail client, until Ctrl-C."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tests.sandbox.processes import ROOT, House, NotStarted, is_taken

FOLDER = Path(os.environ.get("READBACK_DEMO_DIR", ROOT / ".demo"))
WEB_PORT = int(os.environ.get("READBACK_DEMO_PORT", "8000"))
SANDBOX_PORT = int(os.environ.get("READBACK_DEMO_SANDBOX_PORT", "8025"))

TOLD = """
Readback is up. Everything runs on this machine; no mail leaves it.

  1  {web}
     Press "Sign in with Google" and choose Quorra, then connect her mailbox. Leave the feed open.
  2  {mail}/quorra@gridworks.example/
     Quorra's mailbox. Compose to flynn@flynnsarcade.com, Cc alan@encom.com. Press "Readback" below
     the text, then "Track this mail" in the panel that opens, and Send. A link, if you like, may
     lead to a page of your own or to {mail}/?offer=12
  3  {mail}/flynn@flynnsarcade.com/
     Flynn's mailbox. Open the mail, click the link, answer it, also as kevinf@flynnsarcade.com.
     Watch the feed: it says what he did, and Quorra's own looks never count.

  All mailboxes: {mail}/     Logs: {folder}/*.log     Start afresh: rm -r {folder}
  Ctrl-C stops everything.
"""


def main() -> int:
    """Start, tell, stay up, stop."""
    for name, port in (("READBACK_DEMO_PORT", WEB_PORT), ("READBACK_DEMO_SANDBOX_PORT", SANDBOX_PORT)):
        if is_taken(port):
            print(f"Port {port} is taken. Stop what listens there, or set {name} to a free one.", file=sys.stderr)
            return 1
    asked: list[int] = []

    def ask(signum: int, _: FrameType | None) -> None:
        asked.append(signum)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, ask)
    house = House(FOLDER, WEB_PORT, SANDBOX_PORT, say=lambda step: print(f"  starting {step}", flush=True))
    try:
        house.start()
        print(TOLD.format(web=house.url, mail=f"{house.sandbox_url}/mail", folder=os.path.relpath(FOLDER)), flush=True)
        while not asked and (died := house.died()) is None:
            time.sleep(0.2)
        if not asked:
            print(f"{died} ended by itself:\n{house.log(str(died))[-2000:]}", file=sys.stderr)
            return 1
    except NotStarted as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        print("\n  stopping", flush=True)
        house.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
