"""Every view of the API declares its access."""

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from accounts.api.permissions import Access


def views(patterns, prefix=""):
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
        else:
            yield from views(entry.url_patterns, path)


API_VIEWS = [
    (path, view) for path, view in views(get_resolver().url_patterns) if view is not None and issubclass(view, APIView)
]
SCHEMA = ("api/schema", "api/docs")  # drf-spectacular's own views


@pytest.mark.parametrize(("path", "view"), API_VIEWS, ids=[path for path, _ in API_VIEWS])
def test_every_method_of_an_api_view_declares_its_access(path, view):
    if path.startswith(SCHEMA):
        return
    handled = {method.upper() for method in ("get", "post", "put", "patch", "delete") if hasattr(view, method)}
    declared = getattr(view, "access", {})
    assert handled == set(declared)
    assert all(isinstance(access, Access) for access in declared.values())


def test_there_are_api_views():
    assert len(API_VIEWS) > 20
