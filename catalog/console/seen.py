"""What the signed-in person may look at. The fetch is the access check."""

from django.http import Http404

from audit.console.access import Role, SignedInRequest, roles_of
from catalog.models import Catalog
from catalog.visibility import Sight


def sight_of(request: SignedInRequest) -> Sight:
    """Return what the person sees: their privileges, or everything for admins and auditors."""
    roles = roles_of(request.user)
    return Sight(request.user.id, Role.ACCOUNT_ADMIN in roles, Role.AUDITOR in roles)


def catalog_of(request: SignedInRequest, name: str) -> Catalog:
    """Return the catalog of that name. One answer for what does not exist and what the person may not see."""
    found = sight_of(request).see_catalogs().filter(name=name.replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def may_change(request: SignedInRequest) -> bool:
    """Tell whether the person is an account admin."""
    return Role.ACCOUNT_ADMIN in roles_of(request.user)


def sees_connections(request: SignedInRequest) -> bool:
    """Tell whether the person may read how a database is reached (rest-api.md 7)."""
    return bool(roles_of(request.user) & {Role.ACCOUNT_ADMIN, Role.AUDITOR})
