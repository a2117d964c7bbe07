"""A signed-in client for tests of console pages."""

from django.test import Client
from django.urls import reverse

from accounts import links


def signed_in(person) -> Client:
    """Return a client that has just used a one-time link of this person."""
    client = Client()
    client.get(reverse("console-first-run", args=[links.make(person, minutes=5)]))
    return client
