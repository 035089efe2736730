"""Who may call a route? Every view declares exactly one guard; a guard test fails for one that does not.

The guard stands in the code beside the view: `public("why")`, `google_signed`, `rep_required`, `admin_required`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import redirect, request, url_for
from flask_login import current_user

from backend.errors import Forbidden

P = ParamSpec("P")
R = TypeVar("R")


def public(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Anybody may call it, for the reason given."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.guard = f"public: {why}"  # type: ignore[attr-defined]
        return view

    return declare


def google_signed(view: Callable[P, R]) -> Callable[P, R]:
    """Only Google's own signed calls: the view verifies the token before it reads anything."""
    view.guard = "google_signed"  # type: ignore[attr-defined]
    return view


def rep_required(view: Callable[P, R]) -> Callable[P, Any]:
    """Only a signed-in rep whom an admin has admitted."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("signin.sign_in", next=request.full_path.rstrip("?")))
        if current_user.status != "active":
            return redirect(url_for("signin.waiting"))
        return view(*args, **kwargs)

    guarded.guard = "rep_required"  # type: ignore[attr-defined]
    return guarded


def admin_required(view: Callable[P, R]) -> Callable[P, Any]:
    """Only an admin of the workspace."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
        if current_user.role != "admin":
            raise Forbidden("Only an admin of your workspace can do this.")
        return view(*args, **kwargs)

    guarded = rep_required(checked)
    guarded.guard = "admin_required"  # type: ignore[attr-defined]
    return guarded
