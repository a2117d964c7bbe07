"""The unmodified Python SDK runs SQL on a running Gatepost: its StatementExecutionAPI, call by call. rest-api.md 5."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.sql import (
    ColumnInfoTypeName,
    Disposition,
    ExecuteStatementRequestOnWaitTimeout,
    Format,
    ServiceErrorCode,
    StatementParameterListItem,
    StatementState,
)

from tests.waiting import until

ORDERS = "SELECT id, status, customer_id FROM sales.orders WHERE id <= :most AND status = :status ORDER BY id"
CHANGE = "UPDATE support.tickets SET tags = tags WHERE id = :id"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """The SDK reads a file of the home folder and its environment."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))


def statements(gatepost, token):
    config = Config(host=gatepost.base, retry_timeout_seconds=5, token=token)
    return WorkspaceClient(config=config).statement_execution


@pytest.fixture(scope="module")
def api(gatepost):
    return statements(gatepost, gatepost.facts["admin_token"])


def value(name, text, type_=None):
    return StatementParameterListItem(name=name, value=text, type=type_)


def test_a_statement_with_named_values(api):
    parameters = [value("most", "50", "INT"), value("status", "delivered")]
    found = api.execute_statement(ORDERS, "gatepost", catalog="demo", schema="sales", parameters=parameters)
    assert found.status.state is StatementState.SUCCEEDED
    assert [column.name for column in found.manifest.schema.columns] == ["id", "status", "customer_id"]
    assert all(column.type_name for column in found.manifest.schema.columns)
    assert found.manifest.schema.columns[0].type_name in {ColumnInfoTypeName.INT, ColumnInfoTypeName.LONG}
    assert found.manifest.total_row_count == len(found.result.data_array) > 0
    assert {row[1] for row in found.result.data_array} == {"delivered"}
    assert api.get_statement(found.statement_id).result.data_array == found.result.data_array
    assert api.get_statement_result_chunk_n(found.statement_id, 0).data_array == found.result.data_array
    with pytest.raises(NotFound):
        api.get_statement_result_chunk_n(found.statement_id, 1)


def test_limits_and_waiting(api):
    every = "SELECT id FROM sales.orders"
    assert api.execute_statement(every, "demo", row_limit=3).manifest.truncated is True
    begun = api.execute_statement(every, "demo", wait_timeout="0s")
    assert begun.status.state is StatementState.RUNNING
    until(lambda: api.get_statement(begun.statement_id).status.state is StatementState.SUCCEEDED)
    api.cancel_execution(begun.statement_id)
    assert api.get_statement(begun.statement_id).status.state is StatementState.SUCCEEDED
    patient = {"wait_timeout": "50s", "on_wait_timeout": ExecuteStatementRequestOnWaitTimeout.CANCEL}
    assert api.execute_statement("SELECT 1", "demo", **patient).result.data_array == [["1"]]


def test_failures_and_refusals(api):
    failed = api.execute_statement("SELECT 1 / 0", "demo").status
    assert (failed.state, failed.sql_state) == (StatementState.FAILED, "22012")
    refused = api.execute_statement("SELECT pg_read_file('/etc/passwd')", "demo").status
    assert (refused.state, refused.error.error_code) == (StatementState.FAILED, ServiceErrorCode.BAD_REQUEST)
    for wrong in (
        {"warehouse_id": "abc123"},
        {"warehouse_id": "demo", "format": Format.ARROW_STREAM},
        {"warehouse_id": "demo", "disposition": Disposition.EXTERNAL_LINKS},
        {"warehouse_id": "demo", "wait_timeout": "1s"},
    ):
        with pytest.raises(BadRequest):
            api.execute_statement("SELECT 1", catalog="demo", **wrong)
    with pytest.raises(NotFound):
        api.execute_statement("SELECT 1", "nothing")
    with pytest.raises(NotFound):
        api.get_statement("0" * 32)
    with pytest.raises(NotFound):
        api.cancel_execution("0" * 32)


def test_writes(gatepost, api):
    one = [value("id", "1", "INT")]
    with pytest.raises(PermissionDenied, match=r"mcp\.write"):
        api.execute_statement(CHANGE, "demo", parameters=one)
    mark = gatepost.mark()
    changed = statements(gatepost, gatepost.writing_token()).execute_statement(CHANGE, "demo", parameters=one)
    assert changed.result.data_array == [["1"]]
    assert [outcome for _, outcome, _ in gatepost.records(mark)] == ["attempt", "allowed"]
