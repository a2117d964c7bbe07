"""IP access lists of the workspace and of the account. rest-api.md 4.7."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import network_lists
from accounts.api import answers
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, milliseconds, texts, uuids_of
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done
from accounts.api.permissions import Access
from accounts.errors import NotFound
from accounts.models import NetworkAccessList
from accounts.scopes import Scope

READ = Access("reader", Scope.ALL_APIS)
WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)


class NewList(Body):
    """A list, in force as soon as it is stored."""

    label = Text(help_text="1 to 255 characters.")  # type: ignore[assignment]  # DRF takes declared fields out
    list_type = Text(help_text="ALLOW or BLOCK.")
    ip_addresses = texts(help_text="Addresses and ranges, IPv4 or IPv6: 198.51.100.7, 2001:db8::/32.")


class WholeList(NewList):
    """Everything that can change. For PATCH each field may be left out."""

    enabled = Flag(help_text="false: kept, and not in force.")


def row(entry: NetworkAccessList) -> dict[str, Any]:
    """Return a list as the API shows it."""
    return {
        "list_id": str(entry.list_id),
        "label": entry.label,
        "list_type": entry.list_type,
        "ip_addresses": entry.ip_addresses,
        "address_count": len(entry.ip_addresses),
        "enabled": entry.enabled,
        "created_at": milliseconds(entry.created_at),
        "created_by": entry.created_by,
        "updated_at": milliseconds(entry.updated_at),
        "updated_by": entry.updated_by,
    }


class SurfaceView(AccountView):
    """The lists of one surface. as_view(surface=...) says which."""

    surface: str = NetworkAccessList.Surface.WORKSPACE

    def lists(self) -> QuerySet[NetworkAccessList]:
        """Return the lists of this surface, oldest first."""
        return NetworkAccessList.objects.filter(surface=self.surface).order_by("created_at", "list_id")

    def one(self, list_id: str) -> NetworkAccessList:
        """Return that list of this surface."""
        entry = self.lists().filter(list_id__in=uuids_of(list_id)).first()
        if entry is None:
            raise NotFound(f"There is no IP access list {list_id!r}.")
        return entry


class NetworkLists(SurfaceView):
    """All lists."""

    access = {"GET": READ, "POST": WRITE}

    @extend_schema(responses=answers.IpAccessLists, summary="List the IP access lists")
    def get(self, request: Request) -> Response:
        """Answer with all of them; the quota bounds their number."""
        return Response({"ip_access_lists": [row(entry) for entry in self.lists()]})

    @extend_schema(request=NewList, responses=answers.IpAccessListAnswer, summary="Make an IP access list")
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer with the list, or 400 INVALID_STATE when it would lock the caller out."""
        entry = network_lists.create(self.surface, by=by_of(request), **NewList.of(request))
        return Response({"ip_access_list": row(entry)})


class NetworkList(SurfaceView):
    """One list."""

    access = {"GET": READ, "PATCH": WRITE, "PUT": WRITE, "DELETE": WRITE}

    @extend_schema(responses=answers.IpAccessListAnswer, summary="Show an IP access list")
    def get(self, request: Request, list_id: str) -> Response:
        """Answer with the list."""
        return Response({"ip_access_list": row(self.one(list_id))})

    @extend_schema(request=WholeList, responses=answers.IpAccessListAnswer, summary="Change an IP access list")
    def patch(self, request: Request, list_id: str) -> Response:
        """Change what was sent."""
        return self._change(request, list_id, partial=True)

    @extend_schema(request=WholeList, responses=answers.IpAccessListAnswer, summary="Replace an IP access list")
    def put(self, request: Request, list_id: str) -> Response:
        """Change everything; every field must be sent."""
        return self._change(request, list_id, partial=False)

    @extend_schema(responses={200: Done}, summary="Delete an IP access list")
    def delete(self, request: Request, list_id: str) -> Response:
        """Answer {}, or 400 INVALID_STATE when the other lists would lock the caller out."""
        network_lists.delete(self.one(list_id), by=by_of(request))
        return Response({})

    def _change(self, request: Request, list_id: str, *, partial: bool) -> Response:
        changes = WholeList.of(request, partial=partial)
        entry = network_lists.update(self.one(list_id), by=by_of(request), **changes)
        return Response({"ip_access_list": row(entry)})
