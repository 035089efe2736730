"""How is work done on a file that may be hostile? In a process that can neither see, keep nor outlive anything.

    open_cage() -> a folder of its own -> put(file) -> lines(command, limits) -> take(result) -> the folder is gone

What holds, always: a limit on memory, processor time, time on the clock, silence, the size of a file and of the
folder, and open files; no network and no new process (a seccomp filter refuses the system calls); no descriptor, no
environment and no home directory of ours; killed with everything it started when we are done, or when we die.
Where bubblewrap may make namespaces (root, or a kernel that lets users do so): besides, no network device at all, no
file but /usr, the interpreter, this package and its own folder, all but the folder read-only; no process to be seen
or signalled; nobody's rights.
Where it may not (some containers): the process sees the machine's files with the rights of `nobody` if we are root
and nobody can run our interpreter, else with our own rights. `what_holds()` says which of the two it is.
Without seccomp nothing is run at all. What comes out of a cage is material to be judged: names, lines and files are
the prisoner's.
"""

import base64
import contextlib
import functools
import io
import os
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyseccomp

from backend.adapters import cage_door
from backend.errors import ConversionFailed, Stopped, WorkDied

_ROOT = Path(__file__).parents[2]
_INSIDE = "/cage"
_NOBODY = 65534
_LINE_BYTES = 1 << 20
_LOOK_EVERY_S = 0.25
_STDERR_KEPT = 2000
_SEEN_INSIDE = (
    "/usr",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
)
_LINKED_INSIDE = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_REFUSED_CALLS = """
    fork vfork ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal kcmp
    unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register add_key request_key keyctl
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl syslog
    settimeofday clock_settime adjtimex open_by_handle_at name_to_handle_at personality setpriority sched_setscheduler
    shmget msgget semget mq_open
""".split()  # noqa: SIM905
_AF_UNIX = 1
_CLONE_THREAD = 0x00010000
_EPERM, _ENOSYS = 1, 38


@dataclass(frozen=True)
class Limits:
    """How much a piece of work may use. `silence_s` is the longest time without a line on its standard output."""

    memory_bytes: int = 1 << 30
    cpu_s: int = 60
    wall_s: float = 90.0
    silence_s: float = 20.0
    file_bytes: int = 256 << 20
    folder_bytes: int = 1 << 30
    open_files: int = 256


@dataclass(frozen=True)
class Holds:
    """What the cage is made of on this machine. Limits, seccomp and its own folder hold in any case."""

    namespaces: bool
    foreign_rights: bool

    def __str__(self) -> str:
        if self.namespaces:
            return "own namespaces (bubblewrap), seccomp, limits"
        rights = "nobody's rights" if self.foreign_rights else "our own rights: install bubblewrap"
        return f"seccomp, limits, {rights}; the machine's files can be seen"


class Cage:
    """A folder that one hostile file is worked on in; by `open_cage` only."""

    def __init__(self, folder: Path, holds: Holds, stopping: threading.Event) -> None:
        self._folder = folder
        self._stopping = stopping
        self._holds = holds
        self._gives_up_rights = holds.foreign_rights and not holds.namespaces
        self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def close(self) -> None:
        """Let go of the folder; `open_cage` removes it."""
        os.close(self._folder_fd)

    def inside(self, name: str) -> str:
        """The absolute path, as the work sees it, of `name` in the folder."""
        return f"{_INSIDE if self._holds.namespaces else self._folder}/{name}"

    def put(self, source: Path | bytes, name: str) -> None:
        """Copy a file into the folder."""
        target = self._folder / name
        if isinstance(source, bytes):
            target.write_bytes(source)
        else:
            shutil.copyfile(source, target)
        target.chmod(0o644)

    def put_folder(self, name: str, files: Mapping[str, bytes]) -> None:
        """Make a folder of small files, which the work may change. Before any work only: it could leave links there."""
        (self._folder / name).mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (self._folder / name / file).write_bytes(content)
        if self._gives_up_rights:
            for path in (self._folder / name.split("/")[0]).rglob("*"):
                os.chown(path, _NOBODY, _NOBODY)
            os.chown(self._folder / name.split("/")[0], _NOBODY, _NOBODY)

    def take(self, name: str, at_most: int) -> bytes:
        """Read a result and remove it. Raises WorkDied unless it is a plain file of its own of at most that size.

        A link to a file outside, or a pipe that never ends, is what a prisoner would leave here.
        """
        if "/" in name:
            raise WorkDied("crash")
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._folder_fd)
        except OSError as problem:
            raise WorkDied("crash") from problem
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > at_most:
                raise WorkDied("crash")
            with open(descriptor, "rb", closefd=False) as result:
                content = result.read(at_most)
        finally:
            os.close(descriptor)
        os.unlink(name, dir_fd=self._folder_fd)
        return content

    def lines(self, command: Sequence[str], limits: Limits) -> Generator[bytes, None, None]:
        """Run the command in the folder and yield what it prints, line by line, while it runs.

        Raises WorkDied saying how it ended, unless it ended by itself with status 0, and ConversionFailed if it
        could not even be started, and Stopped once the process is to end. Closing the iterator kills the work.
        """
        with tempfile.TemporaryFile() as stderr:
            process = self._start(command, limits, stderr)
            try:
                for line in _printed(process, limits, self._folder):
                    if self._stopping.is_set():
                        raise Stopped
                    if line is not None:
                        yield line
                _settle(process.wait(timeout=limits.silence_s), stderr)
            except subprocess.TimeoutExpired as problem:
                raise WorkDied("time") from problem
            finally:
                _kill(process)

    def _start(self, command: Sequence[str], limits: Limits, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 (the command is ours; what it reads is not)
            [*self._walls(), *self._door(limits), *command],
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            close_fds=True,
            start_new_session=True,
        )

    def _walls(self) -> list[str]:
        return (
            [*_namespaces(), "--bind", str(self._folder), _INSIDE, "--chdir", _INSIDE, "--"]
            if (self._holds.namespaces)
            else []
        )

    def _door(self, limits: Limits) -> list[str]:
        told = cage_door.Orders(
            memory_bytes=limits.memory_bytes,
            cpu_s=limits.cpu_s,
            file_bytes=limits.file_bytes,
            open_files=limits.open_files,
            uid=_NOBODY if self._gives_up_rights else -1,
            filter=base64.b64encode(_filter()).decode(),
        )
        return [sys.executable, "-I", "-S", cage_door.__file__, told.as_argument()]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": self.inside("home"),
            "TMPDIR": self.inside("tmp"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "VIPS_CONCURRENCY": "1",
            "SAL_USE_VCLPLUGIN": "svp",
        }


@contextlib.contextmanager
def open_cage(stopping: threading.Event | None = None) -> Iterator[Cage]:
    """Give a new cage, and leave nothing of it behind. Once `stopping` is set, work in it ends within a moment."""
    holds = what_holds()
    with tempfile.TemporaryDirectory(prefix="readback-cage-", ignore_cleanup_errors=True) as outer:
        folder = Path(outer) / "work"
        for made in (folder, folder / "home", folder / "tmp"):
            made.mkdir(mode=0o700)
            if holds.foreign_rights and not holds.namespaces:
                os.chown(made, _NOBODY, _NOBODY)
        if holds.foreign_rights and not holds.namespaces:
            Path(outer).chmod(0o711)
        cage = Cage(folder, holds, stopping or threading.Event())
        try:
            yield cage
        finally:
            cage.close()


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours in a cage; the folder, which is the prisoner's, is not imported from."""
    return [sys.executable, "-s", "-P", "-m", module, *arguments]


@functools.cache
def what_holds() -> Holds:
    """Find out, once a process, what the cage can be made of here."""
    return Holds(namespaces=_may_make_namespaces(), foreign_rights=os.geteuid() == 0 and _open_to_nobody())


def _may_make_namespaces() -> bool:
    if shutil.which("bwrap") is None:
        return False
    probe = [*_namespaces(), "--", "/usr/bin/true"]
    return subprocess.run(probe, capture_output=True, timeout=20, check=False).returncode == 0  # noqa: S603


def _open_to_nobody() -> bool:
    """Can somebody without any rights run our interpreter and read this package?"""
    needed = {Path(sys.executable).resolve(), Path(sys.prefix), Path(cage_door.__file__), Path(tempfile.gettempdir())}
    steps = {step for path in needed for step in (path, *path.parents)}
    return all(step.stat().st_mode & stat.S_IXOTH for step in steps if step.is_dir())


@functools.cache
def _namespaces() -> tuple[str, ...]:
    built = ["bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--cap-drop", "ALL"]
    built += ["--uid", str(_NOBODY), "--gid", str(_NOBODY), "--hostname", "cage"]
    built += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - first: we may live below /tmp
    ours = (sys.prefix, sys.base_prefix, str(_ROOT / "backend"))
    for path in (*_SEEN_INSIDE, *(path for path in ours if not path.startswith("/usr/"))):
        if Path(path).exists():
            built += ["--ro-bind", path, path]
    for link in map(Path, _LINKED_INSIDE):
        if link.is_symlink():
            built += ["--symlink", str(link.readlink()), str(link)]
        elif link.exists():
            built += ["--ro-bind", str(link), str(link)]
    return tuple(built)


@functools.cache
def _filter() -> bytes:
    """The seccomp program: no network, no new process, nothing of the kernel's that a document has no use for."""
    refuse = pyseccomp.ERRNO(_EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.NE, _AF_UNIX))
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(pyseccomp.ERRNO(_ENOSYS), "clone3")  # its flags cannot be seen; libc falls back to clone
    for call in _REFUSED_CALLS:
        with contextlib.suppress(OSError, ValueError):  # a call that this machine's architecture doesn't have
            rules.add_rule(refuse, call)
    with tempfile.TemporaryFile() as program:
        rules.export_bpf(program)
        program.seek(0)
        return program.read()


def _printed(process: subprocess.Popen[bytes], limits: Limits, folder: Path) -> Iterator[bytes | None]:
    """Yield the lines while the limits that only we can watch hold, and None every moment without one."""
    assert process.stdout
    ends_at = time.monotonic() + limits.wall_s
    silent_until = time.monotonic() + limits.silence_s
    pending = io.BytesIO()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if time.monotonic() > min(ends_at, silent_until):
                raise WorkDied("time")
            if not selector.select(_LOOK_EVERY_S):
                _weigh(folder, limits)
                yield None
                continue
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                return
            *whole, rest = (pending.getvalue() + chunk).split(b"\n")
            pending = io.BytesIO()
            pending.write(rest)
            if len(rest) > _LINE_BYTES:
                raise WorkDied("crash")
            yielding_since = time.monotonic()
            yield from whole
            ends_at += time.monotonic() - yielding_since  # the reader's own time is not the work's
            silent_until = time.monotonic() + limits.silence_s
            _weigh(folder, limits)


def _weigh(folder: Path, limits: Limits) -> None:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(f"{parent}/{name}").st_blocks * 512
    if total > limits.folder_bytes:
        raise WorkDied("disk")


def _settle(status: int, stderr: IO[bytes]) -> None:
    """Say how the work ended. Bubblewrap tells a death by signal as 128 and the signal's number."""
    if status == 0:
        return
    stderr.seek(max(0, stderr.seek(0, io.SEEK_END) - _STDERR_KEPT))
    detail = stderr.read().decode(errors="replace").strip()
    if status == cage_door.COULD_NOT_START or detail.startswith("bwrap: "):
        raise ConversionFailed(f"The cage for documents could not be closed: {detail}")
    ended_by = -status if status < 0 else status - 128
    if status == cage_door.OUT_OF_MEMORY or "bad_alloc" in detail or "MemoryError" in detail:
        raise WorkDied("memory", detail, status)
    if ended_by == signal.SIGXFSZ:
        raise WorkDied("disk", detail, status)
    if ended_by in (signal.SIGXCPU, signal.SIGKILL):
        raise WorkDied("time", detail, status)
    raise WorkDied("crash", detail, status)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
