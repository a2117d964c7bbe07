"""PostgreSQL 12.1 and 12.3: rows as documents, the statements that search and fetch them, and the index that serves.

Names come from the introspected copy and the configuration from the list that the database gave; words are bound. The
index that an admin is shown is made of the same expression as the search.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from psycopg import sql

from catalog import ordering
from catalog.parameters import Parameters
from catalog.relation import Column, Documents, Reach, Relation
from catalog.selection import TABLE

GAP: Final = re.compile(r"\{([^{}]+)\}")
TITLE_LENGTH: Final = 200  # characters
TEXT_LENGTH: Final = 100_000  # characters of a document that are shown
_SEARCHED: Final = 200_000  # characters of a row that are searched: a tsvector holds 1 MB, and more would be an error


@dataclass(frozen=True, slots=True)
class Shelf:
    """A table whose rows one caller may search and read as documents."""

    relation: Relation
    documents: Documents

    @property
    def key(self) -> tuple[Column, ...]:
        """Return the columns that name a row."""
        return ordering.key_of(self.relation)

    @property
    def gaps(self) -> list[str]:
        """Return the columns in the address of a row."""
        return gaps(self.documents.url)


def shelf_of(reach: Reach | None) -> Shelf | None:
    """Return the shelf that the reach opens. A table is none for whom one of the columns that it uses is masked."""
    documents = reach.relation.documents if reach and reach.reads else None
    if reach is None or documents is None:
        return None
    found = Shelf(reach.relation, documents)
    masked = {column for column, _ in reach.restriction.masks} if reach.restriction else set()
    used = {documents.title, *documents.texts, *found.gaps, *(column.name for column in found.key)}
    return found if masked.isdisjoint(used) else None


def gaps(template: str) -> list[str]:
    """Return the columns in an address, each once."""
    return list(dict.fromkeys(GAP.findall(template)))


def address(template: str, values: Mapping[str, str | None]) -> str:
    """Return the address of a row: its values percent-encoded, a null as nothing."""
    return GAP.sub(lambda gap: quote(values[gap[1]] or "", safe=""), template)


def index_statement(schema: str, table: str, documents: Documents) -> str:
    """Return the statement with which the owner of a table makes its search fast."""
    parts = sql.Identifier(schema, table), _vector(documents, ())
    return sql.SQL("CREATE INDEX ON {} USING gin ({})").format(*parts).as_string()


def of_search(shelves: Sequence[Shelf], words: str, limit: int, parameters: Parameters) -> bytes:
    """Return the statement for the best rows of tables of one catalog; equal ranks in the order of tables and keys.

    Its columns: number of the shelf, key, title, values of the gaps, rank.
    """
    parts = [_matches(number, shelf, words, limit, parameters) for number, shelf in enumerate(shelves)]
    together = sql.SQL(" UNION ALL ").join(sql.SQL("({})").format(part) for part in parts)
    return (
        sql.SQL("SELECT * FROM ({}) AS found ORDER BY 5 DESC, 1, 2 LIMIT {}")
        .format(together, sql.Literal(limit))
        .as_bytes()
    )


def of_fetch(shelf: Shelf, key: Sequence[str | None], parameters: Parameters) -> bytes:
    """Return the statement for one row. Its columns: title, text, values of the gaps."""
    texts = (sql.SQL("nullif({}, '')").format(_text(name)) for name in shelf.documents.texts)
    same = (
        sql.SQL("{}.{} = {}").format(TABLE, sql.Identifier(each.name), parameters.bind(value, each.compared_as))
        for each, value in zip(shelf.key, key, strict=True)
    )
    parts = {
        "title": _title(shelf),
        "text": sql.SQL("pg_catalog.left(pg_catalog.concat_ws(E'\\n\\n', {}), {})").format(
            sql.SQL(", ").join(texts), sql.Literal(TEXT_LENGTH + 1)
        ),
        "gaps": _array(shelf.gaps),
        "rows": parameters.rows_of(shelf.relation),
        "table": TABLE,
        "same": sql.SQL(" AND ").join(same),
    }
    return sql.SQL("SELECT {title}, {text}, {gaps} FROM {rows} AS {table} WHERE {same}").format(**parts).as_bytes()


def _matches(number: int, shelf: Shelf, words: str, limit: int, parameters: Parameters) -> sql.Composed:
    configuration = _configuration(shelf.documents)
    parts = {
        "number": sql.Literal(number),
        "key": _array([column.name for column in shelf.key]),
        "title": _title(shelf),
        "gaps": _array(shelf.gaps),
        "vector": _vector(shelf.documents, (TABLE,)),
        "query": sql.SQL("pg_catalog.websearch_to_tsquery({}, {})").format(configuration, parameters.text(words)),
        "rows": parameters.rows_of(shelf.relation),
        "table": TABLE,
        "limit": sql.Literal(limit),
    }
    return sql.SQL(
        "SELECT {number}, {key}, {title}, {gaps}, pg_catalog.ts_rank({vector}, {query}) FROM {rows} AS {table}"
        " WHERE {vector} @@ {query} ORDER BY 5 DESC, 2 LIMIT {limit}"
    ).format(**parts)


def _vector(documents: Documents, table: Sequence[sql.Identifier]) -> sql.Composed:
    texts = (sql.SQL("coalesce({}, '')").format(_text(name, table)) for name in documents.texts)
    return sql.SQL("pg_catalog.to_tsvector({}, pg_catalog.left({}, {}))").format(
        _configuration(documents), sql.SQL(" || ' ' || ").join(texts), sql.Literal(_SEARCHED)
    )


def _configuration(documents: Documents) -> sql.Composed:
    return sql.SQL("{}::pg_catalog.regconfig").format(sql.Literal(documents.configuration))


def _title(shelf: Shelf) -> sql.Composed:
    return sql.SQL("pg_catalog.left({}, {})").format(_text(shelf.documents.title), sql.Literal(TITLE_LENGTH))


def _array(names: Sequence[str]) -> sql.Composed:
    return sql.SQL("ARRAY[{}]::pg_catalog.text[]").format(sql.SQL(", ").join(map(_text, names)))


def _text(column: str, table: Sequence[sql.Identifier] = (TABLE,)) -> sql.Composed:
    return sql.SQL("{}::pg_catalog.text").format(sql.SQL(".").join([*table, sql.Identifier(column)]))
