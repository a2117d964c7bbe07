"""MCP server/prompts: those that an admin wrote (mcp_endpoint.authoring), as one principal finds them on one URL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from psycopg.rows import dict_row

from accounts.freshness import FreshCache
from audit import control_database, event_loop
from connections.grant import Grant
from mcp_endpoint.prompts import gaps, places
from mcp_endpoint.prompts.prompt import Argument, Message, NoSuchResource, Prompt, Prompts
from mcp_endpoint.resources.resource import Resources
from mcp_endpoint.server import Server

Row = Mapping[str, Any]
Find = Callable[[], Awaitable[Resources]]

_OFFERED: Final = (
    "SELECT name, title, description, arguments, messages FROM mcp_endpoint_prompt WHERE enabled AND offered_on ?| %s"
)
_rows: Final[FreshCache[str, Sequence[Row]]] = FreshCache(1_000)


async def prompts(resources: Callable[[Server, Grant], Awaitable[Resources]], server: Server, grant: Grant) -> Prompts:
    """Return the prompts that are offered there. Who may see nothing of the URL does not get this far (28)."""
    rows = await event_loop.on_owner(_rows.read(server.path, partial(_read, server)))
    return Prompts(_prompt(row, partial(resources, server, grant)) for row in rows)


def argument(said: Row) -> Argument:
    """Return an argument as it is kept."""
    return Argument(**{**said, "values": tuple(said["values"])})


async def _read(server: Server) -> Sequence[Row]:
    pool = await control_database.pool()
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(_OFFERED, [places.covering(server)])).fetchall()


def _prompt(row: Row, find: Find) -> Prompt:
    arguments = tuple(map(argument, row["arguments"]))
    return Prompt(row["name"], row["title"], row["description"], arguments, partial(_write, row["messages"], find))


async def _write(messages: Sequence[Row], find: Find, values: Mapping[str, str], _dialogue: object) -> list[Message]:
    return [{"role": each["role"], "content": await _content(each, find, values)} for each in messages]


async def _content(message: Row, find: Find, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the text, or the resource as resources/read would answer it to this principal on this URL."""
    if not message["resource"]:
        return {"type": "text", "text": gaps.fill(message["text"], values)}
    uri = gaps.fill(message["resource"], values, partial(quote, safe=""))
    contents = await (await find()).read(uri)
    if contents is None:
        raise NoSuchResource(uri)
    [content] = contents
    return {"type": "resource", "resource": content}
