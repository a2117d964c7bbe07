"""Personal access tokens: create, narrow, revoke. connections.tokens verifies them."""

from collections.abc import Sequence
from typing import Protocol

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import secrets
from accounts.errors import Invalid, InvalidState, NotFound, QuotaExceeded
from accounts.lifetimes import checked_ranges, expiry, known_scopes
from accounts.models import PersonalAccessToken, User
from accounts.names import is_plain
from accounts.scopes import expand
from audit import record
from audit.event import By, Event

QUOTA = 600
LONGEST_COMMENT = 256


class Viewer(Protocol):
    """Whoever looks at tokens: a User, or the principal of a Grant."""

    @property
    def id(self) -> int: ...
    @property
    def is_account_admin(self) -> bool: ...
    @property
    def is_auditor(self) -> bool: ...


def visible_to(viewer: Viewer) -> QuerySet[PersonalAccessToken]:
    """Return the tokens that are not revoked: account admins and auditors see all, everybody else their own."""
    tokens = PersonalAccessToken.objects.filter(revoked_at=None).select_related("owner").order_by("-created_at")
    return tokens if viewer.is_account_admin or viewer.is_auditor else tokens.filter(owner_id=viewer.id)


def own(viewer: Viewer) -> QuerySet[PersonalAccessToken]:
    """Return the viewer's own tokens that are not revoked."""
    return visible_to(viewer).filter(owner_id=viewer.id)


def get(tokens: QuerySet[PersonalAccessToken], token_id: str) -> PersonalAccessToken:
    """Return that token of the given ones: whoever may not see it learns nothing of it."""
    token = tokens.filter(token_id=token_id).first() if token_id.isalnum() else None
    if token is None:
        raise NotFound("There is no such token among those that you may see.")
    return token


@transaction.atomic
def create(
    owner: User,
    *,
    by: By,
    comment: str = "",
    lifetime_seconds: int | None = None,
    scopes: Sequence[str] = (),
    ip_allowlist: Sequence[str] = (),
    resources: Sequence[str] = (),
) -> tuple[PersonalAccessToken, str]:
    """Return a new token and its raw value, which is nowhere else and never shown again."""
    now = timezone.now()
    raw = secrets.make(secrets.Prefix.PERSONAL_ACCESS_TOKEN)
    token = PersonalAccessToken(
        owner=owner,
        digest=secrets.digest(raw),
        last_four=raw[-4:],
        comment=_checked_comment(comment),
        scopes=known_scopes(scopes),
        resources=_checked_resources(resources),
        ip_allowlist=checked_ranges(ip_allowlist, field="ip_allowlist"),
        created_at=now,
        created_by=by.principal_id or owner.pk,
        expires_at=expiry(lifetime_seconds, now),
    )
    _lock(owner)
    if PersonalAccessToken.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now).count() >= QUOTA:
        raise QuotaExceeded(f"{owner} has {QUOTA} tokens, the most there can be. Revoke some that are not used.")
    token.save(force_insert=True)
    _record("create", token, by, after=_described(token))
    return token, raw


@transaction.atomic
def narrow(
    token: PersonalAccessToken,
    *,
    by: By,
    comment: str | None = None,
    scopes: Sequence[str] | None = None,
    resources: Sequence[str] | None = None,
) -> None:
    """Change the comment, or take scopes or resources away. A token never gets more than it was made with.

    That the resources are known and within those of the token, connections.token_servers has checked.
    """
    token.refresh_from_db(
        from_queryset=PersonalAccessToken.objects.select_for_update(of=("self",)).select_related("owner")
    )
    before = _described(token)
    if comment is not None:
        token.comment = _checked_comment(comment)
    if scopes is not None:
        narrowed = known_scopes(scopes)
        if more := set(narrowed) - expand(frozenset(token.scopes)):
            raise Invalid({"scopes": [f"The token lacks {', '.join(sorted(more))}. Make a new token for more."]})
        token.scopes = narrowed
    if resources is not None:
        token.resources = _checked_resources(resources)
    if before == _described(token):
        return
    token.save(update_fields=["comment", "scopes", "resources"])
    _record("update", token, by, before=before, after=_described(token))


@transaction.atomic
def revoke(token: PersonalAccessToken, *, by: By, reason: str = "") -> None:
    """End the token for good; a second time changes nothing."""
    ended = PersonalAccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        _record("revoke", token, by, reason, before=_described(token))


def _lock(owner: User) -> None:
    """Let parallel creates wait for each other, so that they cannot pass the quota together."""
    if not User.objects.select_for_update(no_key=True).get(pk=owner.pk).is_active:
        raise InvalidState(f"{owner} is not active and can have no new token.")


def _checked_comment(comment: str) -> str:
    if len(comment) > LONGEST_COMMENT or not is_plain(comment):
        raise Invalid({"comment": [f"Send at most {LONGEST_COMMENT} characters, without line breaks."]})
    return comment


def _checked_resources(resources: Sequence[str]) -> list[str]:
    for path in resources:
        if not f"{path}/".startswith("/api/2.0/mcp/"):
            raise Invalid({"resources": [f"{path!r} is no path of an MCP URL. It begins with /api/2.0/mcp/."]})
    return list(resources)


def _described(token: PersonalAccessToken) -> dict[str, object]:
    return {
        "owner": token.owner.user_name,
        "comment": token.comment,
        "scopes": token.scopes,
        "resources": token.resources,
        "ip_allowlist": token.ip_allowlist,
        "expires_at": token.expires_at.isoformat(),
        "ends_in": token.last_four,
    }


def _record(verb: str, token: PersonalAccessToken, by: By, reason: str = "", **details: object) -> None:
    action = f"personal_access_token.{verb}"
    record.write(Event(action=action, outcome="allowed", by=by, reason=reason, object=token.token_id, details=details))
