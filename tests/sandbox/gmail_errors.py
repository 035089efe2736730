"""How does Gmail say no? Its refusals, in its words and shape.

See developers.google.com/workspace/gmail/api/guides/handle-errors.
"""

from typing import Any


class Refusal(Exception):
    """An answer that is an error. `body` is the JSON, `headers` what goes with it."""

    def __init__(self, code: int, status: str, message: str, reason: str, *, domain: str = "global",
                 headers: dict[str, str] | None = None, details: list[dict[str, Any]] | None = None,
                 location: str | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.headers = headers or {}
        error: dict[str, Any] = {"message": message, "domain": domain, "reason": reason}
        if location:
            error |= {"location": location, "locationType": "header"}
        self.body: dict[str, Any] = {
            "error": {"code": code, "message": message, "errors": [error], "status": status}
            | ({"details": details} if details else {})
        }


def unauthenticated() -> Refusal:
    return Refusal(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        "authError",
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
        location="Authorization",
    )


def scope_insufficient(method: str) -> Refusal:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"method": method, "service": "gmail.googleapis.com"},
    }
    return Refusal(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.",
                   "insufficientPermissions", details=[detail])  # fmt: skip


def forbidden(message: str) -> Refusal:
    return Refusal(403, "PERMISSION_DENIED", message, "forbidden")


def delegation_denied(address: str) -> Refusal:
    return forbidden(f"Delegation denied for {address}")


def not_found() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Requested entity was not found.", "notFound")


def invalid(message: str) -> Refusal:
    return Refusal(400, "INVALID_ARGUMENT", message, "invalidArgument")


def no_such_method() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Method not found.", "notFound")


def not_offered(method: str) -> Refusal:
    return Refusal(501, "UNIMPLEMENTED", f"{method} is not offered by this local Google.", "notImplemented")


def rate_limited_403() -> Refusal:
    return Refusal(
        403,
        "PERMISSION_DENIED",
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
        "'gmail.googleapis.com' for consumer 'project_number:418040418040'.",
        "rateLimitExceeded",
        domain="usageLimits",
    )


def rate_limited_429(retry_after_s: int | None) -> Refusal:
    return Refusal(
        429,
        "RESOURCE_EXHAUSTED",
        "Too many concurrent requests for user.",
        "rateLimitExceeded",
        domain="usageLimits",
        headers={} if retry_after_s is None else {"Retry-After": str(retry_after_s)},
    )


def server_trouble(code: int) -> Refusal:
    if code == 503:
        return Refusal(503, "UNAVAILABLE", "The service is currently unavailable.", "backendError")
    return Refusal(500, "INTERNAL", "Internal error encountered.", "backendError")
