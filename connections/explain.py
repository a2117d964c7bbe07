"""Why may, or may not, this principal through this client do this: the first rule that decides."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils import timezone

from accounts.errors import Invalid
from accounts.models import Group, User
from accounts.scopes import Scope, expand
from catalog import privileges
from catalog.models import Routine
from catalog.privileges import Effective, Principal, Securable
from catalog.rights import MEANINGFUL
from connections.models import AppIntegration, Consent

# What a token needs for an action: one scope of each set.
_SCOPES: Final[Mapping[str, tuple[frozenset[str], ...]]] = MappingProxyType(
    {
        "EXECUTE": (frozenset({Scope.MCP_FUNCTIONS}),),
        "SELECT": (frozenset({Scope.MCP_TABLES, Scope.MCP_SQL}),),
        "MODIFY": (frozenset({Scope.MCP_TABLES, Scope.MCP_SQL}), frozenset({Scope.MCP_WRITE})),
        "USE_CATALOG": (),
        "USE_SCHEMA": (),
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """Who, through what, wants to do what. Without a client the principal's own token is meant."""

    principal: Principal
    client: AppIntegration | None
    action: str
    securable: Securable

    @property
    def writes(self) -> bool:
        """Tell whether it runs in a writing transaction."""
        where = self.securable
        names = {"schema__catalog": where.catalog, "schema__name": where.schema, "name": where.object}
        is_function = where.kind == "function"
        return self.action == "MODIFY" or (
            is_function and Routine.objects.filter(**names, signature=where.signature, writes=True).exists()
        )

    @property
    def needed_scopes(self) -> tuple[frozenset[str], ...]:
        """Return the sets of scopes of each of which a token needs one."""
        needed = _SCOPES[self.action]
        write = frozenset({Scope.MCP_WRITE})
        return (*needed, write) if self.writes and write not in needed else needed


@dataclass(frozen=True, slots=True)
class Answer:
    """The rule that decided, in words; the privileges that allow, or the ones that are lacking."""

    is_allowed: bool
    rule: str
    told: str
    privileges: tuple[Effective, ...] = ()
    lacking: tuple[str, ...] = ()


def explain(question: Question) -> Answer:
    """Return the first rule that refuses, or what allows it. Network lists depend on the address and are left out."""
    if question.action not in MEANINGFUL[question.securable.kind]:
        meaningful = ", ".join(MEANINGFUL[question.securable.kind])
        told = f"{question.action!r} means nothing on a {question.securable.kind}. Use {meaningful}."
        raise Invalid({"action": [told]})
    for rule in _RULES:
        for told in rule(question):
            return Answer(is_allowed=False, rule=rule.__name__.strip("_"), told=told)
    return _by_privilege(question)


def _principal_disabled(question: Question) -> Iterator[str]:
    if isinstance(question.principal, User) and not question.principal.is_active:
        yield "The principal is deactivated. An admin can activate it."


def _catalog_disabled(question: Question) -> Iterator[str]:
    if not question.securable.catalog.enabled:
        yield "The catalog is switched off. An admin can switch it on."


def _login_role_refused(question: Question) -> Iterator[str]:
    for finding in question.securable.catalog.findings:
        if finding["severity"] == "refused":
            yield f"The login role of the catalog is too powerful: {finding['message']}"


def _catalog_read_only(question: Question) -> Iterator[str]:
    if question.writes and question.securable.catalog.read_only:
        yield "The catalog is read-only, and this writes."


def _client_disabled(question: Question) -> Iterator[str]:
    if question.client and not question.client.enabled:
        yield "The app is switched off. An admin can switch it on."


def _client_scopes(question: Question) -> Iterator[str]:
    if question.client:
        yield from _missing(question, frozenset(question.client.scopes), "The app may not have")


def _client_catalogs(question: Question) -> Iterator[str]:
    allowed = question.client.allowed_catalogs if question.client else None
    if allowed is not None and question.securable.catalog.name not in allowed:
        yield "The app is limited to other catalogs."


def _consent(question: Question) -> Iterator[str]:
    """A person has to have allowed the app; what they allowed is the limit."""
    client, person = question.client, question.principal
    if client is None or not isinstance(person, User) or person.is_service_account:
        return
    live = Consent.objects.filter(user=person, integration=client, revoked_at=None, ends_at__gt=timezone.now())
    consents = list(live)
    if not consents:
        yield "The person has not allowed this app, or took it back. Signing in with the app asks them."
    reasons = [reason for consent in consents if (reason := _narrowed(question, consent))]
    if consents and len(reasons) == len(consents):
        yield reasons[0]


def _narrowed(question: Question, consent: Consent) -> str:
    if consent.catalogs is not None and question.securable.catalog.name not in consent.catalogs:
        return "The person allowed this app other catalogs only."
    return next(_missing(question, frozenset(consent.scopes), "The person did not allow this app"), "")


_RULES: Final[tuple[Callable[[Question], Iterator[str]], ...]] = (
    _principal_disabled,
    _client_disabled,
    _client_scopes,
    _client_catalogs,
    _consent,
    _catalog_disabled,
    _login_role_refused,
    _catalog_read_only,
)


def _missing(question: Question, held: frozenset[str], words: str) -> Iterator[str]:
    for one_of in question.needed_scopes:
        if one_of.isdisjoint(expand(held)):
            yield f"{words} the scope {' or '.join(sorted(one_of))}."


def _by_privilege(question: Question) -> Answer:
    """USE_CATALOG and USE_SCHEMA on the way, and the action itself."""
    principal, where = question.principal, question.securable
    held = privileges.effective(principal, where)
    deciding = tuple(one for one in held if one.action == question.action)
    lacking = [action for action in privileges.lacking(principal, where) if action.startswith("USE_")]
    if not deciding:
        lacking.append(question.action)
    if not lacking:
        told = f"{question.action} is held."
        return Answer(is_allowed=True, rule="privilege", told=told, privileges=deciding)
    needed = ", ".join(dict.fromkeys(lacking))
    told = f"Denied by default: {_name(principal)} lacks {needed}. An admin can grant it."
    if where.runs_as_owner and not deciding:
        told += " It runs with the rights of its owner, so a privilege on the schema or catalog does not reach it."
    needed_privileges = tuple(dict.fromkeys(lacking))
    return Answer(is_allowed=False, rule="no_privilege", told=told, privileges=deciding, lacking=needed_privileges)


def _name(principal: Principal) -> str:
    return principal.name if isinstance(principal, Group) else principal.user_name
