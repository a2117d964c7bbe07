"""Console pages of known apps, apps that registered themselves, and the rules for them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.second_factor import RequiredOf
from audit.event import By
from connections import client_metadata, policy, published_apps, registrations
from connections.models import AppIntegration
from connections.policy import Registration
from tests.console import signed_in
from tests.requirements import requirement

RULES = {
    "client_registration": "approval",
    "client_documents": "any",
    "client_document_hosts": "claude.ai\nzed.dev",
    "second_factor": "everybody",
}


@pytest.fixture
def admin(alice):
    return signed_in(alice)


def register(name="Claude", **state):
    wanted = client_metadata.read({"client_name": name, "redirect_uris": ["https://x.example.com/cb"]})
    return registrations.register(wanted, by=By(), **{"needs_approval": True, **state})[0]


@requirement("AS-PUBLISHED")
def test_an_admin_switches_a_known_app_on_and_off(admin):
    assert "Claude Code" in admin.get(reverse("console-known-apps")).content.decode()
    for _ in range(2):  # sent twice
        assert admin.post(reverse("console-known-app-on", args=["claude-code"])).status_code == 302
    assert published_apps.switched_on().get().published_app == "claude-code"
    assert "On: Claude Code" in admin.get(reverse("console-app-connections")).content.decode()
    admin.post(reverse("console-known-app-off", args=["claude-code"]))
    assert not published_apps.switched_on().exists()
    assert admin.get(reverse("console-known-app-off", args=["claude-code"])).status_code == 302


def test_an_admin_changes_the_lifetimes_of_a_known_app(admin):
    published_apps.switch_on("cursor", by=By())
    url = reverse("console-known-app-lifetimes", args=["cursor"])
    good = {"access_token_ttl_in_minutes": "30", "refresh_token_ttl_in_minutes": "600"}
    assert admin.post(url, {**good, "access_token_ttl_in_minutes": "1"}).status_code == 422
    assert admin.post(url, good).status_code == 302
    assert AppIntegration.objects.get().access_token_ttl_in_minutes == 30


def test_an_app_that_nobody_knows_has_no_page(admin):
    assert admin.get(reverse("console-known-app-on", args=["nobody"])).status_code == 404


def test_an_admin_sees_who_waits_and_approves(admin):
    client = register("CIaude")
    assert "1 app waits for approval" in admin.get(reverse("console-app-connections")).content.decode()
    assert "Looks like “Claude”" in admin.get(reverse("console-registered-apps")).content.decode()
    url = reverse("console-registered-app-approve", args=[client.client_id])
    assert "Nobody verified that." in admin.get(url).content.decode()
    assert admin.post(url).status_code == 302
    assert not registrations.waiting().exists()


def test_an_admin_removes_an_app_whose_id_is_an_address(admin):
    client = register(needs_approval=False)
    AppIntegration.objects.filter(pk=client.pk).update(
        client_id="https://x.example.com/client.json", registration_source="cimd"
    )
    page = admin.get(reverse("console-registered-apps")).content.decode()
    url = page.split('btn-outline-danger" href="')[1].partition('"')[0]
    assert "It is described at x.example.com." in admin.get(url).content.decode()
    admin.post(url)
    assert not AppIntegration.objects.exists()
    assert admin.post(url).status_code == 404


def test_an_admin_changes_the_rules(admin):
    assert admin.post(reverse("console-workspace"), RULES).status_code == 302
    rules = policy.load()
    assert rules.client_registration is Registration.APPROVAL
    assert rules.client_document_hosts == ("claude.ai", "zed.dev")
    assert rules.second_factor is RequiredOf.EVERYBODY
    answer = admin.post(reverse("console-workspace"), {**RULES, "client_document_hosts": "*.claude.ai"})
    assert (answer.status_code, "Not the full name of a host" in answer.content.decode()) == (422, True)
    assert policy.load() == rules


def test_an_auditor_sees_all_and_changes_nothing(dora):
    client = register()
    browser = signed_in(dora)
    for name in ("console-known-apps", "console-registered-apps", "console-workspace"):
        page = browser.get(reverse(name))
        assert page.status_code == 200
        assert "Switch on" not in page.content.decode()
        assert "Save changes" not in page.content.decode()
    assert browser.post(reverse("console-workspace"), RULES).status_code == 403
    assert browser.post(reverse("console-known-app-on", args=["claude"])).status_code == 403
    assert browser.post(reverse("console-registered-app-approve", args=[client.client_id])).status_code == 403


def test_members_and_strangers_see_nothing(bob):
    for name in ("console-known-apps", "console-registered-apps", "console-workspace"):
        assert signed_in(bob).get(reverse(name)).status_code == 403
        assert Client().get(reverse(name)).status_code == 302
