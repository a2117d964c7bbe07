"""Tables and views of catalogs for the MCP endpoint: which ones a caller may use. No Django on this path."""

from audit import event_loop
from catalog import snapshot
from catalog.errors import NotVisible
from catalog.relation import Reach
from catalog.snapshot import Caller


async def visible(catalog: str, schema: str, caller: Caller) -> tuple[Reach, ...]:
    """Return the tables and views of a schema on which the caller holds a privilege, by name.

    Raise NotVisible when there are none, or when there is no such catalog or schema.
    """
    return await event_loop.on_owner(_visible(catalog, schema, caller))


async def _visible(catalog: str, schema: str, caller: Caller) -> tuple[Reach, ...]:
    found = await snapshot.relations(await snapshot.header(catalog), schema, caller)
    if not found:
        raise NotVisible
    return found
