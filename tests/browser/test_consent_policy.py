"""An admin accepts an app in advance for a group, by keyboard; a token is bound to a server."""

from django.urls import reverse

from accounts.models import PersonalAccessToken
from connections import consent_policy
from tests.browser import world
from tests.browser.test_journeys import follow, press_to


def test_an_admin_accepts_in_advance_for_a_group_by_keyboard(alice, sign_in):
    things = world.build(alice)
    page = sign_in(alice)
    page.goto(reverse("console-app-integration", args=[things.claude.integration_id]))
    follow(page, "link", "Change consent policy")
    press_to(page, "radio", "The first time")
    page.keyboard.press("ArrowDown")
    press_to(page, "checkbox", "analysts")
    page.keyboard.press("Space")
    follow(page, "button", "Save changes")
    assert page.get_by_text("Not asked: an admin accepted in advance").is_visible()
    things.claude.refresh_from_db()
    assert consent_policy.describe(things.claude) == {"policy": "pre_approved", "groups": ["analysts"]}


def test_a_key_for_one_server_is_made_for_a_service_account(alice, sign_in):
    things = world.build(alice)
    server = "/api/2.0/mcp/functions/northwind/sales"
    page = sign_in(alice)
    page.goto(reverse("console-service-account", args=[things.nightly.application_id]))
    page.get_by_role("main").get_by_role("link", name="Add token").click()
    page.get_by_label("Name", exact=True).fill("Dashboard")
    page.get_by_label("Call the database functions that you may call").check()
    page.get_by_label("Only these").check()
    page.get_by_label(server).check()
    page.get_by_role("main").get_by_role("button", name="Add token").click()
    assert page.get_by_label("Personal access token").input_value().startswith("gp_pat_")
    made = PersonalAccessToken.objects.get(comment="Dashboard")
    assert (made.owner, made.resources) == (things.nightly, [server])
