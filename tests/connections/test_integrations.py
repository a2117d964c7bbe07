"""connections.integrations: one validator, one audit record for each change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import secrets
from accounts.errors import Invalid, NotFound
from accounts.models import User
from audit.event import By
from audit.models import AuditEvent
from connections import built_in, integration_fields, integrations
from connections.models import AppIntegration, Session
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
BY = By(principal_id=7, principal_kind="person", principal_name="alice@example.com")
GIVEN = {"name": " Claude ", "redirect_urls": ["https://claude.ai/api/mcp/auth_callback"], "scopes": ["mcp.functions"]}


def create(**given):
    return integrations.create(by=BY, **{**GIVEN, **given})


def refusal(**given):
    with pytest.raises(Invalid) as caught:
        create(**given)
    assert not AppIntegration.objects.exists()
    assert not AuditEvent.objects.exists()
    return caught.value


def last_event():
    return AuditEvent.objects.latest("at")


def test_a_public_integration_has_no_secret_and_the_default_lifetimes():
    integration, secret = create()
    assert secret is None
    assert integration.name == "Claude"
    assert not integration.confidential
    assert integrations.policy_of(integration) == integration_fields.POLICY_DEFAULTS
    assert last_event().action == "integration.create"
    assert last_event().object == f"app-integration:{integration.integration_id}"


@requirement("AS-SECRET-DIGEST")
def test_only_the_digest_of_a_secret_is_kept():
    integration, raw = create(confidential=True)
    assert secrets.prefix_of(raw) is secrets.Prefix.CLIENT_SECRET
    assert secrets.matches(raw, integration.secrets.get().digest)
    assert integration.client_secret is None  # there is no such column
    assert raw not in str(last_event().details)


def test_scopes_keep_their_order_and_aliases_become_the_scope():
    integration, _ = create(scopes=["vector-search", "mcp.sql", "ai-search"])
    assert integration.scopes == ["vector-search", "mcp.sql"]


@pytest.mark.parametrize("scopes", [None, []])
def test_an_integration_without_scopes_is_a_bad_request_that_speaks_of_scopes(scopes):
    error = refusal(scopes=scopes)
    assert error.code == "BAD_REQUEST"
    assert "scope" in str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "evil\u202ename"),
        ("name", 3),
        ("redirect_urls", []),
        ("redirect_urls", "https://app.example.com/"),
        ("redirect_urls", [3]),
        ("redirect_urls", ["http://app.example.com/"]),
        ("redirect_urls", [f"https://app.example.com/{number}" for number in range(21)]),
        ("scopes", ["mcp.functions", "genie"]),
        ("user_authorized_scopes", ["mcp.sql"]),
        ("ip_allowlist", ["198.51.100.7/24"]),
        ("ip_allowlist", ["0.0.0.0/0"]),
        ("ip_allowlist", ["here"]),
        ("confidential", "true"),
        ("token_access_policy", []),
        ("nickname", "x"),
    ],
)
def test_a_bad_field_is_named(field, value):
    assert list(refusal(**{field: value}).errors) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_token_ttl_in_minutes", 4),
        ("access_token_ttl_in_minutes", 1441),
        ("access_token_ttl_in_minutes", "60"),
        ("access_token_ttl_in_minutes", True),
        ("refresh_token_ttl_in_minutes", 59),
        ("refresh_token_ttl_in_minutes", 129_601),
        ("absolute_session_lifetime_in_minutes", 10_079),
        ("absolute_session_lifetime_in_minutes", 525_601),
        ("enable_single_use_refresh_tokens", False),
        ("enable_single_use_refresh_tokens", "no"),
        ("access_ttl", 60),
    ],
)
def test_a_bad_lifetime_is_named(field, value):
    assert list(refusal(token_access_policy={field: value}).errors) == [f"token_access_policy.{field}"]


def test_all_faults_are_told_at_once():
    assert set(refusal(name="", redirect_urls=[], scopes=["x"]).errors) == {"name", "redirect_urls", "scopes"}


def test_a_fault_in_a_redirect_url_names_its_line():
    error = refusal(redirect_urls=["https://app.example.com/", "http://app.example.com/"])
    assert error.errors["redirect_urls"][0].startswith("Line 2: ")


def test_a_confidential_integration_may_keep_its_refresh_tokens():
    integration, _ = create(confidential=True, token_access_policy={"enable_single_use_refresh_tokens": False})
    assert integration.enable_single_use_refresh_tokens is False


def test_an_update_replaces_lists_and_merges_the_policy():
    integration, _ = create(token_access_policy={"access_token_ttl_in_minutes": 30})
    changed = integrations.update(
        integration,
        by=BY,
        redirect_urls=["https://claude.com/api/mcp/auth_callback"],
        token_access_policy={"refresh_token_ttl_in_minutes": 600},
    )
    assert changed.redirect_urls == ["https://claude.com/api/mcp/auth_callback"]
    assert (changed.access_token_ttl_in_minutes, changed.refresh_token_ttl_in_minutes) == (30, 600)
    assert last_event().details["before"]["redirect_urls"] == GIVEN["redirect_urls"]
    assert last_event().details["after"]["redirect_urls"] == ["https://claude.com/api/mcp/auth_callback"]


def test_taking_a_scope_away_that_people_must_allow_is_refused():
    integration, _ = create(scopes=["mcp.functions", "mcp.sql"], user_authorized_scopes=["mcp.sql"])
    with pytest.raises(Invalid) as caught:
        integrations.update(integration, by=BY, scopes=["mcp.functions"])
    assert list(caught.value.errors) == ["user_authorized_scopes"]


@pytest.mark.parametrize("field", ["name", "confidential"])
def test_name_and_kind_cannot_change(field):
    integration, _ = create()
    with pytest.raises(Invalid) as caught:
        integrations.update(integration, by=BY, **{field: "x"})
    assert list(caught.value.errors) == [field]


@requirement("AS-SECRET-OVERLAP")
def test_the_old_secret_works_until_the_overlap_ends():
    integration, first = create(confidential=True)
    rotation = integrations.rotate_secret(integration, by=BY, overlap_seconds=3600)
    assert len(integrations.live_secrets(integration)) == 2
    assert abs(rotation.previous_ends_at - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)
    third = integrations.rotate_secret(integration, by=BY, overlap_seconds=0)
    assert [secret.id for secret in integrations.live_secrets(integration)] == [third.secret.id]
    assert first not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_public_integration_has_nothing_to_rotate():
    integration, _ = create()
    with pytest.raises(Invalid):
        integrations.rotate_secret(integration, by=BY)


@pytest.fixture
def session():
    integration, _ = create()
    bob = User.objects.create_person("bob@example.com")
    return Session.objects.create(
        user=bob, integration=integration, scopes=["mcp.functions"], audience="/", ends_at=timezone.now() + timedelta(1)
    )


def test_the_cost_of_a_deletion_is_counted(session):
    assert integrations.cost(session.integration) == integrations.Cost(people=1, sessions=1, last_used_at=None)


def test_revoking_ends_every_session(session):
    assert integrations.revoke_tokens(session.integration, by=BY) == 1
    session.refresh_from_db()
    assert session.revoke_reason == "integration_tokens_revoked"


def test_deleting_takes_the_sessions_along(session):
    integrations.delete(session.integration, by=BY)
    assert not Session.objects.exists()
    assert last_event().action == "integration.delete"
    with pytest.raises(NotFound):
        integrations.get(session.integration.integration_id)


def test_switching_off_and_on_leaves_two_records():
    integration, _ = create()
    assert not integrations.set_enabled(integration, False, by=BY).enabled
    assert integrations.set_enabled(integration, True, by=BY).enabled
    actions = list(AuditEvent.objects.order_by("at").values_list("action", flat=True))
    assert actions == ["integration.create", "integration.disable", "integration.enable"]


@pytest.mark.parametrize("integration_id", ["", "x", "00000000-0000-0000-0000-000000000000", None])
def test_an_unknown_id_is_not_found(integration_id):
    with pytest.raises(NotFound):
        integrations.get(integration_id)


def test_built_in_clients_are_made_once_and_are_no_integrations_of_an_admin():
    built_in.ensure()
    built_in.ensure()
    assert AppIntegration.objects.count() == 2
    assert not integrations.registered().exists()
