"""RFC 6749 3.3: which scopes a request may ask for, and which it gets when it names none."""

from oauthlib.common import Request

from accounts import scopes
from accounts.models import ServiceAccountKey, ServiceAccountSecret
from accounts.scopes import Scope
from connections.models import AppIntegration
from connections.oauth import attempt, errors

# Power that a person gives only when a client asks for it by name.
_BY_NAME_ONLY = frozenset({Scope.MCP_WRITE, Scope.ACCESS_MANAGEMENT})


def default(request: Request) -> list[str]:
    """Return the scopes of a request without `scope`."""
    credential = attempt.of(request).credential
    if credential is not None:
        return list(_of(credential))
    client: AppIntegration = request.client
    return [name for name in client.scopes if name not in _BY_NAME_ONLY or name in client.user_authorized_scopes]


def check(names: list[str], request: Request) -> list[str]:
    """Return the scopes under their own names, each once, or raise InvalidScope that says which one and why."""
    unknown = [name for name in names if scopes.known(name) is None]
    if unknown:
        description = f"Unknown scope: {_shown(unknown)}. Known are {' '.join(Scope)}."
        raise attempt.refusal(request, errors.InvalidScope, description, reason="unknown_scope")
    wanted = list(dict.fromkeys(str(scopes.known(name)) for name in names))
    # Clients of MCP add it wherever the metadata lists it; without it there is no refresh token, and `scope` says so.
    if len(wanted) > 1 and not scopes.covers(frozenset(request.client.scopes), Scope.OFFLINE_ACCESS):
        wanted = [name for name in wanted if name != Scope.OFFLINE_ACCESS]
    credential = attempt.of(request).credential
    held = frozenset(request.client.scopes if credential is None else _of(credential))
    beyond = [name for name in wanted if not scopes.covers(held, name)]
    if beyond:
        description = f"This client may not ask for: {_shown(beyond)}. It may ask for: {' '.join(sorted(held))}."
        raise attempt.refusal(request, errors.InvalidScope, description, reason="scope_beyond_client")
    return wanted


def narrowed(names: list[str], granted: list[str], request: Request) -> list[str]:
    """RFC 6749 6: a refresh MUST NOT include any scope that was not granted; hierarchies are honoured."""
    wanted = check(names, request)
    beyond = [name for name in wanted if not scopes.covers(frozenset(granted), name)]
    if beyond:
        description = f"The person did not allow: {_shown(beyond)}."
        raise attempt.refusal(request, errors.InvalidScope, description, reason="scope_beyond_session")
    return wanted


def _of(credential: ServiceAccountSecret | ServiceAccountKey) -> tuple[str, ...]:
    return tuple(credential.scopes) or (Scope.ALL_APIS,)


def _shown(names: list[str]) -> str:
    # RFC 6749 5.2: error_description holds printable ASCII without quotes and backslashes.
    printable = (c if " " <= c <= "~" and c not in '"\\' else "?" for c in " ".join(names)[:200])
    return "".join(printable)
