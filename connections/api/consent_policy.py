"""When people are asked about an app integration. oauth.md 5, beside rest-api.md 4.1."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, texts
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import consent_policy, integrations
from connections.api import answers


class Policy(Body):
    """When people are asked, and for whom an admin accepts in advance."""

    policy = Text(help_text="every_time, first_time or pre_approved.")
    groups = texts(required=False, help_text="Names of groups, for pre_approved only; at least one.")


class ConsentPolicy(AccountView):
    """The consent policy of one app integration."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "PUT": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(responses=answers.ConsentPolicy, summary="Show when people are asked about an app integration")
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer the policy and its groups."""
        return Response(consent_policy.describe(integrations.get(integration_id)))

    @extend_schema(
        request=Policy, responses=answers.ConsentPolicy, summary="Set when people are asked about an app integration"
    )
    def put(self, request: Request, integration_id: str) -> Response:
        """Replace both. Consents that nobody accepts in advance any more end at once."""
        integration, given = integrations.get(integration_id), Policy.of(request)
        consent_policy.change(integration, given["policy"], given.get("groups", []), by=by_of(request))
        return Response(consent_policy.describe(integrations.get(integration_id)))
