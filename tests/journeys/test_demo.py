"""`make demo` as a newcomer meets it: it says what to open, stays up, starts again at once, and leaves nothing."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.sandbox.processes import ROOT, free_port

_UP_WITHIN_S, _DOWN_WITHIN_S = 60, 20
_AGAIN_WITHIN_S = 5


class Demo:
    """One `make demo`, without its set-up, over a folder and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web_port, self.sandbox_port = free_port(), free_port()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def start(self) -> None:
        """Start it, in a process group of its own as a terminal does."""
        environ = {
            **os.environ,
            "READBACK_DEMO_DIR": str(self.folder),
            "READBACK_DEMO_PORT": str(self.web_port),
            "READBACK_DEMO_SANDBOX_PORT": str(self.sandbox_port),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.demo"],
            cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True).start()

    def read_until(self, words: str, within_s: float) -> str:
        """Read what it prints until these words; raises queue.Empty where they do not come in time."""
        told, deadline = "", time.monotonic() + within_s
        while words not in told:
            told += self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
        return told

    def interrupt(self) -> int:
        """Press Ctrl-C: everything in the foreground hears it. Returns how it ended."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(_DOWN_WITHIN_S)

    def ended(self) -> tuple[int, str]:
        """Wait for it to end by itself: how, and what it said."""
        assert self._process is not None
        code = self._process.wait(_DOWN_WITHIN_S)
        return code, self.read_until("\n", 5)

    def processes(self) -> list[str]:
        """Whatever runs on this demo's folder or ports."""
        marks = (str(self.folder), str(self.web_port), str(self.sandbox_port))
        found = []
        for process in psutil.process_iter(["cmdline", "environ", "pid"]):
            told = " ".join(process.info["cmdline"] or [])
            folder = (process.info["environ"] or {}).get("READBACK_DATA_DIR")
            if process.info["pid"] != os.getpid() and (folder == marks[0] or any(m in told for m in marks)):
                found.append(told)
        return found

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: "queue.Queue[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    for folder in (tmp_path, *tmp_path.parents[:2]):  # PostgreSQL runs as somebody else and must come through
        folder.chmod(0o755)
    demo = Demo(tmp_path / "demo")
    yield demo
    if demo.processes():
        demo.interrupt()


def test_it_says_what_to_open_stays_up_and_leaves_no_process(demo):
    demo.start()
    told = demo.read_until("Ctrl-C stops everything.", _UP_WITHIN_S)
    web, mail = f"http://localhost:{demo.web_port}", f"http://localhost:{demo.sandbox_port}/mail"
    for address in (web, f"{mail}/quorra@gridworks.example/", f"{mail}/flynn@flynnsarcade.com/"):
        assert address in told
        assert urllib.request.urlopen(address, timeout=5).status == 200
    assert len(demo.processes()) > 4
    assert demo.interrupt() == 0
    assert demo.processes() == []
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others' work on the machine is not the demo's
    assert min(start_again(demo) for _ in range(2)) < _AGAIN_WITHIN_S * busy


def start_again(demo: Demo) -> float:
    """Start it once more, and stop it; returns how long it took to be up."""
    began = time.monotonic()
    demo.start()
    demo.read_until("Readback is up.", _UP_WITHIN_S)
    taken = time.monotonic() - began
    assert demo.interrupt() == 0
    assert demo.processes() == []
    return taken


def test_a_taken_port_is_named_with_the_way_out(demo):
    with socket.socket() as other:
        other.bind(("127.0.0.1", demo.web_port))
        other.listen()
        demo.start()
        code, told = demo.ended()
    assert code == 1
    assert f"Port {demo.web_port} is taken" in told
    assert "READBACK_DEMO_PORT" in told
