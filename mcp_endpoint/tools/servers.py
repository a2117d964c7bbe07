"""mcp.md 4.7: curated servers. Their tools are those of other URLs: privileges and records are those of the objects."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

from psycopg.rows import dict_row

from accounts import freshness
from accounts.freshness import FreshCache
from accounts.scopes import Scope
from audit import control_database, event_loop
from catalog.errors import CallFailed, NotVisible
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import UNTRUSTED
from mcp_endpoint.tools.tool import Content, Invocation, Rows, Tool, Toolset, caller_of, may_ever_write


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of URL whose tools can be curated."""

    tools: Callable[[Server, Grant], Awaitable[Toolset]]
    read_scope: Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """One choice: a tool of a URL under a name and in words of one's own, or all tools of a URL."""

    server: Server
    tool: str  # empty: all
    alias: str
    description: str
    presets: Mapping[str, Any]  # arguments that the model neither sees nor sends


@dataclass(frozen=True, slots=True)
class Curated:
    """A curated server as it was last read."""

    instructions: str
    entries: tuple[Entry, ...]
    allow: tuple[str, ...]
    deny: tuple[str, ...]

    def hides(self, name: str) -> bool:
        """Tell whether the patterns switch a tool off."""
        allowed = not self.allow or any(fnmatchcase(name, pattern) for pattern in self.allow)
        return not allowed or any(fnmatchcase(name, pattern) for pattern in self.deny)


_BY_NAME: Final = "SELECT instructions, tools, allow, deny FROM mcp_endpoint_curatedserver WHERE name = %s AND enabled"
_toolsets: Final[FreshCache[tuple[object, ...], Toolset]] = FreshCache(1_000)


async def tools(sources: Mapping[str, Source], server: Server, grant: Grant) -> Toolset:
    """Return the chosen tools that the principal may use. Raises NotVisible when there are none, or no such server."""
    key = (server.path, caller_of(grant), grant.narrowing, may_ever_write(grant))
    known = _toolsets.get(key)
    if known is None:
        generation = freshness.generation()
        known = await _gathered(sources, server, grant)
        _toolsets.put(key, known, generation)
    return known


async def _gathered(sources: Mapping[str, Source], server: Server, grant: Grant) -> Toolset:
    [name] = server.names
    curated = await event_loop.on_owner(_read(name))
    found: dict[str, Tool] = {}
    for entry in curated.entries:
        source = sources[entry.server.kind]
        with suppress(NotVisible):
            for tool in _chosen(entry, await source.tools(entry.server, grant), source.read_scope):
                hidden = tool.is_hidden or curated.hides(tool.name)
                found.setdefault(tool.name, replace(tool, is_hidden=hidden))
    if not found:
        raise NotVisible
    return Toolset(found.values(), instructions=curated.instructions)


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    return f"The tools of the server {server.label}, which an admin chose. {UNTRUSTED}"


async def _read(name: str) -> Curated:
    pool = await control_database.pool()
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute(_BY_NAME, [name])).fetchone()
    if row is None:
        raise NotVisible
    return Curated(row["instructions"], tuple(map(_entry, row["tools"])), tuple(row["allow"]), tuple(row["deny"]))


def _entry(stored: Mapping[str, Any]) -> Entry:
    names = tuple(stored["names"])
    where = Server(stored["kind"], names, stored["path"], stored["path"])
    return Entry(where, stored["tool"], stored["alias"], stored["description"], stored["presets"])


def _chosen(entry: Entry, everything: Toolset, scope: Scope) -> Iterator[Tool]:
    if not entry.tool:
        yield from (replace(tool, read_scope=scope) for tool in everything.tools)
        return
    tool = everything.find(entry.tool)
    if tool is not None:
        yield _under(entry, tool, scope)


def _under(entry: Entry, tool: Tool, scope: Scope) -> Tool:
    return replace(
        tool,
        name=entry.alias or tool.name,
        description=f"{entry.description}\n\n{UNTRUSTED}" if entry.description else tool.description,
        input_schema=_without(tool.input_schema, entry.presets),
        presets=tuple(name for name in tool.presets if name not in entry.presets),
        read_scope=scope,
        shelf=None if entry.presets else tool.shelf,  # what is preset would not bind a search of the same rows
        run=partial(_run, tool, entry.presets) if entry.presets else tool.run,
    )


def _without(schema: Mapping[str, Any], presets: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is preset: a model cannot send what it does not see."""
    return {
        **schema,
        "properties": {name: each for name, each in schema.get("properties", {}).items() if name not in presets},
        "required": [name for name in schema.get("required", ()) if name not in presets],
    }


async def _run(
    tool: Tool, presets: Mapping[str, Any], arguments: Mapping[str, Any], invocation: Invocation
) -> Rows | Content:
    whole = {**arguments, **presets}
    fault = tool.arguments.fault(whole)
    if fault is not None:  # the object has changed since the admin wrote them
        raise CallFailed("INVALID_PRESET", "What is preset for this tool no longer fits it. Tell an admin.", fault)
    return await tool.run(whole, invocation)
