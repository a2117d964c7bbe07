"""Settings > Network access: the lists of the console and of everything else, and changes that are on trial."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import network_lists, network_trials
from accounts.addresses import address_of
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.fields import LinesField
from accounts.console.forms import add_errors
from accounts.console.network_view import Test, shown
from accounts.errors import Invalid, InvalidState, QuotaExceeded
from accounts.models import NetworkAccessList
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of

_PARENT = _("Network access")


class ListForm(forms.Form):
    """One list. `trial` is shown once the change was refused because it locks out who makes it."""

    label = forms.CharField(label=_("Label"), error_messages={"required": _("Enter a label.")})
    list_type = forms.ChoiceField(
        label=_("Type"),
        choices=[("ALLOW", _("Allow: only these may come in")), ("BLOCK", _("Block: these may not"))],
        help_text=_("Block lists count before allow lists. Without an allow list every other address may come in."),
    )
    ip_addresses = LinesField(
        label=_("Addresses"),
        rows=6,
        help_text=_("One address or range a line, IPv4 or IPv6, for example 198.51.100.0/24."),
        error_messages={"required": _("Enter at least one address or range.")},
    )
    enabled = forms.BooleanField(label=_("In force"), required=False, initial=True)
    trial = forms.CharField(
        label=_("Try it for ten minutes"),
        required=False,
        help_text=_(
            "Type the label. Then it is in force at once, and undone after ten minutes, unless an account admin "
            "confirms it here from an address that the lists admit."
        ),
    )

    def clean(self) -> dict[str, object]:
        """Refuse a list that limits nobody, and a trial that names another list."""
        values = super().clean() or {}
        if values.get("list_type") == "ALLOW":
            for line in values.get("ip_addresses", ()):
                if line.endswith("/0"):
                    self.add_error("ip_addresses", _now("%(line)s is every address, so no limit.") % {"line": line})
        if values.get("trial") and values["trial"] != values.get("label"):
            self.add_error("trial", _now("Type the label exactly as it stands above."))
        return values


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the lists of both surfaces; with `?address=` also which of them decides about it."""
    address = request.GET.get("address", "").strip()
    context = {
        "surfaces": [shown(surface, address_of(request)) for surface in NetworkAccessList.Surface.values],
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
        "my_address": address_of(request),
        "test": Test.of(address) if address else None,
        "is_behind_unknown_proxy": "X-Forwarded-For" in request.headers and not settings.GATEPOST_TRUSTED_PROXIES,
        "are_enforced": network_lists.are_enforced(),
    }
    return render(request, "accounts/network_lists.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest, surface: str) -> HttpResponse:
    """Show the form, and make a list."""
    if surface not in NetworkAccessList.Surface.values:
        raise Http404
    form = ListForm(request.POST or None)

    def keep(*, on_trial: bool) -> None:
        network_lists.create(surface, by=by_of(request), on_trial=on_trial, **_fields(form))

    return _kept(request, form, keep, _now("Add a network access list"))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """Show what is kept, and change it."""
    entry = get_object_or_404(NetworkAccessList, pk=list_id)
    initial = {name: getattr(entry, name) for name in ("label", "list_type", "ip_addresses", "enabled")}
    form = ListForm(request.POST or None, initial=initial)

    def keep(*, on_trial: bool) -> None:
        network_lists.update(entry, by=by_of(request), on_trial=on_trial, **_fields(form))

    return _kept(request, form, keep, _now("Change network access list"))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """Ask, and remove a list."""
    entry = get_object_or_404(NetworkAccessList, pk=list_id)
    cost = [_now("“%(label)s” limits nobody any more. The other lists stay.") % {"label": entry.label}]
    done = _now("“%(label)s” was removed.") % {"label": entry.label}
    return _asked(
        request, _now("Remove network access list"), cost, lambda: network_lists.delete(entry, by=by_of(request)), done
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def confirm(request: SignedInRequest, surface: str) -> HttpResponse:
    """Ask, and let what is on trial stay."""
    _on_trial(surface)
    cost = [_now("The change stays. Whom the lists do not admit does not come in any more.")]
    done = _now("The change stays.")
    return _asked(
        request, _now("Confirm change"), cost, lambda: network_lists.confirm(surface, by=by_of(request)), done
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def undo(request: SignedInRequest, surface: str) -> HttpResponse:
    """Ask, and undo what is on trial."""
    _on_trial(surface)
    cost = [_now("The lists are as they were before the trial.")]
    done = _now("The change was undone.")
    return _asked(request, _now("Undo change"), cost, lambda: network_lists.undo(surface, by=by_of(request)), done)


def _on_trial(surface: str) -> None:
    if surface not in NetworkAccessList.Surface.values or network_trials.running(surface) is None:
        raise Http404


def _fields(form: ListForm) -> network_lists.Changes:
    kept: network_lists.Changes = {
        "label": form.cleaned_data["label"],
        "list_type": form.cleaned_data["list_type"],
        "ip_addresses": form.cleaned_data["ip_addresses"],
        "enabled": form.cleaned_data["enabled"],
    }
    return kept


def _kept(request: SignedInRequest, form: ListForm, keep: Callable[..., None], heading: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            keep(on_trial=bool(form.cleaned_data["trial"]))
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        except (network_lists.WouldLockOut, QuotaExceeded) as refusal:
            form.add_error("ip_addresses", str(refusal))
            context = {"may_try": isinstance(refusal, network_lists.WouldLockOut)}
            return _page(request, form, heading, **context)
        except InvalidState as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _now("“%(label)s” is saved.") % {"label": form.cleaned_data["label"]})
            return redirect("console-network-access")
    return _page(request, form, heading, may_try=bool(form.data.get("trial")))


def _page(request: SignedInRequest, form: ListForm, heading: str, *, may_try: bool) -> HttpResponse:
    context = {"form": form, "heading": heading, "may_try": may_try, "my_address": address_of(request)}
    return render(request, "accounts/network_list_form.html", context, status=422 if form.errors else 200)


def _asked(request: SignedInRequest, heading: str, cost: list[str], do: Callable[[], None], done: str) -> HttpResponse:
    """Ask, do it, and say so; or say why not."""
    if request.method == "POST":
        try:
            do()
        except InvalidState as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect("console-network-access")
    return ask(request, heading, cost, parent=str(_PARENT), back_url=reverse("console-network-access"))
