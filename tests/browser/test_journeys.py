"""Journeys by keyboard: add, reveal, disable, delete; make and revoke a token; what happens on reload."""

import re

import pytest
from django.urls import reverse

from accounts.models import PersonalAccessToken
from audit.models import AuditEvent
from connections.models import AppIntegration
from tests.browser.conftest import NARROW


def press_to(page, role, name):
    """Go to a control by Tab alone, with a limit."""
    wanted = page.get_by_role("main").get_by_role(role, name=name, exact=isinstance(name, str)).last
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return wanted
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach the {role} {name!r}")


def follow(page, role, name):
    press_to(page, role, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_app_integration_lives_and_dies_by_keyboard(alice, sign_in):
    page = sign_in(alice)
    follow(page, "link", "Add connection")
    follow(page, "link", re.compile("^App integration"))
    press_to(page, "textbox", "Name")
    page.keyboard.type("Support copilot")
    press_to(page, "textbox", "Redirect URLs")
    page.keyboard.type("https://app.example.com/callback")
    press_to(page, "checkbox", "Run read-only SQL through MCP")
    page.keyboard.press("Space")
    follow(page, "button", "Add app integration")

    integration = AppIntegration.objects.get(name="Support copilot")
    raw = page.get_by_label("Client secret").input_value()
    assert raw.startswith("gp_cs_")
    assert page.get_by_role("button", name="Done").is_disabled()
    press_to(page, "checkbox", "I have saved the secret")
    page.keyboard.press("Space")
    follow(page, "button", "Done")

    follow(page, "link", "Disable app integration")
    follow(page, "button", "Disable app integration")
    assert page.get_by_text("“Support copilot” is disabled.").is_visible()
    integration.refresh_from_db()
    assert not integration.enabled

    follow(page, "link", "Delete app integration")
    press_to(page, "textbox", "Name of the app integration")
    page.keyboard.type("Support copilot")
    follow(page, "button", "Delete app integration")
    assert page.get_by_text("“Support copilot” was deleted.").is_visible()
    assert not AppIntegration.objects.filter(pk=integration.pk).exists()
    actions = list(
        AuditEvent.objects.filter(action__startswith="integration.").order_by("id").values_list("action", flat=True)
    )
    assert actions == ["integration.create", "integration.disable", "integration.delete"]


def test_a_token_is_made_and_revoked_by_keyboard(bob, sign_in):
    page = sign_in(bob)
    follow(page, "link", "Add token")
    press_to(page, "textbox", "Name")
    page.keyboard.type("Laptop")
    press_to(page, "checkbox", "Call the database functions that you may call")
    page.keyboard.press("Space")
    follow(page, "button", "Add token")
    assert page.get_by_label("Personal access token").input_value().startswith("gp_pat_")
    press_to(page, "checkbox", "I have saved the token")
    page.keyboard.press("Space")
    follow(page, "button", "Done")
    follow(page, "link", "Revoke Laptop")
    follow(page, "button", "Revoke token")
    assert page.get_by_text("The token “Laptop” was revoked.").is_visible()
    assert PersonalAccessToken.objects.get(owner=bob).revoked_at


def add_token(page, *, name="Laptop"):
    page.goto(reverse("console-token-add"))
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_label("Call the database functions that you may call").check()
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Add token").click()
    return sent.value


def test_a_secret_is_shown_once(bob, sign_in):
    page = sign_in(bob)
    answer = add_token(page)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    raw = page.get_by_label("Personal access token").input_value()
    page.on("dialog", lambda dialog: dialog.accept())
    gone = page.reload()
    assert gone.status == 410
    assert raw not in gone.text()
    assert raw[-4:] in gone.text()
    assert PersonalAccessToken.objects.count() == 1


def test_without_script_a_repeated_post_makes_no_second_secret(bob, sign_in):
    page = sign_in(bob, script=False)
    add_token(page)
    raw = page.get_by_label("Personal access token").input_value()
    gone = page.reload()
    assert gone.status == 410
    assert raw not in gone.text()
    assert PersonalAccessToken.objects.count() == 1


def test_leaving_before_the_secret_is_saved_asks(bob, sign_in):
    page = sign_in(bob)
    add_token(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="Copy Personal access token").click()  # a browser asks only after a gesture
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_copy_puts_the_secret_on_the_clipboard_and_says_so(bob, sign_in):
    page = sign_in(bob)
    add_token(page)
    page.get_by_role("button", name="Copy Personal access token").click()
    page.locator("#live", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == page.get_by_label("Personal access token").input_value()


def test_without_a_clipboard_the_secret_is_selected(bob, sign_in):
    page = sign_in(bob)
    add_token(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy Personal access token").click()
    page.locator("#live", has_text="Selected").wait_for(state="attached")
    assert page.evaluate("getSelection().toString()").startswith("gp_pat_")


def test_a_preset_and_the_preview_follow_the_form(alice, sign_in):
    page = sign_in(alice)
    page.goto(reverse("console-app-integration-add"))
    page.get_by_role("textbox", name="Name").fill("Support copilot")
    page.get_by_role("button", name="Claude", exact=True).click()
    page.get_by_label("Stay connected when you are away").check()
    preview = page.locator("#preview")
    preview.get_by_text("claude.ai").wait_for()
    preview.get_by_text("Support copilot").wait_for()
    preview.get_by_text("Stay connected when you are away").wait_for()
    assert page.get_by_label("Redirect URLs").input_value().splitlines() == [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
    ]


def test_without_script_a_preset_fills_in_the_form(alice, sign_in):
    page = sign_in(alice, script=False)
    page.goto(reverse("console-app-integration-add"))
    page.get_by_role("textbox", name="Name").fill("Support copilot")
    page.get_by_role("button", name="Claude", exact=True).click()
    assert page.get_by_role("textbox", name="Name").input_value() == "Support copilot"
    assert "https://claude.ai/api/mcp/auth_callback" in page.get_by_label("Redirect URLs").input_value()
    assert AppIntegration.objects.count() == 0


def test_enter_in_the_name_adds_and_does_not_fill_in_a_preset(alice, sign_in):
    page = sign_in(alice)
    page.goto(reverse("console-app-integration-add"))
    page.get_by_role("textbox", name="Name").fill("Support copilot")
    with page.expect_navigation():
        page.get_by_role("textbox", name="Name").press("Enter")
    assert page.locator("[data-error-summary]").is_visible()


def test_errors_name_the_line_and_take_the_focus(alice, sign_in):
    page = sign_in(alice)
    page.goto(reverse("console-app-integration-add"))
    page.get_by_role("textbox", name="Name").fill("Support copilot")
    page.get_by_label("Redirect URLs").fill("https://a.example/cb\nhttp://copilot.example.com/callback")
    page.get_by_label("Run read-only SQL through MCP").check()
    page.locator("#preview").get_by_text("Run read-only SQL through MCP").wait_for()
    page.get_by_role("button", name="Add app integration").last.click()
    field = page.get_by_label("Redirect URLs")
    assert "Line 2:" in page.locator(f"#{field.get_attribute('id')}_error").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert f"{field.get_attribute('id')}_error" in field.get_attribute("aria-describedby")
    page.wait_for_function("document.activeElement.matches('[data-error-summary]')")
    assert page.get_by_label("Run read-only SQL through MCP").is_checked()


def test_the_row_menu_closes_with_escape_and_returns_the_focus(alice, sign_in):
    page = sign_in(alice)
    add_token(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(reverse("console-app-connections"))
    opener = page.locator("main details.menu summary")
    opener.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="View audit events").wait_for()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="View audit events").is_visible()
    assert opener.evaluate("element => element === document.activeElement")


def test_the_drawer_opens_and_closes_without_script(alice, sign_in):
    page = sign_in(alice, viewport=NARROW, script=False)
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Audit log")
    assert not link.is_visible()
    page.get_by_role("button", name="Open navigation").click()
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()


def test_the_theme_is_remembered_by_the_server(alice, sign_in):
    page = sign_in(alice)
    page.locator(".foot summary").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert 'data-bs-theme="dark"' in page.request.get(reverse("console-audit-log")).text()


def test_the_skip_link_is_the_first_stop(alice, sign_in):
    page = sign_in(alice)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_preset_ticks_scopes_and_a_broad_scope_marks_what_it_includes(bob, sign_in):
    page = sign_in(bob)
    page.goto(reverse("console-token-add"))
    page.get_by_label("Search vector indexes", exact=True).check()
    page.get_by_role("button", name="Read-only").click()
    ticked = page.eval_on_selector_all("[name=scopes]:checked", "boxes => boxes.map(box => box.value)")
    assert ticked == ["mcp.functions", "mcp.tables", "mcp.sql", "mcp.vectorsearch"]
    page.get_by_role("button", name="Nothing").click()
    page.locator("#scope-sql").check()
    marked = page.locator(".scope", has=page.locator("[data-included]:visible")).locator("code")
    assert marked.all_inner_texts() == ["mcp.sql"]


def test_a_double_click_sends_the_form_once(bob, sign_in):
    page = sign_in(bob)
    page.goto(reverse("console-token-add"))
    page.get_by_role("textbox", name="Name").fill("Laptop")
    page.get_by_role("button", name="Read-only").click()
    page.get_by_role("button", name="Add token").dblclick()
    page.get_by_role("button", name="Done").wait_for()
    assert PersonalAccessToken.objects.count() == 1
