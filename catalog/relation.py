"""A table or view as callers see it. Frozen values, made once for each version of a catalog."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from catalog.names import Wanted, fitting
from catalog.restriction import Restriction
from catalog.types import Input

VECTOR_METHODS: Final = frozenset({"hnsw", "ivfflat"})
METRICS: Final = frozenset({"cosine_ops", "l2_ops", "l1_ops", "ip_ops"})  # of pgvector, behind the name of the type


@dataclass(frozen=True, slots=True)
class Column:
    """One column that the login role may read."""

    name: str
    type: str  # as format_type prints it
    nullable: bool
    default: str | None  # an expression
    comment: str
    is_generated: bool
    is_identity: bool
    input: Input | None  # how a JSON value becomes a value of it; None: it cannot
    operators: tuple[str, ...] = ()  # of filters, without is_null; one that has some also sorts
    compared_as: tuple[str, str] = ("", "")  # schema and name of its type; of a domain, what is below it


@dataclass(frozen=True, slots=True)
class Key:
    """A primary, unique or foreign key."""

    kind: str  # pg_constraint.contype: p, u or f
    columns: tuple[str, ...]
    references: tuple[str, str, tuple[str, ...]] | None = None  # schema, table, columns


@dataclass(frozen=True, slots=True)
class Index:
    """A whole index over columns: no expressions, no part of the rows."""

    name: str
    method: str  # pg_am.amname
    columns: tuple[str, ...]
    unique: bool
    primary: bool
    opclass: str = ""  # this and the next two of extensions only
    dimensions: int | None = None
    version: str = ""

    @property
    def searches_vectors(self) -> bool:
        """Tell whether tools find the nearest rows by it."""
        type_, _, metric = self.opclass.partition("_")
        return (
            self.method in VECTOR_METHODS
            and type_ in {"vector", "halfvec"}
            and metric in METRICS
            and bool(self.dimensions)
        )


@dataclass(frozen=True, slots=True)
class Documents:
    """What of a table is searched by words: an admin said so (catalog.document_search)."""

    title: str  # a column
    texts: tuple[str, ...]  # columns
    url: str  # address of a row, with {column} gaps; empty: a row has none of its own
    configuration: str  # of text search, as regconfig prints it


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """One table or view. Compared and hashed by identity: each version of a catalog has its own."""

    catalog: str
    catalog_id: int
    schema: str
    name: str
    kind: str  # pg_class.relkind: r, p, f, v or m
    comment: str
    columns: tuple[Column, ...]  # in order
    keys: tuple[Key, ...]  # the primary key first
    indexes: tuple[Index, ...]  # that of the primary key first
    row_estimate: int  # -1: never analysed
    runs_as_owner: bool  # a view without security_invoker
    has_changed: bool  # since an admin last looked: no tool stands for it
    # By what they do: query, count, and for each lookup its columns.
    tool_names: Mapping[str | tuple[str, ...], str] = field(default_factory=dict)
    search_names: Mapping[str, str] = field(default_factory=dict)  # of tools that search by an index
    documents: Documents | None = None  # how its rows are searched by words, if they are
    # By index: schema and name of the function that an admin named to make its vectors of texts.
    embeddings: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def lookups(self) -> list[Index]:
        """Return the unique indexes by which a row can be found, the primary key first."""
        comparable = {column.name for column in self.columns if column.operators}
        fit = [index for index in self.indexes if index.unique and comparable.issuperset(index.columns)]
        return list(reversed({index.columns: index for index in reversed(fit)}.values()))

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def vectors(self, name: str) -> Column | None:
        """Return the column of the index of that name, when tools search vectors by it."""
        index = next((index for index in self.indexes if index.name == name), None)
        return self.column(index.columns[0]) if index and index.searches_vectors else None


@dataclass(frozen=True, slots=True)
class Reach:
    """A table or view with what one caller may do with it; at least one of the three."""

    relation: Relation
    select: bool  # all of it
    modify: bool
    restriction: Restriction | None = None  # what may be read of it, without `select`

    @property
    def reads(self) -> bool:
        """Tell whether rows may be read, masked and filtered perhaps."""
        return self.select or self.restriction is not None


def from_rows(catalog: str, catalog_id: int, schema: str, rows: Iterable[dict[str, Any]]) -> tuple[Relation, ...]:
    """Make the tables and views of a schema from their stored rows, in the order of their names."""
    made = sorted((_relation(row, catalog, catalog_id, schema) for row in rows), key=lambda relation: relation.name)
    names = fitting({(each.name, does): want for each in made for does, want in _wanted(each)})
    searches = fitting(
        {index.name: _wanted_search(each, index) for each in made for index in each.indexes if index.opclass}
    )
    return tuple(
        replace(
            each,
            tool_names={does: names[each.name, does] for does, _ in _wanted(each)},
            search_names={index.name: searches[index.name] for index in each.indexes if index.opclass},
        )
        for each in made
    )


def _wanted_search(relation: Relation, index: Index) -> Wanted:
    identity = (relation.catalog, relation.schema, index.name)
    return Wanted("__".join(identity), identity, ".".join(identity))


def _wanted(relation: Relation) -> Iterator[tuple[str | tuple[str, ...], Wanted]]:
    """Name the tools of a table. Two tables of a schema may want one name: catalog.names tells them apart."""
    identity = (relation.catalog, relation.schema, relation.name)
    original = ".".join(identity)
    for does in ("query", "count"):
        yield does, Wanted(f"{does}_{relation.name}", (*identity, does), original)
    for index in relation.lookups:
        name = f"query_{relation.name}_by_{'_and_'.join(index.columns)}"
        yield index.columns, Wanted(name, (*identity, *index.columns), f"{original}({','.join(index.columns)})")


def _relation(row: dict[str, Any], catalog: str, catalog_id: int, schema: str) -> Relation:
    plain = {name: row[name] for name in ("name", "kind", "comment", "row_estimate", "runs_as_owner", "has_changed")}
    return Relation(
        catalog=catalog,
        catalog_id=catalog_id,
        schema=schema,
        columns=tuple(map(_column, row["columns"])),
        keys=tuple(map(_key, row["keys"])),
        indexes=tuple(Index(**{**index, "columns": tuple(index["columns"])}) for index in row["indexes"]),
        documents=_documents(row["documents"]),
        embeddings={index: (named[0], named[1]) for index, named in (row["embeddings"] or {}).items()},
        **plain,
    )


def _documents(stored: dict[str, Any] | None) -> Documents | None:
    return Documents(**{**stored, "texts": tuple(stored["texts"])}) if stored else None


def _column(stored: dict[str, Any]) -> Column:
    how = stored.get("input")
    return Column(
        name=stored["name"],
        type=stored["type"],
        nullable=stored["nullable"],
        default=stored.get("default"),
        comment=stored.get("comment", ""),
        is_generated=stored.get("generated", False),
        is_identity=stored.get("identity", False),
        input=Input((how["cast"][0], how["cast"][1]), how["codec"], how["is_array"], how["schema"]) if how else None,
        operators=tuple(stored.get("operators", ())),
        compared_as=tuple(stored.get("base_type", ("", ""))),
    )


def _key(stored: dict[str, Any]) -> Key:
    to = stored.get("references")
    references = (to["schema"], to["table"], tuple(to["columns"])) if to else None
    return Key(stored["kind"], tuple(stored["columns"]), references)
