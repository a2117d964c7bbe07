"""Make authorization codes as the consent page does, each in a session of its own, and print them as forms."""

import json
import os
import sys
from datetime import timedelta
from types import SimpleNamespace

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction  # noqa: E402 - after the set-up
from django.utils import timezone  # noqa: E402

from accounts import secrets  # noqa: E402
from accounts.models import User  # noqa: E402
from accounts.scopes import Scope  # noqa: E402
from benchmarks.peers import pkce  # noqa: E402
from config.seed import MEMBER  # noqa: E402
from connections import consents, sessions  # noqa: E402
from connections.models import AppIntegration  # noqa: E402
from connections.narrowing import Narrowed  # noqa: E402
from connections.oauth import attempt, codes  # noqa: E402

SCOPES = (Scope.MCP_FUNCTIONS, Scope.OFFLINE_ACCESS)


def main(client_id: str, number: int) -> list[dict[str, str]]:
    """Store the codes, all in one transaction."""
    integration = AppIntegration.objects.get(client_id=client_id)
    redirect_uri = integration.redirect_urls[0]
    question = consents.Question(User.objects.get(email=MEMBER), integration, SCOPES, "/", redirect_uri)
    ends_at = timezone.now() + timedelta(days=30)
    with transaction.atomic():
        consent = consents.allow(question, Narrowed(SCOPES, None, ends_at))
        forms = []
        for _ in range(number):
            session = sessions.begin(consent, question.user)
            raw, verifier = secrets.make(secrets.Prefix.AUTHORIZATION_CODE), pkce.verifier()
            asked = SimpleNamespace(
                headers={attempt.KEY: SimpleNamespace(session=session, code=None)},
                redirect_uri=redirect_uri,
                code_challenge=pkce.challenge(verifier),
                code_challenge_method="S256",
            )
            codes.store(raw, asked)
            forms.append({"code": raw, "redirect_uri": redirect_uri, "code_verifier": verifier})
    return forms


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
