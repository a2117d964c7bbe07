"""Settings > People: who there is, invitations, and links for a forgotten password."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import activation, links, people
from accounts.console import status
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.console.reveal import Line, OnceForm, Reveal, already_revealed, reveal_once
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from accounts.second_factor import TYPES
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Cut, Position, paginate

ROLE_NAMES = {"account_admin": _("Account admin"), "auditor": _("Auditor")}


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the list shows them."""

    id: int
    name: str
    email: str
    roles: list[object]
    has_second_factor: bool
    created_at: datetime
    last_login: datetime | None
    is_active: bool

    @property
    def status(self) -> status.Status:
        """Return the pill."""
        return status.ACTIVE if self.is_active else status.DISABLED


class InvitationForm(OnceForm):
    """A new person."""

    email = forms.EmailField(label=_("E-mail"), max_length=320)
    name = forms.CharField(label=_("Name"), max_length=255)
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        choices=list(ROLE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a role they are a member, who sees what they were given."),
    )


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def people_list(request: SignedInRequest) -> HttpResponse:
    """Show everybody, newest first."""
    page = paginate(request, _rows, lambda row: Position(row.created_at, row.id), key=int)
    may_change = Role.ACCOUNT_ADMIN in roles_of(request.user)
    return render(request, "accounts/people_list.html", {"page": page, "may_change": may_change})


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest) -> HttpResponse:
    """Make a person, and show the link with which they choose their password."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST":
        if answer := already_revealed(request):
            return answer
        if form.is_valid():
            try:
                return _reveal(request, _invite(request, form), heading=_now("Person invited"))
            except Invalid as refusal:
                add_errors(form, refusal.errors, {"userName": "email", "displayName": "name"})
            except Refused as refusal:
                form.add_error("email", str(refusal))
    return render(request, "accounts/person_form.html", {"form": form}, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def make_link(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Make a link with which a person chooses a new password."""
    person = get_object_or_404(User, pk=person_id, kind=User.Kind.PERSON)
    form = OnceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return already_revealed(request) or _reveal(request, person, heading=_now("Link made"))
    cost = [
        _now("With the link %(name)s (%(email)s) chooses a new password.")
        % {"name": person.display_name, "email": person.email},
        _now("It works once, within 72 hours. A link that was made before stops working."),
    ]
    return ask(
        request,
        _now("Make password link"),
        cost,
        form=form,
        is_harmful=False,
        parent=_now("People"),
        back_url=reverse("console-people"),
    )


@open_to(Role.ACCOUNT_ADMIN)
def link_made(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Lead back to making one: the link was shown once."""
    return redirect("console-person-link", person_id=person_id)


def _rows(cut: Cut) -> list[Row]:
    found = cut.apply(User.objects.filter(kind=User.Kind.PERSON), "created_at", "id")
    ids = [person.pk for person in found]
    factors = Authenticator.objects.filter(user_id__in=ids, type__in=TYPES)
    with_factor = set(factors.values_list("user_id", flat=True))
    return [
        Row(
            id=person.pk,
            name=person.display_name,
            email=person.email or "",
            roles=[ROLE_NAMES[role] for role in activation.roles_of(person)],
            has_second_factor=person.pk in with_factor,
            created_at=person.created_at,
            last_login=person.last_login,
            is_active=person.is_active,
        )
        for person in found
    ]


def _invite(request: SignedInRequest, form: forms.Form) -> User:
    by = by_of(request)
    person = people.create(form.cleaned_data["email"], name=form.cleaned_data["name"], by=by)
    activation.set_roles(person, frozenset(form.cleaned_data["roles"]), by=by)
    return person


def _reveal(request: SignedInRequest, person: User, *, heading: str) -> HttpResponse:
    raw, _ends_at = links.make_for_password(person, by=by_of(request))
    return reveal_once(
        request,
        Reveal(
            heading=heading,
            what=_now("link"),
            lines=(
                Line(
                    _now("Link for %(email)s") % {"email": person.email},
                    "PASSWORD_LINK",
                    links.password_url(raw),
                ),
            ),
            shown_url=reverse("console-person-link-made", args=[person.pk]),
            done_url=reverse("console-people"),
        ),
    )
