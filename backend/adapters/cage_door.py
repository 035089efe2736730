"""What does a process do before it starts work in a cage? It gives up what it may never have again, for good.

A program of its own, because none of this can be done safely between fork and exec in a process with threads. It is
run by path, isolated, with the standard library alone, and imports nothing of ours.
"""

import base64
import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass

COULD_NOT_START = 120
OUT_OF_MEMORY = 121

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_INSTRUCTION_BYTES = 8


@dataclass(frozen=True)
class Orders:
    """What to give up: the limits, the rights (`uid` below 0: keep them), and the system calls."""

    memory_bytes: int
    cpu_s: int
    file_bytes: int
    open_files: int
    uid: int
    filter: str

    def as_argument(self) -> str:
        """The orders as one argument of a command line."""
        return json.dumps(asdict(self))


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main(orders: Orders, command: list[str]) -> None:
    """Give up everything and become the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    if orders.uid >= 0:
        os.setgroups([])
        os.setresgid(orders.uid, orders.uid, orders.uid)
        os.setresuid(orders.uid, orders.uid, orders.uid)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of rights, which clears it
    if os.getppid() != parent:
        sys.exit(COULD_NOT_START)
    os.umask(0o077)
    _limit(orders)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    program = base64.b64decode(orders.filter)
    filtered = _Program(len(program) // _INSTRUCTION_BYTES, program)
    _prctl(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filtered))
    os.execv(command[0], command)  # noqa: S606


def _limit(orders: Orders) -> None:
    for what, most in (
        (resource.RLIMIT_AS, orders.memory_bytes),
        (resource.RLIMIT_FSIZE, orders.file_bytes),
        (resource.RLIMIT_NOFILE, orders.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (orders.cpu_s, orders.cpu_s + 1))


def _prctl(libc: ctypes.CDLL, what: int, *values: object) -> None:
    if libc.prctl(what, *values, *([0] * (4 - len(values)))) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {what}")


if __name__ == "__main__":
    try:
        main(Orders(**json.loads(sys.argv[1])), sys.argv[2:])
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(COULD_NOT_START)
