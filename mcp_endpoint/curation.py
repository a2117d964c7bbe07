"""Making, changing and removing curated servers. Each change is a new version, audited with what was before."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from accounts.errors import AlreadyExists, Invalid, NotFound
from audit import record
from audit.event import By, Event
from mcp_endpoint import paths
from mcp_endpoint.kinds import SOURCES
from mcp_endpoint.models import CuratedServer

FIELDS: Final = ("title", "description", "instructions", "tools", "allow", "deny", "enabled")
ENTRY: Final = ("kind", "selector", "tool", "alias", "description", "presets")
MOST: Final = 500  # entries, and patterns
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_ALIAS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TEXT_LENGTH: Final = 10_000  # characters of instructions
_DESCRIPTION_LENGTH: Final = 2_000
_PATTERN_LENGTH: Final = 128


def find(name: str) -> CuratedServer:
    """Return the curated server of that name."""
    server = CuratedServer.objects.filter(name=name).first() if _NAME.fullmatch(name) else None
    if server is None:
        raise NotFound(f"There is no curated server {name!r}.")
    return server


def create(name: str, fields: Mapping[str, Any], *, by: By) -> CuratedServer:
    """Make a curated server. Raise Invalid or AlreadyExists."""
    if not _NAME.fullmatch(name):
        raise Invalid({"name": ["Use 1 to 63 of A-Z, a-z, 0-9, _ and -."]})
    checked = _checked(fields)
    with transaction.atomic():
        if CuratedServer.objects.filter(name=name).exists():
            raise AlreadyExists(f"There is a curated server {name!r} already.")
        server = CuratedServer.objects.create(name=name, created_by=by.principal_id, **checked)
        _record("mcp_server.create", server, {"after": said(server)}, by)
    return server


def change(server: CuratedServer, fields: Mapping[str, Any], *, by: By) -> CuratedServer:
    """Change what is given and leave the rest."""
    checked = _checked(fields)
    with transaction.atomic():
        server = CuratedServer.objects.select_for_update().get(pk=server.pk)
        before = said(server)
        for name, value in checked.items():
            setattr(server, name, value)
        if said(server) != before:
            server.version += 1
            server.save()
            _record("mcp_server.update", server, {"before": before, "after": said(server)}, by)
    return server


def delete(server: CuratedServer, *, by: By) -> None:
    """Remove it. Its URL answers 404 from now on."""
    with transaction.atomic():
        _record("mcp_server.delete", server, {"before": said(server)}, by)
        server.delete()


def said(server: CuratedServer) -> dict[str, Any]:
    """Return what an admin says about a server."""
    tools = [{name: entry[name] for name in ENTRY} for entry in server.tools]
    return {name: getattr(server, name) for name in FIELDS} | {"tools": tools}


def path_of(server: CuratedServer) -> str:
    """Return the path of its MCP URL."""
    return f"{paths.PREFIX}servers/{server.name}"


def _record(action: str, server: CuratedServer, details: Mapping[str, Any], by: By) -> None:
    told = {**details, "version": server.version}
    record.write(Event(action=action, outcome="allowed", by=by, object=server.name, details=told))


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in the form in which they are kept. Raise Invalid with each fault under its field."""
    kept, faults = dict(fields), dict[str, list[str]]()
    if len(fields.get("instructions", "")) > _TEXT_LENGTH:
        faults["instructions"] = [f"At most {_TEXT_LENGTH} characters."]
    for name in ("allow", "deny"):
        if name in fields and not _are_patterns(fields[name]):
            faults[name] = [f"At most {MOST} patterns of 1 to {_PATTERN_LENGTH} characters."]
    if "tools" in fields:
        kept["tools"] = [_entry(given) for given in fields["tools"]]
        wrong = list(_faults(kept["tools"], fields["tools"]))
        if wrong:
            faults["tools"] = wrong
    if faults:
        raise Invalid(faults)
    return kept


def _are_patterns(given: Sequence[str]) -> bool:
    return len(given) <= MOST and all(0 < len(pattern) <= _PATTERN_LENGTH for pattern in given)


def _entry(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as it is kept: with the place of its MCP URL, which calls need not work out again."""
    defaults: dict[str, Any] = {"tool": "", "alias": "", "description": "", "presets": {}}
    entry = {name: given.get(name, defaults.get(name, "")) for name in ENTRY}
    where = paths.parse(f"{paths.PREFIX}{entry['kind']}/{entry['selector']}")
    return entry | {"path": where.path if where else "", "names": where.names if where else ()}


def _faults(entries: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    if len(entries) > MOST:
        yield f"At most {MOST} entries."
    aliases: set[str] = set()
    for number, (entry, raw) in enumerate(zip(entries, given, strict=True), 1):
        if fault := _fault(entry, raw, aliases):
            yield f"{number}: {fault}"
        aliases.add(entry["alias"] or entry["tool"])


def _fault(entry: Mapping[str, Any], raw: Mapping[str, Any], aliases: set[str]) -> str:
    """Return what is wrong with one entry, or nothing. Whether the objects exist is seen when somebody lists them."""
    unknown = ", ".join(name for name in raw if name not in ENTRY)
    checks = {
        f"there is no field {unknown}.": not unknown,
        f"kind: use one of {', '.join(SOURCES)}.": entry["kind"] in SOURCES,
        "selector: write catalog/schema, as in the MCP URL of the kind.": bool(entry["path"]),
        "alias: use 1 to 64 of A-Z, a-z, 0-9, _ and -.": not entry["alias"] or _ALIAS.fullmatch(entry["alias"]),
        f"description: at most {_DESCRIPTION_LENGTH} characters.": len(entry["description"]) <= _DESCRIPTION_LENGTH,
        "alias, description and presets need the name of a tool.": entry["tool"]
        or not (entry["alias"] or entry["description"] or entry["presets"]),
        "another entry has this name. Give an alias.": not entry["tool"]
        or (entry["alias"] or entry["tool"]) not in aliases,
    }
    return next((fault for fault, is_right in checks.items() if not is_right), "")
