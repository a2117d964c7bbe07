import uuid

import pytest
from django.urls import reverse

from accounts import service_accounts
from accounts.models import Account, ServiceAccountSecret, User
from audit.event import By
from audit.models import AuditEvent
from tests.console import signed_in


@pytest.fixture
def nightly(db):
    Account.load()
    return service_accounts.create("Nightly revenue job", by=By())


def url(name, account):
    return reverse(f"console-service-account{name}", args=[account.application_id])


def test_a_service_account_is_made_with_its_first_secret(alice):
    answer = signed_in(alice).post(
        reverse("console-service-account-add"), {"once": "one", "name": "Export", "scopes": ["mcp.functions"]}
    )
    account = User.objects.get(name="Export")
    assert answer.status_code == 200
    assert str(account.application_id) in answer.content.decode()
    assert account.secrets.get().scopes == ["mcp.functions"]


def test_a_name_that_is_refused_makes_nothing(alice):
    answer = signed_in(alice).post(
        reverse("console-service-account-add"), {"once": "one", "name": "a\u202eb", "scopes": ["mcp.functions"]}
    )
    assert answer.status_code == 422
    assert not User.objects.filter(kind="service").exists()


def test_the_sixth_live_secret_is_refused_in_words(alice, nightly):
    for _ in range(5):
        service_accounts.add_secret(nightly, by=By(), lifetime_seconds=3600)
    answer = signed_in(alice).post(url("-secret-add", nightly), {"once": "one", "scopes": ["sql"]})
    assert answer.status_code == 422
    assert "Delete one first" in answer.content.decode()


def test_a_secret_is_deleted_and_the_account_disabled_and_enabled(alice, nightly):
    secret, _ = service_accounts.add_secret(nightly, by=By(), lifetime_seconds=3600)
    browser = signed_in(alice)
    browser.post(reverse("console-service-account-secret-delete", args=[nightly.application_id, secret.id]))
    assert not ServiceAccountSecret.objects.exists()
    browser.post(url("-disable", nightly))
    nightly.refresh_from_db()
    assert not nightly.is_active
    browser.post(url("-enable", nightly))
    nightly.refresh_from_db()
    assert nightly.is_active
    assert AuditEvent.objects.filter(action__startswith="service_account", principal_id=alice.id).count() == 3


def test_a_person_is_no_service_account(alice):
    unknown = reverse("console-service-account", args=[uuid.uuid4()])
    assert signed_in(alice).get(unknown).status_code == 404
