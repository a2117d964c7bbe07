"""Authorized apps: what apps may do in the person's name. They narrow it, take it back, or sign out of every app."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.scopes import SENTENCES, Scope
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Cut, Position, paginate
from connections import authorized_apps, client_documents, consents, sessions
from connections.authorized_apps import Authorization
from connections.console.consent_form import NarrowForm
from connections.models import Consent

_LIST = "console-authorized-apps"


@dataclass(frozen=True, slots=True)
class Card:
    """One authorization in the person's words."""

    seen: Authorization
    document_host: str
    sentences: tuple[str, ...]

    @property
    def position(self) -> Position:
        """Return its place in the list."""
        return Position(self.seen.consent.created_at, self.seen.consent.pk)


@open_to(Role.MEMBER)
def app_list(request: SignedInRequest) -> HttpResponse:
    """Show one's own, newest first."""
    mine = consents.live().filter(user=request.user).select_related("integration")

    def fetch(cut: Cut) -> list[Card]:
        return [_card(seen) for seen in authorized_apps.with_life(cut.apply(mine, "created_at", "id"))]

    page = paginate(request, fetch, lambda card: card.position, key=UUID)
    return render(
        request, "connections/authorized_apps.html", {"page": page, "reuses": authorized_apps.reuses(request.user)}
    )


@open_to(Role.MEMBER)
def narrow(request: SignedInRequest, consent_id: UUID) -> HttpResponse:
    """Take something away from one's own consent. To get more the app asks again."""
    consent = get_object_or_404(consents.live().select_related("integration"), pk=consent_id, user=request.user)
    form = NarrowForm(request.POST or None, consent=consent)
    if request.method == "POST" and form.is_valid():
        try:
            consents.narrow(consent, form.wanted, by=by_of(request))
        except Invalid as refusal:
            add_errors(form, refusal.errors, {"scopes": "write", "expire_time": "minutes"})
        else:
            said = _("“%(name)s” may do less from the next call on.")
            messages.success(request, said % {"name": consent.integration.name})
            return redirect(_LIST)
    context = {"form": form, "card": _card(authorized_apps.with_life([consent])[0])}
    return render(request, "connections/authorized_app_narrow.html", context, status=422 if form.errors else 200)


@open_to(Role.MEMBER)
def revoke(request: SignedInRequest, consent_id: UUID) -> HttpResponse:
    """Take a consent back: one's own, or as an account admin anybody's. Taking power away needs no second sign-in."""
    rows = consents.live().select_related("integration", "user")
    if Role.ACCOUNT_ADMIN not in roles_of(request.user):
        rows = rows.filter(user=request.user)
    consent = get_object_or_404(rows, pk=consent_id)
    is_own = consent.user_id == request.user.pk
    if request.method == "POST":
        consents.revoke(consent, by=by_of(request))
        said = (
            _("“%(name)s” can no longer reach your catalogs. Calls that were running were stopped.")
            if is_own
            else _("“%(name)s” can no longer act for %(person)s. Calls that were running were stopped.")
        )
        messages.success(request, said % {"name": consent.integration.name, "person": consent.user})
        return redirect(_LIST if is_own else "console-consents")
    return ask(
        request,
        _("Revoke %(name)s") % {"name": consent.integration.name},
        [*_life(consent, is_own=is_own), _("It has to ask again before it can connect. This cannot be undone.")],
        back_url=reverse(_LIST if is_own else "console-consents"),
    )


@open_to(Role.MEMBER)
def sign_out(request: SignedInRequest) -> HttpResponse:
    """Take back everything that one allowed."""
    if request.method == "POST":
        ended = consents.revoke_all(request.user, by=by_of(request))
        said = ngettext("%(n)d app session ended.", "%(n)d app sessions ended.", ended) % {"n": ended}
        messages.success(request, said)
        return redirect(_LIST)
    live = sessions.live_of(request.user).count()
    cost = [
        ngettext("%(n)d app session acts for you now.", "%(n)d app sessions act for you now.", live) % {"n": live},
        _("Every app loses what you allowed it, at once, and has to ask you again. Your tokens keep working."),
    ]
    return ask(request, _("Sign out of all apps"), cost, back_url=reverse(_LIST))


def _card(seen: Authorization) -> Card:
    return Card(
        seen=seen,
        document_host=client_documents.host(seen.consent.integration),
        sentences=tuple(SENTENCES[Scope(name)] for name in seen.consent.scopes if name != Scope.MCP_WRITE),
    )


def _life(consent: Consent, *, is_own: bool) -> list[str]:
    [seen] = authorized_apps.with_life([consent])
    names = {"name": consent.integration.name, "person": consent.user}
    who = _("“%(name)s” acts for you.") if is_own else _("“%(name)s” acts for %(person)s.")
    live = ngettext("%(n)d session ends.", "%(n)d sessions end.", seen.sessions) % {"n": seen.sessions}
    used = seen.last_used_at
    last = _("Last used at %(at)s UTC.") % {"at": f"{used:%H:%M, %Y-%m-%d}"} if used else _("Never used.")
    return [f"{who % names} {live} {last}"]
