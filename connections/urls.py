"""Routes of connections."""

from django.urls import URLPattern, URLResolver, include, path

from connections.console.sign_out import SignOut

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("connections.api.urls")),
    path("", include("connections.console.urls")),
    path("sign-out", SignOut.as_view(), name="account_logout"),  # before the one of accounts
]
