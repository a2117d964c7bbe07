"""Making, changing and removing the prompts of MCP. Each change is a new version, audited with what was before."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.errors import AlreadyExists, Invalid, NotFound, QuotaExceeded
from audit import record
from audit.event import By, Event
from mcp_endpoint import paths
from mcp_endpoint.models import Prompt
from mcp_endpoint.prompts import gaps, places
from mcp_endpoint.resources import objects

ARGUMENT: Final[Mapping[str, Any]] = {
    **{"name": "", "title": "", "description": "", "required": False},
    **{"complete": "", "values": []},
}
MESSAGE: Final[Mapping[str, Any]] = {"role": "", "text": "", "resource": ""}
ROLES: Final = ("user", "assistant")
COMPLETED: Final = tuple(template.name for template in objects.TEMPLATES)  # catalog, schema, table, function, index
QUOTA: Final = 200  # prompts
MOST: Final = 20  # arguments, and messages
MOST_PLACES: Final = 100
MOST_VALUES: Final = 100  # as many as one completion has
MOST_GAPS: Final = 100  # in all messages; with MOST_CHARACTERS of a value they bound what a call answers
_TEXT_LENGTH: Final = 10_000  # characters
_SHORT_LENGTH: Final = 1_000
_TITLE_LENGTH: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME_SAID: Final = "Use 1 to 64 of A-Z, a-z, 0-9, _ and -."
_EMPTY: Final[Mapping[str, Any]] = {
    **{"title": "", "description": "", "arguments": [], "messages": [], "offered_on": []},
    "enabled": True,
}


def find(name: str) -> Prompt:
    """Return the prompt of that name."""
    prompt = Prompt.objects.filter(name=name).first() if _NAME.fullmatch(name) else None
    if prompt is None:
        raise NotFound(f"There is no prompt {name!r}.")
    return prompt


def create(name: str, fields: Mapping[str, Any], *, by: By) -> Prompt:
    """Make a prompt. Raise Invalid, AlreadyExists or QuotaExceeded."""
    if not _NAME.fullmatch(name):
        raise Invalid({"name": [_NAME_SAID]})
    checked = _checked({**_EMPTY, **fields})
    with transaction.atomic():
        if Prompt.objects.filter(name=name).exists():
            raise AlreadyExists(f"There is a prompt {name!r} already.")
        if Prompt.objects.count() >= QUOTA:
            raise QuotaExceeded(f"There are {QUOTA} prompts, the most there can be.")
        prompt = Prompt.objects.create(name=name, created_by=by.principal_id, **checked)
        _record("prompt.create", prompt, {"after": said(prompt)}, by)
    return prompt


def change(prompt: Prompt, fields: Mapping[str, Any], *, by: By) -> Prompt:
    """Change what is given and leave the rest. The whole must be right afterwards: gaps need their arguments."""
    with transaction.atomic():
        prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
        before = said(prompt)
        for name, value in _checked({**before, **fields}).items():
            setattr(prompt, name, value)
        if said(prompt) != before:
            prompt.version += 1
            prompt.updated_at = timezone.now()
            prompt.save()
            _record("prompt.update", prompt, {"before": before, "after": said(prompt)}, by)
    return prompt


def delete(prompt: Prompt, *, by: By) -> None:
    """Remove it. No URL offers it from now on."""
    with transaction.atomic():
        _record("prompt.delete", prompt, {"before": said(prompt)}, by)
        prompt.delete()


def said(prompt: Prompt) -> dict[str, Any]:
    """Return what an admin says about a prompt."""
    return {name: getattr(prompt, name) for name in _EMPTY}


def check(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a prompt as they would be kept. Raise Invalid as `create` would."""
    return _checked({**_EMPTY, **fields})


def _record(action: str, prompt: Prompt, details: Mapping[str, Any], by: By) -> None:
    told = {**details, "version": prompt.version}
    record.write(Event(action=action, outcome="allowed", by=by, object=prompt.name, details=told))


def _checked(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return all fields in the form in which they are kept. Raise Invalid with each fault under its field."""
    arguments = [{**ARGUMENT, **given} for given in whole["arguments"]]
    messages = [{**MESSAGE, **given} for given in whole["messages"]]
    offered = [(entry, _place(entry)) for entry in whole["offered_on"]]
    faults = {
        "title": _too_long(whole["title"], _TITLE_LENGTH),
        "description": _too_long(whole["description"], _SHORT_LENGTH),
        "arguments": list(_of_arguments(arguments)),
        "messages": list(_of_messages(messages, [argument["name"] for argument in arguments])),
        "offered_on": list(_of_places(offered)),
    }
    if any(faults.values()):
        raise Invalid({name: said for name, said in faults.items() if said})
    kept = list(dict.fromkeys(place for _, place in offered))
    return {**whole, "arguments": arguments, "messages": messages, "offered_on": kept}


def _too_long(text: str, most: int) -> list[str]:
    return [f"At most {most} characters."] if len(text) > most else []


def _of_arguments(arguments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(arguments) > MOST:
        yield f"At most {MOST} arguments."
    names: set[str] = set()
    for number, argument in enumerate(arguments, 1):
        if fault := _of_argument(argument, names):
            yield f"{number}: {fault}"
        names.add(argument["name"])


def _of_argument(argument: Mapping[str, Any], names: set[str]) -> str:
    checks = {
        **_fields(argument, ARGUMENT),
        "name: use 1 to 64 of A-Z, a-z, 0-9, _ and -.": _NAME.fullmatch(argument["name"]),
        "another argument has this name.": argument["name"] not in names,
        f"title: at most {_TITLE_LENGTH} characters.": len(argument["title"]) <= _TITLE_LENGTH,
        f"description: at most {_SHORT_LENGTH} characters.": len(argument["description"]) <= _SHORT_LENGTH,
        f"complete: use one of {', '.join(COMPLETED)}.": argument["complete"] in {"", *COMPLETED},
        "complete and values: give one of them.": not (argument["complete"] and argument["values"]),
        f"values: at most {MOST_VALUES} of 1 to {_TITLE_LENGTH} characters.": len(argument["values"]) <= MOST_VALUES
        and all(0 < len(value) <= _TITLE_LENGTH for value in argument["values"]),
    }
    return _first(checks)


def _of_messages(messages: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    if not 1 <= len(messages) <= MOST:
        yield f"Write 1 to {MOST} messages."
    if sum(gaps.count(message["text"] + message["resource"]) for message in messages) > MOST_GAPS:
        yield f"At most {MOST_GAPS} gaps in all messages."
    for number, message in enumerate(messages, 1):
        if fault := _of_message(message, names):
            yield f"{number}: {fault}"


def _of_message(message: Mapping[str, Any], names: Sequence[str]) -> str:
    checks = {
        **_fields(message, MESSAGE),
        f"role: use one of {', '.join(ROLES)}.": message["role"] in ROLES,
        "write a text, or the URI of a resource.": bool(message["text"]) != bool(message["resource"]),
        f"text: at most {_TEXT_LENGTH} characters.": len(message["text"]) <= _TEXT_LENGTH,
        f"resource: begin with {objects.ROOT}, and at most {_SHORT_LENGTH} characters.": not message["resource"]
        or (message["resource"].startswith(objects.ROOT) and len(message["resource"]) <= _SHORT_LENGTH),
    }
    return _first(checks) or gaps.fault(message["text"] + message["resource"], names)


def _of_places(offered: Sequence[tuple[str, str]]) -> Iterator[str]:
    if len(offered) > MOST_PLACES:
        yield f"At most {MOST_PLACES} places."
    for entry, place in offered:
        if not place:
            yield f"{entry[:200]}: write * or the beginning of what follows {paths.PREFIX}, such as */demo/sales."


def _place(entry: str) -> str:
    """Return a place in the one form in which it is kept, or nothing for what no MCP URL begins with."""
    word, *segments = entry.split("/")
    kind = "functions" if word == places.EVERYWHERE else word
    for missing in range(3):  # no kind of URL has more names than that which a beginning may lack
        server = paths.parse(paths.PREFIX + "/".join((kind, *segments, *["x"] * missing)))
        if server and not entry.endswith("/"):
            return places.place(word if word == places.EVERYWHERE else server.kind, server.names[: len(segments)])
    return ""


def _fields(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, bool]:
    unknown = ", ".join(name for name in given if name not in known)
    return {f"there is no field {unknown}.": not unknown}


def _first(checks: Mapping[str, Any]) -> str:
    """Return the first fault whose check fails, or nothing."""
    return next((fault for fault, is_right in checks.items() if not is_right), "")
