"""Access is declared at each view and denied where it is not. rest-api.md 2.4 (scopes) and 7 (roles)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.api.attribution import Principal, holder_of
from accounts.api.errors import BeyondOwnScopes, InsufficientScope
from accounts.scopes import covers, expand

if TYPE_CHECKING:  # DRF reads its settings, and so this module, while rest_framework.views is being imported
    from rest_framework.views import APIView

Role = Literal["any", "person", "reader", "account_admin", "auditor"]


@dataclass(frozen=True, slots=True)
class Access:
    """What one method of a view asks for. `reader` is an account admin or an auditor; scope None: any credential.

    `or_scope` opens it as well.
    """

    role: Role
    scope: str | None
    or_scope: str = ""


_ROLES: Mapping[Role, tuple[Callable[[Principal], bool], str]] = MappingProxyType(
    {
        "any": (lambda principal: True, ""),
        "person": (lambda principal: principal.kind == "person", "Only people may do this, not service accounts."),
        "reader": (
            lambda principal: principal.is_account_admin or principal.is_auditor,
            "Only account admins and auditors may see this.",
        ),
        "account_admin": (lambda principal: principal.is_account_admin, "Only account admins may do this."),
        "auditor": (lambda principal: principal.is_auditor, "Only auditors may do this."),
    }
)


class DeclaredAccess(BasePermission):
    """Each view declares `access = {"GET": Access(...), ...}`; a method that is not declared is refused."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raise the refusal that says what would help, or return True."""
        method = "GET" if request.method == "HEAD" else request.method or ""
        access: Access | None = getattr(view, "access", {}).get(method)
        if access is None:
            raise MethodNotAllowed(method)
        if request.auth is None:
            raise NotAuthenticated("Send a token: Authorization: Bearer ...")
        grant = holder_of(request)
        holds, otherwise = _ROLES[access.role]
        if not holds(grant.principal):
            raise PermissionDenied(otherwise)
        if access.scope is not None and not any(covers(grant.scopes, s) for s in (access.scope, access.or_scope)):
            raise InsufficientScope(access.scope)
        return True


def within_own_scopes(request: Request, wanted: frozenset[str]) -> None:
    """Refuse to mint what the caller does not hold itself."""
    missing = wanted - expand(holder_of(request).scopes)
    if missing:
        raise BeyondOwnScopes(missing)
