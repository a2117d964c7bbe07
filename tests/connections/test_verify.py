"""connections.tokens"""

import asyncio
import time
import uuid
from datetime import timedelta
from ipaddress import ip_address

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import AsyncCursor

from accounts import freshness, secrets, uses
from accounts.models import CredentialUse, NetworkAccessList, PersonalAccessToken, ServiceAccountSecret
from audit import event_loop
from connections import credentials, tokens
from connections.attribution import by
from connections.errors import AddressRefused, ClientDisabled, InvalidToken, TemporarilyUnavailable
from connections.models import AccessToken, AppIntegration, Consent, Session
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

SALES = "/api/2.0/mcp/functions/demo/sales"
HOME = ip_address("198.51.100.7")
OFFICE = ip_address("203.0.113.5")


def verify(raw, *, resource=None, address=HOME, surface="workspace"):
    return event_loop.run(tokens.verify(raw, resource=resource, address=address, surface=surface))


def refused(raw, **where):
    with pytest.raises(InvalidToken) as caught:
        verify(raw, **where)
    return caught.value.reason


def in_an_hour():
    return timezone.now() + timedelta(hours=1)


def pat(owner, *, scopes=("all-apis",), **fields):
    raw = secrets.make(secrets.Prefix.PERSONAL_ACCESS_TOKEN)
    token = PersonalAccessToken.objects.create(
        owner=owner,
        digest=secrets.digest(raw),
        last_four=raw[-4:],
        scopes=list(scopes),
        created_by=owner.pk,
        **{"expires_at": in_an_hour()} | fields,
    )
    return raw, token


@pytest.fixture
def app(db):
    return AppIntegration.objects.create(
        client_id=str(uuid.uuid4()),
        name="Assistant",
        client_type="public",
        authorization_grant_type="authorization-code",
        scopes=["mcp.functions", "mcp.sql", "mcp.write"],
    )


def access_token(user, app, *, scope="mcp.functions mcp.sql", audience=SALES, session=None, secret=None, **fields):
    raw = secrets.make(secrets.Prefix.ACCESS_TOKEN)
    token = AccessToken.objects.create(
        user=user,
        application=app,
        token="",
        token_checksum=secrets.digest(raw).hex(),
        scope=scope,
        audience=audience,
        session=session,
        secret=secret,
        **{"expires": in_an_hour()} | fields,
    )
    return raw, token


@pytest.fixture
def session(bob, app):
    consent = Consent.objects.create(
        user=bob,
        integration=app,
        requested_scopes=["mcp.functions"],
        resource=SALES,
        redirect_host="127.0.0.1",
        scopes=["mcp.functions"],
        ends_at=in_an_hour(),
    )
    return Session.objects.create(
        user=bob,
        integration=app,
        consent=consent,
        scopes=["all-apis", "mcp.write", "offline_access"],
        audience=SALES,
        ends_at=in_an_hour(),
    )


@pytest.fixture
def statements(monkeypatch):
    """The statements that verify sends."""
    sent = []
    execute = AsyncCursor.execute

    async def counted(self, query, *arguments, **options):
        if "FROM accounts_" in str(query) or "FROM connections_" in str(query):
            sent.append(query)
        return await execute(self, query, *arguments, **options)

    monkeypatch.setattr(AsyncCursor, "execute", counted)
    return sent


# --- What a good token grants


@requirement("AS-PAT-SCOPES")
def test_a_personal_access_token_grants_what_its_scopes_say(bob, analysts):
    raw, token = pat(bob, scopes=["unity-catalog"])
    grant = verify(raw)
    assert (grant.principal.id, grant.principal.kind, grant.principal.name) == (bob.pk, "person", "bob@example.com")
    assert grant.principal.groups == {analysts.pk}
    assert (grant.client, grant.credential_kind, grant.credential_id) == (None, "pat", token.token_id)
    assert grant.scopes == {"unity-catalog", "mcp.functions", "mcp.tables"}
    assert (grant.audience, grant.expires_at, grant.address) == (("/",), token.expires_at, HOME)
    assert not grant.principal.is_account_admin
    assert grant.narrowing.read_only


def test_a_session_that_was_narrowed_limits_the_tokens_that_it_had_before(bob, app, session):
    raw, _ = access_token(bob, app, scope="mcp.functions mcp.write", session=session)
    assert not verify(raw, resource=SALES).narrowing.read_only
    Session.objects.filter(pk=session.pk).update(scopes=["mcp.functions"])
    until(lambda: verify(raw, resource=SALES).narrowing.read_only, limit=1)
    assert verify(raw, resource=SALES).scopes == {"mcp.functions"}


@requirement("RS-SCOPE-INTERSECTION")
def test_an_access_token_grants_what_token_and_client_allow(bob, app, session):
    raw, token = access_token(bob, app, scope="all-apis mcp.write offline_access", session=session)
    grant = verify(raw, resource=SALES)
    assert grant.scopes == {"mcp.functions", "mcp.sql", "mcp.write"}
    assert not grant.narrowing.read_only
    assert (grant.client.id, grant.credential_kind, grant.credential_id) == (app.client_id, "oauth", str(token.pk))
    assert grant.session_id == str(session.pk)


def test_a_token_of_a_service_account_is_bound_to_the_secret_that_it_was_issued_for(etl):
    secret = ServiceAccountSecret.objects.create(
        service_account=etl, digest=b"x" * 32, last_four="abcd", created_by=1, expires_at=in_an_hour()
    )
    client = AppIntegration.objects.create(client_id=str(etl.application_id), service_account=etl, scopes=["all-apis"])
    raw, _ = access_token(etl, client, scope="all-apis", audience="/", secret=secret)
    grant = verify(raw)
    assert (grant.credential_kind, grant.principal.kind) == ("service", "service")
    assert grant.principal.name == str(etl.application_id)
    secret.delete()
    until(lambda: _is_refused(raw), limit=1)


def _is_refused(raw, **where):
    try:
        verify(raw, **where)
    except (InvalidToken, AddressRefused, ClientDisabled):
        return True
    return False


def test_a_member_keeps_access_management_because_views_ask_for_the_role(bob):
    assert "access-management" in verify(pat(bob, scopes=["access-management"])[0]).scopes


@requirement("RS-SCOPE-INTERSECTION")
def test_consent_and_client_both_narrow_the_catalogs(bob, app, session):
    raw, _ = access_token(bob, app, session=session)
    assert verify(raw, resource=SALES).narrowing.catalogs is None
    Session.objects.update(catalogs=["demo", "hr"])
    AppIntegration.objects.update(allowed_catalogs=["demo", "crm"])
    until(lambda: verify(raw, resource=SALES).narrowing.catalogs == {"demo"}, limit=1)


@requirement("AS-SESSION-END")
def test_a_token_ends_with_its_session(bob, app, session):
    ends_at = timezone.now() + timedelta(minutes=5)
    Session.objects.update(ends_at=ends_at)
    assert verify(access_token(bob, app, session=session)[0], resource=SALES).expires_at == ends_at


def test_the_audit_record_names_principal_client_and_credential(bob, app, session):
    raw, token = access_token(bob, app, session=session)
    who = by(verify(raw, resource=SALES), "request-1")
    assert (who.principal_name, who.client_name, who.credential_id) == ("bob@example.com", "Assistant", str(token.pk))
    assert (who.scopes, who.address, who.request_id) == (("mcp.functions", "mcp.sql"), HOME, "request-1")


# --- What is refused


@pytest.mark.parametrize("noise", ["", "x", "gp_pat_" + "a" * 49, "é" * 60, "\udcff", "Bearer gp_pat_"])
@requirement("AS-TOKEN-PREFIX")
def test_noise_is_refused_without_a_query(noise, statements):
    assert refused(noise) == "malformed_token"
    assert statements == []


@pytest.mark.parametrize("prefix", sorted(set(secrets.Prefix) - {"gp_pat_", "gp_at_"}))
def test_other_secrets_are_no_bearer_tokens(prefix):
    assert refused(secrets.make(prefix)) == "malformed_token"


@pytest.mark.parametrize("prefix", ["gp_pat_", "gp_at_"])
def test_an_unknown_token_is_refused(prefix):
    assert refused(secrets.make(secrets.Prefix(prefix))) == "unknown_token"


@requirement("RS-RECORDED")
def test_a_revoked_token_is_refused_and_the_refusal_knows_whose_it_was(bob):
    raw, token = pat(bob, revoked_at=timezone.now())
    with pytest.raises(InvalidToken) as caught:
        verify(raw)
    assert (caught.value.reason, caught.value.by.principal_id) == ("revoked", bob.pk)
    assert caught.value.by.credential_id == token.token_id


@requirement("RS-EXPIRED")
def test_an_expired_token_is_refused(bob):
    assert refused(pat(bob, expires_at=timezone.now() - timedelta(seconds=1))[0]) == "expired"


@requirement("RS-EXPIRED")
def test_a_token_expires_although_it_is_remembered(bob):
    until(freshness.is_fresh)
    raw, _ = pat(bob, expires_at=timezone.now() + timedelta(seconds=0.5))
    verify(raw)
    until(lambda: _is_refused(raw))
    assert refused(raw) == "expired"


def test_an_access_token_without_session_and_secret_is_refused(bob, app):
    assert refused(access_token(bob, app)[0], resource=SALES) == "no_session"


@requirement("AS-SESSION-REVOKE")
def test_a_token_of_a_finished_session_is_refused(bob, app, session):
    Session.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert refused(access_token(bob, app, session=session)[0], resource=SALES) == "expired"


@requirement("AS-CONSENT-ENDS")
def test_a_token_under_a_revoked_consent_is_refused(bob, app, session):
    Consent.objects.update(revoked_at=timezone.now())
    assert refused(access_token(bob, app, session=session)[0], resource=SALES) == "session_revoked"


@pytest.mark.parametrize(
    ("audience", "resource", "opens"),
    [
        ("/", None, True),
        ("/", SALES, True),
        ("/api/2.0/mcp", SALES, True),
        ("/api/2.0/mcp", None, False),
        (SALES, SALES, True),
        (SALES, f"{SALES}/get_customer", True),
        ("/api/2.0/mcp/functions/demo", SALES, True),
        ("/api/2.0/mcp/functions/dem", SALES, False),
        (SALES, "/api/2.0/mcp/functions/demo", False),
        (SALES, "/api/2.0/mcp/sql", False),
        (SALES, None, False),
    ],
)
@requirement("RS-AUDIENCE")
def test_a_token_opens_its_resource_and_what_lies_below(bob, app, session, audience, resource, opens):
    raw, _ = access_token(bob, app, session=session, audience=audience)
    bound, _ = pat(bob, resources=[] if audience == "/" else [audience])
    if opens:
        assert verify(raw, resource=resource).audience == verify(bound, resource=resource).audience == (audience,)
    else:
        assert refused(raw, resource=resource) == refused(bound, resource=resource) == "wrong_audience"


def test_a_disabled_app_is_refused_with_403(bob, app, session):
    AppIntegration.objects.update(enabled=False)
    with pytest.raises(ClientDisabled) as caught:
        verify(access_token(bob, app, session=session)[0], resource=SALES)
    assert (caught.value.status_code, caught.value.headers) == (403, {})


def network_list(kind, *ranges, surface="workspace", **fields):
    return NetworkAccessList.objects.create(
        surface=surface, label="x", list_type=kind, ip_addresses=list(ranges), created_by=1, updated_by=1, **fields
    )


@requirement("RS-NETWORK-USE")
def test_all_network_lists_must_let_the_address_in(bob, app, session):
    network_list("ALLOW", "198.51.100.0/24", "203.0.113.0/24")
    network_list("BLOCK", "203.0.113.5")
    AppIntegration.objects.update(ip_allowlist=["198.51.100.0/28"])
    raw, _ = access_token(bob, app, session=session)
    assert verify(raw, resource=SALES, address=HOME).address == HOME
    for stranger in (OFFICE, ip_address("198.51.100.77"), ip_address("192.0.2.1"), None):
        with pytest.raises(AddressRefused) as caught:
            verify(raw, resource=SALES, address=stranger)
    assert (caught.value.status_code, caught.value.headers) == (403, {})


@requirement("RS-NETWORK-USE")
def test_a_token_may_be_bound_to_addresses(bob):
    raw, _ = pat(bob, ip_allowlist=["203.0.113.0/24"])
    assert verify(raw, address=OFFICE).address == OFFICE
    with pytest.raises(AddressRefused):
        verify(raw, address=HOME)


@requirement("RS-NETWORK-USE")
def test_each_surface_has_its_own_lists(bob):
    network_list("BLOCK", str(HOME), surface="account")
    network_list("BLOCK", str(HOME), enabled=False)
    raw, _ = pat(bob)
    assert verify(raw)
    with pytest.raises(AddressRefused):
        verify(raw, surface="account")


# --- What is remembered


@pytest.fixture
def fresh():
    until(freshness.is_fresh)
    now = time.monotonic()
    until(lambda: freshness._Channel.fresh_until > now + freshness._PROOF)
    event_loop.run(asyncio.sleep(0.01))  # notices of what the test made before have arrived


def test_a_cold_token_costs_two_statements_and_a_warm_one_none(bob, app, session, fresh, statements):
    raw, _ = access_token(bob, app, session=session)
    verify(raw, resource=SALES)
    assert len(statements) == 2
    verify(raw, resource=SALES)
    verify(raw, resource=f"{SALES}/f", address=OFFICE)
    assert refused(raw, resource="/api/2.0/mcp/sql") == "wrong_audience"
    assert len(statements) == 2
    verify(pat(bob)[0])
    assert len(statements) == 3  # the lists are remembered


def test_a_warm_token_needs_no_other_thread(bob, fresh):
    raw, _ = pat(bob)
    assert tokens.remembered(raw, resource=None, address=HOME) is None
    grant = verify(raw)
    assert tokens.remembered(raw, resource=None, address=HOME) == grant
    assert asyncio.run(tokens.verify(raw, resource=None, address=HOME)) == grant


CHANGES = {
    "token revoked": lambda scene: PersonalAccessToken.objects.update(revoked_at=timezone.now()),
    "token deleted": lambda scene: PersonalAccessToken.objects.all().delete(),
    "access token deleted": lambda scene: AccessToken.objects.all().delete(),
    "session revoked": lambda scene: Session.objects.update(revoked_at=timezone.now()),
    "consent revoked": lambda scene: Consent.objects.update(revoked_at=timezone.now()),
    "person deactivated": lambda scene: type(scene.bob).objects.filter(pk=scene.bob.pk).update(is_active=False),
    "app disabled": lambda scene: AppIntegration.objects.update(enabled=False),
    "app deleted": lambda scene: AppIntegration.objects.all().delete(),
    "address blocked": lambda scene: network_list("BLOCK", str(HOME)),
}


class Scene:
    def __init__(self, bob, app, session):
        self.bob = bob
        self.tokens = [pat(bob)[0], access_token(bob, app, session=session)[0]]

    def refused(self):
        return [_is_refused(raw, resource=SALES) for raw in self.tokens]


@pytest.mark.parametrize("change", CHANGES)
@requirement("RS-FELT")
def test_a_change_is_felt_within_a_second(bob, app, session, fresh, change):
    scene = Scene(bob, app, session)
    assert scene.refused() == [False, False]
    CHANGES[change](scene)
    assert until(lambda: any(scene.refused()), limit=1) < 1


@requirement("RS-FELT")
def test_a_change_is_felt_at_once_while_no_notices_arrive(bob, fresh, monkeypatch):
    raw, _ = pat(bob)
    verify(raw)
    monkeypatch.setattr(freshness, "_SHORTEST_PAUSE", 3.0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'gatepost changes' AND datname = current_database()"
        )
    until(lambda: not freshness.is_fresh())
    verify(raw)
    PersonalAccessToken.objects.update(revoked_at=timezone.now())
    assert refused(raw) == "revoked"
    event_loop.close()


def test_a_token_that_is_revoked_while_it_is_read_is_not_remembered(bob, fresh, monkeypatch):
    raw, token = pat(bob)
    read = credentials.facts

    async def revoked_meanwhile(*arguments):
        facts = await read(*arguments)
        before = freshness.generation()
        await asyncio.to_thread(_revoke, token)
        while freshness.generation() == before:
            await asyncio.sleep(0)
        return facts

    with monkeypatch.context() as patch:
        patch.setattr(credentials, "facts", revoked_meanwhile)
        assert verify(raw)  # it was good when it was read
    assert refused(raw) == "revoked"


def _revoke(token):
    PersonalAccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    connection.close()


@requirement("RS-CLOSED")
def test_without_a_database_nobody_is_let_in(bob, monkeypatch):
    raw, _ = pat(bob)
    event_loop.close()
    monkeypatch.setattr("audit.control_database._LONGEST_WAIT", 0.3)
    with monkeypatch.context() as patch:
        patch.setitem(settings.DATABASES["default"], "OPTIONS", {"host": "127.0.0.1", "port": "1"})
        with pytest.raises(TemporarilyUnavailable):
            verify(raw)
        event_loop.close()
    assert verify(raw)


# --- Last use


def test_uses_are_written_in_batches_off_the_request(bob, app, session):
    event_loop.close()  # writes what earlier tests left
    CredentialUse.objects.all().delete()
    raw, token = pat(bob)
    issued, _ = access_token(bob, app, session=session)
    for _ in range(3):
        verify(raw)
        verify(issued, resource=SALES)
    assert not CredentialUse.objects.exists()
    event_loop.run(uses.flush())
    found = {(use.credential_kind, use.credential_id): use.address for use in CredentialUse.objects.all()}
    assert found == {
        ("pat", token.token_id): str(HOME),
        ("client", app.client_id): str(HOME),
        ("session", str(session.pk)): str(HOME),
    }
    before = CredentialUse.objects.get(credential_kind="pat").last_used_at
    verify(raw, address=OFFICE)
    event_loop.run(uses.flush())
    after = CredentialUse.objects.get(credential_kind="pat")
    assert after.last_used_at > before
    assert after.address == str(OFFICE)


def test_uses_are_written_when_the_loop_closes(bob):
    event_loop.close()
    CredentialUse.objects.all().delete()
    verify(pat(bob)[0])
    until(lambda: uses._noted != {})
    event_loop.close()
    assert CredentialUse.objects.count() == 1


def test_a_token_that_was_made_while_its_person_was_switched_off_does_not_wake_up_with_them(bob, app, session):
    bob.deactivated_at = timezone.now()  # and on again
    bob.save()
    raw, _ = access_token(bob, app, session=session)  # its request had read that the person is active
    assert refused(raw, resource=SALES) == "revoked"
