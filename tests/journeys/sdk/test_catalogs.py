"""rest-api.md 5: catalogs, schemas, tables and functions as the SDK reads them."""

import json

import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound
from databricks.sdk.service.catalog import (
    CatalogType,
    ColumnTypeName,
    DataSourceFormat,
    FunctionInfoRoutineBody,
    FunctionInfoSqlDataAccess,
    FunctionParameterMode,
    FunctionParameterType,
    SecurableType,
    TableType,
)

from tests.journeys.sdk.connecting import wire, workspace_of
from tests.requirements import requirement

UC = "/api/2.1/unity-catalog"
SALES = {"catalog_name": "demo", "schema_name": "sales"}


def test_catalogs(workspace):
    assert "demo" in [row.name for row in workspace.catalogs.list()]
    shown = workspace.catalogs.get("demo")
    assert (shown.full_name, shown.catalog_type, shown.securable_type, shown.owner) == (
        "demo",
        CatalogType.FOREIGN_CATALOG,
        SecurableType.CATALOG,
        "admin@demo.example",
    )
    assert {type(shown.created_at), type(shown.updated_at)} == {int}
    assert 1_700_000_000_000 < shown.created_at <= shown.updated_at
    with pytest.raises(NotFound) as refusal:
        workspace.catalogs.get("nothing")
    assert refusal.value.error_code == "CATALOG_DOES_NOT_EXIST"


def test_schemas(workspace):
    names = [row.name for row in workspace.schemas.list("demo")]
    assert {"hr", "sales", "support"} <= set(names)
    assert not [name for name in names if name.startswith("pg_") or name == "information_schema"]
    shown = workspace.schemas.get("demo.sales")
    assert (shown.catalog_name, shown.full_name, bool(shown.comment)) == ("demo", "demo.sales", True)
    for name in ("demo.nothing", "nothing.sales", "demo.pg_catalog", "demo.information_schema", "demo"):
        with pytest.raises(NotFound) as refusal:
            workspace.schemas.get(name)
        assert refusal.value.error_code == "SCHEMA_DOES_NOT_EXIST"


def test_tables(workspace):
    customers = workspace.tables.get("demo.sales.customers")
    assert customers.table_type == TableType.FOREIGN
    assert customers.data_source_format == DataSourceFormat.POSTGRESQL_FORMAT
    assert (customers.catalog_name, customers.schema_name, customers.name) == ("demo", "sales", "customers")
    assert [column.position for column in customers.columns] == list(range(len(customers.columns)))
    columns = {column.name: column for column in customers.columns}
    assert (columns["id"].type_name, columns["id"].type_text, columns["id"].nullable) == (
        ColumnTypeName.INT,
        "integer",
        False,
    )
    types = {name: column.type_name for name, column in columns.items()}
    assert (types["tags"], types["preferences"], types["credit_limit"], types["signed_up_at"], types["email"]) == (
        ColumnTypeName.ARRAY,
        ColumnTypeName.VARIANT,
        ColumnTypeName.DECIMAL,
        ColumnTypeName.TIMESTAMP,
        ColumnTypeName.STRING,
    )
    assert all(column.type_name for column in customers.columns)  # a word that the SDK does not know would be None
    kinds = {row.name: row.table_type for row in workspace.tables.list("demo", "sales")}
    assert (kinds["customers"], kinds["monthly_revenue"]) == (TableType.FOREIGN, TableType.VIEW)
    assert [row.columns for row in workspace.tables.list("demo", "sales", omit_columns=True) if row.columns] == []
    (first, *_) = wire(workspace, f"{UC}/tables", **SALES, omit_columns="true")["tables"]
    assert "columns" not in first
    assert workspace.tables.exists("demo.sales.customers").table_exists is True
    assert workspace.tables.exists("demo.sales.nothing").table_exists is False
    with pytest.raises(NotFound) as refusal:
        workspace.tables.get("demo.sales.nothing")
    assert refusal.value.error_code == "TABLE_DOES_NOT_EXIST"
    patterns = {"schema_name_pattern": "sal%", "table_name_pattern": "cust_mers"}
    (summary,) = workspace.tables.list_summaries("demo", **patterns)
    assert (summary.full_name, summary.table_type) == ("demo.sales.customers", TableType.FOREIGN)


def test_functions(workspace):
    found = {row.name: row for row in workspace.functions.list("demo", "sales", max_results=3)}
    one = workspace.functions.get("demo.sales.convert_amount")
    assert one == found["convert_amount"]
    assert one.specific_name == workspace.functions.get(f"demo.sales.{one.specific_name}").specific_name
    parameters = one.input_params.parameters
    assert [(row.name, row.position, row.type_name) for row in parameters] == [
        ("amount", 0, ColumnTypeName.DECIMAL),
        ("to_currency", 1, ColumnTypeName.STRING),
        ("from_currency", 2, ColumnTypeName.STRING),
    ]
    assert {(row.parameter_mode, row.parameter_type) for row in parameters} == {
        (FunctionParameterMode.IN, FunctionParameterType.PARAM)
    }
    assert parameters[2].parameter_default == "'EUR'::text"
    assert (one.data_type, one.routine_body) == (ColumnTypeName.DECIMAL, FunctionInfoRoutineBody.SQL)
    assert (one.is_deterministic, one.sql_data_access) == (True, FunctionInfoSqlDataAccess.NO_SQL)
    assert json.loads(one.properties)["volatility"] == "IMMUTABLE"
    rows = found["find_customers"]
    assert rows.data_type == ColumnTypeName.TABLE_TYPE
    assert {row.parameter_type for row in rows.return_params.parameters} == {FunctionParameterType.COLUMN}
    for row in found.values():  # enumerations that the SDK does not know would be None
        assert row.data_type
        assert row.routine_body
        assert row.sql_data_access
        assert row.parameter_style
    with pytest.raises(NotFound) as refusal:
        workspace.functions.get("demo.sales.nothing")
    assert refusal.value.error_code == "FUNCTION_DOES_NOT_EXIST"


def test_an_overloaded_name_is_listed_once_for_each_overload(workspace):
    listed = [row.name for row in workspace.functions.list("demo", "sales")]
    overloads = [name for name in listed if name.startswith("search_products__")]
    assert len(overloads) == 2
    assert "search_products" not in listed
    for name in overloads:
        assert workspace.functions.get(f"demo.sales.{name}").specific_name == name
    with pytest.raises(NotFound) as refusal:
        workspace.functions.get("demo.sales.search_products")
    assert all(name in str(refusal.value) for name in overloads)


def test_the_one_metastore(workspace, gatepost):
    summary, current = workspace.metastores.summary(), workspace.metastores.current()
    assert summary.metastore_id == current.metastore_id
    assert current.workspace_id == int(gatepost.facts["workspace_id"])


@requirement("REST-TRAP-2")
def test_zero_means_the_size_that_the_server_likes(workspace):
    for name, query in (("catalogs", {}), ("tables", SALES), ("functions", SALES)):
        path = f"{UC}/{name}"
        whole = wire(workspace, path, **query)
        assert (
            wire(workspace, path, **query, max_results=0) == whole == wire(workspace, path, **query, max_results=10**9)
        )
        for wrong in ({"max_results": -1}, {"max_results": "x"}, {"page_token": "x"}):
            with pytest.raises(BadRequest):
                wire(workspace, path, **query, **wrong)
    first = wire(workspace, f"{UC}/tables", **SALES, max_results=1)
    assert len(first["tables"]) == 1
    token = first["next_page_token"]
    with pytest.raises(BadRequest, match="page_token"):  # it belongs to its list and filter
        wire(workspace, f"{UC}/tables", **{**SALES, "schema_name": "support"}, page_token=token)
    walked = [row.full_name for row in workspace.tables.list("demo", "sales", max_results=2)]
    assert walked == [row["full_name"] for row in wire(workspace, f"{UC}/tables", **SALES)["tables"]]
    summaries = list(workspace.tables.list_summaries("demo", max_results=2))
    assert len(summaries) == len(wire(workspace, f"{UC}/table-summaries", catalog_name="demo")["tables"])


def test_unknown_parameters_of_a_newer_sdk_are_ignored(workspace):
    assert wire(workspace, f"{UC}/catalogs", include_future="true") == wire(workspace, f"{UC}/catalogs")


def test_writes_are_refused_with_a_pointer(workspace):
    for write in (
        lambda: workspace.catalogs.delete("demo"),
        lambda: workspace.schemas.delete("demo.sales"),
        lambda: workspace.tables.delete("demo.sales.customers"),
        lambda: workspace.functions.delete("demo.sales.convert_amount"),
    ):
        with pytest.raises(DatabricksError, match="/api/gatepost/v1/catalogs") as refusal:
            write()
        assert refusal.value.error_code == "ENDPOINT_NOT_FOUND"


def test_a_member_sees_what_they_hold_a_privilege_on(gatepost):
    member = workspace_of(gatepost, token=gatepost.facts["member_token"])
    assert [row.name for row in member.schemas.list("demo")] == ["sales", "support"]
    for call in (
        lambda: member.schemas.get("demo.hr"),
        lambda: list(member.tables.list("demo", "hr")),
        lambda: member.tables.get("demo.hr.salaries"),
    ):
        with pytest.raises(NotFound):
            call()
    assert member.tables.exists("demo.hr.salaries").table_exists is False
