#!/usr/bin/env python3
"""Gatepost's front door: `up`, `test`, `conformance` and `logs`, and every Django command."""

import os
import sys
from importlib import import_module
from pathlib import Path

from config import bootstrap, env

# These start what Django's settings need, so they run before Django reads them.
BEFORE_DJANGO = {
    "up": "Start everything: PostgreSQL, web, worker, and a demo catalog.",
    "test": "Run the tests on a short-lived PostgreSQL; further arguments go to pytest.",
    "conformance": "Run the official MCP conformance suite; --spec VERSION names the revision.",
    "logs": "Show the logs of `up`; -f follows them.",
}


def main() -> int:
    bootstrap.ensure(Path(__file__).resolve().parent, sys.argv)
    command, arguments = sys.argv[1:2], sys.argv[2:]
    if command and command[0] in BEFORE_DJANGO:
        return int(import_module(f"config.commands.{command[0]}").main(arguments))
    if command in ([], ["help"], ["--help"], ["-h"]) and not arguments:
        lines = [f"  {name:<13}{text}" for name, text in BEFORE_DJANGO.items()]
        sys.stdout.write("\n".join(["Gatepost:", *lines, "", "Django:", ""]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import_module("django.core.management").execute_from_command_line(sys.argv)
    except env.ConfigurationError as error:
        sys.exit(f"{error}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
