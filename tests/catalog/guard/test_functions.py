"""Rules 5 and 7: functions, and what runs as its owner."""

from dataclasses import replace

import pytest

from catalog.guard import Code, Overload, Refusal
from tests.catalog.guard.shop import FUNCTIONS, NAMES, allowed, refused, verdict

OLD_JSON = replace(NAMES, functions={**FUNCTIONS, ("sales", "json_object"): (Overload(),)})

AMBIGUOUS = "can mean more than one function"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT lower('a'), pg_catalog.lower('a'), LOWER('a'), \"lower\"('a')",
        "SELECT count(*), sum(amount), row_number() OVER () FROM orders",
        "SELECT tax(1), sales.tax(1), distance(1), vectors.distance(1)",
        "SELECT length('a')",  # two candidates, and both are allowed
        "SELECT current_date, current_timestamp(3), localtime",
        "SELECT * FROM tax(1), best() b WHERE b.sold > 1",
        "SELECT sales.lent_function()",
        "SELECT date('2026-01-01')",
    ],
)
def test_reviewed_and_granted_functions_may_be_called(text):
    allowed(text.replace(">", "<"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT leak(1)",
        "SELECT sales.leak(1)",
        "SELECT half(1)",  # one overload is not granted
        "SELECT hr.raise_pay()",  # no USE SCHEMA
        "SELECT raise_pay()",
        "SELECT nothing()",
        "SELECT sales.nothing()",
        "SELECT pg_sleep(1)",
        "SELECT pg_catalog.pg_sleep(1)",
        "SELECT brand_new_builtin()",
        "SELECT db.sales.tax(1)",
        "SELECT information_schema._pg_expandarray(ARRAY[1])",
        "SELECT current_user",
        "SELECT session_user",
        "SELECT user",
        "SELECT current_role",
        "SELECT current_catalog",
        "SELECT current_schema",
        "SELECT system_user",
        "SELECT collation for ('a')",
    ],
)
def test_everything_else_may_not(text):
    assert refused(text).code == Code.FUNCTION


@pytest.mark.parametrize("name", ["leak", "nothing", "half"])
def test_what_is_not_there_and_what_is_not_yours_have_one_answer(name):
    assert refused(f"SELECT sales.{name}(1)").sentence.replace(name, "x") == refused("SELECT sales.x(1)").sentence


def test_a_hidden_candidate_makes_a_bare_name_ambiguous_and_the_schema_cures_it():
    assert AMBIGUOUS in refused("SELECT upper('a')").sentence
    allowed("SELECT pg_catalog.upper('a')")


def test_a_function_of_a_reviewed_extension_does_not_hide_the_one_of_pg_catalog():
    allowed("SELECT sum(id) FROM sales.orders")
    allowed("SELECT sales.sum(id) FROM sales.orders")
    assert AMBIGUOUS in refused("SELECT min(id) FROM sales.orders").sentence  # not all overloads are the extension's


def test_a_granted_function_does_not_cover_for_one_of_pg_catalog():
    assert refused("SELECT version()").code == Code.FUNCTION
    allowed("SELECT sales.version()")


def test_syntax_that_an_older_server_reads_as_a_call_counts_as_one():
    assert refused("SELECT JSON_ARRAY(1)").code == Code.FUNCTION
    allowed("SELECT JSON_OBJECT('a': 1)")
    assert isinstance(verdict("SELECT json_object('{a,b}')", names=OLD_JSON), Refusal)


def test_a_call_that_can_mean_a_cast_to_a_foreign_type_is_refused():
    assert refused("SELECT evil_domain('a')").code == Code.FUNCTION
    assert refused("SELECT sales.evil_domain('a')").code == Code.FUNCTION
    allowed("SELECT evil_domain('a', 'b')")


def test_security_definer_needs_a_grant_by_name():
    assert refused("SELECT as_owner()").code == Code.RUNS_AS_OWNER
    allowed("SELECT lent_function()")


@pytest.mark.parametrize("text", ["SELECT * FROM owned", "SELECT * FROM (TABLE owned) x"])
def test_a_view_with_its_owners_rights_needs_a_grant_by_name(text):
    assert refused(text).code == Code.RUNS_AS_OWNER
    allowed(text.replace("owned", "lent"))
    allowed(text.replace("owned", "plain_view"))


@pytest.mark.parametrize("view", ["keyhole", "second_keyhole", "over_hr", "over_owned"])
def test_a_view_with_its_callers_rights_shows_no_table_that_the_caller_may_not_use(view):
    """Its caller is the login role, and that may read more."""
    assert refused(f"SELECT * FROM {view}").code == Code.RUNS_AS_OWNER


@pytest.mark.parametrize("view", ["plain_view", "opened_keyhole", "over_lent"])
def test_such_a_view_is_open_over_open_tables_or_by_name(view):
    allowed(f"SELECT * FROM {view}")


def test_writing_through_a_view_needs_modify_on_its_table():
    allowed("INSERT INTO plain_view VALUES (1)", writable=True)
    assert refused("INSERT INTO keyhole VALUES (1)", writable=True).code == Code.RUNS_AS_OWNER


def test_writing_through_such_a_view_does_too():
    assert refused("INSERT INTO owned VALUES (1)", writable=True).code == Code.RUNS_AS_OWNER
    allowed("INSERT INTO lent VALUES (1)", writable=True)


def test_a_plan_does_not_show_what_such_a_view_is_made_of():
    assert refused("EXPLAIN SELECT * FROM lent").code == Code.RUNS_AS_OWNER
    allowed("EXPLAIN SELECT * FROM plain_view")


def test_a_writing_function_needs_the_scope():
    assert refused("SELECT place_order()").code == Code.NEEDS_WRITE
    assert allowed("SELECT place_order()", writable=True).writes
