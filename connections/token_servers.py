"""oauth.md 3: a personal access token may be bound to MCP URLs. Bound, it opens those and nothing else."""

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from django.db import transaction

from accounts import tokens
from accounts.errors import Invalid
from accounts.models import PersonalAccessToken, User
from audit.event import By
from catalog.visibility import Sight
from connections import narrowing, resources
from connections.resources import IsResource

MOST: Final = 100  # URLs of one token


def offered(owner: User, is_resource: IsResource) -> list[str]:
    """Return the MCP URLs that a token of this principal can be bound to, as paths in order."""
    usable = frozenset(narrowing.catalogs_of(owner))
    sight = Sight(owner.pk, owner.is_account_admin, owner.is_auditor, usable)
    candidates: list[str] = []
    for kind in sorted(narrowing.CATALOG_KINDS):
        candidates.append(kind)
        for catalog in sight.see_catalogs().order_by("name"):
            above = f"{kind}/{quote(catalog.name, safe='')}"
            names = sight.see_schemas(catalog).order_by("name").values_list("name", flat=True)
            candidates += [above, *(f"{above}/{quote(name, safe='')}" for name in names)]
    paths = (f"{resources.ALL_OF_MCP}/{candidate}" for candidate in candidates)
    return [path for path in paths if is_resource(path)]


@transaction.atomic
def bind(
    token: PersonalAccessToken, given: Sequence[str], *, origins: Iterable[str], is_resource: IsResource, by: By
) -> None:
    """Let the token open these MCP URLs and nothing else. A binding can be made tighter, never wider or undone."""
    token.refresh_from_db(from_queryset=PersonalAccessToken.objects.select_for_update())
    wanted = _known(token.owner, given, tuple(origins), is_resource)
    held = token.resources
    wider = [path for path in wanted if held and not any(resources.contains(outer, path) for outer in held)]
    if wider or (held and not wanted):
        raise Invalid({"resources": [f"The token is bound to {', '.join(held)}. Make a new token for more."]})
    tokens.narrow(token, by=by, resources=wanted)


def _known(owner: User, given: Sequence[str], origins: tuple[str, ...], is_resource: IsResource) -> list[str]:
    """Return the URLs as canonical paths. One refusal for what does not exist and for what is not for the owner."""
    found = {text: _path(text, origins, is_resource) for text in given}
    unknown = [text for text, path in found.items() if path is None or not narrowing.may_use(owner, path)]
    if unknown:
        named = ", ".join(text[:200] for text in unknown)
        raise Invalid({"resources": [f"No MCP URL of this server that the token's owner may use: {named}."]})
    if len(found) > MOST:
        raise Invalid({"resources": [f"Send at most {MOST} URLs."]})
    return list(dict.fromkeys(path for path in found.values() if path is not None))


def _path(text: str, origins: tuple[str, ...], is_resource: IsResource) -> str | None:
    if text == resources.ALL_OF_MCP:  # as the API shows what the origin stands for
        return text
    return resources.canonical(f"{origins[0]}{text}" if text.startswith("/") else text, origins, is_resource)
