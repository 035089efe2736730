"""What does a share show, and what comes in from its readers? Values only; the rules are in `services.viewing`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ShareRow:
    """A share with what it shows now, whoever sent it, and to whom; `version_id` is None where nothing can be read."""

    workspace_id: int
    id: int
    document_id: int
    message_id: int
    recipient: str
    allows_download: bool
    has_watermark: bool
    expires_at: datetime | None
    off_at: datetime | None
    objected_at: datetime | None
    document_name: str
    asks_email: bool
    sender: str
    version_id: int | None
    pages: int | None
    ready_pages: int | None


@dataclass(frozen=True)
class RawHit:
    """A request as it came, in the words of the table of hits."""

    workspace_id: int
    id: UUID
    kind: str
    token: str = field(repr=False)
    received_at: datetime
    method: str
    ip: str | None
    user_agent: str
    headers: Mapping[str, str]
    device_id: UUID | None
    detail: Mapping[str, Any] = field(default_factory=dict)
