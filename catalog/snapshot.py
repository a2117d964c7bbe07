"""What the call path knows of catalogs, objects and privileges, read from the control database without Django.

Headers and privileges are remembered until the next change notice. Objects are remembered for as long as the version
of their catalog stands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, LiteralString, TypeVar

from psycopg.rows import DictRow, dict_row

from accounts.freshness import FreshCache
from audit import control_database
from catalog import aside, function, relation
from catalog.errors import NotVisible
from catalog.function import Function
from catalog.guard import Names
from catalog.nameable import NamesOf, Namespaces
from catalog.relation import Reach, Relation
from catalog.restriction import Restriction, combined
from catalog.rights import Held, Rights
from catalog.sealing import salt_of, unseal
from catalog.target import Target

T = TypeVar("T")

_SCHEMAS_REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the principal and its groups."""

    principal_id: int
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Described:
    """A catalog or schema by its name, with the comment of its owner."""

    name: str
    comment: str


@dataclass(frozen=True, slots=True)
class Header:
    """A catalog without its objects. Equal headers reach the same database in the same way."""

    id: int
    name: str
    version: int
    host: str
    port: int
    database: str
    user: str
    password_sealed: bytes = field(repr=False)
    sslmode: str
    enabled: bool
    read_only: bool
    statement_timeout_ms: int
    row_limit: int
    byte_limit: int
    max_connections: int
    affected_row_limit: int
    plan_cost_limit: int | None
    confirm_writes: str
    trusted_schemas: list[str]
    creator_user: str  # empty: no tables are created
    creator_password_sealed: bytes = field(repr=False)
    creator_schema: str
    is_refused: bool  # the last look at the login role found it too powerful
    creator_is_refused: bool  # the same of the creating role

    def target(self) -> Target:
        """Return how to reach the database."""
        return self._target(self.user, self.password_sealed)

    def creator_target(self) -> Target:
        """Return how the creating role reaches it."""
        return self._target(self.creator_user, self.creator_password_sealed)

    def _target(self, user: str, sealed: bytes) -> Target:
        return Target(
            host=self.host,
            port=self.port,
            database=self.database,
            user=user,
            password=unseal(sealed),
            sslmode=self.sslmode,
        )


_HEADERS: Final = """
SELECT id, name, version, host, port, database, "user", password_sealed, sslmode, enabled, read_only,
    statement_timeout_ms, row_limit, byte_limit, max_connections, affected_row_limit, plan_cost_limit,
    confirm_writes, trusted_schemas, creator_user, creator_password_sealed, creator_schema,
    findings @> '[{"severity": "refused"}]' AS is_refused,
    creator_findings @> '[{"severity": "refused"}]' AS creator_is_refused
FROM catalog_catalog
"""
_BY_NAME: Final = _HEADERS + "WHERE name = %s"
_BY_IDS: Final = _HEADERS + "WHERE id = ANY(%s)"
_ROUTINES: Final = """
SELECT r.id, r.name, r.signature, r.arguments, r.returns, r.comment, r.writes, r.runs_as_owner, r.volatility,
    r.accepted IS NOT NULL AS has_changed
FROM catalog_routine r JOIN catalog_schema s ON s.id = r.schema_id WHERE s.catalog_id = %s AND s.name = %s
"""
_RELATIONS: Final = """
SELECT r.name, r.kind, r.comment, r.columns, r.keys, r.indexes, r.row_estimate, r.runs_as_owner,
    r.accepted IS NOT NULL AS has_changed, CASE WHEN d.enabled THEN jsonb_build_object('title', d.title_column,
        'texts', d.text_columns, 'url', d.url_template, 'configuration', d.configuration) END AS documents,
    (SELECT jsonb_object_agg(e.index, jsonb_build_array(e.function_schema, e.function))
        FROM catalog_embeddingfunction e WHERE e.catalog_id = s.catalog_id AND e.schema = s.name
        AND r.indexes @> jsonb_build_array(jsonb_build_object('name', e.index))) AS embeddings
FROM catalog_relation r JOIN catalog_schema s ON s.id = r.schema_id LEFT JOIN catalog_documentsearch d
    ON d.catalog_id = s.catalog_id AND d.schema = s.name AND d."table" = r.name
WHERE s.catalog_id = %s AND s.name = %s
"""
_CATALOGS: Final = "SELECT name, comment FROM catalog_catalog WHERE id = ANY(%s) AND enabled ORDER BY name"
_CREATING: Final = """
SELECT id, name, creator_schema FROM catalog_catalog
WHERE id = ANY(%s) AND enabled AND NOT read_only AND creator_user <> ''
    AND NOT creator_findings @> '[{"severity": "refused"}]'
"""
_SCHEMAS: Final = "SELECT name, comment FROM catalog_schema WHERE catalog_id = %s ORDER BY name"
_NAMESPACES: Final = "SELECT name, names FROM catalog_namespace WHERE catalog_id = %s"
_MARKED: Final = """
SELECT s.name AS schema, r.name, r.signature, r.writes, r.accepted IS NOT NULL AS has_changed
FROM catalog_routine r JOIN catalog_schema s ON s.id = r.schema_id
WHERE s.catalog_id = %s AND (r.writes OR r.accepted IS NOT NULL)
"""
_PRIVILEGES: Final = """
SELECT action, securable, catalog_id AS catalog, schema, object, signature, restriction
FROM catalog_privilege WHERE user_id = %s OR group_id = ANY(%s)
"""

_WHO: Final = """
SELECT coalesce(email, application_id::text) AS name,
    ARRAY(SELECT name::text FROM accounts_group WHERE id = ANY(%s)) AS groups
FROM accounts_user WHERE id = %s
"""

_headers: Final[FreshCache[str, Header]] = FreshCache(1_000)
_catalogs: Final[FreshCache[Caller, list[Described]]] = FreshCache(10_000)
_creating: Final[FreshCache[Caller, Mapping[str, str]]] = FreshCache(10_000)
_rights: Final[FreshCache[Caller, Rights]] = FreshCache(10_000)
_visible: Final[FreshCache[tuple[int, int, str, Caller], tuple[Function, ...]]] = FreshCache(10_000)
_reached: Final[FreshCache[tuple[int, int, str, Caller], tuple[Reach, ...]]] = FreshCache(10_000)


async def header(name: str) -> Header:
    """Return the catalog of that name, or raise NotVisible when there is none or it is switched off."""
    found = await _headers.read(name, lambda: _read_header(name))
    if not found.enabled:
        raise NotVisible
    return found


async def _read_header(name: str) -> Header:
    rows = await _fetch(_BY_NAME, name)
    if not rows:
        raise NotVisible
    return Header(**rows[0])


async def headers(ids: Iterable[int]) -> list[Header]:
    """Return the catalogs of these ids as they are now, past every cache."""
    return [Header(**row) for row in await _fetch(_BY_IDS, list(ids))]


async def rights(caller: Caller) -> Rights:
    """Return what the caller holds, its groups' privileges included."""
    return await _rights.read(caller, lambda: _read_rights(caller))


async def _read_rights(caller: Caller) -> Rights:
    rows = await _fetch(_PRIVILEGES, caller.principal_id, list(caller.groups))
    restricted: dict[Held, list[dict[str, Any]]] = {}
    held = set()
    for row in rows:
        restriction, place = row.pop("restriction"), Held(**row)
        if restriction is None:
            held.add(place)
        else:
            restricted.setdefault(place._replace(action=""), []).append(restriction)
    return Rights(frozenset(held), await _restrictions(caller, restricted) if restricted else {})


async def _restrictions(caller: Caller, stored: Mapping[Held, list[dict[str, Any]]]) -> dict[Held, Restriction]:
    """Give each restriction the names that it compares rows with."""
    [who] = await _fetch(_WHO, list(caller.groups), caller.principal_id)
    return {place: combined(each, who["name"], who["groups"], salt_of(place.catalog)) for place, each in stored.items()}


async def visible(header: Header, schema: str, caller: Caller) -> tuple[Function, ...]:
    """Return the functions of a schema that the caller may call."""
    key = (header.id, header.version, schema, caller)
    return await _visible.read(key, lambda: _read_visible(header, schema, caller))


async def _read_visible(header: Header, schema: str, caller: Caller) -> tuple[Function, ...]:
    held = await rights(caller)
    everything = await _functions.of(header, schema) if held.may_use_schema(header.id, schema) else ()
    return await aside.made(lambda: tuple(each for each in everything if may_execute(held, each)), len(everything))


async def functions(header: Header, schema: str) -> tuple[Function, ...]:
    """Return all functions of a schema, whoever may call them."""
    return await _functions.of(header, schema)


def row_restriction(held: Rights, function: Function) -> Restriction | None:
    """Return what the caller may see of the rows of a function that returns those of a table."""
    if function.row_type is None:
        return None
    return held.restriction(Held("", "table", function.catalog_id, *function.row_type))


def may_execute(held: Rights, function: Function) -> bool:
    """Tell whether the rights open the function: USE_CATALOG, USE_SCHEMA and EXECUTE."""
    place = Held("EXECUTE", "function", function.catalog_id, function.schema, function.name, function.signature)
    return held.may_use_schema(function.catalog_id, function.schema) and held.may_use(
        "EXECUTE", place, runs_as_owner=function.runs_as_owner
    )


async def relations(header: Header, schema: str, caller: Caller) -> tuple[Reach, ...]:
    """Return the tables and views of a schema on which the caller holds a privilege, by name."""
    key = (header.id, header.version, schema, caller)
    return await _reached.read(key, lambda: _read_relations(header, schema, caller))


async def _read_relations(header: Header, schema: str, caller: Caller) -> tuple[Reach, ...]:
    held = await rights(caller)
    everything = await _relations.of(header, schema) if held.may_use_schema(header.id, schema) else ()

    def reached() -> tuple[Reach, ...]:
        return tuple(reach for each in everything if (reach := reach_of(held, each)))

    return await aside.made(reached, len(everything))


def reach_of(held: Rights, relation: Relation) -> Reach | None:
    """Return what the rights open of a table or view; None when it is nothing."""
    if not held.may_use_schema(relation.catalog_id, relation.schema):
        return None
    place = Held("", "table", relation.catalog_id, relation.schema, relation.name)
    select, modify = (
        held.may_use(action, place, runs_as_owner=relation.runs_as_owner) for action in ("SELECT", "MODIFY")
    )
    restriction = held.restriction(place, runs_as_owner=relation.runs_as_owner)
    return Reach(relation, select, modify, restriction) if select or modify or restriction else None


async def catalogs(caller: Caller) -> list[Described]:
    """Return the catalogs that are switched on and in which the caller holds something, by name."""
    return await _catalogs.read(caller, lambda: _read_catalogs(caller))


async def _read_catalogs(caller: Caller) -> list[Described]:
    held = await rights(caller)
    rows = await _fetch(_CATALOGS, list({each.catalog for each in held.held}))
    return [Described(**row) for row in rows]


async def creating(caller: Caller) -> Mapping[str, str]:
    """Return the catalogs in which the caller may create tables, each with the schema for them."""
    return await _creating.read(caller, lambda: _read_creating(caller))


async def _read_creating(caller: Caller) -> Mapping[str, str]:
    held = await rights(caller)
    rows = await _fetch(_CREATING, list({each.catalog for each in held.held if each.action == "MODIFY"}))
    return {row["name"]: row["creator_schema"] for row in rows if held.may_create_in(row["id"], row["creator_schema"])}


async def schemas(header: Header) -> tuple[Described, ...]:
    """Return all schemas of a catalog by name, whoever may use them."""
    return await _schemas.of(header, "")


async def namespaces(header: Header) -> Namespaces:
    """Return what names mean in a catalog."""
    return await _namespaces.of(header, "")


async def names(header: Header, caller: Caller) -> Names:
    """Return what the caller may name in SQL."""
    return _names.get(await namespaces(header), await rights(caller))


class _PerVersion(Generic[T]):
    """What is read of each schema, by catalog version. Equal questions at one time are asked once."""

    def __init__(self, load: Callable[[Header, str], Awaitable[T]]) -> None:
        self._load = load
        self._known: dict[tuple[int, str], tuple[int, asyncio.Future[T]]] = {}

    async def of(self, header: Header, schema: str) -> T:
        """Return all of a schema, whoever may use it."""
        key = (header.id, schema)
        version, asked = self._known.get(key, (None, None))
        if asked is None or version != header.version or _is_lost(asked):
            while len(self._known) >= _SCHEMAS_REMEMBERED:
                del self._known[next(iter(self._known))]
            asked = asyncio.ensure_future(self._load(header, schema))
            self._known[key] = (header.version, asked)
        return await asyncio.shield(asked)


def _is_lost(asked: "asyncio.Future[Any]") -> bool:
    """Tell whether the question failed, or belongs to a loop that is gone."""
    if asked.get_loop() is not asyncio.get_running_loop():
        return True
    return asked.done() and (asked.cancelled() or asked.exception() is not None)


async def _load_functions(header: Header, schema: str) -> tuple[Function, ...]:
    rows = await _fetch(_ROUTINES, header.id, schema)
    return await aside.made(lambda: function.from_rows(header.name, header.id, schema, rows), len(rows))


async def _load_relations(header: Header, schema: str) -> tuple[Relation, ...]:
    rows = await _fetch(_RELATIONS, header.id, schema)
    return await aside.made(lambda: relation.from_rows(header.name, header.id, schema, rows), len(rows))


async def _load_namespaces(header: Header, _schema: str) -> Namespaces:
    rows = await _fetch(_NAMESPACES, header.id)
    marked = await _fetch(_MARKED, header.id)
    return Namespaces(
        catalog_id=header.id,
        schemas={row["name"]: row["names"] for row in rows},
        writing=frozenset((row["schema"], row["name"], row["signature"]) for row in marked if row["writes"]),
        changed=frozenset((row["schema"], row["name"], row["signature"]) for row in marked if row["has_changed"]),
        trusted=frozenset(header.trusted_schemas),
    )


async def _load_schemas(header: Header, _schema: str) -> tuple[Described, ...]:
    return tuple(Described(**row) for row in await _fetch(_SCHEMAS, header.id))


_schemas: Final = _PerVersion(_load_schemas)
_functions: Final = _PerVersion(_load_functions)
_namespaces: Final = _PerVersion(_load_namespaces)
_names: Final = NamesOf()
_relations: Final = _PerVersion(_load_relations)


async def _fetch(statement: LiteralString, *parameters: Any) -> list[DictRow]:
    pool = await control_database.pool()
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, parameters)
        rows: list[DictRow] = []
        while part := await cursor.fetchmany(aside.MANY):
            rows += part
            if len(part) == aside.MANY:
                await asyncio.sleep(0)  # JSON is decoded here, and others wait
        return rows
