"""`gatepost auth`: sign in, sign out, and say who is signed in."""

import os
import time
import webbrowser
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import connecting, oauth, profiles
from cli.errors import WrongUsage
from cli.loopback import Listener
from cli.oauth import Tokens
from cli.output import Format, show, tell
from cli.profiles import Profile
from cli.transport import Api

commands = typer.Typer(help="Sign in at a Gatepost, sign out, show who is signed in.", no_args_is_help=True)

ProfileOption = Annotated[str | None, typer.Option("--profile", help="Name of the profile; `default` when left out.")]
OutputOption = Annotated[Format | None, typer.Option("--output", "-o", help="table or json.")]


@commands.command(epilog="Example: gatepost auth login https://gatepost.example.com")
def login(
    host: Annotated[str, typer.Argument(envvar="GATEPOST_HOST", help="Origin of the server.")],
    *,
    profile: ProfileOption = None,
    scopes: Annotated[str, typer.Option(help="What the command line may do, separated by spaces.")] = oauth.SCOPES,
    browser: Annotated[bool, typer.Option(help="Open a browser, or only print the address.")] = True,
    device: Annotated[bool, typer.Option("--device", help="Sign in with a browser elsewhere, by a code.")] = False,
) -> None:
    """Sign in with the browser on this computer. The token is kept in a file that only you can read."""
    name = connecting.profile_name(profile)
    api = Api(profiles.origin(host))
    tokens = _by_code(api, scopes) if device else _by_browser(api, scopes, is_opened=browser)
    account_id = str(api.call("GET", "/.well-known/databricks-config")["account_id"])
    with profiles.turn(name):
        profiles.save(name, Profile(host=api.host, account_id=account_id, **tokens.as_profile()))
    tell(f"Signed in at {api.host} as profile {name!r}, for: {tokens.scope}.")
    if os.environ.get("GATEPOST_TOKEN"):
        tell("GATEPOST_TOKEN is set, and wins over this sign-in. Unset it, or use --profile.")


@commands.command(epilog="Example: gatepost auth logout")
def logout(profile: ProfileOption = None) -> None:
    """Revoke the sign-in at the server, then forget it here."""
    name = connecting.profile_name(profile)
    with profiles.turn(name):
        found = profiles.load(name)
        if found is None:
            raise WrongUsage(f"There is no profile {name!r}. `gatepost auth profiles` lists them.")
        oauth.revoke(Api(found.host), found.refresh_token or found.access_token)
        profiles.forget(name)
    tell(f"Signed out of {found.host}.")


@commands.command(epilog="Example: gatepost auth status -o json")
def status(profile: ProfileOption = None, output: OutputOption = None) -> None:
    """Show which server and which credential a command would use, and whose it is."""
    api = connecting.connect(profile)
    me = api.call("GET", "/api/2.0/preview/scim/v2/Me")
    shown = {"host": api.host, "user": me["userName"], "roles": [role["value"] for role in me.get("roles", [])]}
    show(shown, output)


@commands.command("profiles", epilog="Example: gatepost auth profiles")
def list_profiles(output: OutputOption = None) -> None:
    """List the sign-ins that are kept on this computer. Tokens are never shown."""
    show([_row(name) for name in profiles.names()], output)


def _by_browser(api: Api, scopes: str, *, is_opened: bool) -> Tokens:
    with Listener() as listener:
        attempt = oauth.Attempt.begin(api, listener.redirect_uri, scopes)
        if is_opened and webbrowser.open(attempt.url):
            tell("The browser asks whether the command line may act for you. Waiting for your answer.")
        else:
            typer.echo(attempt.url)
            tell("Open this address in a browser on this computer. Waiting for your answer.")
        return attempt.redeem(api, listener.wait_for(attempt.is_answer))


def _by_code(api: Api, scopes: str) -> Tokens:
    device = oauth.Device.begin(api, scopes)
    typer.echo(f"{device.verification_uri}  {device.user_code}")
    tell("Open this address in a browser and type the code. Waiting for your answer.")
    return device.wait(api)


def _row(name: str) -> dict[str, object]:
    found = profiles.load(name)
    if found is None:
        return {"profile": name}
    until = datetime.fromtimestamp(found.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    is_usable = bool(found.refresh_token) or found.expires_at > time.time()
    return {"profile": name, "host": found.host, "scope": found.scope, "token_until": until, "is_usable": is_usable}
