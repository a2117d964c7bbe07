"""RFC 6749 3.3: which scopes a request may ask for, and which it gets when it names none."""

from oauthlib.common import Request

from accounts import scopes
from accounts.scopes import Scope
from connections.models import AppIntegration
from connections.oauth import attempt, errors

# Power that a person gives only when a client asks for it by name.
_BY_NAME_ONLY = frozenset({Scope.MCP_WRITE, Scope.ACCESS_MANAGEMENT})


def default(request: Request) -> list[str]:
    """Return the scopes of a request without `scope`."""
    if attempt.of(request).credential is not None:
        return _held(request)
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
    if len(wanted) > 1 and not _is_renewable(request):
        wanted = [name for name in wanted if name != Scope.OFFLINE_ACCESS]
    held = frozenset(_held(request))
    beyond = [name for name in wanted if not scopes.covers(held, name)]
    if beyond:
        asks = "client" if attempt.of(request).personal_access_token is None else "token"
        description = f"This {asks} may not ask for: {_shown(beyond)}. It may ask for: {' '.join(sorted(held))}."
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


def _held(request: Request) -> list[str]:
    """Return what may be asked for: what the client has, what its secret has, or what it and an exchanged token both have."""
    here = attempt.of(request)
    if here.credential is None:
        names: list[str] = request.client.scopes
        return names
    held = list(here.credential.scopes) or [str(Scope.ALL_APIS)]
    if here.personal_access_token is None or request.client is None:
        return held
    both = sorted(scopes.intersect(frozenset(held), frozenset(request.client.scopes)))
    if not both:
        description = "The token and the client have no scope in common."
        raise attempt.refusal(request, errors.InvalidScope, description, reason="scope_beyond_client")
    return both


def _is_renewable(request: Request) -> bool:
    """Tell whether a refresh token can come of this. An exchange never brings one."""
    if attempt.of(request).personal_access_token is not None:
        return False
    return scopes.covers(frozenset(request.client.scopes), Scope.OFFLINE_ACCESS)


def _shown(names: list[str]) -> str:
    # RFC 6749 5.2: error_description holds printable ASCII without quotes and backslashes.
    printable = (c if " " <= c <= "~" and c not in '"\\' else "?" for c in " ".join(names)[:200])
    return "".join(printable)
