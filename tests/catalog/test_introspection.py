"""catalog.introspection: what the copy of a database holds."""

import pytest

from catalog import introspection
from catalog.models import Catalog, Relation, Routine
from catalog.sealing import seal
from tests.catalog.conftest import as_admin

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(workshop):
    return Catalog.objects.create(
        name="workshop",
        host=workshop.host,
        port=workshop.port,
        database=workshop.database,
        user=workshop.user,
        password_sealed=seal(workshop.password),
        sslmode=workshop.sslmode,
    )


@pytest.fixture
def refreshed(catalog):
    introspection.refresh(catalog)
    catalog.refresh_from_db()
    return catalog


def routine(catalog, name, **more):
    return Routine.objects.get(schema__catalog=catalog, name=name, **more)


def test_only_schemas_that_the_role_may_use_are_there(refreshed):
    assert set(refreshed.schemas.values_list("name", flat=True)) == {"public", "shop"}
    assert refreshed.schemas.get(name="shop").comment == "What the workshop sells"


@pytest.mark.parametrize("name", ["any_of", "bare", "on_change", "forbidden", "procedure", "aggregate", "unseen"])
def test_functions_that_no_call_can_name_or_the_role_may_not_use_are_left_out(refreshed, name):
    assert not Routine.objects.filter(schema__catalog=refreshed, name=name).exists()


def test_a_function_has_its_arguments_defaults_and_comment(refreshed):
    add = routine(refreshed, "add")
    assert (add.signature, add.comment, add.volatility) == ("integer,integer", "Adds two numbers", "i")
    assert [(a["name"], a["has_default"], a.get("default")) for a in add.arguments] == [
        ("a", False, None),
        ("b", True, "10"),
    ]
    assert add.returns == {"type": "integer", "type_name": "INT", "set": False, "rows": 0.0, "columns": []}
    assert routine(refreshed, "strictly").strict
    assert routine(refreshed, "leak").runs_as_owner


def test_results_of_sets_tables_out_parameters_and_row_types_have_columns_s17(refreshed):
    def columns(name):
        return [(column["name"], column["type"]) for column in routine(refreshed, name).returns["columns"]]

    assert columns("pairs") == [("k", "integer"), ("v", "text")]
    assert columns("two_out") == [("double", "integer"), ("label", "text")]
    assert columns("box_of") == [("width", "integer"), ("height", "integer")]
    assert columns("items")[0] == ("id", "integer")
    numbers = routine(refreshed, "numbers").returns
    assert numbers == {"type": "integer", "type_name": "INT", "set": True, "rows": 1000.0, "columns": []}


def test_signatures_name_types_as_format_type_does_s15(refreshed):
    assert routine(refreshed, "paint").signature == "shop.colour"
    assert routine(refreshed, 'Odd "name"; drop table t;-- %s').signature == "integer,text"


def test_a_relation_has_its_readable_columns_keys_and_comment(refreshed):
    item = Relation.objects.get(schema__catalog=refreshed, name="item")
    columns = {column["name"]: column for column in item.columns}
    price = {"name": "price", "type": "numeric(10,2)", "type_name": "DECIMAL", "nullable": True, "comment": "In euro"}
    assert columns["price"].pop("input")["cast"] == ["pg_catalog", "numeric"]
    assert columns["amount"]["base_type"] == columns["id"]["base_type"] == ["pg_catalog", "int4"]
    assert columns["price"].pop("base_type") == ["pg_catalog", "numeric"]
    assert columns["price"].pop("operators") == ["eq", "ne", "lt", "lte", "gt", "gte", "in"]
    assert columns["price"] == price
    assert columns["name"]["operators"][-2:] == ["like", "ilike"]
    assert columns["colour"]["labels"][:2] == ["red", "deep blue"]
    assert columns["amount"]["checks"] == ["CHECK ((VALUE > 0))"]
    assert columns["total"]["generated"]
    assert {"kind": "p", "columns": ["id"]} in item.keys
    part = Relation.objects.get(schema__catalog=refreshed, name="part")
    assert part.keys[1]["references"] == {"schema": "shop", "table": "item", "columns": ["id"]}


def test_only_whole_indexes_over_columns_are_kept(refreshed, workshop):
    with as_admin(workshop.database) as owner:
        owner.execute(
            "CREATE UNIQUE INDEX whole ON shop.item (name, price) INCLUDE (id);"
            "CREATE UNIQUE INDEX partial ON shop.item (name) WHERE id > 3; CREATE INDEX lowered ON shop.item (lower(name));"
        )
        try:
            introspection.refresh(refreshed)
        finally:
            owner.execute("DROP INDEX shop.whole, shop.partial, shop.lowered")
    item = Relation.objects.get(schema__catalog=refreshed, name="item")
    assert [(index["name"], index["columns"]) for index in item.indexes] == [
        ("item_pkey", ["id"]),
        ("item_code_key", ["code"]),
        ("whole", ["name", "price"]),
    ]
    assert all(index["unique"] for index in item.indexes)


def test_a_view_that_runs_as_its_owner_is_marked_s9(refreshed):
    views = Relation.objects.filter(schema__catalog=refreshed, kind="v")
    assert dict(views.values_list("name", "runs_as_owner")) == {"as_owner": True, "as_caller": False, "readings": False}


def test_a_second_refresh_changes_nothing_and_asks_little(refreshed, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        counts = introspection.refresh(refreshed)
    version = refreshed.version
    refreshed.refresh_from_db()
    assert counts["changed"] == 0
    assert refreshed.version == version == 1


def test_a_refresh_keeps_identity_and_what_an_admin_marked(refreshed, workshop):
    marked = routine(refreshed, "count_up")
    Routine.objects.filter(pk=marked.pk).update(writes=True)
    with as_admin(workshop.database) as owner:
        owner.execute(
            "COMMENT ON FUNCTION shop.count_up IS 'Counts'; CREATE FUNCTION shop.brief() RETURNS int RETURN 1"
        )
        introspection.refresh(refreshed)
        found = routine(refreshed, "count_up")
        assert (found.pk, found.writes, found.comment) == (marked.pk, True, "Counts")
        assert routine(refreshed, "brief")
        owner.execute("COMMENT ON FUNCTION shop.count_up IS NULL; DROP FUNCTION shop.brief")
    assert introspection.refresh(refreshed)["changed"] == 2
    refreshed.refresh_from_db()
    assert refreshed.version == 3


def test_thousands_of_functions_take_as_many_queries_as_ten(catalog, workshop, django_assert_max_num_queries):
    with as_admin(workshop.database) as owner:
        owner.execute("CREATE SCHEMA many; GRANT USAGE ON SCHEMA many TO PUBLIC")
        owner.execute(
            "DO $$ BEGIN FOR i IN 1..2000 LOOP"
            " EXECUTE format('CREATE FUNCTION many.f%s(a int, b text DEFAULT ''x'') RETURNS int RETURN 1', i);"
            " END LOOP; END $$"
        )
        try:
            with django_assert_max_num_queries(60):
                counts = introspection.refresh(catalog)
        finally:
            owner.execute("DROP SCHEMA many CASCADE")
    assert counts["functions"] > 2_000
