"""What goes wrong on demand, and what did each user's calls cost? Gmail's own refusals, counted down."""

from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal

FaultKind = Literal["rate_limit_403", "rate_limit_429", "server_500", "server_503", "auth_401", "slow"]
FAULT_KINDS: tuple[FaultKind, ...] = (
    "rate_limit_403", "rate_limit_429", "server_500", "server_503", "auth_401", "slow",
)  # fmt: skip

# Units a call since 2026-05-01, developers.google.com/workspace/gmail/api/reference/quota
UNITS = {
    "gmail.users.messages.get": 20, "gmail.users.messages.list": 5, "gmail.users.messages.send": 100,
    "gmail.users.messages.import": 25, "gmail.users.messages.insert": 25, "gmail.users.messages.batchModify": 50,
    "gmail.users.messages.delete": 10, "gmail.users.messages.batchDelete": 50, "gmail.users.messages.modify": 5,
    "gmail.users.messages.trash": 5, "gmail.users.messages.untrash": 5, "gmail.users.messages.attachments.get": 20,
    "gmail.users.threads.get": 40, "gmail.users.threads.list": 10, "gmail.users.threads.modify": 10,
    "gmail.users.threads.trash": 10, "gmail.users.threads.untrash": 10, "gmail.users.threads.delete": 20,
    "gmail.users.history.list": 2, "gmail.users.watch": 100, "gmail.users.stop": 50,
    "gmail.users.drafts.create": 10, "gmail.users.drafts.update": 15, "gmail.users.drafts.get": 20,
    "gmail.users.drafts.list": 5, "gmail.users.drafts.delete": 10, "gmail.users.drafts.send": 100,
    "gmail.users.labels.get": 1, "gmail.users.labels.list": 1, "gmail.users.getProfile": 1,
    "gmail.users.settings.sendAs.list": 1,
}  # fmt: skip


@dataclass
class Fault:
    """The next `times` calls that match go wrong. `method` may hold wildcards: `gmail.users.messages.*`."""

    kind: FaultKind
    times: int = 1
    method: str = "*"
    address: str = "*"
    retry_after_s: int | None = None
    delay_s: float = 0.0


@dataclass
class Faults:
    """The faults in wait, the calls that were made and their quota units by user."""

    waiting: list[Fault] = field(default_factory=list)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    units_a_minute: int | None = None
    minute_units: dict[tuple[str, int], int] = field(default_factory=dict)

    def take(self, method: str, address: str) -> Fault | None:
        """The fault that this call meets, counted down."""
        for fault in self.waiting:
            if fault.times > 0 and fnmatch(method, fault.method) and fnmatch(address, fault.address):
                fault.times -= 1
                self.waiting = [f for f in self.waiting if f.times > 0]
                return fault
        return None

    def count(self, method: str, address: str, now_s: float) -> bool:
        """Count a call; False where the user's quota of this minute is used up."""
        cost, minute = UNITS.get(method, 1), (address, int(now_s // 60))
        by_method = self.calls.setdefault(address, {})
        by_method[method] = by_method.get(method, 0) + 1
        self.units[address] = self.units.get(address, 0) + cost
        if self.units_a_minute is None:
            return True
        used = self.minute_units.get(minute, 0) + cost
        self.minute_units = {k: v for k, v in self.minute_units.items() if k[1] == minute[1]} | {minute: used}
        return used <= self.units_a_minute
