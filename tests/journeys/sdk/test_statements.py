"""SQL by the SDK: its StatementExecutionAPI, call by call. rest-api.md 5."""

import pytest
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

from tests.journeys.sdk.connecting import workspace_of
from tests.waiting import until

ORDERS = "SELECT id, status, customer_id FROM sales.orders WHERE id <= :most AND status = :status ORDER BY id"
CHANGE = "UPDATE support.tickets SET tags = tags WHERE id = :id"


@pytest.fixture(scope="module")
def workspace(gatepost):
    """The admin with a token: a service account that is an admin has no privilege on any data."""
    return workspace_of(gatepost, token=gatepost.facts["admin_token"])


def value(name, text, type_=None):
    return StatementParameterListItem(name=name, value=text, type=type_)


def test_a_statement_with_named_values(workspace):
    parameters = [value("most", "50", "INT"), value("status", "delivered")]
    found = workspace.statement_execution.execute_statement(
        ORDERS, "gatepost", catalog="demo", schema="sales", parameters=parameters
    )
    assert found.status.state is StatementState.SUCCEEDED
    assert [column.name for column in found.manifest.schema.columns] == ["id", "status", "customer_id"]
    assert all(column.type_name for column in found.manifest.schema.columns)
    assert found.manifest.schema.columns[0].type_name in {ColumnInfoTypeName.INT, ColumnInfoTypeName.LONG}
    assert found.manifest.total_row_count == len(found.result.data_array) > 0
    assert {row[1] for row in found.result.data_array} == {"delivered"}
    assert workspace.statement_execution.get_statement(found.statement_id).result.data_array == found.result.data_array
    assert (
        workspace.statement_execution.get_statement_result_chunk_n(found.statement_id, 0).data_array
        == found.result.data_array
    )
    with pytest.raises(NotFound):
        workspace.statement_execution.get_statement_result_chunk_n(found.statement_id, 1)


def test_limits_and_waiting(workspace):
    every = "SELECT id FROM sales.orders"
    assert workspace.statement_execution.execute_statement(every, "demo", row_limit=3).manifest.truncated is True
    begun = workspace.statement_execution.execute_statement(every, "demo", wait_timeout="0s")
    assert begun.status.state is StatementState.RUNNING
    until(
        lambda: workspace.statement_execution.get_statement(begun.statement_id).status.state is StatementState.SUCCEEDED
    )
    workspace.statement_execution.cancel_execution(begun.statement_id)
    assert workspace.statement_execution.get_statement(begun.statement_id).status.state is StatementState.SUCCEEDED
    patient = {"wait_timeout": "50s", "on_wait_timeout": ExecuteStatementRequestOnWaitTimeout.CANCEL}
    assert workspace.statement_execution.execute_statement("SELECT 1", "demo", **patient).result.data_array == [["1"]]


def test_failures_and_refusals(workspace):
    failed = workspace.statement_execution.execute_statement("SELECT 1 / 0", "demo").status
    assert (failed.state, failed.sql_state) == (StatementState.FAILED, "22012")
    refused = workspace.statement_execution.execute_statement("SELECT pg_read_file('/etc/passwd')", "demo").status
    assert (refused.state, refused.error.error_code) == (StatementState.FAILED, ServiceErrorCode.BAD_REQUEST)
    for wrong in (
        {"warehouse_id": "abc123"},
        {"warehouse_id": "demo", "format": Format.ARROW_STREAM},
        {"warehouse_id": "demo", "disposition": Disposition.EXTERNAL_LINKS},
        {"warehouse_id": "demo", "wait_timeout": "1s"},
    ):
        with pytest.raises(BadRequest):
            workspace.statement_execution.execute_statement("SELECT 1", catalog="demo", **wrong)
    with pytest.raises(NotFound):
        workspace.statement_execution.execute_statement("SELECT 1", "nothing")
    with pytest.raises(NotFound):
        workspace.statement_execution.get_statement("0" * 32)
    with pytest.raises(NotFound):
        workspace.statement_execution.cancel_execution("0" * 32)


def test_writes(gatepost, workspace):
    one = [value("id", "1", "INT")]
    with pytest.raises(PermissionDenied, match=r"mcp\.write"):
        workspace.statement_execution.execute_statement(CHANGE, "demo", parameters=one)
    mark = gatepost.mark()
    writer = workspace_of(gatepost, token=gatepost.writing_token())
    changed = writer.statement_execution.execute_statement(CHANGE, "demo", parameters=one)
    assert changed.result.data_array == [["1"]]
    assert [outcome for _, outcome, _ in gatepost.records(mark)] == ["attempt", "allowed"]
