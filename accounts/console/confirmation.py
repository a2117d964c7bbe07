"""The page that asks before something that cannot be undone, or that others will feel. Works without JavaScript."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def ask(
    request: HttpRequest,
    heading: str,
    cost: Sequence[str],
    *,
    back_url: str,
    parent: str = "",
    form: forms.Form | None = None,
    is_harmful: bool = True,
) -> HttpResponse:
    """Show the heading as title and button, and the cost in sentences. The page posts to its own address.

    `parent` names the page at `back_url`; without it there is no link above the title.
    """
    context = {
        "heading": heading,
        "button": heading,
        "cost": cost,
        "form": form,
        "tone": "bad" if is_harmful else "",
        "parent": parent,
        "parent_url": back_url if parent else "",
        "back_url": back_url,
    }
    return render(request, "partials/confirm.html", context, status=422 if form and form.errors else 200)
