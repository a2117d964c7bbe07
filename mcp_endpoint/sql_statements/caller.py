"""RFC 6750 2.1, 3.1: who asks. A token for one MCP URL opens no REST path (RFC 8707 2)."""

from accounts.api.errors import InsufficientScope
from accounts.scopes import Scope, covers
from connections import errors, tokens
from connections.errors import InvalidToken
from connections.grant import Grant
from mcp_endpoint import bearer, entrance
from mcp_endpoint.authorize import Task, authorize
from mcp_endpoint.exchange import Refusal, Request

_MISSING = 'Bearer realm="gatepost"'


async def authenticate(request: Request) -> Grant:
    """Return what the credential of the request may do on the REST API."""
    try:
        raw = bearer.token(request)
        if raw is not None:
            return await tokens.verify(raw, resource=None, address=request.address)
    except errors.Refusal as error:
        if isinstance(error, InvalidToken):
            entrance.count_stranger(request)
        headers = tuple((name.lower(), value) for name, value in error.headers.items())
        raise Refusal(error.status_code, error.description, reason=error.reason, headers=headers, by=error.by) from None
    entrance.count_stranger(request)
    challenge = (("www-authenticate", _MISSING),)
    raise Refusal(401, "Send a token: Authorization: Bearer ...", reason="no_credential", headers=challenge)


def check_scope(grant: Grant) -> None:
    """Refuse a token that opens no SQL."""
    if not covers(grant.scopes, Scope.MCP_SQL):
        raise without(Scope.SQL)


def without(scope: Scope) -> Refusal:
    """Return the refusal that names the scope which is missing."""
    missing = InsufficientScope(scope)
    headers = tuple((name.lower(), value) for name, value in missing.headers.items())
    return Refusal(403, str(missing.detail), reason="insufficient_scope", headers=headers)


async def judge(task: Task, request: Request) -> None:
    """Raise the Refusal that the call would get now."""
    grant = await authenticate(request)
    check_scope(grant)
    await authorize(task.call, request, task.server, grant, is_new=False)
