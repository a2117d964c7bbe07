"""A signed-in client for tests of console pages, and the codes of an authenticator app."""

from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse

from accounts import links


def signed_in(person) -> Client:
    """Return a client that has just used a one-time link of this person."""
    client = Client()
    client.get(reverse("console-first-run", args=[links.make(person, minutes=5)]))
    return client


def totp_code(secret: str) -> str:
    """Return what an authenticator app shows now for this secret (RFC 6238)."""
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"
