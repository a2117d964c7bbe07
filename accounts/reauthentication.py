"""Dangerous actions need a sign-in of the last ten minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT)."""

import time
from collections.abc import Callable
from typing import TypeVar, cast

from allauth.account import app_settings
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def recently_authenticated(view: View) -> View:
    """Lets a person through who signed in or confirmed a moment ago; asks everybody else to confirm first."""
    return cast("View", reauthentication_required(view))  # it asks AccountAdapter, which asks is_recent


def remember_sign_in(request: HttpRequest, user: User, method: str) -> None:
    """Note in the session that this person proved just now who they are."""
    record_authentication(request, user, method=method, reauthenticated=True)


def is_recent(request: HttpRequest) -> bool:
    """Tell whether the person proved within the last ten minutes who they are. Signing in is such a proof."""
    if not isinstance(request.user, User):
        return False
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT for record in records)


def refuse_who_cannot_confirm(request: HttpRequest) -> None:
    """Whoever has no password, passkey or authenticator app signs in anew. Left alone, allauth lets them through."""
    if isinstance(request.user, User) and not get_reauthentication_flows(request.user):
        raise ImmediateHttpResponse(render(request, "accounts/sign_in_again.html", status=403))
