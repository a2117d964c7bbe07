"""mcp_endpoint.api.prompts"""

import pytest

from audit.models import AuditEvent
from mcp_endpoint.models import Prompt
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/prompts"
LOOK = {
    "name": "look",
    "arguments": [{"name": "table", "required": True, "complete": "table"}],
    "messages": [{"role": "user", "text": "Look at {{table}}."}],
    "offered_on": ["*/demo/sales"],
}
ARGUMENT = {"name": "table", "title": "", "description": "", "required": True, "complete": "table", "values": []}


def test_a_prompt_is_made_shown_changed_and_removed(admin):
    made = admin.send("POST", X, LOOK).json()
    assert (made["version"], made["arguments"], made["offered_on"]) == (1, [ARGUMENT], ["*/demo/sales"])
    assert made["messages"] == [{"role": "user", "text": "Look at {{table}}.", "resource": ""}]
    assert admin.send("GET", f"{X}/look").json() == made
    changed = admin.send("PATCH", f"{X}/look", {"title": "Look", "enabled": False}).json()
    assert (changed["version"], changed["title"], changed["arguments"]) == (2, "Look", [ARGUMENT])
    assert changed["update_time"] > made["update_time"]
    assert [row["name"] for row in admin.send("GET", X).json()["prompts"]] == ["look"]
    assert admin.send("DELETE", f"{X}/look").json() == {}
    assert admin.send("GET", f"{X}/look").status_code == 404
    events = AuditEvent.objects.filter(action__startswith="prompt.").order_by("id")
    assert [event.action for event in events] == ["prompt.create", "prompt.update", "prompt.delete"]
    assert all(event.principal_id for event in events)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"arguments": [{"name": "table", "surprise": 1}]}, "surprise"),
        ({"arguments": "all"}, "arguments"),
        ({"arguments": [{"name": "table", "required": "yes"}]}, "required"),
        ({"messages": [{"role": "user", "text": "{{chair}}"}]}, "chair"),
        ({"messages": [{"role": "user", "text": "a\0b"}]}, "text"),
        ({"messages": [{"role": 1, "text": "x"}]}, "role"),
        ({"messages": None}, "messages"),
        ({"offered_on": ["nowhere"]}, "offered_on"),
        ({"offered_on": "*"}, "offered_on"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_faults_are_400_and_name_the_field(admin, changes, field):
    answer = admin.send("POST", X, LOOK | changes)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "a%00b", "%ED%A0%80", "x" * 300])
def test_what_is_not_there_is_404(admin, name):
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        assert admin.send(method, f"{X}/{name}", body).status_code == 404


def test_half_a_character_is_refused_or_kept_and_never_breaks(admin):
    half = {"name": "half", "title": "\ud800", "messages": [{"role": "user", "text": "\ud800"}]}
    assert admin.send("POST", X, half).status_code == 400


def test_two_cannot_have_one_name(admin):
    assert admin.send("POST", X, LOOK).status_code == 200
    assert admin.send("POST", X, LOOK).status_code == 409


def test_auditors_read_account_admins_change_and_members_see_nothing(caller, bob, dora):
    auditor, member = caller(dora), caller(bob)
    assert auditor.send("GET", X).json() == {"prompts": []}
    for person in (auditor, member):
        assert person.send("POST", X, LOOK).status_code == 403
    assert member.send("GET", X).status_code == 403
