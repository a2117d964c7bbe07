"""A world that stays for a whole module: the workshop database as catalog `demo`, people, privileges and tokens.

Everything is committed, because the pipeline reads through the owning loop.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import secrets
from accounts.models import Group, PersonalAccessToken, User
from audit.models import AuditEvent
from catalog import introspection
from catalog.models import Catalog, Privilege, Routine
from catalog.sealing import seal
from connections import sessions
from connections.models import AccessToken, Consent
from mcp_endpoint import authorize, entrance
from tests.catalog.conftest import PASSWORD, workshop  # noqa: F401 - a fixture

SHOP = "/api/2.0/mcp/functions/demo/shop"


@dataclass
class World:
    """Who is there. bob may call everything in `shop`, alice writes as well, charlie may call nothing."""

    catalog: Catalog
    people: dict[str, User]
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, name: str, *scopes: str, **fields) -> str:
        """Return a personal access token of that person."""
        raw = secrets.make(secrets.Prefix.PERSONAL_ACCESS_TOKEN)
        owner = self.people[name]
        token = {"digest": secrets.digest(raw), "last_four": raw[-4:], "scopes": list(scopes or ("all-apis",))}
        dates = {"created_by": owner.id, "expires_at": timezone.now() + timedelta(hours=1)}
        PersonalAccessToken.objects.create(owner=owner, **{**token, **dates, **fields})
        return raw

    def allow(self, name: str, *actions: str) -> None:
        """Give privileges on the whole catalog."""
        for action in actions:
            Privilege.objects.create(user=self.people[name], action=action, securable="catalog", catalog=self.catalog)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, workshop):  # noqa: F811
    with django_db_blocker.unblock():
        world = make_world(workshop)
        yield world
        # Ids are not given again: a process remembers the functions of a catalog by its id and version.
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True, reset_sequences=False)


def make_world(target) -> World:
    reach = {name: getattr(target, name) for name in ("host", "port", "database", "user", "sslmode")}
    catalog = Catalog.objects.create(name="demo", password_sealed=seal(PASSWORD), read_only=False, **reach)
    introspection.refresh(catalog)
    Routine.objects.filter(name="count_up").update(writes=True)
    people = {
        name: User.objects.create_person(f"{name}@example.com", name.title()) for name in ("alice", "bob", "charlie")
    }
    world = World(catalog, people)
    Group.objects.create(name="analysts")
    for name in ("alice", "bob"):
        world.allow(name, "USE_CATALOG", "USE_SCHEMA", "EXECUTE")
    world.tokens = {
        "alice": world.token("alice", "all-apis", "mcp.write"),
        "bob": world.token("bob"),
        "charlie": world.token("charlie"),
        "narrow": world.token("bob", "mcp.sql"),
        "elsewhere": world.token("bob", resources=["/api/2.0/mcp/functions/demo/other"]),
        "expired": world.token("bob", expires_at=timezone.now() - timedelta(hours=1)),
    }
    return world


def issue_token(user, app, scope="mcp.functions", audience=SHOP, lives=timedelta(hours=1)) -> str:
    """Store what a consent and a code would have made, and return the access token."""
    ends_at = timezone.now() + timedelta(days=1)
    common = {"user": user, "integration": app, "scopes": scope.split(), "ends_at": ends_at}
    consent = Consent.objects.create(**common, requested_scopes=scope.split(), resource=audience)
    session = sessions.begin(consent, User.objects.get(pk=user.pk))
    raw = secrets.make(secrets.Prefix.ACCESS_TOKEN)
    AccessToken.objects.create(
        token="",
        token_checksum=secrets.digest(raw).hex(),
        user=user,
        application=app,
        scope=scope,
        expires=timezone.now() + lives,
        audience=audience,
        session=session,
    )
    return raw


@pytest.fixture
def recorded(world):
    """A function that returns the audit records since the test began."""
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return lambda: list(AuditEvent.objects.filter(id__gt=last).order_by("id"))


@pytest.fixture(autouse=True)
def fresh_budgets():
    """No test pays for the requests of another."""
    for budgets in (entrance.strangers, authorize.principals):
        budgets.clear()
