"""SQL for migrations: a notice at the commit of each change of a table. accounts.freshness listens."""

from collections.abc import Mapping
from typing import Final

from django.db.migrations import RunSQL

CHANNEL: Final = "gatepost_changed"

MADE: Final = "INSERT OR UPDATE OR DELETE OR TRUNCATE"
CHANGED: Final = "UPDATE OR DELETE OR TRUNCATE"  # nobody can remember a row that did not exist


def function() -> RunSQL:
    """Return the operation that makes the trigger function. Equal notices of one transaction are sent once."""
    return RunSQL(
        f"""
        CREATE FUNCTION {CHANNEL}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('{CHANNEL}', '');
          RETURN NULL;
        END $$
        """,
        f"DROP FUNCTION {CHANNEL}()",
    )


def triggers(events: Mapping[str, str]) -> list[RunSQL]:
    """Return the operations that make one statement-level trigger for each table."""
    return [
        RunSQL(
            f"CREATE TRIGGER {CHANNEL} AFTER {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {CHANNEL}()",
            f"DROP TRIGGER {CHANNEL} ON {table}",
        )
        for table, event in events.items()
    ]
