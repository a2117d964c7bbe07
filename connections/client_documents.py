"""draft-ietf-oauth-client-id-metadata-document: clients whose client_id is the URL of a document about themselves."""

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from django.db import transaction
from django.utils import timezone

from accounts import secrets
from audit import event_loop
from audit.event import By
from connections import client_metadata, consents, limits, policy, registrations
from connections.client_metadata import Wanted
from connections.document_fetch import SECONDS, Fetched, Fetcher, Problem
from connections.models import AppIntegration, FailedDocument
from connections.policy import Documents, Policy

MAX_URL: Final = 255  # characters
NEW_FROM_ONE_ADDRESS: Final = 10  # an hour
_KEPT: Final = (timedelta(minutes=5), timedelta(hours=24))
_BACK_OFF: Final = timedelta(seconds=60)
_SECRET_MEMBERS: Final = ("client_secret", "client_secret_expires_at")
_URL: Final = re.compile(r"https://[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")  # RFC 3986, without #
_DOCUMENT: Final = AppIntegration.RegistrationSource.CIMD

fetcher = Fetcher()


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
    parts = _parts(url)
    client = AppIntegration.objects.filter(client_id=url, registration_source=_DOCUMENT).first()
    _check_policy(parts.hostname or "", client)
    now = timezone.now()
    if client is not None and (not client.enabled or (client.cimd_expires_at and client.cimd_expires_at > now)):
        return client
    failed = FailedDocument.objects.filter(url_digest=secrets.digest(url), retry_at__gt=now).first()
    if failed is not None:
        raise Problem("document_failed_before", failed.problem)
    if client is None:
        _count(by)
    try:
        fetched = event_loop.run(fetcher.fetch(url), timeout=2 * SECONDS)
        wanted = _read(fetched.document, url)
    except Problem as problem:
        _back_off(url, problem)
        raise
    return _store(url, wanted, fetched, by)


def _parts(url: str) -> SplitResult:
    """Section 3 of the draft: https, a host by name, a path, and nothing that could be read in two ways."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if (
        not _URL.fullmatch(url)
        or len(url) > MAX_URL
        or parts.netloc != parts.hostname  # no user information, no port, lower case
        or not policy.is_host(parts.netloc)
        or parts.path in {"", "/"}
        or not {".", ".."}.isdisjoint(unquote(unquote(parts.path)).split("/"))
    ):
        raise Problem("document_url_malformed", "The client_id is no usable https URL of a client document.")
    return parts


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
        wanted = client_metadata.read({"token_endpoint_auth_method": "none", **document})
    except client_metadata.Refused as refused:
        raise Problem("document_refused", f"The app's document is refused: {refused.description}") from refused
    if wanted.confidential:
        raise Problem("document_refused", "The app's document asks for a client secret, which it cannot have.")
    return wanted


@transaction.atomic
def _store(url: str, wanted: Wanted, fetched: Fetched, by: By) -> AppIntegration:
    """Keep what the document says. People are asked anew where answers now go elsewhere."""
    client, is_new = AppIntegration.objects.select_for_update().get_or_create(
        client_id=url,
        defaults={
            "authorization_grant_type": AppIntegration.GRANT_AUTHORIZATION_CODE,
            "client_type": AppIntegration.CLIENT_PUBLIC,
            "client_secret": "",
            "hash_client_secret": False,
            "registration_source": _DOCUMENT,
        },
    )
    before = registrations.describe(client)
    had, name = client.redirect_urls, client.name
    registrations.put(client, wanted)
    if client.published_app:
        client.name, client.resembles = name, ""  # the name that the admin switched on
    shortest, longest = _KEPT
    client.cimd_expires_at = timezone.now() + min(max(timedelta(seconds=fetched.max_age), shortest), longest)
    client.save()
    FailedDocument.objects.filter(url_digest=secrets.digest(url)).delete()
    if is_new:
        registrations.write("client.register", client, by)
    elif before != registrations.describe(client):
        moved = bool(had) and set(had) != set(client.redirect_urls)
        ended = consents.end_all(client, reason="client_changed") if moved else 0
        registrations.write("client.update", client, by, before=before, consents_ended=ended)
    return client


def _back_off(url: str, problem: Problem) -> None:
    FailedDocument.objects.update_or_create(
        url_digest=secrets.digest(url),
        defaults={"problem": problem.description, "retry_at": timezone.now() + _BACK_OFF},
    )


def _published() -> Any:
    return AppIntegration.objects.filter(registration_source=_DOCUMENT).exclude(published_app="")
