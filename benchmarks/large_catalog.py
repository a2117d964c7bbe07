"""Large schemas in the demo's database, connected and granted to the demo's admin."""

import json
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.embedded.postgres import Cluster

ROWS, FUNCTIONS, TABLES = 100_000, 10_000, 2_000
ADMIN = "admin@demo.example"
LARGE = (
    "CREATE SCHEMA large",
    "CREATE TABLE large.orders (id integer PRIMARY KEY, customer text NOT NULL, total numeric, placed date, note text)",
    f"""INSERT INTO large.orders
    SELECT n, 'Customer ' || n % 977, n * 1.13, date '2026-01-01' + n % 365, repeat('n', n % 40)
    FROM generate_series(1, {ROWS}) AS n""",  # noqa: S608 - a number of ours
    "ANALYZE large.orders",
    f"""CREATE FUNCTION large.all_orders() RETURNS SETOF large.orders LANGUAGE sql STABLE ROWS {ROWS}
    AS 'TABLE large.orders'""",
)
WIDE = (
    "CREATE SCHEMA many_functions",
    "CREATE SCHEMA many_tables",
    f"""DO $$ BEGIN FOR n IN 1..{FUNCTIONS} LOOP
        EXECUTE format('CREATE FUNCTION many_functions.f_%s(id integer, name text DEFAULT ''x'') RETURNS integer
            LANGUAGE sql STABLE RETURN id', lpad(n::text, 5, '0'));
        IF n % 1000 = 0 THEN COMMIT; END IF;
    END LOOP; END $$""",
    f"""DO $$ BEGIN FOR n IN 1..{TABLES} LOOP
        EXECUTE format('CREATE TABLE many_tables.t_%s (id integer PRIMARY KEY, name text, placed date)',
            lpad(n::text, 4, '0'));
        IF n % 500 = 0 THEN COMMIT; END IF;
    END LOOP; END $$""",
)


def prepare(facts: dict[str, Any], folder: Path, statements: Sequence[str], *schemas: str) -> str:
    """Run the statements in the demo's database and open the schemas to the demo's admin. Return the database's DSN."""
    dsn = Cluster(folder / "home").superuser_dsn("gatepost_demo")
    catalog = "/api/gatepost/v1/catalogs/demo"
    role = ask(facts, "GET", catalog)["user"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        for schema in map(sql.Identifier, schemas):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(role)))
            connection.execute(
                sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, sql.Identifier(role))
            )
    ask(facts, "PATCH", catalog, {"row_limit": 100_000, "byte_limit": 100_000_000})
    operation = ask(facts, "POST", f"{catalog}/refresh")["operation_id"]
    while (state := ask(facts, "GET", f"/api/gatepost/v1/operations/{operation}"))["state"] in {"queued", "running"}:
        time.sleep(0.2)
    if state["state"] != "done":
        raise SystemExit(f"The catalog was not refreshed: {state}")
    for schema in schemas:
        change = {"principal": ADMIN, "add": ["USE_SCHEMA", "SELECT", "EXECUTE"]}
        path = f"/api/2.1/unity-catalog/permissions/schema/demo.{schema}"
        ask(facts, "PATCH", path, {"changes": [change]})
    return dsn


def ask(facts: dict[str, Any], method: str, path: str, body: object = None) -> Any:
    """Call the REST API as the demo's admin."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        facts["base_url"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {facts['admin_token']}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        return json.loads(answer.read() or b"null")
