"""Rule 8: names after a dot. What is not certainly a column is the call of a function."""

import pytest

from catalog.guard import Code
from tests.catalog.guard.shop import allowed, refused

COLUMNS = [
    "SELECT orders.id FROM orders",
    "SELECT o.id, o.version FROM orders o",  # version is also a function of pg_catalog
    "SELECT sales.orders.id FROM orders",
    "SELECT sales.orders.id FROM sales.orders",
    "SELECT o.* FROM orders o",
    "SELECT (o).* FROM orders o",
    "SELECT (o).id FROM orders o",
    "SELECT o.ctid, o.tableoid FROM orders o",
    "SELECT o.a FROM orders o(a)",
    "SELECT s.x FROM (SELECT id AS x FROM orders) s",
    "SELECT s.id, s.customer FROM (SELECT * FROM orders) s",
    "SELECT s.customer FROM (SELECT o.* FROM orders o, items i) s",
    "SELECT s.a, s.customer FROM (SELECT * FROM orders) s(a)",
    "SELECT s.count FROM (SELECT count(*) FROM orders) s",
    "SELECT v.column1, v.column2 FROM (VALUES (1, 2)) v",
    "SELECT v.a FROM (VALUES (1, 2)) v(a, b)",
    "SELECT x.id FROM (SELECT id FROM orders UNION SELECT 1) x",
    "WITH c AS (SELECT id FROM orders) SELECT c.id FROM c",
    "WITH c(a) AS (SELECT id FROM orders) SELECT d.a FROM c d",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT c.n + 1 FROM c WHERE c.n < 9) SELECT c.n FROM c",
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT c.n + 1 FROM c) SELECT c.n FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION SELECT c.n FROM c) SEARCH BREADTH FIRST BY n SET s SELECT c.s FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION SELECT c.n FROM c) CYCLE n SET y USING p SELECT c.y, c.p FROM c",
    "WITH w AS (DELETE FROM notes RETURNING id, body) SELECT w.body FROM w",
    "WITH w AS (INSERT INTO notes VALUES (1) RETURNING *) SELECT w.body FROM w",
    "SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id)",
    "SELECT (SELECT max(o.id) FROM items) FROM orders o",
    "SELECT s.y FROM orders o, LATERAL (SELECT o.id AS y) s",
    "SELECT 1 FROM orders o JOIN items i ON o.id = i.order_id AND i.id = o.customer",
    "SELECT 1 FROM orders o JOIN (items i JOIN notes n ON i.id = n.id) ON n.body = o.customer",
    "SELECT j.customer, j.order_id FROM (orders JOIN items USING (id)) AS j",
    "SELECT u.id, orders.customer FROM orders JOIN items USING (id) AS u",
    "SELECT s.customer, s.order_id FROM (SELECT * FROM orders NATURAL JOIN items) s",
    "SELECT g.g FROM generate_series(1, 3) g",
    "SELECT generate_series.generate_series FROM generate_series(1, 3)",
    "SELECT g.v FROM generate_series(1, 3) AS g(v)",
    "SELECT g.g, g.ordinality FROM generate_series(1, 3) WITH ORDINALITY g",
    "SELECT e.key, e.value FROM jsonb_each('{}') e",
    "SELECT u.v FROM unnest(ARRAY[1]) AS u(v)",
    "SELECT r.a FROM json_to_record('{}') AS r(a int)",
    "SELECT r.a, r.b FROM ROWS FROM (json_to_record('{}') AS (a int), generate_series(1, 2)) AS r(a, b)",
    "SELECT b.product FROM best() b",
    "SELECT (best()).sold",
    "SELECT t.t FROM tax(1) t",
    "SELECT o.only FROM one() o",
    "SELECT t.a, t.b FROM JSON_TABLE('{}', '$' COLUMNS (a int, NESTED PATH '$' COLUMNS (b int))) t",
    "SELECT (i.address).city FROM items i",
    "SELECT (address).street FROM items",
    "UPDATE notes SET body = notes.id RETURNING notes.id, old.body, new.body",
    "UPDATE notes n SET body = 'a' FROM orders o WHERE o.id = n.id RETURNING WITH (OLD AS o2) o2.body",
    "DELETE FROM notes n USING orders o WHERE o.id = n.id RETURNING o.amount",
    "INSERT INTO notes AS n VALUES (1) ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE n.id = 1",
    "MERGE INTO notes n USING orders o ON n.id = o.id WHEN NOT MATCHED THEN INSERT VALUES (o.id, o.customer)",
    "SELECT 1 FROM orders o GROUP BY o.id HAVING max(o.amount) = 1 ORDER BY o.id",
    "SELECT sum(o.id) OVER w FROM orders o WINDOW w AS (PARTITION BY o.customer)",
]
CALLS_THAT_ARE_ALLOWED = [
    "SELECT o.label FROM orders o",
    "SELECT (o).label FROM orders o",
    "SELECT label.label FROM orders label",
    "SELECT ('a'::text).lower",
    "SELECT (o.customer).lower FROM orders o",
]
# Inside, the server has a name for what was given none; outside, an alias of that name has the column.
CAPTURED = [
    'SELECT (SELECT "coalesce".half FROM coalesce(1)) FROM (SELECT 1 AS half) "coalesce"',
    'SELECT (SELECT "text".half FROM CAST(1 AS text)) FROM (SELECT 1 AS half) "text"',
    'SELECT (SELECT "current_date".half FROM current_date) FROM (SELECT 1 AS half) "current_date"',
    "SELECT (SELECT abs.half FROM abs(1)) FROM (SELECT 1 AS half) abs",
    "SELECT (SELECT abs.half FROM ROWS FROM (abs(1), tax(1))) FROM (SELECT 1 AS half) abs",
    "SELECT (SELECT json_table.half FROM JSON_TABLE('{}', '$' COLUMNS (a int))) FROM (SELECT 1 AS half) json_table",
    "SELECT (SELECT unnamed_subquery.half FROM (SELECT 1)) FROM (SELECT 1 AS half) unnamed_subquery",
    "SELECT (SELECT orders.half FROM orders) FROM (SELECT 1 AS half) orders",
]
REFUSED = [
    *CAPTURED,
    "SELECT (SELECT 1 FROM orders x, items i JOIN notes n ON x.customer = 1) FROM items x",  # ON sees its two sides only
    "SELECT t.half FROM JSON_TABLE('{}', '$' COLUMNS (half int)) AS t(a)",
    "SELECT (o).id.customer FROM orders o",
    "SELECT (i.address).city.street FROM items i",
    "SELECT o.leak FROM orders o",
    "SELECT (o).leak FROM orders o",
    "SELECT leak.leak FROM orders leak",
    "SELECT orders.leak FROM orders",
    "SELECT sales.orders.leak FROM orders",
    "SELECT db.sales.orders.leak FROM orders",
    "SELECT o.total FROM orders o",  # a column, but a function over rows would take its place
    "SELECT (o).total FROM orders o",
    "SELECT o.version FROM items o",
    "SELECT ('/etc/passwd').pg_read_file",
    "SELECT (5).pg_sleep",
    "SELECT $1.pg_sleep",
    "SELECT ('pg_class').regclass",
    "SELECT ((SELECT 'a')).version",
    "SELECT (ARRAY['a'])[1].version",
    "SELECT (CASE WHEN true THEN 'a' END).pg_sleep",
    "SELECT ((o).id).pg_sleep FROM orders o",
    "SELECT ((i).address).pg_sleep FROM items i",
    "SELECT (i.address).pg_sleep FROM items i",
    "SELECT (i.address).city.leak FROM items i",
    "SELECT (best()).leak",
    "SELECT (one()).only",  # a single OUT value is no record: only() would be called
    "SELECT o.unknown FROM orders o",
    "SELECT x.id FROM orders",
    "SELECT s.ctid FROM (SELECT id FROM orders) s",
    "SELECT s.customer FROM (SELECT id FROM orders) s",
    "SELECT s.id FROM (SELECT * FROM orders) s(a)",
    "SELECT c.customer FROM (SELECT 1) c",
    "WITH c AS (SELECT 1 AS a) SELECT c.leak FROM c",
    "SELECT leak.leak FROM unnest(ARRAY(SELECT o FROM orders o)) leak",  # of composite values: no column leak
    "SELECT leak.leak FROM coalesce(1) leak",
    "SELECT (g).v FROM generate_series(1, 3) AS g(v)",  # g is the number itself
    "SELECT s.leak FROM orders leak, (SELECT 1) s",
    "SELECT j.leak FROM (orders JOIN items USING (id)) j",
    "SELECT orders.customer FROM (orders JOIN items USING (id)) j",  # hidden by the alias of the join
    "SELECT u.customer FROM orders JOIN items USING (id) AS u",
    "SELECT 1 FROM orders o, (SELECT o.id) s",  # not LATERAL
    "SELECT 1 FROM orders o JOIN items i ON x.id = 1, notes x",
    "UPDATE notes SET body = 'a' RETURNING old.leak",
    "UPDATE lent SET body = 'a' RETURNING old.ctid",
    "SELECT leak.leak FROM JSON_TABLE('{}', '$' PASSING (SELECT 1 FROM JSON_TABLE('{}', '$' COLUMNS (leak int)) q) AS p"
    " COLUMNS (a int)) leak",
    "INSERT INTO notes VALUES (1) ON CONFLICT (id) DO UPDATE SET body = excluded.leak",
    "INSERT INTO notes SELECT excluded.id",
    "MERGE INTO notes n USING orders o ON n.leak WHEN MATCHED THEN DELETE",
    "SELECT 1 FROM orders o ORDER BY o.leak",
    "SELECT 1 FROM orders o GROUP BY o.leak",
    "SELECT o.half FROM orders o",
    "SELECT o.upper FROM orders o",
]


@pytest.mark.parametrize("text", COLUMNS)
def test_columns_are_found(text):
    allowed(text, writable=True)


@pytest.mark.parametrize("text", CALLS_THAT_ARE_ALLOWED)
def test_a_function_that_may_be_called_may_be_called_so(text):
    allowed(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_call_another_function_is_refused(text):
    assert refused(text, writable=True, parameters=1).code == Code.COLUMN


def test_a_column_of_an_outer_query_is_found_past_a_subquery_that_sees_it():
    nested = "SELECT 1 FROM items o WHERE EXISTS (SELECT 1 FROM orders x, (SELECT o.{}) s)"
    allowed(nested.format("order_id"))
    assert refused(nested.format("leak")).code == Code.COLUMN


def test_the_innermost_alias_counts():
    text = "SELECT 1 FROM orders o WHERE EXISTS (SELECT o.{} FROM items o)"
    allowed(text.format("order_id"))
    assert refused(text.format("customer")).code == Code.COLUMN
