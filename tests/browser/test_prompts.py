"""Prompts in the console: write one with a preview, change it, remove it; without JavaScript too."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from mcp_endpoint.models import Prompt
from tests.browser import world


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_prompt_is_written_previewed_changed_and_removed(alice, sign_in, script):
    page = sign_in(alice, script=script)
    page.goto(reverse("console-prompts"))
    assert page.get_by_text("None. A prompt is a text with gaps").is_visible()
    page.get_by_role("link", name="Add a prompt").first.click()
    page.get_by_label("Name", exact=True).first.fill("look")
    page.get_by_label("Offered on").fill("*/northwind/sales\nservers/desk")
    argument = page.get_by_role("group", name="Argument 1")
    argument.get_by_label("Name", exact=True).fill("table")
    argument.get_by_label("Completed by the names of").select_option("table")
    argument.get_by_label("Required").check()
    message = page.get_by_role("group", name="Message 1")
    message.get_by_label("Text", exact=True).fill("Describe {{chair}}.\nBriefly.")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("Messages, 1: there is no argument for the gap {{chair}}.").first.is_visible()
    assert not Prompt.objects.exists()

    page.get_by_role("group", name="Message 1").get_by_label("Text").fill("Describe {{table}}.\nBriefly.")
    page.get_by_role("button", name="Preview").click()
    assert page.get_by_text("Describe [table].").is_visible()
    assert not Prompt.objects.exists()
    page.get_by_role("group", name="Message 2").get_by_label("Or a resource").fill("gatepost://demo/{{table}}")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("“look” was made.").is_visible()
    kept = Prompt.objects.get()
    assert (kept.offered_on, [each["text"] for each in kept.messages]) == (
        ["*/northwind/sales", "servers/desk"],
        ["Describe {{table}}.\nBriefly.", ""],
    )

    page.get_by_role("link", name="Change look").click()
    assert page.get_by_text("gatepost://demo/[table]").is_visible()
    page.get_by_label("Title", exact=True).first.fill("Look at a table")
    page.get_by_label("Offered", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    kept.refresh_from_db()
    assert (kept.title, kept.enabled, kept.version) == ("Look at a table", False, 2)
    page.get_by_role("link", name="Remove look").click()
    page.get_by_role("button", name="Remove prompt").click()
    assert not Prompt.objects.exists()
    events = AuditEvent.objects.filter(object="look").order_by("id")
    assert [event.action for event in events] == ["prompt.create", "prompt.update", "prompt.delete"]


def test_an_auditor_reads_them_and_a_member_does_not(alice, bob, dora, sign_in):
    world.build(alice)
    page = sign_in(dora)
    page.goto(reverse("console-prompts"))
    assert page.get_by_text("Explore a schema").is_visible()
    assert not page.get_by_role("link", name="Change explore").count()
    assert page.goto(reverse("console-prompt-add")).status == 403
    assert sign_in(bob).goto(reverse("console-prompts")).status == 403
