"""Column masks and row filters of a SELECT privilege, and the SQL that applies them. sql-safety.md, Open.

Who holds SELECT both with and without a restriction is not restricted. Several restrictions together mask every column
that one of them masks, and show the rows that one of them shows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

MASKS: Final = ("null", "hash")
MATCHES: Final = ("principal", "group")
_HASH: Final = (
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({} || s.{}::pg_catalog.text, 'UTF8')), 'hex') AS {}"
)
_HASHED: Final = re.compile(r"text|name|character( varying)?(\(\d+\))?")
Shown = Sequence[tuple[str, str]]  # names and types of columns


@dataclass(frozen=True, slots=True)
class Restriction:
    """What one caller may see of one table."""

    masks: tuple[tuple[str, str], ...]  # column, and null or hash
    rows: tuple[tuple[str, str], ...]  # column, and whether it names the principal or a group; empty: all rows
    principal: str  # e-mail address or application id
    groups: tuple[str, ...]
    salt: str  # of hashes: equal values stay equal within a catalog, and nobody can compute them

    @property
    def told(self) -> str:
        """Return what is restricted, in words."""
        masked = [f"the column {column} is masked" for column, _ in self.masks]
        return ", ".join([*masked, *(["only some rows are yours"] if self.rows else [])])


def combined(stored: Iterable[Mapping[str, Any]], principal: str, groups: Iterable[str], salt: str) -> Restriction:
    """Return what several restrictions of privileges mean together for a principal."""
    several = list(stored)
    masks: dict[str, str] = {}
    for each in several:
        for column, mask in each.get("masks", {}).items():
            masks[column] = "null" if "null" in {mask, masks.get(column)} else mask
    filters = [each.get("row_filter") for each in several]
    rows = {(each["column"], each["equals"]) for each in filters if each} if all(filters) else set()
    return Restriction(tuple(sorted(masks.items())), tuple(sorted(rows)), principal, tuple(sorted(groups)), salt)


def may_hash(type_: str) -> bool:
    """Tell whether a column of the type can show a hash in the place of its value."""
    return bool(_HASHED.fullmatch(type_))


Bind = Callable[[str], sql.Composed]  # binds a text and returns its place


def restricted(source: sql.Composable, shown: Shown, restriction: Restriction, bind: Bind) -> sql.Composed:
    """Return what to select from in the place of a table or a function that returns its rows."""
    masks = dict(restriction.masks)
    is_hashed = any(masks.get(name) == "hash" and may_hash(type_) for name, type_ in shown)
    salt = bind(restriction.salt) if is_hashed else sql.SQL("")
    return sql.SQL("(SELECT {} FROM {} AS s WHERE {})").format(
        sql.SQL(", ").join(_output(name, type_, masks.get(name), salt) for name, type_ in shown),
        source,
        _condition({name for name, _ in shown}, restriction, bind),
    )


def _output(name: str, type_: str, mask: str | None, salt: sql.Composable) -> sql.Composed:
    column = sql.Identifier(name)
    if mask is None:
        return sql.SQL("s.{}").format(column)
    if mask == "hash" and may_hash(type_):
        return sql.SQL(_HASH).format(salt, column, column)
    return sql.SQL("CASE WHEN false THEN s.{} END AS {}").format(column, column)  # null, of the same type


def _condition(known: set[str], restriction: Restriction, bind: Bind) -> sql.Composable:
    """A filter by a column that is gone shows no row."""
    if not restriction.rows:
        return sql.SQL("true")
    found: list[sql.Composable] = [sql.SQL("false")]
    for column, match in restriction.rows:
        names = (restriction.principal,) if match == "principal" else restriction.groups
        if column in known and names:
            places = sql.SQL(", ").join(map(bind, names))
            found.append(sql.SQL("s.{}::pg_catalog.text IN ({})").format(sql.Identifier(column), places))
    return sql.SQL(" OR ").join(found)
