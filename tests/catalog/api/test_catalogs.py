"""catalog.api.catalogs"""

import pytest

from audit.models import AuditEvent
from catalog.models import Catalog
from jobs import outbox
from jobs.models import Job
from tests.catalog.conftest import PASSWORD, login_role, target
from tests.catalog.drafts import SCHEMA, drafts  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/catalogs"


def body(where, **more):
    fields = {name: getattr(where, name) for name in ("host", "port", "database", "user", "password", "sslmode")}
    return {**fields, **more}


@pytest.mark.django_db(transaction=True)
def test_a_catalog_from_its_connection_to_its_end(admin, workshop, alice):
    response = admin.send("POST", X, body(workshop, name="shop", comment="Workshop", row_limit=7))
    made = response.json()
    assert response.status_code == 200, made
    assert (made["name"], made["read_only"], made["row_limit"], made["created_by"]) == ("shop", True, 7, alice.pk)
    assert PASSWORD not in response.content.decode()
    assert "password" not in made
    assert outbox.run_due() == 1
    catalog = Catalog.objects.get(name="shop")
    assert catalog.schemas.filter(name="shop").exists()
    assert PASSWORD.encode() not in bytes(catalog.password_sealed)
    shown = admin.send("GET", f"{X}/shop").json()
    assert "refresh_time" in shown
    assert [one["name"] for one in admin.send("GET", X).json()["catalogs"]] == ["shop"]
    changed = admin.send("PATCH", f"{X}/shop", {"read_only": False, "comment": ""}).json()
    assert (changed["read_only"], changed["comment"], changed["row_limit"]) == (False, "", 7)
    assert changed["plan_cost_limit"] is None
    for limit in (100_000, None):
        assert admin.send("PATCH", f"{X}/shop", {"plan_cost_limit": limit}).json()["plan_cost_limit"] == limit
    assert admin.send("DELETE", f"{X}/shop?confirm=shop").json() == {}
    assert admin.send("GET", f"{X}/shop").json()["error_code"] == "CATALOG_DOES_NOT_EXIST"
    told = AuditEvent.objects.filter(action__startswith="catalog.").order_by("id")
    assert list(told.values_list("action", "object")) == [
        ("catalog.connect", "shop"),
        *[("catalog.update", "shop")] * 3,
        ("catalog.remove", "shop"),
    ]
    assert not AuditEvent.objects.filter(details__icontains=PASSWORD).exists()


def test_a_role_with_too_much_power_is_refused_with_its_cure(admin, workshop):
    with login_role("CREATEDB BYPASSRLS") as role:
        response = admin.send("POST", X, body(target(workshop.database, role), name="shop"))
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "NOCREATEDB" in response.json()["message"]
    assert "NOBYPASSRLS" in response.json()["message"]
    assert not Catalog.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 64}, "name"),
        ({"port": 0}, "port"),
        ({"port": "5432"}, "port"),
        ({"port": 2**70}, "port"),
        ({"sslmode": "off"}, "sslmode"),
        ({"host": "a,b"}, "host"),
        ({"host": "h\0"}, "host"),
        ({"host": "h" * 256}, "host"),
        ({"row_limit": 0}, "row_limit"),
        ({"max_connections": True}, "max_connections"),
        ({"statement_timeout_ms": -1}, "statement_timeout_ms"),
        ({"plan_cost_limit": 0}, "plan_cost_limit"),
        ({"plan_cost_limit": 1.5}, "plan_cost_limit"),
        ({"enabled": "yes"}, "enabled"),
        ({"owner": "me"}, "owner"),
    ],
)
def test_a_bad_field_is_named(admin, workshop, changes, field):
    response = admin.send("POST", X, {**body(workshop, name="shop"), **changes})
    assert response.status_code == 400
    violations = response.json()["details"][1]["field_violations"]
    assert [violation["field"] for violation in violations] == [field]


@pytest.mark.parametrize("missing", ["name", "host", "database", "user", "password"])
def test_a_missing_field_is_named(admin, workshop, missing):
    sent = body(workshop, name="shop")
    del sent[missing]
    response = admin.send("POST", X, sent)
    assert response.status_code == 400
    assert missing in response.json()["message"]


def test_a_name_that_is_taken_is_a_conflict(admin, catalog, workshop):
    response = admin.send("POST", X, body(workshop, name=catalog.name))
    assert (response.status_code, response.json()["error_code"]) == (409, "RESOURCE_ALREADY_EXISTS")


def test_a_test_says_what_speaks_against_a_connection_and_stores_nothing(admin, workshop):
    result = admin.send("POST", f"{X}/test", body(workshop)).json()
    assert (result["ok"], result["role"]) == (True, workshop.user)
    assert result["server_version"]
    assert "PUBLIC_SECURITY_DEFINER" in {warning["code"] for warning in result["warnings"]}
    with login_role("SUPERUSER") as role:
        powerful = admin.send("POST", f"{X}/test", body(target(workshop.database, role))).json()
    assert powerful["ok"] is False
    assert not Catalog.objects.exists()


@pytest.mark.parametrize("change", [{"port": 1}, {"database": "no_such"}, {"host": "/no/such/folder"}])
def test_a_failed_test_tells_why_without_repeating_the_connection_s16(admin, workshop, change):
    result = admin.send("POST", f"{X}/test", {**body(workshop), **change}).json()
    assert result["ok"] is False
    for told in (workshop.user, PASSWORD, *map(str, change.values())):
        assert told not in result["error"].split()


def test_a_stored_catalog_is_tested_again(admin, catalog):
    assert admin.send("POST", f"{X}/{catalog.name}/test").json()["ok"] is True


@pytest.mark.django_db(transaction=True)
def test_a_refresh_is_an_operation_and_waiting_ones_are_one(admin, catalog):
    first, second = (admin.send("POST", f"{X}/{catalog.name}/refresh") for _ in range(2))
    assert first.status_code == 202
    assert first.json() == second.json()
    path = f"/api/gatepost/v1/operations/{first.json()['operation_id']}"
    assert admin.send("GET", path).json()["state"] == "queued"
    outbox.run_due()
    done = admin.send("GET", path).json()
    assert done["state"] == "done", done
    assert done["result"]["functions"] > 30


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_fails_says_why_and_keeps_the_copy(admin, catalog):
    Catalog.objects.update(user="no_such_role_here")
    admin.send("POST", f"{X}/{catalog.name}/refresh")
    outbox.run_due()
    job = Job.objects.get()
    assert job.state != "done"
    assert job.error
    assert PASSWORD not in job.error
    assert catalog.schemas.filter(name="shop").exists()


def test_deleting_wants_the_name_again(admin, catalog):
    response = admin.send("DELETE", f"{X}/{catalog.name}")
    assert response.status_code == 400
    assert f"?confirm={catalog.name}" in response.json()["message"]
    assert Catalog.objects.exists()


def test_a_changed_connection_is_tested_before_it_is_stored(admin, catalog):
    response = admin.send("PATCH", f"{X}/{catalog.name}", {"port": 1})
    assert response.status_code == 400
    catalog.refresh_from_db()
    assert catalog.port != 1
    assert admin.send("PATCH", f"{X}/{catalog.name}", {"name": "other"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/workshop"), ("PATCH", "/workshop"), ("DELETE", "/workshop"), ("POST", "/test"),
     ("POST", "/workshop/test"), ("POST", "/workshop/refresh")],
)  # fmt: skip
def test_only_account_admins_manage_catalogs_and_auditors_read(caller, catalog, bob, dora, alice, method, path):
    assert caller(bob).send(method, X + path, {}).status_code == 403
    assert caller(dora).send(method, X + path, {}).status_code == (200 if method == "GET" else 403)
    narrow = caller(alice, "all-apis").send(method, X + path, {})
    assert narrow.status_code == (200 if method == "GET" else 403)
    if method != "GET":
        assert 'scope="access-management"' in narrow.headers["WWW-Authenticate"]


@pytest.mark.parametrize("name", ["no_such", "a%00b", "%2e%2e", "a b"])
def test_an_unknown_catalog_is_404(admin, name):
    assert admin.send("GET", f"{X}/{name}").status_code == 404
    assert admin.send("POST", f"{X}/{name}/refresh").status_code == 404


def test_an_unknown_parameter_is_refused(admin):
    assert admin.send("GET", f"{X}?size=3").status_code == 400


def test_a_password_that_no_key_opens_says_what_to_do(admin, catalog, settings):
    settings.GATEPOST_SECRET_KEYS = ("another key",)
    response = admin.send("POST", f"{X}/{catalog.name}/test")
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_STATE")
    assert "GATEPOST_SECRET_KEYS" in response.json()["message"]


@pytest.mark.django_db(transaction=True)
def test_a_creating_role_is_set_shown_without_its_password_and_taken_away(admin, drafts):  # noqa: F811
    creator = {"creator_user": drafts.creator, "creator_password": PASSWORD, "creator_schema": SCHEMA}
    made = admin.send("POST", X, body(drafts.target, name="drafts", **creator))
    assert made.status_code == 200, made.json()
    assert (made.json()["creator_user"], made.json()["creator_schema"]) == (drafts.creator, SCHEMA)
    assert "creator_password" not in made.json()
    refused = admin.send("PATCH", f"{X}/drafts", {"creator_schema": "other"})
    assert refused.status_code == 400
    assert "GRANT USAGE, CREATE ON SCHEMA other" in refused.json()["message"]
    assert admin.send("GET", f"{X}/drafts").json()["creator_schema"] == SCHEMA
    gone = admin.send("PATCH", f"{X}/drafts", {"creator_user": ""}).json()
    assert (gone["creator_user"], gone["creator_schema"]) == ("", "")
    assert not AuditEvent.objects.filter(details__icontains=PASSWORD).exists()
