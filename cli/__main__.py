"""`python -m cli` is the same as `gatepost`."""

from cli.main import run

run()
