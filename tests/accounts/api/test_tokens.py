"""accounts.api.tokens and accounts.api.token_management"""

import pytest

from accounts import secrets, tokens
from accounts.models import PersonalAccessToken

pytestmark = pytest.mark.django_db
CREATE, LIST, DELETE = "/api/2.0/token/create", "/api/2.0/token/list", "/api/2.0/token/delete"
MANAGEMENT = "/api/2.0/token-management/tokens"


def test_a_token_is_shown_once(caller, bob):
    api = caller(bob)
    made = api.send("POST", CREATE, {"comment": "ci", "lifetime_seconds": 3600, "scopes": ["sql"]}).json()
    assert secrets.prefix_of(made["token_value"]) is secrets.Prefix.PERSONAL_ACCESS_TOKEN
    info = made["token_info"]
    assert (info["comment"], info["scopes"]) == ("ci", ["sql"])
    assert info["expiry_time"] - info["creation_time"] == 3_600_000
    assert api.send("GET", LIST).json() == {"token_infos": [info]}


@pytest.mark.parametrize(
    ("held", "wanted", "status"),
    [
        (("all-apis",), {}, 403),  # all-apis never mints
        (("access-management",), {}, 403),  # nothing asked for is all-apis, which the caller lacks
        (("access-management",), {"scopes": ["access-management"]}, 200),
        (("access-management", "sql"), {"scopes": ["mcp.sql"]}, 200),
        (("access-management", "sql"), {"scopes": ["unity-catalog"]}, 403),
        (("access-management", "all-apis"), {"scopes": ["mcp.write"]}, 403),
    ],
)
def test_what_is_minted_never_exceeds_the_callers_scopes(caller, bob, held, wanted, status):
    response = caller(bob, *held).send("POST", CREATE, wanted)
    assert response.status_code == status
    assert PersonalAccessToken.objects.exists() is (status == 200)
    assert ("insufficient_scope" in response.headers.get("WWW-Authenticate", "")) is (status == 403)


def test_a_service_account_makes_no_token_for_itself(caller, etl):
    assert caller(etl).send("POST", CREATE, {}).status_code == 403


@pytest.mark.parametrize("body", [{"lifetime_seconds": 0}, {"lifetime_seconds": -1}, {"scopes": ["genie"]}, {"x": 1}])
def test_bad_input_is_400_and_names_the_field(admin, body):
    response = admin.send("POST", CREATE, body)
    assert response.status_code == 400
    assert next(iter(body)) in response.json()["message"]


def test_autoscope_is_accepted_and_ignored(admin):
    assert admin.send("POST", CREATE, {"autoscope_enabled": False}).status_code == 200


def test_only_ones_own_tokens_are_listed_and_deleted(admin, bob, by):
    token, _ = tokens.create(bob, by=by)
    assert admin.send("GET", LIST).json() == {"token_infos": []}
    response = admin.send("POST", DELETE, {"token_id": token.token_id})
    assert (response.status_code, response.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_second_delete_is_404(caller, bob, by):
    token, _ = tokens.create(bob, by=by)
    api = caller(bob, "all-apis")
    assert api.send("POST", DELETE, {"token_id": token.token_id}).json() == {}
    assert api.send("POST", DELETE, {"token_id": token.token_id}).status_code == 404
    assert api.send("GET", LIST).json() == {"token_infos": []}


def test_a_narrow_token_ends_itself_but_no_other(caller, bob, by):
    token, _ = tokens.create(bob, by=by)
    assert caller(bob, "sql").send("POST", DELETE, {"token_id": token.token_id}).status_code == 403
    PersonalAccessToken.objects.filter(pk=token.pk).update(token_id="t")
    assert caller(bob, "sql").send("POST", DELETE, {"token_id": "t"}).status_code == 200


def test_a_token_is_narrowed_by_its_owner(admin, alice, by):
    token, _ = tokens.create(alice, by=by)
    path = f"/api/2.0/token/{token.token_id}"
    change = {"token": {"scopes": ["sql"]}, "update_mask": "scopes"}
    assert admin.send("PATCH", path, change).json() == {}
    token.refresh_from_db()
    assert token.scopes == ["sql"]
    assert admin.send("PATCH", path, {"token": {"scopes": ["all-apis"]}, "update_mask": "scopes"}).status_code == 400
    assert admin.send("PATCH", path, {"token": {}, "update_mask": "scopes"}).status_code == 400
    assert admin.send("PATCH", path, {"token": {}, "update_mask": "owner"}).status_code == 400


def test_an_admin_sees_and_ends_the_tokens_of_others(admin, alice, bob, by):
    token, _ = tokens.create(bob, by=by, comment="ci")
    row = admin.send("GET", MANAGEMENT).json()["token_infos"][0]
    assert (row["owner_id"], row["created_by_id"]) == (bob.pk, alice.pk)
    assert row["created_by_username"] == "alice@example.com"
    assert isinstance(row["workspace_id"], int)
    assert "last_used_day" not in row
    path = f"{MANAGEMENT}/{token.token_id}"
    assert admin.send("GET", path).json() == {"token_info": row}
    assert admin.send("DELETE", path).json() == {}
    assert admin.send("GET", path).status_code == 404


def test_tokens_are_found_by_who_made_them(admin, alice, bob, by):
    tokens.create(bob, by=by)
    found = {
        query: len(admin.send("GET", f"{MANAGEMENT}?{query}").json()["token_infos"])
        for query in (
            f"created_by_id={alice.pk}",
            f"created_by_id={bob.pk}",
            "created_by_id=x",
            "created_by_username=ALICE@example.com",
            "created_by_username=nobody",
        )
    }
    assert list(found.values()) == [1, 0, 0, 1, 0]


def test_auditors_see_tokens_and_members_do_not(caller, bob, dora, by):
    token, _ = tokens.create(bob, by=by)
    assert len(caller(dora).send("GET", MANAGEMENT).json()["token_infos"]) == 1
    assert caller(dora).send("DELETE", f"{MANAGEMENT}/{token.token_id}").status_code == 403
    assert caller(bob).send("GET", MANAGEMENT).status_code == 403


def test_an_admin_makes_a_token_on_behalf_of_a_service_account(admin, etl, bob):
    path = "/api/2.0/token-management/on-behalf-of/tokens"
    made = admin.send("POST", path, {"application_id": str(etl.application_id), "scopes": ["sql"]}).json()
    assert PersonalAccessToken.objects.get().owner == etl
    assert made["token_value"].startswith("gp_pat_")
    assert admin.send("POST", path, {"application_id": "x"}).status_code == 404
