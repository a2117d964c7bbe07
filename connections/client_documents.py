"""draft-ietf-oauth-client-id-metadata-document: clients whose client_id is the URL of a document about themselves."""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from audit.event import By
from connections import client_metadata, consents, document_fetch, limits, policy, registrations, remote_documents
from connections.client_metadata import Wanted
from connections.document_fetch import Problem
from connections.models import AppIntegration
from connections.policy import Documents, Policy

NEW_FROM_ONE_ADDRESS: Final = 10  # an hour
_SECRET_MEMBERS: Final = ("client_secret", "client_secret_expires_at")
_DOCUMENT: Final = AppIntegration.RegistrationSource.CIMD


def is_address(client_id: str) -> bool:
    """Tell whether a client_id is meant to be the URL of a document."""
    return client_id.lower().startswith("https:")


def host(client: AppIntegration) -> str:
    """Return the host of the client's document, or nothing for a client without one."""
    return urlsplit(client.client_id).hostname or "" if client.registration_source == _DOCUMENT else ""


def are_accepted(rules: Policy) -> bool:
    """Tell whether any document can be accepted now."""
    return rules.client_documents is not Documents.OFF or _published().filter(enabled=True).exists()


def current(url: str, *, by: By) -> AppIntegration:
    """Return the client of this document, read anew when it is no longer fresh, or raise Problem."""
    parts = document_fetch.parts(url)
    if parts is None:
        raise Problem("document_url_malformed", "The client_id is no usable https URL of a client document.")
    client = AppIntegration.objects.filter(client_id=url, registration_source=_DOCUMENT).first()
    _check_policy(parts.hostname or "", client)
    if client is not None:
        return fresh(client, by=by)
    remote_documents.check(url)
    _count(by)
    return _read_anew(url, by)


def fresh(client: AppIntegration, *, by: By) -> AppIntegration:
    """Return the client that came in before, its document read anew when it is no longer fresh, or raise Problem.

    The policy says who may come in: it does not end what is there.
    """
    is_kept = client.cimd_expires_at is not None and client.cimd_expires_at > timezone.now()
    if is_kept or not client.enabled:
        return client
    remote_documents.check(client.client_id)
    return _read_anew(client.client_id, by)


def _read_anew(url: str, by: By) -> AppIntegration:
    wanted, expires_at = remote_documents.fetch(url, lambda document: _read(document, url))
    return _store(url, wanted, expires_at, by)


def _check_policy(name: str, client: AppIntegration | None) -> None:
    """An app that an admin switched on comes in whatever the policy is, and one that is switched off never."""
    if client is not None and client.published_app:
        return
    rules = policy.load()
    is_listed = rules.client_documents is Documents.LISTED and name in rules.client_document_hosts
    if not is_listed and rules.client_documents is not Documents.ANY:
        description = f"This workspace does not accept apps of {name}. Ask an admin to allow that host."
        raise Problem("document_host_not_allowed", description)


def _count(by: By) -> None:
    try:
        limits.count(f"documents:{limits.place(by.address)}", most=NEW_FROM_ONE_ADDRESS, window=timedelta(hours=1))
    except limits.TooMany as reached:
        raise Problem("too_many_documents", f"Too many new apps from this address. {reached}") from reached


def _read(document: dict[str, Any], url: str) -> Wanted:
    if document.get("client_id") != url:
        raise Problem("document_of_another", "The app's document is about another client_id.")
    if any(member in document for member in _SECRET_MEMBERS):
        raise Problem("document_with_secret", "The app's document holds a secret, which everybody could read.")
    if not document.get("client_name"):
        raise Problem("document_refused", "The app's document has no client_name.")
    try:
        return client_metadata.read({"token_endpoint_auth_method": "none", **document}, is_document=True)
    except client_metadata.Refused as refused:
        raise Problem("document_refused", f"The app's document is refused: {refused.description}") from refused


@transaction.atomic
def _store(url: str, wanted: Wanted, expires_at: datetime, by: By) -> AppIntegration:
    """Keep what the document says. People are asked anew where answers now go elsewhere."""
    client, is_new = AppIntegration.objects.select_for_update().get_or_create(
        client_id=url,
        defaults={
            "authorization_grant_type": AppIntegration.GRANT_AUTHORIZATION_CODE,
            "client_type": AppIntegration.CLIENT_PUBLIC,
            "registration_source": _DOCUMENT,
        },
    )
    before = registrations.describe(client)
    had, name = client.redirect_urls, client.name
    registrations.put(client, wanted)
    if client.published_app:
        client.name, client.resembles = name, ""  # the name that the admin switched on
    client.cimd_expires_at = expires_at
    client.save()
    if is_new:
        registrations.write("client.register", client, by)
    elif before != registrations.describe(client):
        moved = bool(had) and set(had) != set(client.redirect_urls)
        ended = consents.end_all(client, reason="client_changed") if moved else 0
        registrations.write("client.update", client, by, before=before, consents_ended=ended)
    return client


def _published() -> Any:
    return AppIntegration.objects.filter(registration_source=_DOCUMENT).exclude(published_app="")
