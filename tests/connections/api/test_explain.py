"""connections.explain by its endpoint: the rule that decides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Catalog, Privilege, Routine
from connections.models import AppIntegration, Consent
from tests.accounts.api.conftest import admin, caller
from tests.catalog.api.unity.conftest import give
from tests.catalog.conftest import catalog_on, workshop

__all__ = ["admin", "caller", "workshop"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/privileges/explain"


@pytest.fixture
def catalog(workshop, db):
    return catalog_on(workshop)


@pytest.fixture
def app(db):
    return AppIntegration.objects.create(
        client_id="app", client_type="public", authorization_grant_type="authorization-code", scopes=["mcp.functions"]
    )


def ask(client, **question):
    answer = client.get(X, {"action": "EXECUTE", "object": "workshop.shop.add", **question})
    assert answer.status_code == 200, answer.content
    return answer.json()


def allow(person, app, scopes=("mcp.functions",), catalogs=None):
    return Consent.objects.create(
        user=person,
        integration=app,
        requested_scopes=list(scopes),
        scopes=list(scopes),
        catalogs=catalogs,
        resource="/",
        redirect_host="",
        ends_at=timezone.now() + timedelta(days=1),
    )


def test_denied_by_default_and_what_is_lacking_is_named(admin, catalog, bob):
    assert ask(admin, principal="bob@example.com") == {
        "decision": "deny",
        "rule": "no_privilege",
        "message": "Denied by default: bob@example.com lacks USE_CATALOG, USE_SCHEMA, EXECUTE. An admin can grant it.",
        "privileges": [],
        "lacking": ["USE_CATALOG", "USE_SCHEMA", "EXECUTE"],
    }
    give(bob, catalog, "EXECUTE", securable="schema", schema="shop")
    assert ask(admin, principal="bob@example.com")["lacking"] == ["USE_CATALOG", "USE_SCHEMA"]


def test_the_privilege_that_allows_is_told_with_its_group(admin, catalog, bob, analysts):
    for action in ("USE_CATALOG", "USE_SCHEMA"):
        give(bob, catalog, action)
    Privilege.objects.create(group=analysts, action="EXECUTE", securable="catalog", catalog=catalog)
    found = ask(admin, principal="bob@example.com")
    assert (found["decision"], found["rule"]) == ("allow", "privilege")
    assert found["privileges"] == [
        {"privilege": "EXECUTE", "securable_type": "catalog", "full_name": "workshop", "group": "analysts"}
    ]
    leak = ask(admin, principal="bob@example.com", object="workshop.shop.leak")
    assert leak["decision"] == "deny"
    assert "rights of its owner" in leak["message"]


@pytest.fixture
def entitled(catalog, bob):
    for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE", "SELECT", "MODIFY"):
        give(bob, catalog, action)
    return bob


def test_a_client_needs_a_consent_that_covers_it(admin, catalog, entitled, app):
    def rule(**more):
        found = ask(admin, principal=entitled.email, client_id="app", **more)
        return found["rule"]

    assert rule() == "consent"
    other = allow(entitled, app, catalogs=["other"])
    assert rule() == "consent"
    allow(entitled, app)
    assert rule() == "privilege"
    other.delete()
    assert rule(action="SELECT", object="workshop.shop.item") == "client_scopes"
    app.allowed_catalogs = ["other"]
    app.save()
    assert rule() == "client_catalogs"
    app.enabled = False
    app.save()
    assert rule() == "client_disabled"


def test_the_state_of_principal_and_catalog_decides_before_privileges(admin, catalog, entitled):
    def rule(**more):
        return ask(admin, principal=entitled.email, **more)["rule"]

    assert rule(action="MODIFY", object="workshop.shop.counter") == "catalog_read_only"
    Routine.objects.filter(name="add").update(writes=True)
    assert rule() == "catalog_read_only"
    finding = {"code": "superuser", "severity": "refused", "message": "It is a superuser.", "remedy": ""}
    Catalog.objects.update(findings=[finding])
    assert rule() == "login_role_refused"
    Catalog.objects.update(enabled=False)
    assert rule() == "catalog_disabled"
    entitled.is_active = False
    entitled.save()
    assert rule() == "principal_disabled"


def test_others_ask_about_themselves_only(caller, catalog, entitled, dora):
    assert ask(caller(entitled))["decision"] == "allow"
    refused = caller(entitled).get(X, {"action": "EXECUTE", "object": "workshop.shop.add", "principal": dora.email})
    assert refused.status_code == 403
    assert ask(caller(dora), principal=entitled.email)["decision"] == "allow"
    assert ask(caller(dora), principal="analysts")["decision"] == "deny"


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"action": "EXECUTE", "object": "workshop.shop.item"}, 400),
        ({"action": "OWN", "object": "workshop"}, 400),
        ({"action": "EXECUTE"}, 400),
        ({"object": "workshop"}, 400),
        ({"action": "EXECUTE", "object": "workshop.shop.echo"}, 404),
        ({"action": "EXECUTE", "object": "workshop.none"}, 404),
        ({"action": "EXECUTE", "object": "workshop", "client_id": "none"}, 400),
        ({"action": "EXECUTE", "object": "workshop", "principal": "none"}, 404),
        ({"action": "EXECUTE", "object": "workshop", "clientid": "none"}, 400),
    ],
)
def test_what_cannot_be_asked_is_refused(admin, catalog, question, status):
    assert admin.get(X, question).status_code == status
