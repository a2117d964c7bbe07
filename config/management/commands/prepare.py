"""`manage.py prepare`: migrations, system checks, first-run seed; then the facts of this deployment as JSON."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from accounts import links
from accounts.models import Account, User
from config import seed
from config.home import write_private
from connections import built_in

LINK_MINUTES = 30


class Command(BaseCommand):
    """Bring the control database to the state that this version needs. Safe to repeat."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--facts", type=Path, required=True, help="File (0600) for the facts of this deployment.")
        parser.add_argument("--no-demo", action="store_true", help="No demo catalog, people or tokens.")

    def handle(self, *_: Any, facts: Path, no_demo: bool, **__: Any) -> None:
        """Prepare and write the facts."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The control database does not answer: {str(error).splitlines()[0]}") from None
        call_command("check", fail_level="ERROR")
        account = Account.load()
        built_in.ensure()
        known = {
            "base_url": settings.GATEPOST_PUBLIC_URL,
            "account_id": str(account.account_id),
            "workspace_id": str(account.workspace_id),
            "database_url": settings.DATABASE_URL,
        }
        known |= self._without_demo() if no_demo else self._with_demo()
        write_private(facts, json.dumps(known))

    def _with_demo(self) -> dict[str, Any]:
        credentials, why = seed.ensure(settings.GATEPOST_HOME)
        if why:
            self.stderr.write(f"No demo catalog: {why}")
        return {
            **credentials,
            **seed.facts(settings.GATEPOST_PUBLIC_URL),
            "sign_in_url": self._sign_in_url(User.objects.get(email=seed.ADMIN)),
        }

    def _without_demo(self) -> dict[str, Any]:
        """Without an admin the link opens the page that makes the first one."""
        nothing = dict.fromkeys(("admin_token", "member_token", "service_account", "public_client", "demo_catalog"))
        first_run = not User.objects.filter(is_account_admin=True, is_active=True).exists()
        return {**nothing, "mcp_urls": {}, "sign_in_url": self._sign_in_url(None) if first_run else None}

    def _sign_in_url(self, user: User | None) -> str:
        return f"{settings.GATEPOST_PUBLIC_URL}/first-run/{links.make(user, minutes=LINK_MINUTES)}"
