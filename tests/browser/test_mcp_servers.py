"""MCP servers in the console: look at what a URL offers, and curate one; without JavaScript too."""

import json

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from mcp_endpoint.models import CuratedServer
from tests.browser import world

ENTRY = {"kind": "functions", "selector": "northwind/sales", "tool": "northwind__sales__place_order"}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_server_is_curated_looked_at_changed_and_removed(alice, sign_in, script):
    world.build(alice)
    page = sign_in(alice, script=script)
    page.goto(reverse("console-mcp-servers"))
    page.get_by_role("link", name="Add a curated server").click()
    page.get_by_label("Name", exact=True).fill("counter")
    page.get_by_label("Tools", exact=True).fill(json.dumps([ENTRY | {"kind": "nothing"}]))
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("kind: use one of").first.is_visible()
    assert not CuratedServer.objects.filter(name="counter").exists()

    page.get_by_label("Tools", exact=True).fill(json.dumps([ENTRY | {"alias": "place"}]))
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("“counter” was made.").is_visible()
    page.get_by_role("link", name="counter", exact=True).click()
    assert page.get_by_text("place", exact=True).is_visible()
    assert page.get_by_text("northwind.sales.place_order").is_visible()
    assert page.get_by_text("tokens", exact=False).first.is_visible()

    page.goto(reverse("console-mcp-server-edit", args=["counter"]))
    page.get_by_label("Not these").fill("pl*")
    page.get_by_role("button", name="Save").click()
    kept = CuratedServer.objects.get(name="counter")
    assert (kept.deny, kept.version, kept.tools[0]["alias"]) == (["pl*"], 2, "place")
    page.goto(reverse("console-mcp-server-delete", args=["counter"]))
    page.get_by_role("button", name="Remove curated server").click()
    assert not CuratedServer.objects.filter(name="counter").exists()
    events = AuditEvent.objects.filter(object="counter").order_by("id")
    assert [event.action for event in events] == ["mcp_server.create", "mcp_server.update", "mcp_server.delete"]


def test_a_member_sees_what_its_privileges_open_and_no_buttons(alice, bob, sign_in):
    world.build(alice)
    page = sign_in(bob)
    page.goto(reverse("console-mcp-servers"))
    assert not page.get_by_role("link", name="desk").count()
    assert not page.get_by_role("link", name="Add a curated server").count()
    assert page.goto(reverse("console-mcp-server-add")).status == 403


def test_a_schema_leads_to_its_urls_with_their_size(alice, sign_in):
    world.build(alice)
    page = sign_in(alice)
    page.goto(reverse("console-schema", args=["northwind", "sales"]))
    page.get_by_role("main").get_by_role("link", name="MCP URLs").click()
    functions = page.get_by_role("row").filter(has_text="/api/2.0/mcp/functions/northwind/sales")
    assert functions.get_by_text("tokens").is_visible()
    functions.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/api/2.0/mcp/functions/northwind/sales")
    assert page.get_by_text("/api/2.0/mcp/sql/northwind").is_visible()
    assert not page.get_by_text("vector-search").count()
