"""What a name in a statement stands for: CTEs, FROM items and their columns, level by level, as the server sees them.

Everything here is a lower bound: a column that is claimed is there for certain. A column that is there and not claimed
costs a refusal; one claimed and not there would hide the call of a function (rule 8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.guard.names import Name

MAX_COLUMNS = 1664  # of a PostgreSQL target list
SYSTEM_COLUMNS = frozenset({"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"})


@dataclass(frozen=True, slots=True)
class Columns:
    """`names` from the left in order, None where one has no known name; then, unless `exact`, some more.

    `elsewhere` are columns that are there for certain, at an unknown place.
    """

    names: tuple[str | None, ...] = ()
    exact: bool = True
    elsewhere: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self.names or name in self.elsewhere

    def __add__(self, other: "Columns") -> "Columns":
        # SELECT *, * FROM (SELECT *, * FROM ...) doubles at each level.
        if len(self.names) + len(other.names) > MAX_COLUMNS:
            return UNKNOWN
        if self.exact:
            return Columns(self.names + other.names, other.exact, other.elsewhere)
        return Columns(self.names, exact=False, elsewhere=self.elsewhere | other.known())

    def known(self) -> frozenset[str]:
        """All names that are certain."""
        return self.elsewhere.union(name for name in self.names if name)

    def is_complete(self) -> bool:
        """Whether every column is known by name, so that what is not here is not there."""
        return self.exact and None not in self.names

    def renamed(self, aliases: tuple[str, ...]) -> "Columns":
        """After `AS x(a, b)`: the first columns have new names."""
        within = len(aliases) <= len(self.names)
        return Columns(aliases + self.names[len(aliases) :], self.exact, self.elsewhere if within else frozenset())

    def without(self, names: frozenset[str]) -> "Columns":
        """Leave out the merged columns of a join."""
        return Columns(tuple(n for n in self.names if n not in names), self.exact, self.elsewhere - names)


UNKNOWN = Columns(exact=False)


@dataclass(frozen=True, slots=True)
class Item:
    """Something in FROM. `relation` is set for a table without alias, for `schema.table.column`.

    The server gives a name to everything: to a function, a subquery without alias. Where that name is not known here,
    `name` is None, and what lies further out cannot be told apart from this.
    """

    name: str | None
    columns: Columns
    relation: Name | None = None
    has_system_columns: bool = False
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_row: bool = True  # a lone function's `x` may be the plain value, and then `(x).a` is a call

    def has(self, column: str) -> bool:
        """Whether it certainly has this column."""
        return column in self.columns or (self.has_system_columns and column in SYSTEM_COLUMNS)


@dataclass(slots=True)
class Scope:
    """One query level. `items` grows while FROM is read, and `ctes` while WITH is."""

    parent: "Scope | None" = None
    items: list[Item] = field(default_factory=list)
    ctes: dict[str, Columns] = field(default_factory=dict)

    def below(self) -> "Scope":
        """The level of a subquery."""
        return Scope(parent=self)

    def seeing(self, items: list[Item]) -> "Scope":
        """The same level with other items visible: none for a subquery in FROM, the two sides for ON."""
        return Scope(self.parent, items, self.ctes)

    def levels(self) -> Iterator["Scope"]:
        """This level and the outer ones, inside out."""
        level: Scope | None = self
        while level is not None:
            yield level
            level = level.parent

    def cte(self, name: str) -> Columns | None:
        """The CTE that a bare table name stands for, if one is visible."""
        return next((level.ctes[name] for level in self.levels() if name in level.ctes), None)

    def item(self, name: str, schema: str | None = None) -> Item | None:
        """What `name.` certainly stands for: the innermost item of that name. With a schema, a table without alias."""
        for level in self.levels():
            for item in level.items:
                if item.relation == (schema, name) if schema else item.name == name:
                    return item
            if any(item.name is None for item in level.items):
                return None
        return None

    def item_at(self, parts: tuple[str, ...]) -> Item | None:
        """The same for a dotted name."""
        if len(parts) > 2:
            return None
        return self.item(parts[-1], parts[0] if len(parts) == 2 else None)

    def whole_row(self, name: str) -> Item | None:
        """What a lone `name` stands for when it is certainly no column: the row of an item."""
        if any(not item.columns.is_complete() or item.has(name) for level in self.levels() for item in level.items):
            return None
        item = self.item(name)
        return item if item and item.is_row else None

    def fields_of(self, column: str) -> frozenset[str]:
        """The attributes of a lone column of a composite type, where it is certain which column that is."""
        for level in self.levels():
            if any(not item.columns.is_complete() for item in level.items):
                return frozenset()
            holders = [item for item in level.items if item.has(column)]
            if holders:
                return holders[0].fields.get(column, frozenset()) if len(holders) == 1 else frozenset()
        return frozenset()
