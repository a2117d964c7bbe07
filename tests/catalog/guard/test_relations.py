"""Rule 6: tables, and the scope of CTEs."""

import pytest

from catalog.guard import Code
from tests.catalog.guard.shop import allowed, refused

HIDDEN = [
    "SELECT * FROM hidden",
    "SELECT * FROM sales.hidden",
    'SELECT * FROM "sales"."hidden"',
    r'SELECT * FROM U&"hidd\0065n"',
    "TABLE hidden",
    "TABLE ONLY hidden",
    "SELECT * FROM hr.salaries",
    "SELECT * FROM salaries",
    "SELECT * FROM nowhere",
    "SELECT * FROM twice",  # in two schemas of the path
    "SELECT * FROM db.sales.orders",
    "SELECT * FROM pg_class",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM pg_notes",  # pg_catalog comes first; whatever it holds tomorrow
    "SELECT * FROM pg_temp.orders",
    "SELECT * FROM pg_toast.pg_toast_1",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.pg_class",
    "SELECT * FROM orders, hidden",
    "SELECT * FROM orders JOIN hidden USING (id)",
    "SELECT * FROM (orders NATURAL JOIN hidden) AS j",
    "SELECT 1 UNION SELECT 1 FROM hidden",
    "SELECT * FROM hidden TABLESAMPLE SYSTEM (1)",
    "SELECT * FROM LATERAL (SELECT * FROM hidden) x",
    "SELECT ARRAY(SELECT id FROM hidden)",
]
# A CTE hides a table only where it is visible.
CTE_HIDES = [
    "WITH hidden AS (SELECT 1 id) SELECT * FROM hidden",
    "WITH hidden AS (SELECT 1 id) SELECT * FROM orders, hidden h",
    "WITH hidden AS (SELECT 1 id), b AS (SELECT * FROM hidden) SELECT * FROM b",
    "WITH hidden AS (SELECT 1 id) SELECT (SELECT max(id) FROM hidden)",
    "WITH hidden AS (SELECT 1 id) SELECT 1 UNION SELECT id FROM hidden",
    "WITH hidden AS (SELECT 1 id) (SELECT id FROM hidden) EXCEPT SELECT id FROM hidden",
    "WITH hidden AS (SELECT 1 id) SELECT * FROM orders JOIN LATERAL (SELECT * FROM hidden) x ON true",
    "WITH RECURSIVE hidden(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM hidden) SELECT * FROM hidden",
    "WITH RECURSIVE a AS (SELECT * FROM hidden), hidden AS (SELECT 1 id) SELECT * FROM a",
    "WITH hidden AS (SELECT 1 id) SELECT * FROM (WITH b AS (SELECT * FROM hidden) SELECT * FROM b) x",
    "WITH hidden AS (SELECT 1 id) INSERT INTO notes SELECT id FROM hidden",
    "WITH hidden AS (SELECT 1 id) UPDATE notes SET body = 'a' FROM hidden",
    "WITH hidden AS (SELECT 1 id) DELETE FROM notes USING hidden",
    "WITH hidden AS (SELECT 1 id) MERGE INTO notes USING hidden ON true WHEN MATCHED THEN DELETE",
    "INSERT INTO notes WITH hidden AS (SELECT 1 id) SELECT id FROM hidden",
    "EXPLAIN WITH hidden AS (SELECT 1 id) SELECT * FROM hidden",
]
CTE_DOES_NOT_HIDE = [
    "WITH hidden AS (SELECT * FROM hidden) SELECT * FROM hidden",
    "WITH a AS (SELECT * FROM hidden), hidden AS (SELECT 1 id) SELECT * FROM a",
    "WITH hidden AS (SELECT 1 id) SELECT * FROM sales.hidden",
    "SELECT * FROM (WITH hidden AS (SELECT 1 id) SELECT * FROM hidden) x, hidden",
    "(WITH hidden AS (SELECT 1 id) SELECT id FROM hidden) UNION SELECT id FROM hidden",
    "SELECT id FROM hidden UNION (WITH hidden AS (SELECT 1 id) SELECT id FROM hidden)",
    "SELECT (WITH hidden AS (SELECT 1 id) SELECT id FROM hidden) FROM hidden",
    "WITH a AS (WITH hidden AS (SELECT 1 id) SELECT * FROM hidden) SELECT * FROM a, hidden",
    "WITH hidden AS (SELECT 1 id) INSERT INTO hidden VALUES (1)",
    "WITH hidden AS (SELECT 1 id) UPDATE hidden SET id = 1",
    "WITH hidden AS (SELECT 1 id) DELETE FROM hidden",
    "WITH hidden AS (SELECT 1 id) MERGE INTO hidden USING orders ON true WHEN MATCHED THEN DELETE",
    "INSERT INTO notes WITH hidden AS (SELECT 1 id) SELECT id FROM hidden RETURNING (SELECT id FROM hidden)",
    "WITH a AS (SELECT 1 id) SELECT * FROM a hidden, LATERAL (SELECT * FROM hidden) x",  # an alias is no CTE
    'WITH "Hidden" AS (SELECT 1 id) SELECT * FROM hidden',
    "SELECT id AS hidden FROM orders ORDER BY (SELECT id FROM hidden)",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_table_without_privilege_is_refused(text):
    assert refused(text).code == Code.RELATION


@pytest.mark.parametrize("text", CTE_HIDES)
def test_a_cte_stands_for_the_table_where_it_is_visible(text):
    checked = allowed(text, writable=True)
    assert ("sales", "hidden") not in checked.reads | checked.written


@pytest.mark.parametrize("text", CTE_DOES_NOT_HIDE)
def test_a_cte_does_not_stand_for_the_table_elsewhere(text):
    assert refused(text, writable=True).code == Code.RELATION


@pytest.mark.parametrize("name", ["hidden", "nowhere", "salaries", "twice", "pg_class"])
def test_not_there_and_not_yours_have_one_answer(name):
    answer, unknown = refused(f"SELECT * FROM {name}"), refused("SELECT * FROM unknown")
    assert answer.sentence.replace(name, "unknown") == unknown.sentence
    assert (answer.code, answer.position) == (unknown.code, unknown.position)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM inbox",
        "INSERT INTO inbox VALUES (1) RETURNING id",
        "INSERT INTO inbox VALUES (1) ON CONFLICT DO NOTHING",
        "UPDATE inbox SET body = id",
        "UPDATE inbox SET body = 'a' WHERE id = 1",
        "DELETE FROM inbox WHERE id = 1",
        "MERGE INTO inbox USING orders ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_a_target_that_is_read_needs_select_too(text):
    assert refused(text, writable=True).code == Code.NEEDS_SELECT


@pytest.mark.parametrize(
    "text",
    ["INSERT INTO inbox VALUES (1)", "UPDATE inbox SET body = 'a'", "DELETE FROM inbox", "DELETE FROM ONLY inbox"],
)
def test_a_target_that_is_only_written_needs_modify_only(text):
    assert allowed(text, writable=True).written == {("sales", "inbox")}


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO orders VALUES (1)",
        "UPDATE orders SET id = 1",
        "DELETE FROM orders",
        "MERGE INTO orders USING notes ON true WHEN MATCHED THEN DELETE",
        "WITH w AS (DELETE FROM orders) SELECT 1",
        "SELECT * FROM orders FOR UPDATE",
        "SELECT * FROM (SELECT * FROM orders) x FOR UPDATE OF x",
    ],
)
def test_changing_and_locking_need_modify(text):
    assert refused(text, writable=True).code == Code.NEEDS_MODIFY


def test_a_few_views_of_information_schema_are_open():
    allowed("SELECT * FROM information_schema.sql_features")
    assert refused("DELETE FROM information_schema.sql_features", writable=True).code == Code.RELATION


def test_a_bare_name_is_found_on_the_path():
    assert allowed("SELECT * FROM orders").reads == {("sales", "orders")}
    assert allowed("SELECT * FROM sales.twice").reads == {("sales", "twice")}
