"""Django's connection for statements that come again and again: parsed and planned by PostgreSQL once.

Django writes values into its SQL, so that no two statements are alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

Statement = tuple[str, list[Any]]  # SQL and its values


class _Cursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_: Any) -> "_Cursor":
        return super().execute(query, params, prepare=True)


def execute(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run the statement in the transaction of this thread and return its rows, or none for one that has none.

    PostgreSQL tells the types of the values from where they stand.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor: Any = _Cursor(connection.connection)
        if connection.queries_logged:
            cursor = connection.make_debug_cursor(cursor)
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.pgresult.nfields else []  # `description` costs more than the rows
