"""What is answered about SQL statements, for the OpenAPI document."""

from rest_framework import serializers

from accounts.api.openapi import Answer
from catalog.type_names import RESULT_WORDS
from mcp_endpoint.sql_statements.wire import ERRORS

_STATES = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"]


class StatementError(Answer):
    """Why a statement failed."""

    error_code = serializers.ChoiceField(choices=ERRORS)
    message = serializers.CharField(help_text="Our code in brackets, as the tool execute_sql has it, and a sentence.")


class StatementStatus(Answer):
    """Where a statement is."""

    state = serializers.ChoiceField(choices=_STATES, help_text="PENDING and CLOSED do not occur here.")
    error = StatementError(required=False, help_text="Where the state is FAILED.")
    sql_state = serializers.CharField(required=False, help_text="SQLSTATE, where the database refused it.")


class StatementColumn(Answer):
    """A column of a result."""

    name = serializers.CharField()
    type_text = serializers.CharField(help_text="The type as PostgreSQL names it; [] for arrays.")
    type_name = serializers.ChoiceField(choices=sorted(RESULT_WORDS))
    position = serializers.IntegerField(help_text="From 0.")


class StatementSchema(Answer):
    """The columns of a result."""

    column_count = serializers.IntegerField()
    columns = StatementColumn(many=True)


class ChunkInfo(Answer):
    """A part of a result."""

    chunk_index = serializers.IntegerField()
    row_offset = serializers.IntegerField()
    row_count = serializers.IntegerField()


class StatementManifest(Answer):
    """What a result consists of."""

    format = serializers.ChoiceField(choices=["JSON_ARRAY"])
    schema = StatementSchema()
    total_chunk_count = serializers.IntegerField(help_text="Always 1.")
    total_row_count = serializers.IntegerField()
    truncated = serializers.BooleanField(help_text="Whether a limit on rows or bytes cut.")
    chunks = ChunkInfo(many=True)


class Rows(ChunkInfo):
    """Rows; each value is a text or null."""

    data_array = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_null=True)))


class Statement(Answer):
    """A statement. Manifest and result are there when it succeeded."""

    statement_id = serializers.CharField()
    status = StatementStatus()
    manifest = StatementManifest(required=False)
    result = Rows(required=False)
