"""mcp_endpoint.api.servers"""

import pytest

from audit.models import AuditEvent
from mcp_endpoint.models import CuratedServer
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/mcp-servers"
TOOL = {"kind": "tables", "selector": "demo/sales", "tool": "query_orders"}
KEPT = TOOL | {"alias": "", "description": "", "presets": {}}


def test_a_server_is_made_shown_changed_and_removed(admin):
    made = admin.send("POST", X, {"name": "desk", "tools": [TOOL], "deny": ["x*"]}).json()
    assert (made["version"], made["tools"], made["path"]) == (1, [KEPT], "/api/2.0/mcp/servers/desk")
    assert admin.send("GET", f"{X}/desk").json() == made
    changed = admin.send("PATCH", f"{X}/desk", {"title": "Desk", "tools": [TOOL | {"alias": "orders"}]}).json()
    assert (changed["version"], changed["title"], changed["deny"]) == (2, "Desk", ["x*"])
    assert [row["name"] for row in admin.send("GET", X).json()["servers"]] == ["desk"]
    assert admin.send("DELETE", f"{X}/desk").json() == {}
    assert admin.send("GET", f"{X}/desk").status_code == 404
    events = AuditEvent.objects.filter(action__startswith="mcp_server.").order_by("id")
    assert [event.action for event in events] == ["mcp_server.create", "mcp_server.update", "mcp_server.delete"]
    assert all(event.principal_id for event in events)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "desk", "surprise": 1}, "surprise"),
        ({"name": "desk", "tools": [{"kind": "tables"}]}, "tools"),
        ({"name": "desk", "tools": [TOOL | {"kind": "nothing"}]}, "tools"),
        ({"name": "desk", "tools": [TOOL | {"presets": [1]}]}, "tools"),
        ({"name": "desk", "tools": "all"}, "tools"),
        ({"name": "desk", "enabled": "yes"}, "enabled"),
    ],
)
def test_faults_are_400_and_name_the_field(admin, body, field):
    answer = admin.send("POST", X, body)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert not CuratedServer.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "a%00b"])
def test_what_is_not_there_is_404(admin, name):
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        assert admin.send(method, f"{X}/{name}", body).status_code == 404


def test_two_cannot_have_one_name(admin):
    assert admin.send("POST", X, {"name": "desk"}).status_code == 200
    assert admin.send("POST", X, {"name": "desk"}).status_code == 409


def test_only_account_admins_change_them(caller, bob):
    member = caller(bob)
    assert member.send("POST", X, {"name": "desk"}).status_code == 403
    assert member.send("GET", X).status_code == 403
