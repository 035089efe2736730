"""What does a refusal of Google's API mean for us? Status and reason decide, never the wording.

Source: developers.google.com/workspace/gmail/api/guides/handle-errors; for tokens RFC 6749, section 5.2.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httplib2
from google.auth import exceptions as google_errors
from googleapiclient.errors import BatchError, HttpError

from backend.errors import ConsentWithdrawn, Malformed, NotFound, RateLimited, ReadbackError, Transient

_WAIT = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_WAIT_LONG = frozenset({"dailyLimitExceeded"})
_CONSENT_GONE = frozenset({"insufficientPermissions", "domainPolicy", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_GRANT_GONE = frozenset({"invalid_grant", "access_denied", "admin_policy_enforced"})
_LONG_S = 3600.0


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the libraries raise within into our own errors."""
    try:
        yield
    except HttpError as problem:
        raise refusal(problem) from problem
    except google_errors.RefreshError as problem:
        raise _no_token(problem) from problem
    except (
        google_errors.TransportError,
        httplib2.HttpLib2Error,
        http.client.HTTPException,
        BatchError,
        OSError,
    ) as problem:
        raise Transient from problem


def refusal(problem: HttpError) -> ReadbackError:
    """Our error for an answer that is none."""
    status, reasons = int(problem.resp.status), _reasons(problem.content)
    if status == 429 or (status == 403 and reasons & _WAIT):
        return RateLimited(retry_after_s=_retry_after_s(problem.resp.get("retry-after")))
    if status == 403 and reasons & _WAIT_LONG:
        return RateLimited(retry_after_s=_LONG_S)
    if status == 401 or (status == 403 and reasons & _CONSENT_GONE):
        return ConsentWithdrawn()
    if status == 404:
        return NotFound()
    if status == 400:
        return Malformed()
    return Transient()


def _no_token(problem: google_errors.RefreshError) -> ReadbackError:
    told = problem.args[1] if len(problem.args) > 1 else None
    if isinstance(told, dict) and told.get("error") in _GRANT_GONE:
        return ConsentWithdrawn()
    return Transient()  # Google's trouble, or our client's settings: no reason to disconnect anybody


def _reasons(content: bytes) -> frozenset[str]:
    try:
        error = json.loads(content)["error"]
        told = [*error.get("errors", []), *error.get("details", [])]
        return frozenset(str(part["reason"]) for part in told if "reason" in part)
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def _retry_after_s(told: str | None) -> float | None:
    """Seconds, or a date (RFC 9110, section 10.2.3)."""
    if told is None:
        return None
    if told.strip().isdecimal():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
