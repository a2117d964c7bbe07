"""Who acts on the pages of audit, for the audit record."""

from audit.console.access import SignedInRequest
from audit.event import By


def by_of(request: SignedInRequest) -> By:
    """Return the signed-in person. The address is not known here: it takes the settings of accounts."""
    person = request.user
    return By(
        principal_id=person.id,
        principal_kind=person.kind,
        principal_name=person.user_name,
        credential_kind="session",
        request_id=getattr(request, "request_id", ""),
    )
