"""Run inside the stock project: make its clients, or authorization codes, and print the codes as forms."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).parent))  # beside this file, whatever project it runs in
django.setup()

import pkce  # noqa: E402 - after the path is set
from django.contrib.auth.models import User  # noqa: E402 - after the set-up
from django.utils import timezone  # noqa: E402
from oauth2_provider.generators import generate_client_id  # noqa: E402
from oauth2_provider.models import Application, Grant  # noqa: E402

REDIRECT_URI = "https://app.example.com/callback"


def clients(public: str, service: str, secret: str) -> list[dict[str, str]]:
    """Make a person, the public client and the service."""
    User.objects.create(username="person")
    Application.objects.create(
        client_id=public,
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=REDIRECT_URI,
    )
    Application.objects.create(
        client_id=service,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
        hash_client_secret=False,
    )
    return []


def codes(public: str, number: str) -> list[dict[str, str]]:
    """Store codes as its validator does."""
    application, user = Application.objects.get(client_id=public), User.objects.get()
    forms, rows = [], []
    for _ in range(int(number)):
        code, verifier = generate_client_id(), pkce.verifier()
        forms.append({"code": code, "redirect_uri": REDIRECT_URI, "code_verifier": verifier})
        rows.append(
            Grant(
                code=code,
                user=user,
                application=application,
                expires=timezone.now() + timedelta(seconds=60),
                redirect_uri=REDIRECT_URI,
                scope="read write",
                code_challenge=pkce.challenge(verifier),
                code_challenge_method="S256",
            )
        )
    Grant.objects.bulk_create(rows)
    return forms


if __name__ == "__main__":
    print(json.dumps({"clients": clients, "codes": codes}[sys.argv[1]](*sys.argv[2:])))
