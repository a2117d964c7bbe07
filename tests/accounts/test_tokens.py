"""accounts.tokens"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import secrets, tokens
from accounts.errors import Invalid, InvalidState, NotFound, QuotaExceeded
from accounts.models import PersonalAccessToken
from audit.models import AuditEvent
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@requirement("AS-PAT-DIGEST")
def test_only_the_digest_is_stored(bob, by):
    token, raw = tokens.create(bob, by=by)
    assert secrets.prefix_of(raw) is secrets.Prefix.PERSONAL_ACCESS_TOKEN
    token.refresh_from_db()
    assert secrets.matches(raw, token.digest)
    assert raw.endswith(token.last_four)


def test_the_raw_value_and_the_digest_are_in_no_audit_record(bob, by):
    token, raw = tokens.create(bob, by=by, comment="ci")
    event = AuditEvent.objects.get(action="personal_access_token.create")
    assert event.principal_name == "alice@example.com"
    assert event.details["after"]["owner"] == "bob@example.com"
    assert raw not in str(event.details)
    assert token.digest.hex() not in str(event.details)


def test_without_scopes_a_token_has_all_apis_and_lives_730_days(bob, by):
    token, _ = tokens.create(bob, by=by)
    assert token.scopes == ["all-apis"]
    assert token.expires_at - token.created_at == timedelta(days=730)


def test_aliases_are_stored_as_what_they_stand_for(bob, by):
    token, _ = tokens.create(bob, by=by, scopes=["ai-search", "vector-search", "sql"])
    assert token.scopes == ["vector-search", "sql"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"lifetime_seconds": 0}, "lifetime_seconds"),
        ({"lifetime_seconds": -1}, "lifetime_seconds"),
        ({"lifetime_seconds": 63_072_001}, "lifetime_seconds"),
        ({"scopes": ["genie"]}, "scopes"),
        ({"comment": "x" * 257}, "comment"),
        ({"comment": "two\nlines"}, "comment"),
        ({"ip_allowlist": ["10.0.0.1/8"]}, "ip_allowlist"),
        ({"ip_allowlist": ["10.0.0.1"] * 101}, "ip_allowlist"),
        ({"resources": ["/elsewhere"]}, "resources"),
    ],
)
def test_bad_input_names_the_field(bob, by, recorded, wanted, field):
    with pytest.raises(Invalid) as refused:
        tokens.create(bob, by=by, **wanted)
    assert list(refused.value.errors) == [field]
    assert recorded() == []


def test_an_inactive_owner_gets_no_token(bob, by):
    bob.is_active = False
    bob.save()
    with pytest.raises(InvalidState):
        tokens.create(bob, by=by)


def test_live_tokens_have_a_quota_and_ended_ones_do_not_count(bob, by, monkeypatch):
    monkeypatch.setattr(tokens, "QUOTA", 2)
    first, _ = tokens.create(bob, by=by)
    second, _ = tokens.create(bob, by=by)
    with pytest.raises(QuotaExceeded):
        tokens.create(bob, by=by)
    tokens.revoke(first, by=by)
    PersonalAccessToken.objects.filter(pk=second.pk).update(expires_at=timezone.now())
    tokens.create(bob, by=by)
    tokens.create(bob, by=by)


def test_a_second_revocation_changes_and_records_nothing(bob, by, recorded):
    token, _ = tokens.create(bob, by=by)
    tokens.revoke(token, by=by)
    tokens.revoke(token, by=by)
    assert recorded() == ["personal_access_token.create", "personal_access_token.revoke"]


@requirement("AS-PAT-SCOPES")
def test_a_token_can_only_be_narrowed(bob, by, recorded):
    token, _ = tokens.create(bob, by=by, scopes=["all-apis"])
    tokens.narrow(token, by=by, scopes=["sql"], comment="less")
    token.refresh_from_db()
    assert (token.scopes, token.comment) == (["sql"], "less")
    with pytest.raises(Invalid):
        tokens.narrow(token, by=by, scopes=["all-apis"])
    assert recorded()[-1] == "personal_access_token.update"


def test_tokens_are_visible_to_their_owner_admins_and_auditors_only(alice, bob, charlie, dora, by):
    token, _ = tokens.create(bob, by=by)
    for viewer in (alice, bob, dora):
        assert tokens.get(tokens.visible_to(viewer), token.token_id) == token
    for token_id in (token.token_id, "nothing", "\0"):
        with pytest.raises(NotFound):
            tokens.get(tokens.visible_to(charlie), token_id)
