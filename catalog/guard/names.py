"""What one caller may name in SQL. `catalog` builds it from its snapshot; the guard reads it and nothing else.

The objects of a schema are here whether the caller may use them or not: a bare name means what PostgreSQL finds first,
and that can be an object which the caller must not reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

Name = tuple[str, str]  # schema, name
SYSTEM = "pg_catalog"


class Held(IntEnum):
    """How a privilege is held. What runs as its owner needs BY_NAME (rule 7)."""

    NO = 0
    INHERITED = 1  # from the schema or the catalog
    BY_NAME = 2  # on this very object


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view with this caller's privileges on it."""

    columns: tuple[str, ...]  # in order, without system columns
    kind: str = "r"  # pg_class.relkind: r, p, f, v or m
    runs_as_owner: bool = False  # a view without security_invoker
    select: Held = Held.NO
    modify: Held = Held.NO
    restriction: str = ""  # why free SQL may not read it, in words: masks and row filters work in table tools only
    reads: frozenset[Name] = frozenset()  # of a view: the tables and views in its query
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)  # attributes of columns of a composite type


@dataclass(frozen=True, slots=True)
class Overload:
    """One function of a name; procedures, aggregates and window functions count as functions that nobody may execute."""

    execute: Held = Held.NO
    runs_as_owner: bool = False  # SECURITY DEFINER
    is_reviewed: bool = False  # of an extension that only computes: open to everybody, as those of pg_catalog are
    writes: bool = False
    takes_row: bool = False  # can be called with one argument, of a row type or a polymorphic type
    columns: tuple[str, ...] | None = None  # of its result: () for a scalar, None when the call decides
    is_volatile: bool = False  # it may write without being marked as writing


@dataclass(frozen=True, slots=True)
class Names:
    """A frozen view of one catalog, for one caller. Names are as the database stores them."""

    search_path: tuple[str, ...]  # as pinned on the connection, between pg_catalog and pg_temp
    usable: frozenset[str]  # schemas with USE SCHEMA, in a catalog with USE CATALOG
    relations: Mapping[Name, Relation]
    functions: Mapping[Name, tuple[Overload, ...]]
    system_functions: frozenset[str]  # every name in the pg_catalog of this server
    system_types: frozenset[str]
    trusted: frozenset[str] = frozenset()  # schemas whose types, operators and collations an admin vouches for
    types: frozenset[Name] = frozenset()  # every type of every schema on the path and of the trusted ones
    operators: frozenset[Name] = frozenset()
    collations: frozenset[Name] = frozenset()
    home: str = ""  # the schema that bare names of tables stand for; empty: whichever has the table

    def on_path(self, name: str, objects: Mapping[Name, object] | frozenset[Name]) -> tuple[str, ...]:
        """The schemas of the search path that hold an object of this name, in order."""
        return tuple(schema for schema in self.search_path if (schema, name) in objects)
