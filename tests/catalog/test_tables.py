"""catalog.tables: rows of tables by filters, orders and pages, compared with plain queries."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from accounts import sealing
from audit import event_loop
from catalog import cursors, tables
from catalog.errors import CallFailed, InvalidCursor, NotVisible
from catalog.execution import Limits
from catalog.models import Privilege
from catalog.snapshot import Caller
from tests.catalog.conftest import as_admin, catalog_on
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
SORTABLE = ("id", "grade", "label", "taken_at", "ratio", "colour", "tags", "exact", "tree", "raw", "part")
HOSTILE = 'x"; drop table t;--'


@pytest.fixture
def found(shop):
    def find(name, caller=None):
        return next(t for t in visible(shop, caller) if t.relation.name == name)

    return find


def visible(shop, caller=None):
    return event_loop.run(tables.visible(shop.catalog.name, "shop", caller or shop.caller))


def ask(shop, table, limits=None, **arguments):
    return event_loop.run(tables.query(table, arguments, caller=shop.caller, limits=limits or Limits()))


def pages(shop, table, **arguments):
    rows, cursor = [], {}
    while cursor is not None:
        page = ask(shop, table, **arguments, **cursor)
        rows += page.rows
        following = page.extra["next_cursor"]
        assert page.is_truncated == (following is not None)
        cursor = None if following is None else {"cursor": following}
    return rows


def plainly(shop, where, order):
    """Ids by a query that shares no code with ours."""
    with as_admin(shop.catalog.database) as owner:
        return [row[0] for row in owner.execute(f"SELECT id FROM shop.reading {where} ORDER BY {order}")]


terms = st.lists(
    st.tuples(st.sampled_from(SORTABLE), st.sampled_from(("asc", "desc"))), max_size=4, unique_by=lambda term: term[0]
)


@requirement("T-pages")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms=terms, limit=st.integers(1, 10), smallest=st.none() | st.integers(1, 4))
def test_pages_are_the_plain_query_cut_in_pieces(shop, found, terms, limit, smallest):
    filters = {} if smallest is None else {"grade": {"gte": smallest}}
    order_by = [{"column": column, "direction": direction} for column, direction in terms]
    rows = pages(shop, found("reading"), filters=filters, order_by=order_by, limit=limit, columns=["id"])
    last = terms[-1][1] if terms else "asc"
    order = ", ".join([*(f"{column} {direction}" for column, direction in terms), f"id {last}"])
    assert [id_ for [id_] in rows] == plainly(shop, "" if smallest is None else f"WHERE grade >= {smallest}", order)


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        ({"grade": 3}, "grade = 3"),
        ({"grade": {"ne": 3}}, "grade <> 3"),
        ({"grade": {"gt": 1, "lte": 3}}, "grade > 1 AND grade <= 3"),
        ({"grade": {"in": [1, 4]}}, "grade IN (1, 4)"),
        ({"grade": {"is_null": True}}, "grade IS NULL"),
        ({"label": {"is_null": False}, "grade": {"lt": 3}}, "label IS NOT NULL AND grade < 3"),
        ({"label": {"like": "_"}}, "label LIKE '_'"),
        ({"label": {"ilike": "B"}}, "label ILIKE 'b'"),
        ({"label": {"in": ["'; drop table shop.reading --", "ü"]}}, "label = 'ü'"),
        ({"colour": "deep blue"}, "colour = 'deep blue'"),
        ({"tags": {"contains": ["b,c"]}}, "tags @> ARRAY['b,c']"),
        ({"tags": ["a"]}, "tags = '{a}'"),
        ({"tree": {"contains": {"k": 1}}}, "tree @> '{\"k\": 1}'"),
        ({"taken_at": {"gte": "2026-01-01T00:00:03Z"}}, "taken_at >= '2026-01-01 00:00:03Z'"),
        ({"ratio": {"gt": 0.0}}, "ratio > 0"),
        ({"exact": {"eq": "12345678901234567890.5"}}, "exact = 12345678901234567890.5"),
        ({"raw": {"eq": "AQ=="}}, "raw = '\\x01'"),
    ],
)
def test_filters_mean_what_sql_means(shop, found, filters, where):
    rows = pages(shop, found("reading"), filters=filters, columns=["id"], limit=10)
    expected = plainly(shop, f"WHERE {where}", "id")
    assert expected
    assert [id_ for [id_] in rows] == expected
    counted = event_loop.run(tables.count(found("reading"), filters, caller=shop.caller, limits=Limits()))
    assert (counted.columns, counted.rows) == (("count",), [[len(expected)]])


@pytest.mark.parametrize("filters", [{"nope": 1}, {"grade": {"like": "x"}}, {"grade": {"; drop": 1}}])
def test_unknown_columns_and_operators_are_refused(shop, found, filters):
    with pytest.raises(CallFailed):
        ask(shop, found("reading"), filters=filters)


def test_a_domain_is_compared_as_what_is_below_it(shop, found):
    assert ask(shop, found("item"), filters={"amount": {"gt": -5}}, columns=["id"], limit=2).rows == [[1], [2]]


def test_a_row_is_found_by_each_unique_key(shop, found):
    item = found("item")
    by = {index.columns: index for index in item.relation.lookups}
    assert list(by) == [("id",), ("code",)]
    look = partial(tables.lookup, item, caller=shop.caller, limits=Limits())
    row = event_loop.run(look(by["code",], {"code": "c3"}))
    assert row.rows == event_loop.run(look(by["id",], {"id": 3})).rows
    assert dict(zip(row.columns, row.rows[0], strict=True))["name"] == "item 3"
    assert event_loop.run(look(by["id",], {"id": 999})).rows == []


def test_a_foreign_key_brings_the_columns_of_the_row_it_leads_to(shop, found):
    reading = found("reading")
    assert [(each.name, each.target.name) for each in reading.references] == [("part", "item")]
    answer = ask(shop, reading, include=["part"], columns=["id", "part"], limit=10, order_by=[{"column": "part"}])
    assert answer.columns[:4] == ("id", "part", "part.id", "part.name")
    assert all(row[1] == row[2] for row in answer.rows)
    without = ask(shop, reading, include=["part"], filters={"part": {"is_null": True}}, limit=1)
    assert set(without.rows[0][-3:]) == {None}
    with pytest.raises(NotVisible):
        ask(shop, reading, include=["item"])


@pytest.mark.django_db(transaction=True)
def test_a_join_needs_the_privilege_on_the_other_table(workshop, bob):
    catalog, caller = catalog_on(workshop, "another"), Caller(bob.pk, frozenset())

    def hold(action, securable="catalog", **names):
        return Privilege.objects.create(user=bob, action=action, securable=securable, catalog=catalog, **names)

    def read(table, **arguments):
        return event_loop.run(tables.query(table, arguments, caller=caller, limits=Limits()))

    hold("USE_CATALOG"), hold("USE_SCHEMA"), hold("SELECT", "table", schema="shop", object="reading")
    [alone] = event_loop.run(tables.visible("another", "shop", caller))
    assert (alone.relation.name, alone.references) == ("reading", ())
    other = hold("SELECT", "table", schema="shop", object="item")
    until(lambda: len(event_loop.run(tables.visible("another", "shop", caller))) == 2)
    _, joined = event_loop.run(tables.visible("another", "shop", caller))
    assert read(joined, include=["part"]).rows
    other.delete()
    until(lambda: raises(NotVisible, lambda: read(joined, include=["part"])))
    assert read(joined).rows


def raises(kind, do):
    try:
        do()
    except kind:
        return True
    return False


def test_a_table_without_a_key_has_no_cursor(shop, found):
    views = ask(shop, found("readings"), limit=1)
    assert (views.is_truncated, views.extra) == (True, {"next_cursor": None})


@requirement("T-cursor")
def test_a_cursor_is_for_one_question_of_one_principal_and_for_a_while(shop, found, monkeypatch):
    reading = found("reading")
    cursor = ask(shop, reading, limit=1).extra["next_cursor"]
    assert ask(shop, reading, limit=5, columns=["grade"], cursor=cursor).rows  # these may change from page to page
    with pytest.raises(InvalidCursor):
        ask(shop, reading, cursor=cursor, filters={"grade": 1})
    with pytest.raises(InvalidCursor):
        ask(shop, reading, cursor=cursor, order_by=[{"column": "grade"}])
    with pytest.raises(InvalidCursor):
        ask(shop, found("item"), cursor=cursor)
    stranger = Caller(shop.caller.principal_id + 1, frozenset())
    with pytest.raises(InvalidCursor):
        event_loop.run(tables.query(reading, {"cursor": cursor}, caller=stranger, limits=Limits()))
    for broken in (cursor[:-2], "", "\ud800", sealing.seal("[]", purpose="other").decode()):
        with pytest.raises(InvalidCursor):
            ask(shop, reading, cursor=broken)
    monkeypatch.setattr(cursors, "LIFETIME", -1)
    with pytest.raises(InvalidCursor):
        ask(shop, reading, cursor=cursor)


def test_no_value_of_a_row_can_be_read_from_a_cursor(shop, found):
    cursor = ask(shop, found("item"), limit=1, order_by=[{"column": "name"}]).extra["next_cursor"]
    assert "item 1" not in cursor


@requirement("T-columns")
def test_columns_that_the_login_role_may_not_read_do_not_appear(shop, found, workshop):
    with as_admin(workshop.database) as owner:
        granted = owner.execute(
            "SELECT column_name FROM information_schema.column_privileges WHERE grantee = %s AND table_name = 'item'",
            [workshop.user],
        ).fetchall()
    assert {column.name for column in found("item").relation.columns} == {name for [name] in granted}


@requirement("S15-tables")
def test_names_that_break_careless_code_are_only_names_s15(shop, found):
    table = found(HOSTILE)
    names = ("a%s", 'b"; --', "Ünï çödé")
    assert ask(shop, table).columns == names
    filters = {"a%s": 1, 'b"; --': {"like": "t%"}, "Ünï çödé": {"in": ["three"]}}
    order = [{"column": name, "direction": "desc"} for name in names]
    assert ask(shop, table, filters=filters, order_by=order, columns=list(names)).rows == [[1, "two", "three"]]
    with as_admin(shop.catalog.database) as owner:
        assert owner.execute(sql.SQL("SELECT count(*) FROM shop.{}").format(sql.Identifier(HOSTILE))).fetchone() == (1,)


def test_limits_only_lower(shop, found):
    assert len(ask(shop, found("reading"), limit=50).rows) == 10  # the catalog's
    assert len(ask(shop, found("reading"), Limits(rows=3), limit=50).rows) == 3
    few = ask(shop, found("reading"), Limits(bytes=200), limit=50)
    assert (0 < len(few.rows) < 10, few.is_truncated) == (True, True)
