"""A Grant that nobody holds: to tell what a token would open before there is one. It never answers a request."""

from django.utils import timezone

from accounts.models import User
from connections.grant import Client, Grant, Narrowing, Principal


def grant(user: User, client: Client | None, scopes: frozenset[str], resource: str) -> Grant:
    """Return what the principal could do at the resource with these scopes; without a client, by a token of its own."""
    return Grant(
        principal=Principal(
            id=user.pk,
            kind="service" if user.is_service_account else "person",
            name=user.user_name,
            groups=frozenset(user.groups.values_list("pk", flat=True)),
            is_account_admin=user.is_account_admin,
            is_auditor=user.is_auditor,
        ),
        client=client,
        credential_kind="oauth" if client else "pat",
        credential_id="",
        session_id=None,
        scopes=scopes,
        audience=(resource,),
        narrowing=Narrowing(),
        expires_at=timezone.now(),
        address=None,
    )
