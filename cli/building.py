"""Rows of cli.spec turned into Typer commands: arguments, flags, help and shell completion come from the row."""

from collections.abc import Callable, Iterable
from functools import partial
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from cli import calling
from cli.auth import OutputOption, ProfileOption
from cli.spec import Flag, Kind, Paging, Resource, Verb

_TYPES: dict[Kind, Any] = {Kind.WHOLE: int | None, Kind.LIST: list[str] | None, Kind.SWITCH: bool | None}
_METAVARS = {
    Kind.SECONDS: "DURATION",
    Kind.SECONDS_TEXT: "DURATION",
    Kind.MINUTES: "DURATION",
    Kind.MOMENT: "TIME",
    Kind.PUBLIC_KEY: "FILE",
    Kind.SECRET: "FILE",
    Kind.LIST: "WORD,...",
}


def add(root: typer.Typer, resources: Iterable[Resource], helps: dict[str, str]) -> None:
    """Add the commands of all resources. `helps` says what the families are that hold several resources."""
    families: dict[str, typer.Typer] = {"": root}
    for resource in resources:
        family = _family(families, resource.command, {**helps, resource.command: resource.help})
        for verb in resource.verbs:
            family.command(verb.name, help=verb.help, epilog=f"Example: {example(resource, verb)}")(
                command(resource, verb)
            )


def example(resource: Resource, verb: Verb) -> str:
    """Return the example as one would type it."""
    return " ".join(filter(None, ("gatepost", resource.command, verb.name, verb.example)))


def command(resource: Resource, verb: Verb) -> Callable[..., None]:
    """Return a function whose signature Typer can read."""
    run: Any = partial(calling.run, resource, verb)
    run.__signature__ = Signature([*_parameters(verb)])
    run.__name__ = verb.name
    run.__annotations__ = {}
    return run  # type: ignore[no-any-return]


def _family(families: dict[str, typer.Typer], path: str, helps: dict[str, str]) -> typer.Typer:
    if path not in families:
        above, _, name = path.rpartition(" ")
        families[path] = typer.Typer(help=helps[path], no_args_is_help=True)
        _family(families, above, helps).add_typer(families[path], name=name)
    return families[path]


def _parameters(verb: Verb) -> Iterable[Parameter]:
    for name in verb.names:
        yield _keyword(name, Annotated[str, typer.Argument(help=name.replace("_", " ").capitalize() + ".")])
    for flag in verb.flags:
        yield _keyword(flag.key, Annotated[_TYPES.get(flag.kind, str | None), _option(flag)], None)
    if verb.takes_json:
        told = "The body of the request: a JSON object as text, @file, or - for input. Flags win over it."
        yield _keyword("json", Annotated[str | None, typer.Option("--json", help=told)], None)
    if verb.paging is not Paging.NONE:
        told = f"At most so many rows; {verb.limit or 'all'} when left out."
        yield _keyword("limit", Annotated[int | None, typer.Option("--limit", min=1, help=told)], None)
    if verb.question:
        yield _keyword("yes", Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")], default=False)
    if verb.waits:
        told = "Wait until it is done, or print the operation and go on."
        yield _keyword("wait", Annotated[bool, typer.Option("--wait/--no-wait", help=told)], default=True)
    yield _keyword("profile", ProfileOption, None)
    yield _keyword("output", OutputOption, None)


def _option(flag: Flag) -> Any:
    names = f"--{flag.name}/--{flag.off or 'no-' + flag.name}" if flag.kind is Kind.SWITCH else f"--{flag.name}"
    needed = " Needed." if flag.is_needed else ""
    return typer.Option(names, help=flag.help + needed, metavar=_METAVARS.get(flag.kind), show_default=False)


def _keyword(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
