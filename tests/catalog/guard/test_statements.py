"""Rules 3 and 4: allowed statements, and allowed nodes."""

import pytest

from catalog.guard import Code
from catalog.guard.nodes import ALLOWED
from tests.catalog.guard.shop import allowed, refused

NEVER = [
    "SET statement_timeout = 0",
    "SET TRANSACTION READ WRITE",
    "RESET ROLE",
    "SHOW ALL",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT a",
    "COPY sales.orders TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO STDOUT",
    "DO $$BEGIN END$$",
    "CALL sales.p()",
    "PREPARE a AS SELECT 1",
    "EXECUTE a",
    "DEALLOCATE a",
    "DECLARE c CURSOR FOR SELECT 1",
    "FETCH c",
    "CLOSE c",
    "LISTEN a",
    "NOTIFY a",
    "UNLISTEN a",
    "LOCK sales.notes",
    "DISCARD ALL",
    "CREATE TABLE t (a int)",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t (a int)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE sales.notes ADD x int",
    "DROP TABLE sales.notes",
    "TRUNCATE sales.notes",
    "GRANT ALL ON sales.notes TO PUBLIC",
    "VACUUM",
    "ANALYZE",
    "REFRESH MATERIALIZED VIEW v",
    "LOAD 'x'",
    "CHECKPOINT",
    "SECURITY LABEL ON TABLE t IS 'x'",
    "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c",
    "EXPLAIN CREATE TABLE t AS SELECT 1",
    "EXPLAIN EXECUTE a",
    "EXPLAIN DECLARE c CURSOR FOR SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN (ANALYZE false) SELECT 1",
    "EXPLAIN (SETTINGS) SELECT 1",
    "EXPLAIN (BUFFERS) SELECT 1",
    "EXPLAIN (UNKNOWN) SELECT 1",
    "SELECT 1 INTO t",
    "SELECT 1 INTO TEMP t",
    "EXPLAIN SELECT 1 INTO t",
    "SELECT * FROM (SELECT 1 INTO t) x",
    "WITH x AS (SELECT 1 INTO t) SELECT 1",
]
WRITES = [
    "INSERT INTO notes VALUES (1, 'a')",
    "INSERT INTO notes SELECT id, 'a' FROM orders",
    "INSERT INTO notes DEFAULT VALUES",
    "INSERT INTO notes AS n (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE n.id < 1",
    "UPDATE notes SET body = 'a' WHERE id = 1",
    "UPDATE notes n SET (id, body) = (SELECT 1, 'a') FROM orders o WHERE o.id = n.id RETURNING old.body, new.body",
    "DELETE FROM notes",
    "DELETE FROM notes USING orders WHERE orders.id = notes.id RETURNING notes.*, orders.amount",
    "MERGE INTO notes n USING orders o ON n.id = o.id WHEN MATCHED THEN DELETE"
    " WHEN NOT MATCHED THEN INSERT VALUES (o.id, 'a') RETURNING merge_action(), n.id",
    "WITH w AS (INSERT INTO notes VALUES (1) RETURNING id) SELECT w.id FROM w",
    "SELECT * FROM notes FOR UPDATE",
    "SELECT * FROM notes n FOR SHARE OF n",
    "SELECT * FROM (SELECT * FROM notes FOR KEY SHARE) x",
    "SELECT place_order()",
]


@pytest.mark.parametrize("text", NEVER)
def test_other_statements_are_refused_even_to_those_who_may_write(text):
    assert refused(text, writable=True).code in (Code.STATEMENT, Code.SYNTAX)


@pytest.mark.parametrize("text", WRITES)
def test_a_write_needs_the_scope(text):
    assert refused(text).code == Code.NEEDS_WRITE


@pytest.mark.parametrize("text", WRITES)
def test_a_write_passes_with_the_scope_and_says_that_it_writes(text):
    assert allowed(text, writable=True).writes


@pytest.mark.parametrize("text", WRITES)
def test_a_plan_of_a_write_needs_the_scope_and_writes_nothing(text):
    assert refused(f"EXPLAIN {text}").code == Code.NEEDS_WRITE
    checked = allowed(f"EXPLAIN {text}", writable=True)
    assert checked.explain
    assert not checked.writes


def test_the_sentence_says_what_to_do():
    sentence = refused("DELETE FROM notes").sentence
    assert sentence == "This statement writes. Ask for the scope mcp.write, or use SELECT."


@pytest.mark.parametrize(
    "text",
    ["VALUES (1)", "TABLE orders", "(SELECT 1)", "EXPLAIN SELECT 1", "EXPLAIN (FORMAT JSON, COSTS off) VALUES (1)"],
)
def test_reading_needs_no_scope(text):
    assert not allowed(text).writes


def test_the_verdict_says_what_is_read_and_written():
    checked = allowed("WITH w AS (DELETE FROM notes RETURNING id) SELECT tax(amount) FROM orders", writable=True)
    assert checked.kind == "select"
    assert checked.reads == {("sales", "orders"), ("sales", "notes")}
    assert checked.written == {("sales", "notes")}
    assert checked.calls == {("sales", "tax")}
    assert allowed("EXPLAIN DELETE FROM notes", writable=True).kind == "delete"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT xmlelement(name a)",
        "SELECT xmlparse(document 'a')",
        "SELECT 'a' IS DOCUMENT",
        "SELECT xmlserialize(content body AS text) FROM notes",
        "SELECT * FROM xmltable('/a' PASSING '<a/>' COLUMNS b int PATH 'b')",
    ],
)
def test_a_node_that_is_not_listed_is_refused(text):
    assert refused(text).code == Code.CONSTRUCT


def test_a_cursor_position_is_no_place_to_write():
    assert refused("UPDATE notes SET body = 'a' WHERE CURRENT OF c", writable=True).code == Code.CONSTRUCT


def test_no_listed_node_defines_or_sets_anything():
    definitions = ("Create", "Alter", "Drop", "Copy", "Variable", "Transaction", "Xml", "Do", "Call", "Role", "Into")
    assert not [kind for kind in ALLOWED if kind.startswith(definitions)]
