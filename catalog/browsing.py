"""What a caller sees of catalogs without asking their databases. No Django on this path."""

from collections.abc import Mapping

from audit import event_loop
from catalog import snapshot
from catalog.errors import NotVisible
from catalog.relation import Reach
from catalog.snapshot import Caller, Described


async def catalogs(caller: Caller) -> list[Described]:
    """Return the catalogs in which the caller holds something, by name."""
    return await event_loop.on_owner(snapshot.catalogs(caller))


async def creating(caller: Caller) -> Mapping[str, str]:
    """Return the catalogs in which the caller may create tables, each with the schema for them."""
    return await event_loop.on_owner(snapshot.creating(caller))


async def schemas(catalog: str, caller: Caller) -> list[Described]:
    """Return the schemas that the caller may use, by name. Raise NotVisible when the catalog is not the caller's."""
    return await event_loop.on_owner(_schemas(catalog, caller))


async def relations(catalog: str, schema: str | None, caller: Caller) -> list[Reach]:
    """Return the tables and views that the caller may use, by schema and name, in one schema or in all."""
    return await event_loop.on_owner(_relations(catalog, schema, caller))


async def relation(catalog: str, schema: str, name: str, caller: Caller) -> Reach:
    """Return one table or view. Raise NotVisible when there is none that the caller may use."""
    found = await relations(catalog, schema, caller)
    for reach in found:
        if reach.relation.name == name:
            return reach
    raise NotVisible


async def _schemas(catalog: str, caller: Caller) -> list[Described]:
    header = await snapshot.header(catalog)
    held = await snapshot.rights(caller)
    if not held.in_catalog(header.id):
        raise NotVisible
    return [each for each in await snapshot.schemas(header) if held.may_use_schema(header.id, each.name)]


async def _relations(catalog: str, schema: str | None, caller: Caller) -> list[Reach]:
    names = [each.name for each in await _schemas(catalog, caller)]
    header = await snapshot.header(catalog)
    wanted = names if schema is None else [name for name in names if name == schema]
    return [reach for name in wanted for reach in await snapshot.relations(header, name, caller)]
