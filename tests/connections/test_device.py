"""RFC 8628: over HTTP as a device, and in a browser session as the person. tests/browser/test_device.py clicks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import activation, links
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog.models import Catalog, Privilege
from connections import built_in, integrations
from connections.models import AccessToken, AppIntegration, DeviceGrant, Session
from tests.connections.conftest import BY, SALES, is_refused, last_reason
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def demo(analysts):
    """A catalog that bob may use through his group."""
    demo = Catalog.objects.create(name="demo", host="127.0.0.1", database="demo", user="demo", password_sealed=b"")
    Privilege.objects.create(group=analysts, action="USE_CATALOG", securable="catalog", catalog=demo)
    return demo


@pytest.fixture
def browser(bob):
    return signed_in(bob)


def signed_in(person):
    client = Client(SERVER_NAME="localhost", SERVER_PORT="8000")
    client.get(reverse("console-first-run", args=[links.make(person, minutes=5)]))
    return client


@pytest.fixture
def begin(http, server, public_app):
    def begin(client_id=public_app.client_id, scope="mcp.functions offline_access", **options):
        form = {"client_id": client_id, "scope": scope, "resource": f"{server}{SALES}", **options}
        return http.post("/oidc/v1/device_authorization", data=form)

    return begin


@pytest.fixture
def started(begin):
    return begin().json()


@pytest.fixture
def poll(http, public_app):
    def poll(started, client_id=public_app.client_id, **options):
        form = {"grant_type": GRANT_TYPE, "client_id": client_id, "device_code": started["device_code"], **options}
        return http.post("/oidc/v1/token", data=form)

    return poll


def enter(browser, started):
    return browser.post("/device", {"user_code": started["user_code"]})


def answer(browser, page, **choices):
    form = {"handle": page.context["handle"], "decision": "allow", "minutes": "1440", **choices}
    return browser.post("/device", form)


def allow(browser, started, **choices):
    return answer(browser, enter(browser, started), **choices)


def time_passes(**ago):
    DeviceGrant.objects.update(polled_at=timezone.now() - timedelta(**ago))


@requirement("AS-DEVICE-FLOW")
def test_a_device_gets_tokens_once_the_person_allowed_it(begin, poll, browser, bob, server):
    response = begin()
    started = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert (started["expires_in"], started["interval"]) == (600, 5)
    assert started["verification_uri"] == f"{server}/device"
    assert "verification_uri_complete" not in started
    assert poll(started).json()["error"] == "authorization_pending"
    page = enter(browser, started)
    assert page.templates[0].name == "connections/consent.html"
    assert b"in front of you" in page.content
    assert not Session.objects.exists()
    assert "Device connected" in answer(browser, page).content.decode()
    tokens = poll(started).json()
    assert tokens["scope"] == "mcp.functions offline_access"
    assert tokens["refresh_token"].startswith("gp_rt_")
    session = Session.objects.get()
    assert (session.user, session.audience) == (bob, SALES)
    assert AccessToken.objects.get().session == session


@requirement("AS-DIGESTS")
def test_only_digests_are_stored(started):
    stored = DeviceGrant.objects.get()
    kept = " ".join(str(value) for value in vars(stored).values())
    assert started["device_code"] not in kept
    assert started["user_code"].replace("-", "") not in kept
    assert started["user_code"] not in kept


def test_the_refresh_token_works(started, poll, browser, http, public_app):
    allow(browser, started)
    refresh_token = poll(started).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": public_app.client_id, "refresh_token": refresh_token}
    assert http.post("/oidc/v1/token", data=form).status_code == 200


@requirement("AS-DEVICE-SLOW-DOWN")
def test_a_device_that_polls_too_often_is_slowed_down(started, poll):
    assert poll(started).json()["error"] == "authorization_pending"
    assert poll(started).json()["error"] == "slow_down"
    time_passes(seconds=6)
    assert poll(started).json()["error"] == "slow_down"
    time_passes(seconds=16)
    assert poll(started).json()["error"] == "authorization_pending"


def test_polling_as_told_is_neither_recorded_nor_counted_as_a_failure(started, poll):
    before = AuditEvent.objects.count()
    for _ in range(15):
        assert poll(started).json()["error"] == "authorization_pending"
        time_passes(seconds=6)
    assert AuditEvent.objects.count() == before


def test_a_declined_device_is_told_so(started, poll, browser):
    assert "not connected" in allow(browser, started, decision="cancel").content.decode()
    is_refused(poll(started), "access_denied", "declined")
    assert not Session.objects.exists()


@requirement("AS-DEVICE-ENDS")
def test_the_codes_end_after_ten_minutes(started, poll, browser):
    page = enter(browser, started)
    DeviceGrant.objects.update(expires=timezone.now())
    is_refused(poll(started), "expired_token", "expired")
    assert answer(browser, page).status_code == 400
    assert enter(browser, started).status_code == 400
    assert last_reason() == "unknown_user_code"


@requirement("AS-DEVICE-ENDS")
def test_a_device_code_works_once_and_a_replay_ends_the_session(started, poll, browser):
    allow(browser, started)
    assert poll(started).status_code == 200
    is_refused(poll(started), "invalid_grant", "device_code_replayed")
    assert Session.objects.get().revoke_reason == "device_code_replayed"


@requirement("AS-DEVICE-ENDS")
def test_a_user_code_works_once(started, browser, charlie):
    first, second = enter(browser, started), enter(browser, started)
    assert answer(browser, first).status_code == 200
    assert answer(browser, second).status_code == 400
    assert enter(browser, started).status_code == 400
    assert Session.objects.count() == 1


@requirement("AS-DEVICE-BOUND")
def test_the_code_is_bound_to_its_client(started, poll, browser, confidential_app):
    allow(browser, started)
    stranger = {"client_id": confidential_app.client_id, "client_secret": confidential_app.secret}
    is_refused(poll(started, **stranger), "invalid_grant", "device_code_of_another_client")
    assert poll(started).status_code == 200


@requirement("DOT-device-code")
def test_dot_a_poll_without_a_device_code_is_400(http, public_app):
    form = {"grant_type": GRANT_TYPE, "client_id": public_app.client_id}
    refused = http.post("/oidc/v1/token", data=form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    unknown = http.post("/oidc/v1/token", data={**form, "device_code": "x"})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_grant")


def test_a_confidential_client_authenticates_at_both_requests(http, confidential_app, browser):
    basic = (confidential_app.client_id, confidential_app.secret)
    refused = http.post("/oidc/v1/device_authorization", data={"client_id": confidential_app.client_id})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    started = http.post("/oidc/v1/device_authorization", auth=basic, data={"scope": "all-apis"}).json()
    allow(browser, started)
    form = {"grant_type": GRANT_TYPE, "device_code": started["device_code"]}
    assert http.post("/oidc/v1/token", data={**form, "client_id": basic[0]}).status_code == 401
    assert http.post("/oidc/v1/token", data=form, auth=basic).json()["scope"] == "all-apis"


@requirement("AS-DEVICE-BOUND")
def test_what_may_not_begin_is_refused(begin, public_app):
    def refused(**options):
        response = begin(**options)
        return response.status_code, response.json()["error"]

    assert refused(client_id="nobody") == (401, "invalid_client")
    assert refused(scope="mcp.sql") == (400, "invalid_scope")
    assert refused(resource="https://elsewhere.example/mcp") == (400, "invalid_target")
    AppIntegration.objects.filter(pk=public_app.pk).update(registration_source="dcr")
    assert refused() == (400, "unauthorized_client")
    assert not DeviceGrant.objects.exists()


@requirement("DOT-inactive", "AS-DISABLED-PERSON")
def test_dot_o15_a_disabled_app_or_person_gets_nothing(started, begin, poll, browser, bob, public_app):
    allow(browser, started)
    activation.set_active(bob, False, by=NOBODY)
    is_refused(poll(started), "invalid_grant", "principal_disabled")
    activation.set_active(bob, True, by=NOBODY)
    is_refused(poll(started), "invalid_grant", "principal_was_disabled")
    browser = signed_in(bob)
    second = begin().json()
    integrations.set_enabled(public_app, False, by=BY)
    assert enter(browser, second).status_code == 400
    is_refused(poll(second), "invalid_grant", "client_disabled")
    is_refused(begin(), "invalid_grant", "client_disabled")


def test_write_is_off_unless_the_person_switches_it_on(begin, poll, browser):
    quiet = begin(scope="mcp.functions mcp.write").json()
    allow(browser, quiet)
    assert poll(quiet).json()["scope"] == "mcp.functions"
    writing = begin(scope="mcp.functions mcp.write").json()
    allow(browser, writing, write="on")
    assert poll(writing).json()["scope"] == "mcp.functions mcp.write"


def test_a_scope_that_the_app_needs_must_be_given(begin, poll, browser, public_app):
    integrations.update(public_app, by=BY, user_authorized_scopes=["mcp.write"])
    assert begin(scope="mcp.functions").json()["error"] == "invalid_scope"
    started = begin(scope="mcp.functions mcp.write").json()
    assert "all that it needs" in allow(browser, started).content.decode()
    assert poll(started).json()["error"] == "access_denied"


@requirement("AS-DEVICE-GUESSING")
def test_ten_codes_in_ten_minutes_are_all_that_a_person_may_type(browser, started, charlie):
    for _ in range(10):
        assert browser.post("/device", {"user_code": "BCDF-GHJK"}).status_code == 400
    refused = enter(browser, started)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert AuditEvent.objects.filter(reason="too_many_codes").count() == 1
    elsewhere = signed_in(charlie)
    assert elsewhere.post("/device", {"user_code": "BCDF-GHJK"}).status_code == 429  # the same address


@requirement("AS-DEVICE-TYPED")
def test_nothing_is_taken_from_a_link(browser, started):
    page = browser.get("/device", {"user_code": started["user_code"]})
    assert page.status_code == 200
    assert started["user_code"] not in page.content.decode()


def test_the_page_needs_a_sign_in_and_a_token_against_forgery(started, bob):
    stranger = Client(SERVER_NAME="localhost", SERVER_PORT="8000")
    assert stranger.get("/device").status_code == 302
    assert enter(stranger, started).status_code == 302
    careful = Client(SERVER_NAME="localhost", SERVER_PORT="8000", enforce_csrf_checks=True)
    careful.get(reverse("console-first-run", args=[links.make(bob, minutes=5)]))
    assert enter(careful, started).status_code == 403


def test_an_answer_for_a_device_is_no_answer_for_a_redirect(browser, started, bob):
    page = enter(browser, started)
    form = {"handle": page.context["handle"], "decision": "allow"}
    assert browser.post("/oidc/v1/authorize", form).status_code == 400
    assert signed_in(bob).post("/device", form).status_code == 400  # another browser
    assert not Session.objects.exists()


def test_what_the_person_may_not_use_is_not_offered(started, charlie):
    assert enter(signed_in(charlie), started).status_code == 400
    assert last_reason() == "resource_not_visible"


def test_typing_is_forgiving_about_case_and_dashes(browser, started):
    loose = {"user_code": started["user_code"].lower().replace("-", " ")}
    assert browser.post("/device", loose).templates[0].name == "connections/consent.html"


def test_the_own_command_line_signs_in_by_device(begin, poll, browser):
    built_in.ensure()
    started = begin(client_id="gatepost-cli", scope="all-apis offline_access", resource=[]).json()
    allow(browser, started)
    assert poll(started, client_id="gatepost-cli").json()["scope"] == "all-apis offline_access access-management"
