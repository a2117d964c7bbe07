"""The consent policy of an app: every time, the first time, or accepted in advance for groups. oauth.md 5."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.errors import Invalid
from accounts.models import Account, Group
from audit.models import AuditEvent
from catalog.models import Privilege
from connections import consent_policy, consents, integrations
from connections.models import AppIntegration, Consent, Session
from connections.narrowing import Narrowed
from tests import console
from tests.accounts.api.conftest import admin, caller
from tests.connections.conftest import BY, CALLBACK
from tests.connections.test_authorize import (
    answer,
    ask,
    browser,
    demo,
    is_a_page,
    is_sent_back,
    query,
    sent_to,
    web_app,
)
from tests.connections.test_authorize import signed_in as at_the_page
from tests.requirements import requirement

__all__ = ["admin", "browser", "caller", "demo", "query", "web_app"]
pytestmark = pytest.mark.django_db(transaction=True)
IN_ADVANCE = ("pre_approved", ["analysts"])


def set_policy(app, policy, groups=()):
    consent_policy.change(app, policy, list(groups), by=BY)


def is_granted(response):
    return "code" in sent_to(response)


@requirement("AS-CONSENT-EVERY-TIME")
def test_every_time_asks_in_spite_of_the_same_answer_before(browser, query, web_app):
    set_policy(web_app, "every_time")
    answer(browser, is_a_page(ask(browser, query)))
    is_a_page(ask(browser, query))
    assert sent_to(ask(browser, query, prompt="none"))["error"] == "consent_required"


@requirement("AS-CONSENT-IN-ADVANCE")
def test_what_an_admin_accepted_for_a_group_is_not_asked_and_is_on_record(browser, query, web_app, bob):
    set_policy(web_app, *IN_ADVANCE)
    assert is_granted(ask(browser, query, prompt="none"))
    consent = Consent.objects.get()
    assert (consent.user, consent.pre_approved, consent.catalogs) == (bob, True, None)
    assert Session.objects.get().scopes == ["mcp.functions", "offline_access"]
    assert AuditEvent.objects.get(action="oauth.authorize").details["pre_approved"] is True
    assert is_granted(ask(browser, query))
    assert Consent.objects.count() == 1
    page = browser.get(reverse("console-authorized-apps")).content.decode()
    assert "by an admin in advance" in page


def test_who_is_in_no_such_group_is_asked(query, web_app, demo, charlie):
    Privilege.objects.create(user=charlie, action="USE_CATALOG", securable="catalog", catalog=demo)
    set_policy(web_app, *IN_ADVANCE)
    is_a_page(ask(at_the_page(charlie), query))


@requirement("AS-CONSENT-ALWAYS")
@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "consent"},
        {"scope": "mcp.functions mcp.write"},
        {"gp_catalog": "demo"},
    ],
)
def test_some_questions_are_asked_whatever_was_accepted(browser, query, web_app, change):
    set_policy(web_app, *IN_ADVANCE)
    is_a_page(ask(browser, query, **change))
    assert not Consent.objects.exists()


@requirement("AS-CONSENT-ALWAYS")
@pytest.mark.parametrize(
    "state",
    [
        {"redirect_uris": f"{CALLBACK} http://localhost/cb"},
        {"registration_source": AppIntegration.RegistrationSource.DCR},
    ],
)
def test_a_redirect_to_a_computer_and_a_self_registered_app_are_asked_even_with_a_wrong_row(
    browser, query, web_app, state
):
    set_policy(web_app, *IN_ADVANCE)
    AppIntegration.objects.update(**state)
    redirect = "http://localhost:7777/cb" if "redirect_uris" in state else CALLBACK
    is_a_page(ask(browser, query, redirect_uri=redirect))


def test_access_management_is_asked_whatever_was_accepted(browser, query, web_app):
    integrations.update(web_app, by=BY, scopes=["mcp.functions", "access-management"])
    set_policy(web_app, *IN_ADVANCE)
    is_a_page(ask(browser, query, scope="mcp.functions access-management"))


def test_what_the_person_took_back_is_not_given_in_advance(browser, query, web_app):
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    consents.revoke(Consent.objects.get(), by=BY)
    is_a_page(ask(browser, query))


def test_what_the_person_narrowed_stays_narrow(browser, query, web_app):
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    consent = Consent.objects.get()
    consents.narrow(consent, Narrowed(("mcp.functions",), None, consent.ends_at), by=BY)
    assert is_granted(ask(browser, query))
    assert [session.scopes for session in Session.objects.all()] == [["mcp.functions"]] * 2


def test_leaving_the_group_ends_what_was_given_at_the_next_question(browser, query, web_app, bob, demo):
    Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=demo)
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    bob.groups.clear()
    is_a_page(ask(browser, query))


def test_taking_the_policy_back_ends_what_it_gave_and_nothing_else(browser, query, web_app, demo, charlie):
    Privilege.objects.create(user=charlie, action="USE_CATALOG", securable="catalog", catalog=demo)
    other = at_the_page(charlie)
    answer(other, ask(other, query))
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    set_policy(web_app, "first_time")
    assert Session.objects.get(revoked_at=None).user == charlie
    assert Session.objects.exclude(revoked_at=None).get().revoke_reason == "pre_approval_ended"
    event = AuditEvent.objects.filter(action="integration.consent_policy").latest("at")
    assert event.details["before"] == {"policy": "pre_approved", "groups": ["analysts"]}
    assert event.details["after"] == {"policy": "first_time", "groups": []}
    assert event.details["consents_ended"] == 1
    is_a_page(ask(browser, query))
    set_policy(web_app, *IN_ADVANCE)
    assert is_granted(ask(browser, query))


def test_another_group_keeps_those_who_are_in_both(browser, query, web_app, bob):
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    bob.groups.add(Group.objects.create(name="sales"))
    set_policy(web_app, "pre_approved", ["sales"])
    assert Session.objects.get().revoked_at is None
    set_policy(web_app, "pre_approved", ["sales"])
    assert AuditEvent.objects.filter(action="integration.consent_policy").count() == 2


def test_a_client_that_may_not_be_asked_gets_an_error(browser, query):
    is_sent_back(ask(browser, query, prompt="none"), "consent_required", "consent_required")


@pytest.mark.parametrize(
    ("policy", "groups", "field"),
    [
        ("never", [], "policy"),
        ("pre_approved", [], "groups"),
        ("pre_approved", ["nobody"], "groups"),
        ("first_time", ["analysts"], "groups"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_name(web_app, analysts, policy, groups, field):
    with pytest.raises(Invalid) as refusal:
        set_policy(web_app, policy, groups)
    assert list(refusal.value.errors) == [field]
    assert consent_policy.describe(web_app) == {"policy": "first_time", "groups": []}


def test_only_an_app_with_https_redirects_is_accepted_in_advance_and_stays_so(web_app, analysts):
    local = {"redirect_urls": [CALLBACK, "http://localhost/cb"]}
    integrations.update(web_app, by=BY, **local)
    with pytest.raises(Invalid, match="redirect_urls"):
        set_policy(web_app, *IN_ADVANCE)
    integrations.update(web_app, by=BY, redirect_urls=[CALLBACK])
    set_policy(web_app, *IN_ADVANCE)
    for urls in (local["redirect_urls"], ["com.example.app:/callback"]):
        with pytest.raises(Invalid, match="redirect_urls"):
            integrations.update(web_app, by=BY, redirect_urls=urls)


def test_the_policy_by_api(caller, admin, dora, bob, web_app):
    path = (
        f"/api/2.0/accounts/{Account.load().account_id}/oauth2/custom-app-integrations"
        f"/{web_app.integration_id}/consent-policy"
    )
    assert caller(dora).get(path).json() == {"policy": "first_time", "groups": []}
    body = {"policy": "pre_approved", "groups": ["analysts"]}
    assert admin.send("PUT", path, body).json() == body
    assert "consent_policy" not in admin.get(path.removesuffix("/consent-policy")).json()
    for wrong in ({}, {"policy": 1}, {"policy": "no"}, {**body, "group": []}, {"policy": "pre_approved"}):
        assert admin.send("PUT", path, wrong).status_code == 400
    assert [caller(who).send("PUT", path, body).status_code for who in (dora, bob)] == [403, 403]
    assert caller(dora).get(path).json() == body


def test_the_policy_in_the_console(alice, dora, web_app, analysts):
    page = console.signed_in(alice)
    where = reverse("console-consent-policy", args=[web_app.integration_id])
    assert "The first time" in page.get(where).content.decode()
    for wrong in ({"policy": "pre_approved"}, {"policy": "no"}, {"policy": "pre_approved", "groups": ["x"]}):
        assert page.post(where, wrong).status_code == 422
    detail = page.post(where, {"policy": "pre_approved", "groups": ["analysts"]}, follow=True).content.decode()
    assert "Not asked: an admin accepted in advance" in detail
    assert "analysts" in detail
    page.post(where, {"policy": "every_time", "groups": ["analysts"]})
    web_app.refresh_from_db()
    assert consent_policy.describe(web_app) == {"policy": "every_time", "groups": []}
    assert console.signed_in(dora).get(where).status_code == 403


def test_what_was_given_in_advance_ends_like_every_consent(browser, query, web_app):
    set_policy(web_app, *IN_ADVANCE)
    ask(browser, query)
    assert Consent.objects.get().ends_at > timezone.now()
    Consent.objects.update(ends_at=timezone.now())
    assert is_granted(ask(browser, query))
    assert Consent.objects.count() == 2
