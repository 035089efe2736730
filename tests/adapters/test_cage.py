"""The cage holds: what is in it sees nothing, keeps nothing, reaches nobody and outlives nothing."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from backend.adapters.cage import Holds, Limits, open_cage, what_holds
from backend.errors import ConversionFailed, WorkDied

BARE = Holds(namespaces=False, foreign_rights=False)


@pytest.fixture(params=["namespaces", "bare"])
def holds(request, monkeypatch):
    """Both ways of building a cage; a container may allow the second one only."""
    if request.param == "namespaces":
        if not what_holds().namespaces:
            pytest.skip("this machine makes no namespaces")
        return what_holds()
    monkeypatch.setattr("backend.adapters.cage.what_holds", lambda: BARE)
    return BARE


def run(code: str, **limits: float) -> list[bytes]:
    with open_cage() as cage:
        return list(cage.lines([sys.executable, "-I", "-c", code], Limits(**limits)))


def died(code: str, **limits: float) -> WorkDied:
    with pytest.raises(WorkDied) as caught:
        run(code, **limits)
    return caught.value


def test_work_prints_lines_and_ends(holds):
    assert run("print(1); print(2)") == [b"1", b"2"]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET"])
def test_there_is_no_network(holds, family):
    assert "PermissionError" in died(f"import socket; socket.socket(socket.{family}, socket.SOCK_RAW)").detail


def test_a_listening_neighbour_is_not_reached(holds):
    with socket.create_server(("127.0.0.1", 0)) as server:
        died(f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1)")
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "code", ["os.fork()", "os.posix_spawn('/usr/bin/true', ['true'], {})", "os.forkpty()", "os.system('true') and 1/0"]
)
def test_there_is_no_new_process(holds, code):
    assert died(f"import os; {code}").how == "crash"


def test_threads_are_allowed(holds):
    assert run("import threading; t = threading.Thread(target=print, args=('in a thread',)); t.start(); t.join()")


def test_nothing_of_ours_is_inherited(holds, tmp_path):
    os.environ["READBACK_PROBE"] = "secret"
    with (tmp_path / "open").open("w") as opened:
        os.set_inheritable(opened.fileno(), True)
        told = run("import os; print('READBACK_PROBE' in os.environ, len(os.listdir('/proc/self/fd')))")
    del os.environ["READBACK_PROBE"]
    assert told == [b"False 4"]  # standard input, output, error, and the listing's own


def test_home_and_temporary_files_are_its_own(holds):
    code = (
        "import os, tempfile; here = os.getcwd()\n"
        "print(os.path.expanduser('~') == here + '/home', tempfile.gettempdir() == here + '/tmp')"
    )
    assert run(code) == [b"True True"]


def test_with_namespaces_the_machine_cannot_be_seen_or_changed():
    if not what_holds().namespaces:
        pytest.skip("this machine makes no namespaces")
    secret = Path(__file__).parents[2] / "requirements.txt"
    told = run(
        "import os\n"
        f"print(os.path.exists({str(secret)!r}), os.path.exists('/etc/passwd'), os.access('/usr', os.W_OK))\n"
        "print(len([p for p in os.listdir('/proc') if p.isdigit()]) <= 3, os.getuid())\n"
    )
    assert told == [b"False False False", b"True 65534"]


@pytest.mark.parametrize(
    ("code", "limits", "how"),
    [
        ("x = bytearray(3 << 30)", {}, "memory"),
        ("while True: pass", {"cpu_s": 1}, "time"),
        ("import time; time.sleep(60)", {"wall_s": 0.5}, "time"),
        ("import time; print(1, flush=True); time.sleep(60)", {"silence_s": 0.5}, "time"),
        ("import os; os.close(1); import time; time.sleep(60)", {"silence_s": 0.5}, "time"),
        ("open('big', 'wb').write(bytes(2 << 20))", {"file_bytes": 1 << 20}, "crash"),
        ("import time\nfor i in range(9): open(str(i), 'wb').write(b'x' * (1 << 20))\ntime.sleep(60)",
         {"folder_bytes": 2 << 20}, "disk"),
        ("fs = [open('/dev/null') for _ in range(100)]", {"open_files": 32}, "crash"),
        ("import os; os.abort()", {}, "crash"),
        ("print('x' * (3 << 20)); import time; time.sleep(60)", {}, "crash"),
    ],
)  # fmt: skip
def test_each_limit_ends_the_work_within_seconds(code, limits, how):
    began = time.monotonic()
    assert died(code, **limits).how == how
    assert time.monotonic() - began < 5


def test_nothing_is_left_behind(holds, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    died("open('left', 'w').write('x'); import time; time.sleep(60)", wall_s=0.5)
    assert list(tmp_path.iterdir()) == []
    assert [child for child in psutil.Process().children(recursive=True) if child.status() != "zombie"] == []


def test_closing_the_lines_kills_the_work(holds):
    with open_cage() as cage:
        lines = cage.lines([sys.executable, "-c", "print(1, flush=True); import time; time.sleep(60)"], Limits())
        assert next(lines) == b"1"
        lines.close()
    assert psutil.Process().children() == []


def test_it_dies_with_the_worker(tmp_path):
    work = "print(1, flush=True); import time; time.sleep(60)"
    worker = subprocess.Popen(
        [sys.executable, "-c", "import sys\nfrom backend.adapters.cage import *\nwith open_cage() as cage:\n"
         f"    for line in cage.lines([sys.executable, '-c', {work!r}], Limits()): print(line, flush=True)"],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert worker.stdout.readline()
    inside = psutil.Process(worker.pid).children(recursive=True)
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert inside
    _, alive = psutil.wait_procs(inside, timeout=5)
    assert alive == []


@pytest.mark.parametrize(
    "code",
    [
        "os.symlink('/etc/hostname', 'out')",
        "os.mkfifo('out')",
        "os.mkdir('out')",
        "open('out', 'wb').write(bytes(2000))",
        "open('a', 'w'); os.link('a', 'out')",
        "None",
    ],
)
def test_what_is_left_as_a_result_must_be_a_plain_file_of_a_sane_size(holds, code):
    with open_cage() as cage:
        list(cage.lines([sys.executable, "-c", f"import os; {code}"], Limits()))
        with pytest.raises(WorkDied):
            cage.take("out", at_most=1000)


def test_a_result_is_taken_once(holds):
    with open_cage() as cage:
        cage.put(b"given", "in")
        list(cage.lines([sys.executable, "-c", "open('out', 'w').write(open('in').read() + ' and back')"], Limits()))
        assert cage.take("out", at_most=1000) == b"given and back"
        with pytest.raises(WorkDied):
            cage.take("out", at_most=1000)


def test_what_cannot_be_started_is_our_failure(holds):
    with open_cage() as cage, pytest.raises(ConversionFailed):
        list(cage.lines(["/usr/bin/no-such-program"], Limits()))


def test_a_module_in_the_folder_is_not_imported(holds):
    with open_cage() as cage:
        cage.put(b"raise SystemExit(9)", "json.py")
        command = [sys.executable, "-s", "-P", "-c", "import json; print('ours')"]
        assert list(cage.lines(command, Limits())) == [b"ours"]
