import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from jwcrypto.jwk import JWK

from accounts import service_accounts, tokens
from accounts.models import Account, CredentialUse
from audit.event import By
from audit.models import AuditEvent
from connections import integrations
from connections.console.urls import urlpatterns
from connections.models import AppIntegration
from tests.console import signed_in

FORM = {
    "once": "one",
    "name": "Support copilot",
    "client_type": "confidential",
    "redirect_urls": "https://app.example.com/callback",
    "scopes": ["mcp.sql"],
    "access_token_ttl_in_minutes": "60",
    "refresh_token_ttl_in_minutes": "10080",
}
CHANGES = ("-edit", "-rotate", "-disable", "-enable", "-revoke-tokens", "-delete")


@pytest.fixture
def claude(db):
    return integrations.create(
        by=By(), name="Claude", confidential=True, redirect_urls=["https://claude.ai/cb"], scopes=["mcp.sql"]
    )[0]


def url(name, integration):
    return reverse(f"console-app-integration{name}", args=[integration.integration_id])


def add(browser, **changes):
    return browser.post(reverse("console-app-integration-add"), {**FORM, **changes})


def test_every_page_declares_who_may_open_it():
    assert [pattern.name for pattern in urlpatterns if not hasattr(pattern.callback, "open_to")] == []


def test_a_stranger_is_sent_to_the_sign_in_page(claude):
    for name in ("", *CHANGES):
        assert Client().get(url(name, claude)).url.startswith(reverse("account_login"))


def test_a_colleague_without_the_right_is_refused(bob, claude):
    browser = signed_in(bob)
    for name in ("", *CHANGES):
        assert browser.get(url(name, claude)).status_code == 403
    assert browser.get(reverse("console-app-connections")).status_code == 403


def test_an_auditor_reads_and_changes_nothing(dora, claude):
    browser = signed_in(dora)
    assert browser.get(reverse("console-app-connections")).status_code == 200
    assert browser.get(url("", claude)).status_code == 200
    for name in CHANGES:
        assert browser.post(url(name, claude)).status_code == 403
    assert add(browser).status_code == 403


def test_an_id_that_does_not_exist_is_not_found(alice):
    for name in ("", *CHANGES):
        assert signed_in(alice).get(reverse(f"console-app-integration{name}", args=[uuid.uuid4()])).status_code == 404


def test_a_confidential_app_shows_its_secret_and_a_public_one_has_none(alice):
    browser = signed_in(alice)
    revealed = add(browser)
    assert revealed["Cache-Control"] == "no-store"
    assert "gp_cs_" in revealed.content.decode()
    public = add(browser, once="two", client_type="public", name="Cursor")
    assert public.url == url("", AppIntegration.objects.get(name="Cursor"))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a\u202eb"}),
        ("client_type", {"client_type": "other"}),
        ("redirect_urls", {"redirect_urls": ""}),
        ("redirect_urls", {"redirect_urls": "https://a.example/cb\nhttp://b.example/cb"}),
        ("redirect_urls", {"redirect_urls": "cursor://callback"}),
        ("scopes", {"scopes": []}),
        ("access_token_ttl_in_minutes", {"access_token_ttl_in_minutes": "4"}),
        ("refresh_token_ttl_in_minutes", {"refresh_token_ttl_in_minutes": "59"}),
        ("ip_allowlist", {"ip_allowlist": "0.0.0.0/0"}),
        ("allowed_catalogs", {"allowed_catalogs": "nowhere"}),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(alice, field, changes):
    answer = add(signed_in(alice), **changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not AppIntegration.objects.exists()


def test_every_change_leaves_one_audit_record(alice, claude):
    browser = signed_in(alice)
    change = {key: FORM[key] for key in FORM if key not in {"name", "client_type", "once"}}
    browser.post(url("-edit", claude), change)
    browser.post(url("-disable", claude))
    browser.post(url("-enable", claude))
    browser.post(url("-revoke-tokens", claude))
    browser.post(url("-rotate", claude), {"once": "one", "overlap": "3600"})
    browser.post(url("-delete", claude), {"name": "Claude"})
    actions = AuditEvent.objects.filter(principal_id=alice.id, action__startswith="integration.").order_by("id")
    assert [event.action.removeprefix("integration.") for event in actions] == [
        "update",
        "disable",
        "enable",
        "revoke_tokens",
        "rotate_secret",
        "delete",
    ]


def test_public_keys_are_pasted_shown_and_taken_away(alice, claude):
    browser, key = signed_in(alice), JWK.generate(kty="OKP", crv="Ed25519")
    change = {name: FORM[name] for name in FORM if name not in {"name", "client_type", "once"}}
    assert browser.get(url("-edit", claude)).context["form"]["jwks"].value() == ""
    browser.post(url("-edit", claude), {**change, "jwks": json.dumps({"keys": [key.export_public(as_dict=True)]})})
    assert key.thumbprint() in browser.get(url("", claude)).content.decode()
    assert key.thumbprint() not in browser.post(url("-edit", claude), {**change, "jwks": "{"}).content.decode()
    refused = browser.post(url("-edit", claude), {**change, "jwks": json.dumps({"keys": [key.export(as_dict=True)]})})
    assert (refused.status_code, "private key" in refused.content.decode()) == (422, True)
    browser.post(url("-edit", claude), {**change, "jwks": ""})
    assert key.thumbprint() not in browser.get(url("", claude)).content.decode()


def test_the_last_use_of_a_secret_is_shown(alice, claude):
    secret = claude.secrets.get()
    assert "Never used" in signed_in(alice).get(url("", claude)).content.decode()
    CredentialUse.objects.create(
        credential_kind="client_secret", credential_id=secret.id, last_used_at=timezone.now(), address="198.51.100.7"
    )
    assert "198.51.100.7" in signed_in(alice).get(url("", claude)).content.decode()


def test_deleting_wants_the_name(alice, claude):
    assert signed_in(alice).post(url("-delete", claude), {"name": "claude"}).status_code == 422
    assert AppIntegration.objects.filter(pk=claude.pk).exists()


def test_a_public_app_has_no_secret_to_rotate(alice):
    public, _ = integrations.create(by=By(), name="Cursor", redirect_urls=["http://localhost/cb"], scopes=["sql"])
    assert signed_in(alice).post(url("-rotate", public), {"once": "one", "overlap": "0"}).status_code == 409


def test_search_and_status_narrow_the_list(alice, claude):
    tokens.create(alice, by=By(principal_id=alice.id), comment="Laptop")
    browser = signed_in(alice)

    def names(**query):
        return [row.name for row in browser.get(reverse("console-app-connections"), query).context["page"].rows]

    assert names() == ["Laptop", "Claude"]
    assert names(kind="tokens") == ["Laptop"]
    assert names(q="clau") == ["Claude"]
    assert names(q=claude.client_id[:8]) == ["Claude"]
    assert names(status="disabled") == []
    integrations.set_enabled(claude, False, by=By())
    assert names(status="disabled") == ["Claude"]
    assert names(kind="nonsense", status="nonsense", q="\0") == ["Laptop", "Claude"]


def test_all_kinds_share_the_pages(alice):
    for number in range(20):
        tokens.create(alice, by=By(principal_id=alice.id), comment=f"Token {number}")
        integrations.create(by=By(), name=f"App {number}", redirect_urls=["http://localhost/cb"], scopes=["sql"])
    browser = signed_in(alice)
    first = browser.get(reverse("console-app-connections")).context["page"]
    second = browser.get(first.older_url).context["page"]
    names = [row.name for row in (*first.rows, *second.rows)]
    assert len(names) == len(set(names)) == 40


def one_of_each(alice, number):
    account = service_accounts.create(f"Job {number}", by=By())
    service_accounts.add_secret(account, by=By(), lifetime_seconds=3600 * 24 * 365)
    tokens.create(alice, by=By(principal_id=alice.id), comment=f"Token {number}")
    integrations.create(by=By(), name=f"App {number}", redirect_urls=["http://localhost/cb"], scopes=["sql"])


def test_a_longer_list_takes_no_more_queries(alice):
    Account.load()
    browser = signed_in(alice)
    taken = []
    for numbers in (range(1), range(1, 6)):
        for number in numbers:
            one_of_each(alice, number)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("console-app-connections"))
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_introspection_is_switched_on_for_a_confidential_app_only(alice, claude):
    browser = signed_in(alice)
    changed = {**{key: value for key, value in FORM.items() if key != "client_type"}, "may_introspect": "on"}
    assert browser.post(url("-edit", claude), changed).status_code == 302
    claude.refresh_from_db()
    assert claude.may_introspect
    assert "May ask about every token" in browser.get(url("", claude)).content.decode()
    refused = add(browser, client_type="public", may_introspect="on")
    assert refused.status_code == 422
    assert "Only a confidential app" in refused.content.decode()
