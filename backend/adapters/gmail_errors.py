"""What does a refusal of Google's API mean for us? Status and reason decide, never the wording.

Source: developers.google.com/workspace/gmail/api/guides/handle-errors; for tokens RFC 6749, section 5.2.
"""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from google.auth import exceptions as google_errors

from backend.errors import ConsentWithdrawn, Malformed, NotFound, RateLimited, ReadbackError, Suspended, Transient

_WAIT = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_WAIT_LONG = frozenset({"dailyLimitExceeded"})
_CONSENT_GONE = frozenset({"insufficientPermissions", "domainPolicy", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_GRANT_GONE = frozenset({"invalid_grant", "access_denied", "admin_policy_enforced"})
_SWITCHED_OFF = frozenset({"failedPrecondition", "FAILED_PRECONDITION"})  # "Mail service not enabled"
_LONG_S = 3600.0


def refusal(status: int, content: bytes, retry_after: str | None) -> ReadbackError:
    """Our error for an answer that is none."""
    reasons = _reasons(content)
    if status == 429 or (status == 403 and reasons & _WAIT):
        return RateLimited(retry_after_s=_retry_after_s(retry_after))
    if status == 403 and reasons & _WAIT_LONG:
        return RateLimited(retry_after_s=_LONG_S)
    if status == 401 or (status == 403 and reasons & _CONSENT_GONE):
        return ConsentWithdrawn()
    if status == 404:
        return NotFound()
    if status == 400 and reasons & _SWITCHED_OFF:
        return Suspended(retry_after_s=_LONG_S)
    if status == 400:
        return Malformed()
    return Transient()


def no_token(problem: google_errors.RefreshError) -> ReadbackError:
    """Our error for a refresh token that brought no access token."""
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
