"""The model of test_stateful.py: who holds which right, what lives under it, and whether it still opens anything."""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import PersonalAccessToken, ServiceAccountSecret, User
from connections.models import Session


@dataclass(eq=False)
class Principal:
    """A person or the service account."""

    row: User
    is_active: bool = True


@dataclass(eq=False)
class App:
    row: Any
    is_enabled: bool = True


@dataclass(eq=False)
class Authorization:
    """What a person allowed an app: the right that its code and its tokens live under."""

    row: Session
    person: Principal
    app: App
    ends: float
    is_over: bool = False


@dataclass(eq=False)
class Code:
    form: dict[str, str]
    under: Authorization
    ends: float
    is_used: bool = False
    is_forgotten: bool = False


@dataclass(eq=False)
class Secret:
    row: ServiceAccountSecret
    raw: str
    ends: float
    is_deleted: bool = False


@dataclass(eq=False)
class Bearer:
    """An access token under an authorization or a secret, or a personal access token under neither."""

    raw: str
    ends: float
    holder: Principal
    under: Authorization | None = None
    secret: Secret | None = None
    row: PersonalAccessToken | None = None
    is_revoked: bool = False


@dataclass(eq=False)
class Refresh:
    raw: str
    under: Authorization
    ends: float
    access: Bearer
    used_at: float | None = None
    successor: "Refresh | None" = None

    @property
    def form(self):
        return {
            "grant_type": "refresh_token",
            "client_id": self.under.app.row.client_id,
            "refresh_token": self.raw,
        }


class Rights:
    """What was issued to two people, two apps and a service account, and what has ended of it."""

    def __init__(self, people, account, apps):
        self.people = [Principal(row) for row in people]
        self.account = Principal(account)
        self.apps = [App(row) for row in apps]
        self.skipped = 0.0
        self.ends: list[float] = []  # of anything
        self.codes: list[Code] = []
        self.refresh_tokens: list[Refresh] = []
        self.secrets: list[Secret] = []
        self.bearers: list[Bearer] = []

    def now(self):
        return time.time() + self.skipped

    def ending(self, seconds):
        """Return when something ends that lasts so long from now."""
        self.ends.append(self.now() + seconds)
        return self.ends[-1]

    def lives(self, right):
        return not right.is_over and right.person.is_active and right.ends > self.now()

    def opens(self, token):
        if token.is_revoked or token.ends <= self.now() or not token.holder.is_active:
            return False
        if token.under is not None:
            return self.lives(token.under) and token.under.app.is_enabled
        return token.secret is None or not token.secret.is_deleted

    def may_refresh(self, token):
        if not (token.under.app.is_enabled and self.lives(token.under)):
            return False
        if token.used_at is None:
            return token.ends > self.now()
        return not self.is_late(token) and token.successor.used_at is None

    def is_late(self, token):
        """Tell whether the token was used, and the overlap is over."""
        overlap = settings.GATEPOST_REFRESH_OVERLAP_SECONDS
        return token.used_at is not None and token.used_at + overlap <= self.now()

    def is_reuse(self, token):
        """Tell whether using the token now ends its authorization (OAuth 2.1 4.3.1)."""
        return self.is_late(token) and token.under.app.is_enabled and self.lives(token.under)

    def end(self, right, how):
        """Note an ending: of one right, or of all that its app or person has."""
        if how == "app":
            right.app.is_enabled = False
            return
        if how == "person":
            right.person.is_active = False
        for other in [code.under for code in self.codes]:
            same_person, same_app = other.person is right.person, other.app is right.app
            reach = {"tokens": same_app, "sessions": same_person, "person": same_person}
            other.is_over |= reach.get(how, other is right)

    def end_account(self):
        """Note that the service account is off: its tokens are over, its secrets and its own tokens come back with it."""
        self.account.is_active = False
        for token in self.bearers:
            token.is_revoked |= token.secret is not None
