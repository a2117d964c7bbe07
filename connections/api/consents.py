"""Stored consents: see them and take them back. rest-api.md 6."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of, holder_of
from accounts.api.errors import InsufficientScope
from accounts.api.fields import ids_of, parameter, present, refuse_unknown_parameters, rfc3339, uuids_of
from accounts.api.openapi import Done, page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import NotFound
from accounts.scopes import Scope, covers
from connections import consents
from connections.api import answers
from connections.models import Consent


def row(consent: Consent) -> dict[str, Any]:
    """Return a consent as the API shows it."""
    return {
        "id": str(consent.id),
        "user_id": consent.user_id,
        "user_name": consent.user.user_name,
        "client_id": consent.integration.client_id,
        "client_name": consent.integration.name,
        "scopes": consent.scopes,
        **present(catalogs=consent.catalogs),
        "resource": consent.resource,
        "redirect_host": consent.redirect_host,
        "create_time": rfc3339(consent.created_at),
        "expire_time": rfc3339(consent.ends_at),
    }


def _live(request: Request, *, others: bool) -> QuerySet[Consent]:
    """Return the consents in force that the caller may see: its own, or also those of others."""
    live = Consent.objects.filter(revoked_at=None, ends_at__gt=timezone.now()).select_related("user", "integration")
    return live if others else live.filter(user_id=holder_of(request).principal.id)


class Consents(APIView):
    """What people have allowed."""

    access = {"GET": Access("any", Scope.ALL_APIS)}

    @extend_schema(
        parameters=[
            query("user", "SCIM id or e-mail address."),
            query("client_id", "OAuth client."),
            *paging(),
        ],
        responses=page("ListConsents", consents=answers.ConsentInfo),
        summary="List consents",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, oldest first: one's own; account admins and auditors see all."""
        refuse_unknown_parameters(request, {"user", "client_id", "page_size", "page_token"})
        filters = {name: parameter(request, name) for name in ("user", "client_id")}
        who = holder_of(request).principal
        rows = _live(request, others=who.is_account_admin or who.is_auditor)
        if user := filters["user"]:
            number = ids_of(user)
            rows = rows.filter(user_id__in=number) if number else rows.filter(user__email=user.lower())
        if filters["client_id"]:
            rows = rows.filter(integration__client_id=filters["client_id"])
        found, token = page_of(rows, request, order=("created_at", "id"), filters=filters, default=50, cap=500)
        return Response({"consents": [row(consent) for consent in found], **present(next_page_token=token)})


class OneConsent(APIView):
    """One consent."""

    access = {"DELETE": Access("any", Scope.ALL_APIS)}

    @extend_schema(responses={200: Done}, summary="Take a consent back")
    def delete(self, request: Request, consent_id: str) -> Response:
        """Answer {}; the sessions under it end at once. For the consent of somebody else it needs access-management."""
        grant = holder_of(request)
        rows = _live(request, others=grant.principal.is_account_admin)
        consent = rows.filter(pk__in=uuids_of(consent_id)).first()
        if consent is None:
            raise NotFound(f"There is no consent {consent_id!r}.")
        if consent.user_id != grant.principal.id and not covers(grant.scopes, Scope.ACCESS_MANAGEMENT):
            raise InsufficientScope(Scope.ACCESS_MANAGEMENT)
        consents.revoke(consent, by=by_of(request))
        return Response({})
