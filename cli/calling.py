"""Doing what one row says: body and query from what was typed, the call, the pages, the print."""

import getpass
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

import typer

from cli import operations, values
from cli.connecting import connect
from cli.errors import Refused, WrongUsage
from cli.output import show, tell
from cli.spec import Flag, Kind, Paging, Resource, Verb
from cli.transport import Api

_CONVERTED: dict[Kind, Callable[[Any], Any]] = {
    Kind.LIST: values.words,
    Kind.SECONDS: values.seconds,
    Kind.SECONDS_TEXT: lambda text: f"{values.seconds(text)}s",
    Kind.MINUTES: values.minutes,
    Kind.MOMENT: values.moment,
    Kind.PUBLIC_KEY: values.public_key,
    Kind.SECRET: lambda name: values.read(name).rstrip("\r\n"),
}


def run(resource: Resource, verb: Verb, /, **given: Any) -> None:
    """Do one command."""
    sent = _fields(verb, given)
    _check_complete(verb, sent)
    if verb.question and not given["yes"]:
        _ask(verb.question.format(**given))
    api = connect(given["profile"], is_open=verb.is_open)
    try:
        if verb.is_file:
            _write(api, _path(resource, verb, given), sent)
            return
        answer = _answer(api, resource, verb, given, sent)
    except Refused as refusal:
        raise refusal.naming({flag.target: f"--{flag.name}" for flag in verb.flags}) from None
    if verb.waits and given["wait"]:
        answer = operations.wait(api, answer["operation_id"])
    show(answer, given["output"], verb.columns or resource.columns)
    if verb.shows_secret and api.is_repeated:
        tell("The first answer was lost. If no secret is shown, it is lost too: make a new one and delete this.")
    elif verb.shows_secret and sys.stdout.isatty():
        tell("The secret is shown this once. Keep it where only its user can read it.")


def _write(api: Api, path: str, query: dict[str, Any]) -> None:
    if next_from := api.download(path, query, sys.stdout.buffer.write):
        tell(f"There are more records. Go on with --from {next_from}")


def _answer(api: Api, resource: Resource, verb: Verb, given: Mapping[str, Any], sent: dict[str, Any]) -> Any:
    path = _path(resource, verb, given)
    query = {name: text.format(**given) for name, text in verb.query.items()}
    if verb.method in {"GET", "DELETE"}:
        query |= {name: str(value).lower() if isinstance(value, bool) else value for name, value in sent.items()}
        body = None
    else:
        body = verb.wrap(sent)
    if verb.paging is not Paging.NONE:
        return list(islice(_rows(api, path, query, verb), given["limit"] or verb.limit))
    answer = api.call(verb.method, path, query=query, body=body, creates=verb.creates, is_patient=not verb.is_open)
    if verb.rows:
        return answer.get(verb.rows, [])
    return answer[verb.inner] if verb.inner else answer


def _path(resource: Resource, verb: Verb, given: Mapping[str, Any]) -> str:
    return resource.base + verb.path.format(**{name: quote(given[name], safe="") for name in verb.names})


def _rows(api: Api, path: str, query: dict[str, Any], verb: Verb) -> Iterator[dict[str, Any]]:
    """Follow the pages to the end: a token, or for SCIM a page without rows."""
    first = 1
    while True:
        if verb.paging is Paging.SCIM:
            query |= {"startIndex": first, "count": 100}
        answer = api.call("GET", path, query=query)
        rows = answer.get(verb.rows, [])
        yield from rows
        first += len(rows)
        if verb.paging is Paging.SCIM:
            if not rows or first > answer["totalResults"]:
                return
        elif token := answer.get("next_page_token"):
            query |= {"page_token": token}
        else:
            return


def _fields(verb: Verb, given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = values.body(given["json"]) if given.get("json") else {}
    for flag in verb.flags:
        if (value := given[flag.key]) is not None:
            _put(fields, flag.target, _CONVERTED.get(flag.kind, lambda same: same)(value))
    for name in verb.arguments:
        fields[name] = given[name]
    for flag in verb.flags:
        if flag.kind is Kind.SECRET and flag.is_needed and flag.target not in fields and sys.stdin.isatty():
            fields[flag.target] = getpass.getpass(f"{flag.target.capitalize()}: ")
    return {**fields, **verb.fixed}


def _put(fields: dict[str, Any], path: str, value: Any) -> None:
    *above, name = path.split(".")
    for step in above:
        fields = fields.setdefault(step, {})
    fields[name] = value


def _check_complete(verb: Verb, sent: Mapping[str, Any]) -> None:
    missing = [flag for flag in verb.flags if flag.is_needed and flag.target not in sent]
    if missing:
        raise WrongUsage(f"Give {', '.join(map(_called, missing))}{', or --json' if verb.takes_json else ''}.")
    if verb.method in {"PATCH", "PUT"} and not sent:
        raise WrongUsage(f"Say what to change: --json, or one of {', '.join(map(_called, verb.flags))}.")


def _called(flag: Flag) -> str:
    return f"--{flag.name}"


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise WrongUsage(f"{question} Nobody is here to ask: repeat with --yes.")
    if not typer.confirm(question, err=True):
        raise WrongUsage("Nothing was changed.")
