import json

import pytest
from django.urls import reverse
from jwcrypto.jwk import JWK

from accounts import service_account_keys, service_accounts
from accounts.models import ServiceAccountKey
from audit.event import NOBODY
from tests.console import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def nightly():
    return service_accounts.create("Nightly revenue job", by=NOBODY)


@pytest.fixture
def jwk():
    return JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)


def url(name, account, *more):
    return reverse(f"console-service-account{name}", args=[account.application_id, *more])


def test_a_key_is_added_shown_and_deleted(alice, nightly, jwk):
    browser = signed_in(alice)
    form = {"jwk": json.dumps(jwk), "scopes": ["mcp.functions"]}
    assert browser.post(url("-key-add", nightly), form).status_code == 302
    key = ServiceAccountKey.objects.get()
    assert (key.jwk, key.scopes) == (jwk, ["mcp.functions"])
    assert key.thumbprint in browser.get(url("", nightly)).content.decode()
    assert key.thumbprint in browser.get(url("-key-delete", nightly, key.id)).content.decode()
    assert browser.post(url("-key-delete", nightly, key.id)).status_code == 302
    assert not ServiceAccountKey.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", "null", '{"kty": "oct", "k": "c2VjcmV0"}'])
def test_what_is_no_public_key_is_refused_in_words(alice, nightly, text):
    answer = signed_in(alice).post(url("-key-add", nightly), {"jwk": text, "scopes": ["sql"]})
    assert answer.status_code == 422
    assert not ServiceAccountKey.objects.exists()


def test_a_private_key_is_refused_and_the_same_key_twice_too(alice, nightly, jwk):
    service_account_keys.add(nightly, by=NOBODY, jwk=jwk)
    browser = signed_in(alice)
    twice = browser.post(url("-key-add", nightly), {"jwk": json.dumps(jwk), "scopes": ["sql"]})
    assert "has this key already" in twice.content.decode()
    private = JWK.generate(kty="EC", crv="P-256").export()
    refused = browser.post(url("-key-add", nightly), {"jwk": private, "scopes": ["sql"]})
    assert (refused.status_code, ServiceAccountKey.objects.count()) == (422, 1)


def test_only_account_admins_change_keys(bob, dora, nightly, jwk):
    key = service_account_keys.add(nightly, by=NOBODY, jwk=jwk)
    for person in (bob, dora):
        browser = signed_in(person)
        assert browser.get(url("-key-add", nightly)).status_code == 403
        assert browser.post(url("-key-delete", nightly, key.id)).status_code == 403
    assert ServiceAccountKey.objects.exists()
