"""The consent page of apps that came in by themselves, and an admin who lets one in: O4 of oauth.md 9, in a browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Catalog, Privilege
from connections import client_metadata, policy, registrations
from connections.models import AppIntegration
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_consent import url_for
from tests.browser.test_pages import TAGS
from tests.browser.world import BY
from tests.connections.conftest import verifier_and_challenge
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
RESOURCE = "/api/2.0/mcp/functions/demo/sales"


@pytest.fixture
def demo(bob):
    demo = Catalog.objects.create(name="demo", host="127.0.0.1", database="demo", user="demo", password_sealed=b"")
    Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=demo)
    return demo


def register(name, redirect, *, needs_approval=False):
    body = {"client_name": name, "redirect_uris": [redirect], "token_endpoint_auth_method": "none"}
    return registrations.register(client_metadata.read(body), needs_approval=needs_approval, by=BY)[0]


def ask(page, live_server, client, redirect):
    _, challenge = verifier_and_challenge()
    page.goto(url_for(client, redirect, challenge, resource=f"{live_server.url}{RESOURCE}"))


@requirement("O4-redirect-host")
def test_o4_the_page_names_the_host_of_the_document_and_warns_of_a_program_on_this_computer(
    sign_in, live_server, bob, demo, axe_source
):
    client = register("Claude Code", "http://localhost/callback")
    AppIntegration.objects.filter(pk=client.pk).update(
        client_id="https://client.example.com/oauth/client.json",
        registration_source="cimd",
        cimd_expires_at=timezone.now() + timedelta(hours=1),
    )
    client.refresh_from_db()
    policy.change(by=BY, client_documents="any")
    page = sign_in(bob)
    ask(page, live_server, client, "http://localhost:7777/callback")
    told = page.locator("#verification").inner_text()
    assert "Not verified: the app chose this name." in told
    assert "client.example.com" in told
    assert "The name looks like “Claude Code”" in told
    assert "This sends you to an app on this computer: localhost" in page.get_by_role("main").inner_text()
    for theme in ("light", "dark"):
        for viewport in (WIDE, NARROW):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size(viewport)
            page.evaluate(axe_source)
            assert page.evaluate("(tags) => axe.run({runOnly: tags})", TAGS)["violations"] == []


@requirement("AS-REGISTER-APPROVAL")
def test_an_app_waits_until_an_admin_approves_it(sign_in, live_server, alice, bob, demo, axe_source):
    client = register("Desk", "https://desk.example.com/cb", needs_approval=True)
    page = sign_in(bob)
    ask(page, live_server, client, "https://desk.example.com/cb")
    page.get_by_role("heading", name="The app waits for an admin").wait_for()
    page.evaluate(axe_source)
    assert page.evaluate("(tags) => axe.run({runOnly: tags})", TAGS)["violations"] == []
    admin = sign_in(alice)
    admin.goto(reverse("console-app-connections"))
    admin.get_by_role("link", name="Show apps that wait").click()
    admin.get_by_role("link", name="Approve Desk").click()
    admin.get_by_role("main").get_by_role("button", name="Approve app").click()
    admin.get_by_text("“Desk” is approved.").wait_for()
    ask(page, live_server, client, "https://desk.example.com/cb")
    page.get_by_role("button", name="Allow Desk").wait_for()


def test_an_admin_opens_registration_and_switches_a_known_app_on(sign_in, alice):
    page = sign_in(alice)
    page.goto(reverse("console-workspace"))
    page.get_by_label("Apps that register themselves").select_option("open")
    page.get_by_role("main").get_by_role("button", name="Save changes").click()
    page.get_by_text("The settings were changed.").wait_for()
    assert policy.load().client_registration == "open"
    page.goto(reverse("console-app-connections"))
    page.get_by_role("link", name="Switch known apps on or off").click()
    page.get_by_role("link", name="Switch on VS Code").click()
    page.get_by_role("main").get_by_role("button", name="Switch on VS Code").click()
    page.get_by_text("“VS Code” is switched on.").wait_for()
    assert AppIntegration.objects.get(published_app="vscode").enabled
