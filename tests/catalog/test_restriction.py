"""Masks and row filters: in table tools and functions they are part of the SQL, in free SQL the table is refused."""

import hashlib

import pytest

from accounts.errors import Invalid
from accounts.models import Group, User
from audit import event_loop
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog import free_sql, functions, privileges, tables
from catalog.errors import CallFailed, InvalidCursor
from catalog.execution import Limits
from catalog.free_sql import Leave, Wanted
from catalog.models import Privilege
from catalog.restriction import combined
from catalog.sealing import salt_of
from catalog.snapshot import Caller
from tests.waiting import until

BOTH = {"masks": {"price": "null", "name": "hash"}, "row_filter": {"column": "code", "equals": "group"}}


class Limited:
    """Somebody who holds SELECT on shop.item with a restriction, and what they get."""

    def __init__(self, shop, restriction):
        self.shop = shop
        self.group = Group.objects.create(name="c3")
        self.user = User.objects.create_person("limited@example.com")
        self.user.groups.add(self.group)
        self.caller = Caller(self.user.pk, frozenset({self.group.pk}))
        for action in ("USE_CATALOG", "USE_SCHEMA"):
            self.hold(action, "catalog")
        self.hold("EXECUTE", "function", schema="shop", object="items", signature="integer")
        self.hold("SELECT", "table", schema="shop", object="item", restriction=restriction)
        self.hold("SELECT", "table", schema="shop", object="part")

    def hold(self, action, securable, **place):
        Privilege.objects.create(user=self.user, action=action, securable=securable, catalog=self.shop.catalog, **place)

    def table(self, name="item"):
        found = event_loop.run(tables.visible(self.shop.catalog.name, "shop", self.caller))
        return next(table for table in found if table.relation.name == name)

    def ask(self, name="item", **arguments):
        return event_loop.run(tables.query(self.table(name), arguments, caller=self.caller, limits=Limits()))

    def call(self, name, **arguments):
        found = event_loop.run(functions.visible(self.shop.catalog.name, "shop", self.caller, function=name))
        return event_loop.run(functions.call(found[0], arguments, caller=self.caller))

    def sql(self, text):
        event_loop.run(
            free_sql.check(Wanted(self.shop.catalog.name, text), caller=self.caller, leave=Leave(may_write=False))
        )

    def hash(self, value):
        return hashlib.sha256((salt_of(self.shop.catalog.pk) + value).encode()).hexdigest()


@pytest.fixture
def limited(shop, django_db_blocker, request):
    """Committed, since calls read on the owning loop."""
    with django_db_blocker.unblock():
        made = Limited(shop, getattr(request, "param", BOTH))
    yield made
    with django_db_blocker.unblock():
        made.user.delete()
        made.group.delete()


def test_rows_are_filtered_and_columns_masked_in_the_sql(limited):
    page = limited.ask(columns=["id", "name", "price"])
    assert page.rows == [[3, limited.hash("item 3"), None]]
    assert limited.ask(filters={"name": "item 3"}).rows == []
    assert limited.ask(filters={"price": {"gt": "0"}}).rows == []
    assert limited.ask(filters={"name": limited.hash("item 3")}, columns=["id"]).rows == [[3]]
    assert limited.ask(order_by=[{"column": "price", "direction": "desc"}], columns=["id"]).rows == [[3]]


def test_counts_and_keys_see_the_same_rows(limited):
    table = limited.table()
    count = event_loop.run(tables.count(table, {}, caller=limited.caller, limits=Limits()))
    assert count.rows == [[1]]
    primary = next(index for index in table.relation.indexes if index.primary)
    for key, names in ((3, [limited.hash("item 3")]), (4, [])):
        found = event_loop.run(tables.lookup(table, primary, {"id": key}, caller=limited.caller, limits=Limits()))
        assert [row[found.columns.index("name")] for row in found.rows] == names


def test_a_row_that_a_foreign_key_leads_to_is_masked_too(limited):
    with_items = limited.ask("part", include=["item"])
    for row in with_items.rows:
        told = dict(zip(with_items.columns, row, strict=True))
        assert told["item.price"] is None
        assert told["item.name"] == (limited.hash("item 3") if told["item"] == 3 else None)


@pytest.mark.parametrize("limited", [{"masks": {"id": "null"}}, {"masks": {"name": "hash"}}], indirect=True)
def test_an_order_by_what_is_masked_has_no_pages(limited):
    page = limited.ask(order_by=[{"column": "name"}], limit=2)
    assert (page.is_truncated, page.extra) == (True, {"next_cursor": None})
    elsewhere = limited.ask("part", limit=1).extra["next_cursor"]
    with pytest.raises(InvalidCursor):
        limited.ask(order_by=[{"column": "name"}], limit=2, cursor=elsewhere or "x")


def test_a_function_that_returns_rows_of_the_table_shows_no_more(limited):
    result = limited.call("items", n=10)
    told = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    assert [(row["id"], row["name"], row["price"]) for row in told] == [(3, limited.hash("item 3"), None)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM shop.item",
        "SELECT * FROM shop.part JOIN shop.item ON true",
        "WITH item AS (SELECT 1) SELECT name FROM shop.item",
        "SELECT (SELECT count(*) FROM shop.item)",
    ],
)
def test_free_sql_is_refused_and_told_which(limited, text):
    with pytest.raises(CallFailed) as refused:
        limited.sql(text)
    assert refused.value.code == "sql_restricted"
    assert "the column name is masked, the column price is masked, only some rows are yours" in refused.value.message


def test_free_sql_reaches_the_rows_by_no_detour(limited):
    for text in ("SELECT * FROM shop.items(5)", "SELECT * FROM shop.as_caller", "SELECT (shop.items(5)).name"):
        with pytest.raises(CallFailed) as refused:
            limited.sql(text)
        assert refused.value.is_refusal
    limited.sql("SELECT * FROM shop.part")


@pytest.mark.parametrize("limited", [{"row_filter": {"column": "gone", "equals": "principal"}}], indirect=True)
def test_a_filter_by_a_column_that_is_gone_shows_nothing(limited):
    assert limited.ask().rows == []


@pytest.mark.parametrize("limited", [{"masks": {"id": "hash", "code": "null"}}], indirect=True)
def test_what_cannot_show_a_hash_shows_nothing(limited):
    assert {tuple(row) for row in limited.ask(columns=["id", "code"]).rows} == {(None, None)}


def test_select_without_a_restriction_wins(limited, django_db_blocker):
    with django_db_blocker.unblock():
        limited.hold("SELECT", "schema", schema="shop")
    until(lambda: len(limited.ask().rows) > 1, limit=1)
    limited.sql("SELECT name FROM shop.item")


def test_restrictions_together_mask_more_and_show_more_rows():
    mine = {"masks": {"a": "hash", "b": "hash"}, "row_filter": {"column": "x", "equals": "principal"}}
    ours = {"masks": {"a": "null"}, "row_filter": {"column": "y", "equals": "group"}}
    both = combined([mine, ours], "me", {"g"}, "salt")
    assert both.masks == (("a", "null"), ("b", "hash"))
    assert both.rows == (("x", "principal"), ("y", "group"))
    assert combined([mine, {"masks": {"c": "null"}}], "me", (), "salt").rows == ()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("restriction", "field"),
    [
        ({"masks": {"nothing": "null"}}, "masks"),
        ({"masks": {"name": "shuffle"}}, "masks"),
        ({"masks": {"price": "hash"}}, "masks"),
        ({"row_filter": {"column": "nothing", "equals": "group"}}, "row_filter"),
        ({"row_filter": {"column": "name", "equals": "'; DROP TABLE x; --"}}, "row_filter"),
        ({}, "masks"),
    ],
)
def test_a_restriction_of_what_is_not_there_is_refused(limited, restriction, field):
    item = privileges.on(limited.shop.catalog, "shop", table="item")
    with pytest.raises(Invalid) as refused:
        privileges.grant(limited.group, "SELECT", item, by=NOBODY, restriction=restriction)
    assert field in refused.value.errors


@pytest.mark.django_db
def test_a_restriction_is_changed_and_recorded(limited):
    item = privileges.on(limited.shop.catalog, "shop", table="item")
    first, second = {"masks": {"name": "null"}}, {"masks": {"name": "hash"}}
    assert privileges.grant(limited.group, "SELECT", item, by=NOBODY, restriction=first)
    assert not privileges.grant(limited.group, "SELECT", item, by=NOBODY, restriction=first)
    privileges.assign(limited.group, frozenset({"SELECT"}), item, by=NOBODY, restriction=second)
    privileges.assign(limited.group, frozenset(), item, by=NOBODY)
    told = AuditEvent.objects.filter(object="workshop.shop.item").order_by("id").values_list("action", "details")
    assert [(action, details["restriction"]) for action, details in told] == [
        ("privilege.grant", {"before": None, "after": first}),
        ("privilege.grant", {"before": first, "after": second}),
        ("privilege.revoke", {"before": second, "after": None}),
    ]
    for action, where in (("MODIFY", item), ("SELECT", privileges.on(limited.shop.catalog, "shop"))):
        with pytest.raises(Invalid):
            privileges.grant(limited.group, action, where, by=NOBODY, restriction=first)
