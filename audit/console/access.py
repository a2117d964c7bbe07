"""Who may open a console page. Every console view wears `open_to`; a view without it fails a test."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


class Role(StrEnum):
    """The roles of a person (rest-api.md section 7)."""

    ACCOUNT_ADMIN = "account_admin"
    AUDITOR = "auditor"
    MEMBER = "member"


class SignedInRequest(HttpRequest):
    """A request behind `open_to`: the user is a person who signed in. The model stands above, in accounts."""

    user: Any


def roles_of(user: Any) -> frozenset[Role]:
    """Return the roles that a person holds. Everybody is a member."""
    held = {Role.MEMBER}
    if user.is_account_admin:
        held.add(Role.ACCOUNT_ADMIN)
    if user.is_auditor:
        held.add(Role.AUDITOR)
    return frozenset(held)


def open_to(*roles: Role) -> Callable[[View], View]:
    """Sends strangers to the sign-in page and refuses colleagues who hold none of the roles (403)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not roles_of(request.user) & set(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded: View = login_required(checked)
        guarded.open_to = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate
