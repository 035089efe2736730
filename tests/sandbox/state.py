"""Everything that this Google remembers, as plain values in one object, and how it survives a restart."""

import pickle
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.faults import Faults
from tests.sandbox.grants import Grants
from tests.sandbox.keys import SigningKeys
from tests.sandbox.mailbox import Mailbox
from tests.sandbox.postoffice import Vacation

_FORM = 2  # raise when the classes below change their fields


@dataclass
class Push:
    """One Pub/Sub message on its way: `due_s` and `published_s` are epoch seconds."""

    id: str
    address: str
    history_id: int
    published_s: float
    due_s: float
    attempts: int = 0
    forged: bool = False


@dataclass
class PushHabits:
    """How Pub/Sub behaves just now. `reverse`: each push waits a little and lets later ones pass."""

    duplicate: bool = False
    reverse: bool = False
    hold: bool = False
    drop_next: int = 0
    forge_next: int = 0
    at_most_one_a_second: bool = False
    ack_deadline_s: float = 10.0
    least_backoff_s: float = 0.1
    most_backoff_s: float = 60.0


@dataclass
class PushBook:
    """What is on its way, what is held back, and what became of the rest."""

    habits: PushHabits = field(default_factory=PushHabits)
    waiting: list[Push] = field(default_factory=list)
    held: list[Push] = field(default_factory=list)
    published: int = 0
    acknowledged: int = 0
    refused: int = 0
    dropped: int = 0
    last_published_s: dict[str, float] = field(default_factory=dict)


@dataclass
class Arrival:
    """A filter of the mailbox's owner: what becomes of arriving mail."""

    archive: bool = False
    mark_read: bool = False


@dataclass
class State:
    """All of it."""

    keys: SigningKeys = field(default_factory=SigningKeys)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    faults: Faults = field(default_factory=Faults)
    pushes: PushBook = field(default_factory=PushBook)
    vacations: dict[str, Vacation] = field(default_factory=dict)
    vacation_answered: set[tuple[str, str]] = field(default_factory=set)
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    prefetching: set[str] = field(default_factory=set)
    clock_shift_s: float = 0.0


class Shelf:
    """Where the state lies between two runs; nowhere without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / "sandbox.state" if folder else None

    def load(self) -> State:
        """What was kept, or a new world. What an older version kept is put aside, not destroyed."""
        if self._file is None or not self._file.exists():
            return State()
        try:
            form, state = pickle.loads(self._file.read_bytes())
        except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, TypeError, ValueError):
            form, state = None, None
        if form == _FORM and isinstance(state, State):
            return state
        self._file.replace(self._file.with_suffix(".old"))
        return State()

    def save(self, state: State) -> None:
        """Replace what was kept, at once or not at all."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(pickle.dumps((_FORM, state)))
        fresh.replace(self._file)
