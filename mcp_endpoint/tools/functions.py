"""mcp.md 4.3: functions of a catalog as tools."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from accounts import freshness
from accounts.freshness import FreshCache
from catalog import aside, functions
from catalog.errors import NotVisible
from catalog.function import Argument, Function
from catalog.functions import Result
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import TITLE_LENGTH, UNTRUSTED, clean
from mcp_endpoint.tools.tool import Invocation, Tool, Toolset, caller_of, may_ever_write

_toolsets: FreshCache[tuple[object, ...], Toolset] = FreshCache(size=1_000)


async def tools(server: Server, grant: Grant) -> Toolset:
    """Return the functions that the principal may call on this URL. Raises NotVisible when there is nothing to see."""
    catalog, schema, *rest = server.names
    if not grant.narrowing.allows_catalog(catalog):
        raise NotVisible
    key = (server.path, grant.principal.id, grant.principal.groups, may_ever_write(grant))
    known = _toolsets.get(key)
    if known is None:
        generation = freshness.generation()
        found = await functions.visible(catalog, schema, caller_of(grant), function=rest[0] if rest else None)
        shown = [each for each in found if may_ever_write(grant) or not each.writes]
        known = await aside.made(lambda: Toolset(map(_tool, shown)), len(shown))
        _toolsets.put(key, known, generation)
    return known


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    catalog, schema, *_ = server.names
    return f"Each tool is a function of schema {schema} in the PostgreSQL catalog {catalog}. {UNTRUSTED}"


def _argument(argument: Argument) -> str:
    return f"{argument.name} {argument.type}".strip()


@lru_cache(maxsize=16_384)  # a Function is made once for each version of its catalog
def _tool(function: Function) -> Tool:
    plain = f"{function.name}({', '.join(_argument(argument) for argument in function.arguments)})"
    comment = clean(function.comment) or f"Calls the function {clean(plain)}."
    return Tool(
        name=function.tool_name,
        title=clean(plain, TITLE_LENGTH),
        description=f"{comment}\n\n{UNTRUSTED}",
        input_schema=function.input_schema,
        object={
            "catalog": function.catalog,
            "schema": function.schema,
            "name": function.name,
            "arguments": function.signature,
        },
        writes=function.writes,
        is_hidden=function.has_changed,
        run=partial(_call, function),
    )


async def _call(function: Function, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    if function.writes:
        await invocation.attempt(function.catalog)
    return await functions.call(
        function,
        arguments,
        caller=caller_of(invocation.grant),
        limits=invocation.lowered,
    )
