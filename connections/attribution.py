"""Who did it, for the audit record, from a Grant."""

from audit.event import By
from connections.grant import Grant


def by(grant: Grant, request_id: str) -> By:
    """Return the principal, client, credential and address of the request."""
    client = grant.client
    return By(
        principal_id=grant.principal.id,
        principal_kind=grant.principal.kind,
        principal_name=grant.principal.name,
        client_id=client.id if client else "",
        client_name=client.name if client else "",
        credential_kind=grant.credential_kind,
        credential_id=grant.credential_id,
        scopes=tuple(sorted(grant.scopes)),
        address=grant.address,
        request_id=request_id,
    )
