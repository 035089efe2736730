"""`python -m tests.sandbox serve --port 8025 --data DIR --readback-url http://localhost:8000`"""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.sandbox.app import SandboxConfig, create_sandbox
from tests.sandbox.running import server_for


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description="A local Google.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the local Google and its mail client")
    serve.add_argument("--port", type=int, default=8025)
    serve.add_argument("--data", type=Path, default=None, help="folder for its state; in memory without one")
    serve.add_argument("--readback-url", default="http://localhost:8000")
    told = parser.parse_args(arguments)

    app = create_sandbox(SandboxConfig(f"http://localhost:{told.port}", told.readback_url, told.data))
    server = server_for(app, "127.0.0.1", told.port)

    def stop(signum: int, _: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for the loop that this handler interrupts

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.1)
    app.extensions["world"].close()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
