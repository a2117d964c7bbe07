"""catalog.api.privileges"""

import pytest

from audit.models import AuditEvent
from catalog.models import Privilege

pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/privileges"


def put(client, principal, privileges, **where):
    return client.send("PUT", X, {"principal": principal, "catalog": "workshop", "privileges": privileges, **where})


def test_putting_replaces_what_is_held_there_and_tells_what_is_lacking(admin, catalog, bob):
    first = put(admin, bob.email, ["EXECUTE"]).json()
    assert first == {
        "principal": bob.email,
        "securable_type": "catalog",
        "full_name": "workshop",
        "privileges": ["EXECUTE"],
        "lacking": ["USE_CATALOG"],
    }
    put(admin, bob.email, ["USE_CATALOG", "SELECT"])
    assert set(Privilege.objects.values_list("action", flat=True)) == {"USE_CATALOG", "SELECT"}
    put(admin, bob.email, ["USE_CATALOG", "SELECT"])
    told = AuditEvent.objects.filter(action__startswith="privilege.").order_by("id")
    assert [event.details["privilege"] for event in told] == ["EXECUTE", "SELECT", "USE_CATALOG", "EXECUTE"]
    assert put(admin, bob.email, []).json()["privileges"] == []
    assert not Privilege.objects.exists()


def test_all_privileges_are_those_that_mean_something_there(admin, catalog, bob):
    assert put(admin, bob.email, ["ALL_PRIVILEGES"], schema="shop", function="add").json()["privileges"] == ["EXECUTE"]
    assert put(admin, bob.email, ["ALL_PRIVILEGES"], schema="shop", table="item").json()["privileges"] == [
        "MODIFY",
        "SELECT",
    ]


def test_groups_and_service_accounts_hold_privileges_too(admin, catalog, analysts, etl):
    put(admin, "Analysts", ["USE_CATALOG"])
    put(admin, str(etl.application_id), ["USE_CATALOG"])
    rows = admin.send("GET", X).json()["privileges"]
    assert [(row["principal"], row["principal_type"]) for row in rows] == [
        ("analysts", "group"),
        (str(etl.application_id), "service"),
    ]


@pytest.mark.parametrize(
    ("principal", "change", "status", "code"),
    [
        ("nobody@example.com", {}, 404, "PRINCIPAL_DOES_NOT_EXIST"),
        ("a\x00b", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"catalog": "no_such"}, 404, "CATALOG_DOES_NOT_EXIST"),
        ("bob@example.com", {"schema": "no_such"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("bob@example.com", {"schema": "shop", "function": "echo"}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"function": "add"}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"schema": "shop", "table": "item", "function": "add"}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"privileges": ["OWN"]}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"privileges": "EXECUTE"}, 400, "INVALID_PARAMETER_VALUE"),
        ("bob@example.com", {"schema": "shop", "privileges": ["USE_CATALOG"]}, 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(admin, catalog, bob, principal, change, status, code):
    response = put(admin, principal, ["EXECUTE"], **change) if "privileges" not in change else None
    if response is None:
        response = admin.send("PUT", X, {"principal": principal, "catalog": "workshop", **change})
    assert (response.status_code, response.json()["error_code"]) == (status, code)
    assert not Privilege.objects.exists()


def test_others_see_their_own_only(admin, caller, catalog, bob, charlie, dora, analysts):
    put(admin, bob.email, ["USE_CATALOG"])
    put(admin, "analysts", ["EXECUTE"])
    assert len(caller(dora).send("GET", X).json()["privileges"]) == 2
    assert {row["privilege"] for row in caller(bob).send("GET", X).json()["privileges"]} == {"USE_CATALOG", "EXECUTE"}
    assert caller(charlie).send("GET", X).json()["privileges"] == []
    assert caller(bob).send("PUT", X, {}).status_code == 403


def test_the_view_is_filtered_and_paged(admin, catalog, bob, analysts):
    put(admin, bob.email, ["USE_CATALOG", "EXECUTE"])
    put(admin, "analysts", ["SELECT"])
    first = admin.send("GET", f"{X}?page_size=2").json()
    second = admin.send("GET", f"{X}?page_size=2&page_token={first['next_page_token']}").json()
    assert [len(page["privileges"]) for page in (first, second)] == [2, 1]
    assert "next_page_token" not in second
    assert len(admin.send("GET", f"{X}?principal={bob.email}&catalog=workshop").json()["privileges"]) == 2
    assert admin.send("GET", f"{X}?catalog=no_such").status_code == 404
    assert admin.send("GET", f"{X}?principal=%00").status_code == 404
    assert admin.send("GET", f"{X}?princpal=x").status_code == 400


def test_select_is_granted_with_masks_and_a_row_filter(admin, catalog, bob):
    body = {"principal": "bob@example.com", "catalog": "workshop", "schema": "shop", "table": "item"}
    body |= {"privileges": ["SELECT"], "masks": {"name": "hash"}, "row_filter": {"column": "code", "equals": "group"}}
    assert admin.send("PUT", X, body).status_code == 200
    [row] = admin.send("GET", f"{X}?principal=bob@example.com").json()["privileges"]
    assert (row["masks"], row["row_filter"]) == (body["masks"], body["row_filter"])
    for wrong in (
        {"masks": {"name": "x"}},
        {"masks": ["name"]},
        {"row_filter": {"column": "id"}},
        {"privileges": ["MODIFY"]},
    ):
        assert admin.send("PUT", X, body | wrong).status_code == 400
    [row] = admin.send("GET", f"{X}?principal=bob@example.com").json()["privileges"]
    assert row["masks"] == {"name": "hash"}
