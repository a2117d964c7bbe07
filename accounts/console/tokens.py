"""Personal access tokens: one's own, and for admins the revocation of anybody's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.addresses import address_of
from accounts.console import status
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import TokenForm, add_errors
from accounts.console.reveal import Line, Reveal, already_revealed, reveal_once, shown_once
from accounts.errors import Invalid, Refused
from accounts.models import PersonalAccessToken, User
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Position, paginate

Offer = Callable[[User], Sequence[str]]  # the MCP URLs that a token of this principal can be bound to


@dataclass(frozen=True, slots=True)
class Row:
    """One token as the list shows it."""

    token_id: str
    name: str
    last_four: str
    scopes: list[str]
    servers: list[str]
    created_at: datetime
    last_used_at: datetime | None
    status: status.Status

    @property
    def is_live(self) -> bool:
        """Tell whether there is anything left to revoke."""
        return self.status not in {status.EXPIRED, status.REVOKED}


@open_to(Role.MEMBER)
def token_list(request: SignedInRequest) -> HttpResponse:
    """Show one's own tokens, newest first."""
    own = PersonalAccessToken.objects.filter(owner=request.user, revoked_at=None)
    page = paginate(
        request,
        lambda cut: rows(cut.apply(own, "created_at", "token_id")),
        lambda row: Position(row.created_at, row.token_id),
    )
    return render(request, "accounts/token_list.html", {"page": page})


@open_to(Role.MEMBER)
@recently_authenticated
def add(request: SignedInRequest, offer: Offer) -> HttpResponse:
    """Show the form; make the token and show it in the answer to the POST."""
    return make(request, request.user, offer, parent=_("Personal access tokens"))


def make(request: SignedInRequest, owner: User, offer: Offer, *, parent: str) -> HttpResponse:
    """Do it for this owner: oneself, or a service account."""
    form = TokenForm(request.POST or None, servers=offer(owner))
    if request.method == "POST":
        if answer := already_revealed(request):
            return answer
        if form.is_valid():
            try:
                made, raw = _create(request, owner, form)
            except Invalid as refusal:
                add_errors(form, refusal.errors, {"lifetime_seconds": "days", "resources": "servers"})
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return _reveal(request, made, raw)
    context = {"form": form, "my_address": address_of(request), "parent": parent, "parent_url": _home(request, owner)}
    return render(request, "accounts/token_form.html", context, status=422 if form.errors else 200)


@open_to(Role.MEMBER)
def created(request: SignedInRequest, token_id: str) -> HttpResponse:
    """Say that the token was shown once."""
    token = _own_or_managed(request, PersonalAccessToken.objects.all(), token_id)
    return shown_once(
        request,
        what=_("token"),
        last_four=token.last_four,
        cure=_("Revoke it and add another if it was not saved."),
        back=_("Show the tokens"),
        back_url=_home(request, token.owner),
    )


@open_to(Role.MEMBER)
def revoke(request: SignedInRequest, token_id: str) -> HttpResponse:
    """End a token. Its owner may, and an account admin; reducing power needs no second sign-in."""
    token = _own_or_managed(request, PersonalAccessToken.objects.filter(revoked_at=None), token_id)
    back_url = _home(request, token.owner)
    if request.method == "POST":
        tokens.revoke(token, by=by_of(request))
        messages.success(request, _("The token “%(name)s” was revoked.") % {"name": token})
        return redirect(back_url)
    used = status.last_used("pat", [token.token_id]).get(token.token_id)
    cost = [
        _("“%(name)s” of %(owner)s, which ends in %(last_four)s.")
        % {"name": token, "owner": token.owner, "last_four": token.last_four},
        _("It was never used.") if used is None else _("It was last used on %(at)s.") % {"at": status.absolute(used)},
        _("Calls with it are refused from the next one on. This cannot be undone."),
    ]
    return ask(request, _("Revoke token"), cost, back_url=back_url)


def rows(found: Sequence[PersonalAccessToken]) -> list[Row]:
    """Return tokens as a list shows them."""
    now = timezone.now()
    used = status.last_used("pat", [token.token_id for token in found])
    return [
        Row(
            token_id=token.token_id,
            name=str(token),
            last_four=token.last_four,
            scopes=token.scopes,
            servers=token.resources,
            created_at=token.created_at,
            last_used_at=used.get(token.token_id),
            status=status.of_token(expires_at=token.expires_at, revoked_at=token.revoked_at, now=now),
        )
        for token in found
    ]


def _create(request: SignedInRequest, owner: User, form: TokenForm) -> tuple[PersonalAccessToken, str]:
    return tokens.create(
        owner,
        by=by_of(request),
        comment=form.cleaned_data["comment"],
        lifetime_seconds=int(form.lifetime.total_seconds()),
        scopes=form.cleaned_data["scopes"],
        ip_allowlist=form.cleaned_data["ip_allowlist"],
        resources=form.resources,
    )


def _reveal(request: SignedInRequest, made: PersonalAccessToken, raw: str) -> HttpResponse:
    return reveal_once(
        request,
        Reveal(
            heading=_("Token added"),
            what=_("token"),
            lines=(Line(_("Personal access token"), "GATEPOST_TOKEN", raw),),
            shown_url=reverse("console-token-created", args=[made.token_id]),
            done_url=_home(request, made.owner),
        ),
    )


def _own_or_managed(
    request: SignedInRequest, found: QuerySet[PersonalAccessToken], token_id: str
) -> PersonalAccessToken:
    token = get_object_or_404(found.select_related("owner"), token_id=token_id)
    if token.owner_id != request.user.id and Role.ACCOUNT_ADMIN not in roles_of(request.user):
        raise Http404
    return token


def _home(request: SignedInRequest, owner: User) -> str:
    """Return the page on which the tokens of this owner stand."""
    if owner.pk == request.user.pk:
        return reverse("console-tokens")
    if owner.is_service_account:
        return reverse("console-service-account", args=[owner.application_id])
    return reverse("console-app-connections")
