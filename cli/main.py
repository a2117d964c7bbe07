"""The command `gatepost` and its exit status: 0 done, 1 refused by the server, 2 wrong usage, 3 no connection."""

import sys
from typing import Annotated

import typer

from cli import __version__, auth, building
from cli.errors import Stopped
from cli.rows import FAMILIES, RESOURCES

app = typer.Typer(
    name="gatepost",
    help="Gatepost from the command line. Set GATEPOST_HOST and GATEPOST_TOKEN, or run `gatepost auth login`.",
    epilog="Exit status: 0 done, 1 refused by the server, 2 wrong usage, 3 no connection.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(auth.commands, name="auth")
building.add(app, RESOURCES, FAMILIES)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it
    if wanted:
        typer.echo(f"gatepost {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Take the options that stand before a command."""


def run() -> None:
    """Do what the command line says."""
    try:
        app()
    except Stopped as stopped:
        typer.echo(f"gatepost: {stopped}", err=True)
        sys.exit(stopped.status)
