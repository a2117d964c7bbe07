"""mcp_endpoint.api.services: curated servers as the compatible API names them."""

import orjson
import pytest

from accounts.models import User
from audit.event import NOBODY
from mcp_endpoint import curation
from mcp_endpoint.preview import curated_within
from tests.accounts.api.conftest import caller, grant_of
from tests.mcp_endpoint.doors import HOST, through_django

__all__ = ["caller"]
pytestmark = pytest.mark.django_db
PATH = "/api/2.1/unity-catalog/mcp-services"
ADD = {"kind": "functions", "selector": "demo/shop", "tool": "demo__shop__add"}
ITEMS = {"kind": "tables", "selector": "demo/warehouse", "tool": "query_item"}


@pytest.fixture(scope="module")
def servers(world, django_db_blocker):
    """desk has a tool for bob, closed has none for anybody, off is switched off."""
    with django_db_blocker.unblock():
        curation.create("desk", {"tools": [ADD], "description": "For the desk.", "allow": ["*add"]}, by=NOBODY)
        curation.create("closed", {"tools": [ITEMS]}, by=NOBODY)
        curation.create("off", {"tools": [ADD], "enabled": False}, by=NOBODY)


@pytest.fixture
def admin(world, caller):
    return caller(_with_role(world, "alice", "is_account_admin"))


def _with_role(world, name, role):
    person = User.objects.get(pk=world.people[name].pk)
    setattr(person, role, True)
    return person


def get(world, who, path=""):
    headers = {"Host": HOST, "Authorization": f"Bearer {world.tokens[who]}"}
    return through_django("GET", PATH + path, headers)


def names(answer):
    return [row["name"] for row in answer.json["mcp_services"]]


def test_one_finds_the_servers_that_hold_a_tool_for_one(world, servers):
    assert names(get(world, "bob")) == ["mcp-services/desk"]
    assert names(get(world, "charlie")) == []
    row = get(world, "bob", "/desk").json
    assert row == get(world, "bob").json["mcp_services"][0]
    assert (row["comment"], row["config"]) == ("For the desk.", {"include_tool_selectors": ["*add"]})
    assert row["url"].endswith("/api/2.0/mcp/servers/desk")


def test_what_one_may_not_see_is_not_there(world, servers):
    unseen, missing = get(world, "charlie", "/desk"), get(world, "bob", "/nothing")
    assert (unseen.status, missing.status) == (404, 404)
    assert unseen.json["message"].replace("desk", "nothing") == missing.json["message"]
    assert get(world, "bob", "/off").status == get(world, "bob", "/a%00b").status == 404


def test_admins_and_auditors_see_all_by_pages_and_by_schema(admin, caller, world, servers):
    every = ["mcp-services/closed", "mcp-services/desk", "mcp-services/off"]
    for reader in (admin, caller(_with_role(world, "charlie", "is_auditor"))):
        assert [row["name"] for row in reader.send("GET", PATH).json()["mcp_services"]] == every
    first = admin.send("GET", f"{PATH}?page_size=2").json()
    rest = admin.send("GET", f"{PATH}?page_size=2&page_token={first['next_page_token']}").json()
    assert [row["name"] for row in first["mcp_services"] + rest["mcp_services"]] == every
    assert "next_page_token" not in rest
    found = admin.send("GET", f"{PATH}?parent=schemas/demo.warehouse").json()
    assert [row["name"] for row in found["mcp_services"]] == ["mcp-services/closed"]
    assert admin.send("GET", f"{PATH}?parent=schemas/demo").status_code == 400
    assert (
        curated_within(grant_of(_with_role(world, "charlie", "is_account_admin"), "all-apis")) == []
    )  # a role gives no data


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/desk"), ("DELETE", "/desk")])
def test_changes_are_made_elsewhere(admin, servers, method, path):
    answer = admin.send(method, PATH + path, {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert "/api/gatepost/v1/mcp-servers" in orjson.loads(answer.content)["message"]
