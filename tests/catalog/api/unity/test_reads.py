"""catalog.api.unity: the copies, as far as the caller may see them."""

import pytest

from catalog.models import Catalog, Privilege
from catalog.names import overload_suffix
from catalog.type_names import WORDS
from tests.accounts.api.conftest import grant_of
from tests.catalog.api.unity.conftest import UC, give, names, ok

pytestmark = pytest.mark.django_db
SHOP = "catalog_name=workshop&schema_name=shop"


def test_an_admin_sees_everything(admin, catalog):
    (shown,) = ok(admin, "catalogs")["catalogs"]
    assert (shown["full_name"], shown["catalog_type"], shown["securable_type"]) == (
        "workshop",
        "FOREIGN_CATALOG",
        "CATALOG",
    )
    assert isinstance(shown["updated_at"], int)
    assert ok(admin, "catalogs/workshop")["name"] == "workshop"
    assert [row["full_name"] for row in ok(admin, "schemas?catalog_name=workshop")["schemas"]] == [
        "workshop.public",
        "workshop.shop",
    ]
    assert ok(admin, "schemas/workshop.shop")["comment"] == "What the workshop sells"


def test_a_table_has_its_columns_with_types_that_clients_know(admin, catalog):
    item = ok(admin, "tables/workshop.shop.item")
    assert (item["table_type"], item["data_source_format"]) == ("FOREIGN", "POSTGRESQL_FORMAT")
    columns = {column["name"]: column for column in item["columns"]}
    assert columns["price"] == {
        "name": "price",
        "type_text": "numeric(10,2)",
        "type_name": "DECIMAL",
        "position": 3,
        "nullable": True,
        "comment": "In euro",
    }
    assert {name: column["type_name"] for name, column in columns.items()} | {"price": "DECIMAL"} == {
        "id": "INT",
        "name": "STRING",
        "colour": "STRING",
        "price": "DECIMAL",
        "amount": "INT",
        "code": "STRING",
        "hidden": "STRING",
        "total": "DECIMAL",
    }
    assert ok(admin, "tables/workshop.shop.as_owner")["table_type"] == "VIEW"
    assert "columns" not in ok(admin, f"tables?{SHOP}&omit_columns=true")["tables"][0]


def test_every_type_is_one_that_clients_know(admin, catalog):
    every = ok(admin, "functions/workshop.shop.every_type")
    words = {one["name"]: one["type_name"] for one in every["return_params"]["parameters"]}
    assert set(words.values()) <= WORDS
    assert [words[name] for name in ("small", "big", "real4", "flag", "moment", "local_moment", "span")] == [
        "SHORT",
        "LONG",
        "FLOAT",
        "BOOLEAN",
        "TIMESTAMP",
        "TIMESTAMP_NTZ",
        "INTERVAL",
    ]
    assert [words[name] for name in ("tree", "matrix", "box", "spread", "clock", "codes", "bytes")] == [
        "VARIANT",
        "ARRAY",
        "STRUCT",
        "USER_DEFINED_TYPE",
        "USER_DEFINED_TYPE",
        "ARRAY",
        "BINARY",
    ]
    assert (every["data_type"], every["sql_data_access"]) == ("TABLE_TYPE", "READS_SQL_DATA")


def test_a_function_has_its_arguments_defaults_and_result(admin, catalog):
    add = ok(admin, "functions/workshop.shop.add")
    assert add["input_params"]["parameters"][1] == {
        "name": "b",
        "type_text": "integer",
        "type_name": "INT",
        "position": 1,
        "parameter_mode": "IN",
        "parameter_type": "PARAM",
        "parameter_default": "10",
    }
    assert (add["data_type"], add["full_data_type"], add["routine_body"]) == ("INT", "integer", "SQL")
    assert (add["is_deterministic"], add["sql_data_access"], add["is_null_call"]) == (True, "NO_SQL", False)
    assert add["specific_name"] == "add" + overload_suffix("integer,integer")
    assert "security_type" not in add
    assert "return_params" not in add
    assert ok(admin, "functions/workshop.shop.leak")["security_type"] == "DEFINER"
    assert ok(admin, "functions/workshop.shop.nothing")["external_language"] == "plpgsql"
    numbers = ok(admin, "functions/workshop.shop.numbers")
    assert numbers["full_data_type"] == "TABLE(output integer)"
    assert numbers["return_params"]["parameters"][0]["parameter_type"] == "COLUMN"
    unnamed = ok(admin, "functions/workshop.shop.unnamed")["input_params"]["parameters"]
    assert [one["name"] for one in unnamed] == ["arg1", "arg2"]


def test_overloads_have_suffixes_and_the_bare_name_names_them(admin, catalog):
    suffixed = {"echo" + overload_suffix(signature) for signature in ("integer", "text")}
    listed = set(names(ok(admin, f"functions?{SHOP}")["functions"]))
    assert suffixed <= listed
    assert "echo" not in listed
    assert "add" in listed
    refused = admin.send("GET", f"{UC}/functions/workshop.shop.echo")
    assert (refused.status_code, refused.json()["error_code"]) == (404, "FUNCTION_DOES_NOT_EXIST")
    assert all(name in refused.json()["message"] for name in suffixed)
    for name in suffixed:
        assert ok(admin, f"functions/workshop.shop.{name}")["specific_name"] == name
    alone = "add" + overload_suffix("integer,integer")
    assert ok(admin, f"functions/workshop.shop.{alone}")["name"] == "add"


def test_others_see_what_they_hold_a_privilege_on_and_its_parents(caller, catalog, bob):
    assert ok(caller(bob), "catalogs")["catalogs"] == []
    give(bob, catalog, "SELECT", securable="table", schema="shop", object="item")
    assert names(ok(caller(bob), "catalogs")["catalogs"]) == ["workshop"]
    assert names(ok(caller(bob), "schemas?catalog_name=workshop")["schemas"]) == ["shop"]
    assert names(ok(caller(bob), f"tables?{SHOP}")["tables"]) == ["item"]
    assert ok(caller(bob), f"functions?{SHOP}")["functions"] == []
    assert ok(caller(bob), "tables/workshop.shop.item/exists") == {"table_exists": True}
    assert ok(caller(bob), "tables/workshop.shop.part/exists") == {"table_exists": False}
    assert caller(bob).send("GET", f"{UC}/tables/workshop.shop.part").status_code == 404


def test_privileges_above_reach_down_but_not_to_what_runs_as_its_owner(caller, catalog, bob, analysts):
    Privilege.objects.create(group=analysts, action="SELECT", securable="catalog", catalog=catalog)
    give(bob, catalog, "EXECUTE", securable="schema", schema="shop")
    tables = names(ok(caller(bob), f"tables?{SHOP}")["tables"])
    assert {"item", "as_caller"} <= set(tables)
    assert "as_owner" not in tables
    functions = names(ok(caller(bob), f"functions?{SHOP}")["functions"])
    assert "add" in functions
    assert "leak" not in functions
    give(bob, catalog, "EXECUTE", securable="function", schema="shop", object="leak")
    assert "leak" in names(ok(caller(bob), f"functions?{SHOP}")["functions"])


def test_use_catalog_alone_shows_the_catalog_alone(caller, catalog, bob):
    give(bob, catalog, "USE_CATALOG")
    assert names(ok(caller(bob), "catalogs")["catalogs"]) == ["workshop"]
    assert ok(caller(bob), "schemas?catalog_name=workshop")["schemas"] == []


def test_an_auditor_sees_names_only(caller, catalog, dora):
    (item,) = [row for row in ok(caller(dora), f"tables?{SHOP}")["tables"] if row["name"] == "item"]
    assert set(item) == {"name", "catalog_name", "schema_name", "full_name", "table_type"}
    give(dora, catalog, "SELECT", securable="table", schema="shop", object="item")
    assert ok(caller(dora), "tables/workshop.shop.item")["columns"]


def test_a_catalog_that_is_off_or_outside_the_credential_is_not_there(caller, catalog, alice, bob):
    give(bob, catalog, "USE_CATALOG")
    narrowed = caller(bob)
    grant = grant_of(bob, "unity-catalog")
    object.__setattr__(grant.narrowing, "catalogs", frozenset({"other"}))
    narrowed.force_authenticate(user=bob, token=grant)
    assert ok(narrowed, "catalogs")["catalogs"] == []
    Catalog.objects.update(enabled=False)
    assert ok(caller(bob), "catalogs")["catalogs"] == []
    assert names(ok(caller(alice), "catalogs")["catalogs"]) == ["workshop"]


def test_lists_are_paged_and_zero_means_the_default(admin, catalog):
    assert len(ok(admin, f"functions?{SHOP}&max_results=0")["functions"]) > 20
    seen, token = [], ""
    while True:
        page = ok(admin, f"functions?{SHOP}&max_results=7&page_token={token}")
        seen += names(page["functions"])
        token = page.get("next_page_token")
        if token is None:
            break
    assert seen == names(ok(admin, f"functions?{SHOP}")["functions"])
    summaries = ok(admin, "table-summaries?catalog_name=workshop&max_results=2")
    assert len(summaries["tables"]) == 2
    follow = f"table-summaries?catalog_name=workshop&page_token={summaries['next_page_token']}"
    assert ok(admin, follow)["tables"][0] not in summaries["tables"]
    assert admin.send("GET", f"{UC}/catalogs?max_results=-1").status_code == 400


def test_summaries_take_patterns_of_like(admin, catalog):
    path = "table-summaries?catalog_name=workshop&schema_name_pattern=sho_&table_name_pattern=as%25"
    assert [row["full_name"] for row in ok(admin, path)["tables"]] == [
        "workshop.shop.as_caller",
        "workshop.shop.as_owner",
    ]
    assert ok(admin, "table-summaries?catalog_name=workshop&table_name_pattern=a(%5B*")["tables"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("catalogs/none", "CATALOG_DOES_NOT_EXIST"),
        ("schemas?catalog_name=none", "CATALOG_DOES_NOT_EXIST"),
        ("schemas/workshop.none", "SCHEMA_DOES_NOT_EXIST"),
        ("schemas/workshop", "SCHEMA_DOES_NOT_EXIST"),
        ("tables?catalog_name=workshop&schema_name=none", "SCHEMA_DOES_NOT_EXIST"),
        ("tables/workshop.shop.none", "TABLE_DOES_NOT_EXIST"),
        ("tables/none", "TABLE_DOES_NOT_EXIST"),
        ("functions/workshop.shop.none", "FUNCTION_DOES_NOT_EXIST"),
        ("functions/a%00b", "FUNCTION_DOES_NOT_EXIST"),
    ],
)
def test_what_is_not_there_is_404_with_its_own_code(admin, catalog, path, code):
    answer = admin.send("GET", f"{UC}/{path}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, code)


def test_writes_are_refused_with_a_pointer(admin, catalog):
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        answer = admin.send(method, f"{UC}/catalogs/workshop", {})
        assert (answer.status_code, answer.json()["error_code"]) == (405, "ENDPOINT_NOT_FOUND")
        assert answer.headers["Allow"] == "GET"
        assert "/api/gatepost/v1/catalogs" in answer.json()["message"]


def test_the_scope_is_unity_catalog_or_sql(caller, catalog, bob):
    assert caller(bob, "sql").send("GET", f"{UC}/catalogs").status_code == 200
    assert caller(bob, "unity-catalog").send("GET", f"{UC}/catalogs").status_code == 200
    refused = caller(bob, "mcp.sql").send("GET", f"{UC}/catalogs")
    assert 'scope="unity-catalog"' in refused.headers["WWW-Authenticate"]


def test_there_is_one_metastore(admin, db):
    summary = ok(admin, "metastore_summary")
    assert ok(admin, "current-metastore-assignment")["metastore_id"] == summary["metastore_id"]
    assert isinstance(ok(admin, "current-metastore-assignment")["workspace_id"], int)
