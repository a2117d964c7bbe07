"""The live authorizations of an app integration. rest-api.md 4.1."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import present, rfc3339
from accounts.api.openapi import page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import integrations
from connections.api import answers
from connections.models import Session


def row(session: Session) -> dict[str, Any]:
    """Return a session as the API shows it."""
    return {
        "session_id": str(session.pk),
        "user_id": session.user_id,
        "user_name": session.user.user_name,
        "scopes": session.scopes,
        **present(catalogs=session.catalogs),
        "resource": session.audience,
        "create_time": rfc3339(session.started_at),
        "expire_time": rfc3339(session.ends_at),
    }


class AppSessions(AccountView):
    """Who uses the app now."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListAppSessions", sessions=answers.SessionInfo),
        summary="List the live sessions of an app integration",
    )
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer a page, oldest first."""
        live = integrations.live_sessions(integrations.get(integration_id)).select_related("user")
        found, token = page_of(live, request, order=("started_at", "id"))
        return Response({"sessions": [row(session) for session in found], **present(next_page_token=token)})

    @extend_schema(responses={200: answers.SignedOut}, summary="End every session of an app integration")
    def delete(self, request: Request, integration_id: str) -> Response:
        """Refuse all its tokens from the next call on. People can connect again."""
        ended = integrations.revoke_tokens(integrations.get(integration_id), by=by_of(request))
        return Response({"sessions": ended})
