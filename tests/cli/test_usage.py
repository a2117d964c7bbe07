"""Exit status, messages and the two kinds of output."""

import json
import os
import pty
import subprocess

import pytest

from accounts.models import User
from tests import live
from tests.cli.conftest import committed

pytestmark = pytest.mark.django_db


def test_a_refusal_names_the_flag_and_the_field(gatepost):
    told = gatepost(
        "account custom-app-integration create --name x --redirect-urls http://example.com --scopes sql", status=1
    )
    assert "--redirect-urls (redirect_urls" in told
    assert "https" in told


def test_a_missing_scope_is_named(world, tmp_path):
    gatepost = world.cli(tmp_path, GATEPOST_TOKEN=world.token("alice", "all-apis"))
    assert "access-management" in gatepost("tokens create", status=1)


def test_a_dead_token_says_how_to_sign_in(gatepost):
    told = gatepost("tokens list", status=1, GATEPOST_TOKEN="gp_pat_made_up")
    assert "gatepost auth login" in told


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("tokens create --lifetime soon", "is no duration"),
        ("account custom-app-integration create", "Give --name"),
        ("account custom-app-integration create --json {", "is not JSON"),
        ("account custom-app-integration create --json []", "must be an object"),
        ("account custom-app-integration create --json @/nowhere", "cannot be read"),
        ("account custom-app-integration update 42", "Say what to change"),
        ("account custom-app-integration update 42 --access-token-ttl 90s", "whole number of minutes"),
        ("tokens delete 42", "repeat with --yes"),
        ("tokens list --profile ../secret", "is no name of a profile"),
        ("tokens list --profile nobody", "There is no profile"),
        ("nonsense", "No such command"),
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_sent(gatepost, command, told):
    assert told in gatepost(command, status=2, GATEPOST_HOST="http://localhost:1")


@pytest.mark.parametrize(
    ("host", "status", "told"),
    [
        ("http://localhost:1", 3, "No answer from"),
        ("http://gatepost.example.com", 2, "in clear"),
        ("https://gatepost.example.com/console", 2, "bare origin"),
    ],
)
def test_a_host_that_cannot_be_reached_or_used(gatepost, host, status, told):
    assert told in gatepost("tokens list", status=status, GATEPOST_HOST=host)


def test_a_token_without_a_host_goes_nowhere(gatepost):
    assert "Set GATEPOST_HOST" in gatepost("tokens list", status=2, GATEPOST_HOST="")


def test_a_table_has_a_heading_and_no_control_characters(gatepost):
    committed(User.objects.create_service_account, "\u202eNightly")
    lines = gatepost("account service-principals list -o table").splitlines()
    assert lines[0].split()[:3] == ["ID", "APPLICATIONID", "DISPLAYNAME"]
    assert " Nightly " in lines[1]
    assert "\u202e" not in lines[1]
    assert "None." in gatepost("account groups list -o table")


def on_a_terminal(gatepost, command, typed=""):
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        gatepost.arguments(command),
        env=gatepost.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=live.CHECKOUT,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    return done.wait(timeout=30), shown.decode()


def test_a_person_gets_a_table_and_is_told_about_the_secret(gatepost):
    status, shown = on_a_terminal(gatepost, "tokens create --comment mine --lifetime 1h")
    assert status == 0
    assert "token_info.comment" in shown
    assert shown.count("gp_pat_") == 1
    assert "shown this once" in shown


def test_a_person_is_asked_before_a_deletion(gatepost):
    one = gatepost("tokens create --lifetime 1h")["token_info"]["token_id"]
    status, shown = on_a_terminal(gatepost, f"tokens delete {one}", "n\n")
    assert (status, "Nothing was changed." in shown) == (2, True)
    status, shown = on_a_terminal(gatepost, f"tokens delete {one}", "y\n")
    assert (status, "Done." in shown) == (0, True)


def test_shell_completion_knows_the_commands(gatepost):
    asked = {"_GATEPOST_COMPLETE": "complete_bash", "COMP_WORDS": "gatepost tok", "COMP_CWORD": "1"}
    script = "import sys; from cli.main import app; sys.argv[0] = 'gatepost'; app(prog_name='gatepost')"
    done = subprocess.run(
        [*gatepost.arguments("")[:1], "-c", script],
        env={**gatepost.environment, **asked},
        capture_output=True,
        text=True,
        cwd=live.CHECKOUT,
    )
    assert done.stdout.split() == ["tokens", "token-management"]


def test_the_command_loads_nothing_of_the_server(gatepost):
    script = "import json, sys, cli.main; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [*gatepost.arguments("")[:1], "-c", script],
        env=gatepost.environment,
        capture_output=True,
        text=True,
        cwd=live.CHECKOUT,
    )
    loaded = set(json.loads(done.stdout))
    assert "cli" in loaded
    own = {"config", "mcp_endpoint", "connections", "catalog", "accounts", "audit", "jobs"}
    assert not loaded & {*own, "django", "rest_framework", "psycopg", "celery", "orjson"}
