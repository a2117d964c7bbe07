"""The page that shows a new secret, once: in the answer to the POST itself, never stored anywhere."""

import secrets
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise

SESSION_KEY = "revealed"
KEPT = 20  # answers that a session remembers, so that sending a form twice makes one secret


class OnceForm(forms.Form):
    """A form whose answer reveals a secret. The hidden value tells a repeated POST from a new one."""

    once = forms.CharField(max_length=40, widget=forms.HiddenInput, initial=lambda: secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class Line:
    """One value to copy, and its name in the downloaded .env file."""

    label: str
    env: str
    value: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """What the page shows. `what` is the word for the secret; `shown_url` answers 410 from now on."""

    heading: str | Promise
    what: str | Promise
    lines: tuple[Line, ...]
    shown_url: str
    done_url: str
    snippet_heading: str | Promise = ""
    snippet: str = ""


def already_revealed(request: HttpRequest) -> HttpResponse | None:
    """Answer a form that was sent before (reload, back, double click) without making a second secret."""
    shown_url = request.session.get(SESSION_KEY, {}).get(request.POST.get("once"))
    return HttpResponseRedirect(shown_url) if shown_url else None


def reveal_once(request: HttpRequest, reveal: Reveal) -> HttpResponse:
    """Render the secret. Neither the browser nor a proxy keeps the page."""
    earlier = list(request.session.get(SESSION_KEY, {}).items())
    request.session[SESSION_KEY] = dict([*earlier, (request.POST["once"], reveal.shown_url)][-KEPT:])
    fields = {name: getattr(reveal, name) for name in Reveal.__slots__}
    response = render(request, "partials/reveal.html", fields)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def shown_once(request: HttpRequest, *, what: str, last_four: str, cure: str, back: str, back_url: str) -> HttpResponse:
    """Say that the secret is gone, and what to do when it was not saved (410)."""
    context = {"what": what, "last_four": last_four, "cure": cure, "back": back, "back_url": back_url}
    return render(request, "partials/shown_once.html", context, status=410)
