"""Stored consents: see them, narrow them and take them back. rest-api.md 6."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of, holder_of
from accounts.api.errors import InsufficientScope
from accounts.api.fields import (
    Body,
    ids_of,
    parameter,
    present,
    refuse_unknown_parameters,
    rfc3339,
    texts,
    uuids_of,
)
from accounts.api.openapi import Done, page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import Invalid, NotFound
from accounts.models import User
from accounts.scopes import Scope, covers, known
from connections import authorized_apps, consents
from connections.api import answers
from connections.authorized_apps import Authorization
from connections.models import AppIntegration, Consent
from connections.narrowing import Narrowed


class Narrower(Body):
    """What stays allowed. Each field may be left out; none can add."""

    scopes = texts(required=False, help_text="Some of the scopes of the consent, or narrower ones.")
    catalogs = texts(required=False, help_text="Some of the catalogs of the consent; at least one.")
    expire_time = serializers.DateTimeField(required=False, help_text="Sooner than now, and in the future.")


def row(authorization: Authorization) -> dict[str, Any]:
    """Return a consent as the API shows it."""
    consent = authorization.consent
    return {
        "id": str(consent.id),
        "user_id": consent.user_id,
        "user_name": consent.user.user_name,
        "client_id": consent.integration.client_id,
        "client_name": consent.integration.name,
        "client_verified": not consent.integration.is_self_registered,
        "scopes": consent.scopes,
        **present(catalogs=consent.catalogs),
        "resource": consent.resource,
        "redirect_host": consent.redirect_host,
        "pre_approved": consent.pre_approved,
        "create_time": rfc3339(consent.created_at),
        "expire_time": rfc3339(consent.ends_at),
        "sessions": authorization.sessions,
        **present(last_use_time=rfc3339(used) if (used := authorization.last_used_at) else None),
    }


def _live(request: Request, *, others: bool) -> QuerySet[Consent]:
    """Return the consents in force that the caller may see: its own, or also those of others."""
    live = consents.live().select_related("user", "integration")
    return live if others else live.filter(user_id=holder_of(request).principal.id)


def _may_change(request: Request, person_id: int | None) -> None:
    """One's own is one's own; for what somebody else allowed it needs access-management."""
    grant = holder_of(request)
    if person_id != grant.principal.id and not covers(grant.scopes, Scope.ACCESS_MANAGEMENT):
        raise InsufficientScope(Scope.ACCESS_MANAGEMENT)


class Consents(APIView):
    """What people have allowed."""

    access = {"GET": Access("any", Scope.ALL_APIS), "DELETE": Access("any", Scope.ALL_APIS)}

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
            rows = rows.filter(user__in=_named(user))
        if filters["client_id"]:
            rows = rows.filter(integration__client_id=filters["client_id"])
        found, token = page_of(rows, request, order=("created_at", "id"), filters=filters, default=50, cap=500)
        shown = [row(authorization) for authorization in authorized_apps.with_life(found)]
        return Response({"consents": shown, **present(next_page_token=token)})

    @extend_schema(
        parameters=[
            query("user", "SCIM id or e-mail address of whose consents end."),
            query("client_id", "OAuth client whose consents end. Without a user: everybody's, for account admins."),
        ],
        responses={200: answers.SignedOut},
        summary="Take back all consents of a person, of a client, or of both",
    )
    def delete(self, request: Request) -> Response:
        """End the sessions too; the apps have to ask again. What others allowed needs an account admin's right."""
        refuse_unknown_parameters(request, {"user", "client_id"})
        user, client_id = parameter(request, "user"), parameter(request, "client_id")
        if not user and not client_id:
            raise Invalid({"user": ["Say whose consents end, or of which client."]})
        person = _person(request, user)
        client = AppIntegration.objects.filter(client_id=client_id).first() if client_id else None
        if client_id and client is None:
            raise NotFound(f"There is no client {client_id[:200]!r}.")
        is_own = person is not None and person.pk == holder_of(request).principal.id
        reason = "ended_by_person" if is_own else "ended_by_admin"
        return Response({"sessions": consents.revoke_all(person, client, by=by_of(request), reason=reason)})


def _person(request: Request, user: str) -> User | None:
    """Return whose consents the caller may take back; None for everybody's."""
    who = holder_of(request).principal
    if not user and who.is_account_admin:
        _may_change(request, None)
        return None
    people = _named(user) if who.is_account_admin else _named(user or str(who.id)).filter(pk=who.id)
    person = people.first()
    if person is None:
        raise NotFound(f"There is no person {user!r} whose consents you may take back.")
    _may_change(request, person.pk)
    return person


def _named(user: str) -> QuerySet[User]:
    number = ids_of(user)
    return User.objects.filter(pk__in=number) if number else User.objects.filter(email=user.lower())


class OneConsent(APIView):
    """One consent."""

    access = {"PATCH": Access("any", Scope.ALL_APIS), "DELETE": Access("any", Scope.ALL_APIS)}

    @extend_schema(request=Narrower, responses=answers.ConsentInfo, summary="Narrow a consent")
    def patch(self, request: Request, consent_id: str) -> Response:
        """Take scopes, catalogs or time away, from running sessions too. To add something the app has to ask."""
        consent = self._consent(request, consent_id)
        given = Narrower.of(request)
        catalogs = given.get("catalogs", consent.catalogs)
        wanted = Narrowed(
            scopes=tuple(_scopes(given["scopes"]) if "scopes" in given else consent.scopes),
            catalogs=None if catalogs is None else tuple(dict.fromkeys(catalogs)),
            ends_at=given.get("expire_time", consent.ends_at),
        )
        consents.narrow(consent, wanted, by=by_of(request))
        [authorization] = authorized_apps.with_life([self._consent(request, consent_id)])
        return Response(row(authorization))

    @extend_schema(responses={200: Done}, summary="Take a consent back")
    def delete(self, request: Request, consent_id: str) -> Response:
        """Answer {}; the sessions under it end at once. For the consent of somebody else it needs access-management."""
        consents.revoke(self._consent(request, consent_id), by=by_of(request))
        return Response({})

    def _consent(self, request: Request, consent_id: str) -> Consent:
        """Return the consent if the caller may change it."""
        rows = _live(request, others=holder_of(request).principal.is_account_admin)
        consent = rows.filter(pk__in=uuids_of(consent_id)).first()
        if consent is None:
            raise NotFound(f"There is no consent {consent_id!r}.")
        _may_change(request, consent.user_id)
        return consent


def _scopes(names: list[str]) -> list[str]:
    unknown = [name for name in names if known(name) is None]
    if unknown:
        raise Invalid({"scopes": [f"Unknown scope: {', '.join(name[:100] for name in unknown)}."]})
    return list(dict.fromkeys(str(known(name)) for name in names))
