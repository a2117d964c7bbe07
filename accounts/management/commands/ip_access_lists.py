"""The way back in when nobody's address is allowed: switch off every network access list from the machine itself."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import network_lists
from audit.event import By


class Command(BaseCommand):
    """Switch off the network access lists. Recorded in the audit with the name of the operating system's user."""

    help = "Switch off every network access list, when nobody can come in any more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for the option by name: without it nothing happens."""
        parser.add_argument("--disable-all", action="store_true", required=True, help="switch off every list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Switch off and say how many."""
        count = network_lists.disable_all(by=By(principal_kind="operator", principal_name=_operator()))
        self.stdout.write(f"{count} lists are disabled. Every address may come in until you enable them again.")


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"uid {os.getuid()}"
