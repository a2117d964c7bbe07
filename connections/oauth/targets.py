"""RFC 8707 2: what a token is for. `resource` may be repeated, but a token is for one resource."""

from collections.abc import Iterable

from django.conf import settings
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Error

from connections import narrowing, resources
from connections.oauth import attempt, errors
from connections.resources import ALL_OF_MCP, EVERYTHING


def asked(request: Request, parameters: list[tuple[str, str]]) -> str | None:
    """Return the canonical path of the resource that the parameters name, or None when they name none."""
    values = [value for key, value in parameters if key == "resource"]
    here = attempt.of(request)
    paths = {resources.canonical(value, here.origins, here.is_resource) for value in values}
    if None in paths:
        raise attempt.refusal(
            request,
            errors.InvalidTarget,
            "The resource is no MCP URL of this server. Use the URL that the server's metadata names.",
            reason="unknown_resource",
        )
    if len(paths) > 1:
        raise attempt.refusal(
            request, errors.InvalidTarget, "Ask for one resource at a time.", reason="several_resources"
        )
    return paths.pop() if paths else None


def default(request: Request) -> str:
    """Return what a token without `resource` is for: everything, but only where an admin vouches for the client."""
    if not request.client.is_self_registered:
        return EVERYTHING
    if not settings.GATEPOST_REQUIRE_RESOURCE:
        return ALL_OF_MCP
    raise attempt.refusal(
        request,
        errors.InvalidTarget,
        "resource is required: send the URL of the MCP server, for which the token will be good.",
        reason="resource_missing",
    )


def narrowed(request: Request, granted: str, otherwise: type[OAuth2Error]) -> str:
    """Return what the token will be for: what was granted, or the part of it that the token request names."""
    return named(request, [granted], otherwise) or granted


def named(request: Request, granted: Iterable[str], otherwise: type[OAuth2Error] = errors.InvalidTarget) -> str | None:
    """Return what the token request names, which is part of one of those that were granted, or None."""
    path = asked(request, request.decoded_body or [])
    if path is None:
        return None
    outer = next((each for each in granted if resources.contains(each, path)), None)
    if outer is None:
        raise attempt.refusal(
            request, otherwise, "The resource is not the one that was authorized.", reason="other_resource"
        )
    if outer in {EVERYTHING, ALL_OF_MCP} and not narrowing.may_use(request.user, path):
        raise invisible(request)  # what was granted names no catalog, so nobody has looked yet
    return path


def invisible(request: Request) -> OAuth2Error:
    """Return the one refusal of a resource that does not exist and of one that is not for this principal."""
    description = "There is no such resource for you. Check the URL, or ask an admin for the catalog."
    return attempt.refusal(request, errors.InvalidTarget, description, reason="resource_not_visible")
