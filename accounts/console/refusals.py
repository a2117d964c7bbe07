"""Refusals of domain functions that no form of the console shows: a page that says why and what to do next."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import page_not_found

from accounts.errors import NotFound, Refused


class Refusals:
    """A middleware: two people at work on one thing must not make a 500."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 404 for what is gone, 409 for every other refusal; leave the rest to Django."""
        if isinstance(exception, NotFound):
            return page_not_found(request, exception)
        if isinstance(exception, Refused):
            return render(request, "refused.html", {"reason": str(exception)}, status=409)
        return None
