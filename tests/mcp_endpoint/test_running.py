"""mcp_endpoint.running: what takes the right to call away also ends the calls that run (O15 of oauth.md 9)."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from accounts import activation, secrets
from accounts.models import Group, PersonalAccessToken
from audit import event_loop
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog.models import Privilege
from connections import consents, integrations, sessions
from connections.consents import Question
from connections.models import AccessToken
from connections.narrowing import Narrowed
from tests.catalog.conftest import as_admin
from tests.mcp_endpoint.conftest import SHOP, make_world
from tests.mcp_endpoint.doors import asgi, headers_for, message
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 1.0  # seconds


@pytest.fixture
def world(db, workshop):
    return make_world(workshop)


@pytest.fixture
def sleeping(world, workshop):
    """A function that starts a call of 30 seconds and returns its future, once the statement runs."""
    futures = []

    def start(who="bob", token=None):
        value = message("tools/call", {"name": "demo__shop__sleep", "arguments": {"seconds": 30}})
        call = asgi("POST", SHOP, headers_for(value, token or world.tokens[who]), orjson.dumps(value))
        future = asyncio.run_coroutine_threadsafe(call, event_loop.owner())
        futures.append(future)
        until(lambda: statements(workshop) == len(futures), limit=10)
        return future

    yield start
    for future in futures:
        future.cancel()
    until(lambda: statements(workshop) == 0, limit=10)


def statements(workshop):
    """Return how many statements sleep in the catalog's database."""
    with as_admin() as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = %s AND state = 'active' AND query LIKE '%%sleep%%' AND pid <> pg_backend_pid()"
        )
        return connection.execute(query, [workshop.database]).fetchone()[0]


def is_ended(future, workshop, status, reason):
    assert future.result(timeout=WITHIN).status == status
    until(lambda: statements(workshop) == 0, limit=WITHIN)
    event = AuditEvent.objects.filter(action="mcp.tools/call").latest("id")
    assert (event.outcome, event.reason) == ("denied", reason)


@requirement("O15-running")
def test_o15_a_revoked_token_ends_its_running_statement(world, workshop, sleeping):
    future = sleeping()
    PersonalAccessToken.objects.filter(owner=world.people["bob"]).update(revoked_at=timezone.now())
    is_ended(future, workshop, 401, "revoked")
    assert 'error="invalid_token"' in future.result().headers["www-authenticate"]


@requirement("O15-running")
def test_o15_a_disabled_person_ends_their_running_statement(world, workshop, sleeping):
    future = sleeping()
    activation.set_active(world.people["bob"], False, by=NOBODY)
    is_ended(future, workshop, 401, "principal_disabled")


@requirement("O15-running", "O15-group")
def test_o15_a_group_that_is_left_ends_the_running_statement(world, workshop, sleeping):
    group = Group.objects.get(name="analysts")
    bob = world.people["bob"]
    bob.groups.add(group)
    Privilege.objects.filter(user=bob).update(user=None, group=group)
    future = sleeping()
    bob.groups.remove(group)
    is_ended(future, workshop, 404, "not_visible")


def by_an_app(person):
    """Let an app act for the person; return its access token and the consent."""
    app, _ = integrations.create(
        by=NOBODY, name="Claude", redirect_urls=["https://app.example.com/cb"], scopes=["mcp.functions"]
    )
    wanted = Narrowed(("mcp.functions",), None, timezone.now() + timedelta(days=1))
    consent = consents.allow(Question(person, app, wanted.scopes, SHOP, "https://app.example.com/cb"), wanted)
    raw = secrets.make(secrets.Prefix.ACCESS_TOKEN)
    AccessToken.objects.create(
        token="",
        token_checksum=secrets.digest(raw).hex(),
        user=person,
        application=app,
        scope="mcp.functions",
        expires=wanted.ends_at,
        audience=SHOP,
        session=sessions.begin(consent, person),
    )
    return raw, consent


@requirement("O15-edited")
def test_o15_an_edited_consent_ends_the_running_statement(world, workshop, sleeping):
    token, consent = by_an_app(world.people["bob"])
    future = sleeping(token=token)
    consents.narrow(consent, Narrowed(("mcp.functions",), ("elsewhere",), consent.ends_at), by=NOBODY)
    is_ended(future, workshop, 404, "not_visible")


@requirement("O15-consent")
def test_o15_a_consent_that_is_taken_back_ends_the_running_statement(world, workshop, sleeping):
    token, consent = by_an_app(world.people["bob"])
    future = sleeping(token=token)
    consents.revoke(consent, by=NOBODY)
    is_ended(future, workshop, 401, "session_revoked")


@requirement("O6-not-forwarded", "RS-NOT-FORWARDED")
def test_o6_the_database_never_hears_of_the_token(world, workshop, sleeping):
    sleeping()
    with as_admin() as connection:
        query = "SELECT s::text FROM pg_stat_activity s WHERE datname = %s AND pid <> pg_backend_pid()"
        seen = [row for [row] in connection.execute(query, [workshop.database])]
    assert [row for row in seen if "sleep" in row]
    assert not [
        row for row in seen if "gp_" in row.lower() or "bearer" in row.lower() or world.tokens["bob"][8:] in row
    ]


def test_a_change_that_leaves_the_right_leaves_the_call(world, workshop, sleeping):
    future = sleeping()
    PersonalAccessToken.objects.filter(owner=world.people["alice"]).update(revoked_at=timezone.now())
    Group.objects.create(name="others").delete()
    until(lambda: is_judged(world), limit=5)
    assert not future.done()
    assert statements(workshop) == 1


def is_judged(world):
    """Tell whether this process has heard of the change: alice is refused."""
    value = message("tools/list")
    return (
        event_loop.run(asgi("POST", SHOP, headers_for(value, world.tokens["alice"]), orjson.dumps(value))).status == 401
    )
