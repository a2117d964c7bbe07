"""Rules 9 and 10: types, operators, collations, sampling, parameters."""

from dataclasses import replace

import pytest

from catalog.guard import Code, Refusal
from tests.catalog.guard.shop import NAMES, allowed, refused, verdict

TYPES = [
    "regclass", "regproc", "regtype", "regrole", "regnamespace", "pg_catalog.regclass", '"regclass"', "REGCLASS",
    "regclass[]", "_regclass", "pg_catalog._regclass", "xml", "cstring", "oid", "pg_class", "evil_domain", "sales.evil_domain",
    "hr.grade", "orders", "sales.orders", "nothing", "pg_temp.x", "db.sales.t", "vectors.nothing", "reg_new", "orders.id%TYPE", "SETOF text",
]  # fmt: skip
CASTS = [
    "SELECT 'a'::{}",
    "SELECT CAST('a' AS {})",
    "SELECT * FROM json_to_record('{{}}') AS r(a {})",
    "SELECT * FROM ROWS FROM (json_to_record('{{}}') AS (a {}))",
    "SELECT JSON_VALUE('{{}}', '$' RETURNING {})",
    "SELECT JSON_OBJECT('a': 1 RETURNING {})",
    "SELECT * FROM JSON_TABLE('{{}}', '$' COLUMNS (a {} PATH '$')) j",
    "SELECT 1 ORDER BY 1::{}",
]


@pytest.mark.parametrize("place", CASTS)
@pytest.mark.parametrize("name", TYPES)
def test_other_types_are_refused_in_every_cast(place, name):
    assert refused(place.format(name)).code in (Code.TYPE, Code.SYNTAX)


def test_the_row_type_of_a_table_hides_a_trusted_type_behind_it_on_the_path():
    names = replace(NAMES, search_path=("sales", "vectors"), types=frozenset({("vectors", "orders")}))
    answer = verdict("SELECT 'a'::orders", names=names)
    assert isinstance(answer, Refusal)
    assert answer.code == Code.TYPE


@pytest.mark.parametrize("name", ["regclass 'a'", "pg_catalog.regclass 'a'", "regclass('a')", "treat('a' AS regclass)"])
def test_other_spellings_of_a_cast_are_refused(name):
    assert refused(f"SELECT {name}").code in (Code.TYPE, Code.FUNCTION)


def test_a_cast_in_a_cycle_mark_is_refused():
    text = "WITH RECURSIVE x(n) AS (SELECT 1 UNION SELECT 2 FROM x) CYCLE n SET c TO {} DEFAULT 'a' USING p TABLE x"
    allowed(text.format("text 'b'"))
    assert refused(text.format("regclass 'b'")).code == Code.TYPE


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1::int, 1::pg_catalog.int4, '1'::text[], '1'::varchar(3), interval '1 day', timestamptz 'now', date '2026-01-01'",
        "SELECT '[1]'::vector, '[1]'::vectors.vector",
        "SELECT 'a'::character varying, 1::double precision, 'a'::\"char\", B'1'::bit varying(3)",
    ],
)
def test_reviewed_types_and_those_of_trusted_schemas_pass(text):
    allowed(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 === 2",
        "SELECT 1 OPERATOR(sales.===) 2",
        "SELECT 1 OPERATOR(hr.+) 2",
        "SELECT 1 OPERATOR(db.sales.===) 2",
        "SELECT 1 > 2",  # sales holds a > of its own
        "SELECT 1 NOT BETWEEN 2 AND 3",
        "SELECT 1 NOT BETWEEN SYMMETRIC 2 AND 3",
        "SELECT 1 > ANY (ARRAY[1])",
        "SELECT 1 > ALL (SELECT 1)",
        "SELECT (1, 2) > (1, 2)",
        "SELECT (1, 2) OPERATOR(sales.===) (SELECT 1, 2)",
        "SELECT 1 ORDER BY 1 USING >",
        "SELECT array_agg(1 ORDER BY 1 USING OPERATOR(sales.===))",
        "SELECT rank() OVER (ORDER BY 1 USING >)",
    ],
)
def test_operators_of_other_schemas_are_refused(text):
    assert refused(text).code == Code.OPERATOR


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 < 2, 1 BETWEEN 1 AND 2, 1 = ANY (SELECT 1), 'a' || 'b', 1 OPERATOR(pg_catalog.>) 2",
        "SELECT 1 <=> 2, 1 OPERATOR(vectors.<=>) 2",
        "SELECT CASE 1 WHEN 1 THEN 2 END, 1 IN (SELECT 1), NULLIF(1, 2), 1 IS DISTINCT FROM 2",
        "SELECT 'a' COLLATE \"C\", 'a' COLLATE german, 'a' COLLATE vectors.german, 'a' COLLATE pg_catalog.\"de-x-icu\"",
        "SELECT 1 FROM orders JOIN items USING (id) NATURAL JOIN notes",
    ],
)
def test_operators_and_collations_of_pg_catalog_and_trusted_schemas_pass(text):
    allowed(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT CASE 1 WHEN 1 THEN 2 END",
        "SELECT 1 IN (SELECT 1)",
        "SELECT 1 NOT IN (SELECT 1)",
        "SELECT 1 IN (1, 2)",
        "SELECT NULLIF(1, 2)",
        "SELECT 1 IS DISTINCT FROM 2",
        "SELECT 1 FROM orders JOIN items USING (id)",
        "SELECT 1 FROM orders NATURAL JOIN items",
    ],
)
def test_an_operator_that_is_not_written_counts(text):
    names = replace(NAMES, operators=frozenset({("sales", "=")}))
    answer = verdict(text, names=names)
    assert isinstance(answer, Refusal)
    assert answer.code == Code.OPERATOR


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'a' COLLATE evil",
        "SELECT 'a' COLLATE sales.evil",
        "SELECT 'a' COLLATE sales.unknown",
        "SELECT 1 ORDER BY 'a' COLLATE evil",
        "SELECT * FROM json_to_record('{}') AS r(a text COLLATE evil)",
        "INSERT INTO notes VALUES (1) ON CONFLICT (body COLLATE evil) DO NOTHING",
    ],
)
def test_collations_of_other_schemas_are_refused(text):
    assert refused(text, writable=True).code == Code.COLLATION


def test_an_operator_class_is_refused():
    text = "INSERT INTO notes VALUES (1) ON CONFLICT (body text_pattern_ops) DO NOTHING"
    assert refused(text, writable=True).code == Code.TYPE


@pytest.mark.parametrize("method", ["system", "BERNOULLI", "pg_catalog.system"])
def test_two_methods_sample(method):
    allowed(f"SELECT * FROM orders TABLESAMPLE {method} (1) REPEATABLE (2)")


@pytest.mark.parametrize("method", ["evil", "sales.system", "system_rows", '"SYSTEM"', "db.pg_catalog.system"])
def test_other_methods_do_not(method):
    assert refused(f"SELECT * FROM orders TABLESAMPLE {method} (1)").code == Code.SAMPLING


def test_parameters_need_values():
    allowed("SELECT $1, $2", parameters=2)
    assert refused("SELECT $1, $3", parameters=2).code == Code.PARAMETER
    assert refused("SELECT $0", parameters=2).code == Code.PARAMETER
    assert "none are given" in refused("SELECT $1").sentence
