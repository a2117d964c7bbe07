"""What the secrets and the public keys of service accounts share. rest-api.md 4.3."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import uses
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, ids_of, last_use, present, texts, uuids_of
from accounts.api.paging import page_of
from accounts.api.permissions import Access, within_own_scopes
from accounts.errors import Invalid, NotFound
from accounts.lifetimes import LONGEST, known_scopes
from accounts.models import User
from accounts.scopes import Scope

_LIFETIME: Final = re.compile(r"([0-9]{1,9})s?", re.ASCII)
_CHANGE: Final = Access("account_admin", Scope.ACCESS_MANAGEMENT)
READ_AND_ADD: Final = {"GET": Access("reader", Scope.ALL_APIS), "POST": _CHANGE}
DELETE: Final = {"DELETE": _CHANGE}


class NewCredential(Body):
    """A credential that ends."""

    lifetime = Text(required=False, help_text="Seconds with or without a final s: 63072000s (730 days, the default).")
    scopes = texts(required=False, help_text="No token made with it has more. Absent: all-apis.")


class CredentialView(AccountView):
    """The credentials of one kind of one service account. A subclass says which kind, and names its paths' answers."""

    model: ClassVar[Any]
    noun: ClassVar[str]
    use: ClassVar[str]  # as accounts.uses calls it

    def listed(self, request: Request, principal_id: str, row: Callable[[Any], dict[str, Any]]) -> Response:
        """Answer a page of the service account's credentials, each with its last use."""
        found, token = page_of(self._of(principal_id), request, order=("created_at", "id"))
        used = uses.last(self.use, [credential.id for credential in found])
        rows = [row(credential) | last_use(used.get(str(credential.id))) for credential in found]
        return Response({f"{self.noun}s": rows, **present(next_page_token=token)})

    def added(self, request: Request, principal_id: str, wanted: Mapping[str, Any], add: Callable[..., Any]) -> Any:
        """Return what `add` makes of the request. It never exceeds the scopes of the caller."""
        scopes = known_scopes(wanted.get("scopes", ()))
        within_own_scopes(request, frozenset(scopes))
        rest = {name: value for name, value in wanted.items() if name not in NewCredential().fields}
        lifetime = _seconds(wanted.get("lifetime"))
        return add(_account(principal_id), by=by_of(request), lifetime_seconds=lifetime, scopes=scopes, **rest)

    def one(self, principal_id: str, credential_id: str) -> Any:
        """Return that credential of that service account, or raise NotFound."""
        credential = self._of(principal_id).filter(id__in=uuids_of(credential_id)).first()
        if credential is None:
            raise NotFound(f"There is no {self.noun} {credential_id!r} of that service account.")
        return credential

    def _of(self, principal_id: str) -> Any:
        return self.model.objects.filter(service_account=_account(principal_id))


def _account(principal_id: str) -> User:
    """Return the service account of that SCIM id."""
    account = User.objects.filter(kind=User.Kind.SERVICE, pk__in=ids_of(principal_id)).first()
    if account is None:
        raise NotFound(f"There is no service account with the id {principal_id!r}.")
    return account


def _seconds(lifetime: str | None) -> int | None:
    """Return the seconds of 3600s or 3600."""
    if lifetime is None:
        return None
    if not (match := _LIFETIME.fullmatch(lifetime)):
        raise Invalid({"lifetime": [f"{lifetime!r} is no lifetime. Send 1s to {LONGEST}s (730 days)."]})
    return int(match[1])
