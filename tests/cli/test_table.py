"""The rows of the commands agree with themselves and with the routes of the server."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from django.urls import URLPattern, get_resolver

import cli
from cli import building
from cli.rows import RESOURCES
from cli.spec import Kind
from tests import live

ROWS = [(resource, verb) for resource in RESOURCES for verb in resource.verbs]
X, A = "/api/gatepost/v1", "/api/2.0/accounts/<account_id>"
UC = "/api/2.1/unity-catalog"
COVERED = re.compile(
    rf"{A}/(oauth2|scim|servicePrincipals|ip-access-lists)"
    rf"|/api/2.0/(token|token-management|ip-access-lists|workspace-conf|sql/statements)/?"
    rf"|{UC}/(catalogs|schemas|tables|table-summaries|functions|permissions|effective-permissions|mcp-services)"
    rf"|{X}/(catalogs|mcp-servers|prompts|privileges|operations|audit|consents|doctor|settings|tokens)"
)
REPLACED_WHOLE = re.compile(rf"({A}/scim/v2|(/api/2.0|{A})/ip-access-lists)/.*")  # PUT; update is PATCH


def routes(patterns, prefix="/"):
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            access = getattr(getattr(pattern.callback, "view_class", None), "access", {})
            yield from ((method, re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", path), pattern.callback) for method in access)
        else:
            yield from routes(pattern.url_patterns, path)


def without_names(path):
    return re.sub(r"[<{]\w+[>}]", "*", path.replace("{A}", A).replace("{X}", X))


def test_every_call_has_a_command():
    commands = {(verb.method, without_names(resource.base + verb.path)) for resource, verb in ROWS}
    calls = {(method, path) for method, path, _ in routes(get_resolver().url_patterns) if COVERED.match(path)}
    assert len(calls) > 40
    calls = {(method, path) for method, path in calls if method != "PUT" or not REPLACED_WHOLE.fullmatch(path)}
    assert {(method, without_names(path)) for method, path in calls} - commands == set()


def test_every_command_has_a_call():
    calls = {(method, without_names(path)) for method, path, _ in routes(get_resolver().url_patterns)}
    commands = {(verb.method, without_names(resource.base + verb.path)) for resource, verb in ROWS if not verb.is_open}
    assert commands - calls == set()


def test_nothing_is_sent_again_that_the_server_would_do_twice():
    safe = {
        without_names(path)
        for method, path, view in routes(get_resolver().url_patterns)
        if method == "POST" and getattr(view.view_class.post, "is_idempotent", False)
    }
    marked = {
        without_names(resource.base + verb.path): verb.creates for resource, verb in ROWS if verb.method == "POST"
    }
    assert {path for path, creates in marked.items() if creates} <= safe


def test_every_command_is_tried_against_a_server():
    tried = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    called = [f"{resource.command} {verb.name}".strip() for resource, verb in ROWS]
    assert [name for name in called if not re.search(rf'"{name}[ "]', tried)] == []


@pytest.mark.parametrize(("resource", "verb"), ROWS, ids=[f"{resource.command} {verb.name}" for resource, verb in ROWS])
def test_the_example_is_one_that_can_be_typed(resource, verb):
    words = shlex.split(verb.example)
    known = {"--yes", "--no-wait", "--limit", *(f"--{flag.name}" for flag in verb.flags)}
    known |= {f"--{flag.off}" for flag in verb.flags if flag.kind is Kind.SWITCH and flag.off}
    assert {word for word in words if word.startswith("--")} <= known
    first_flag = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    assert first_flag == len(verb.names)
    assert building.example(resource, verb).startswith("gatepost ")


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((live.CHECKOUT / "pyproject.toml").read_text())["project"]
    assert cli.__version__ == project["version"]
