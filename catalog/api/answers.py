"""What Gatepost's own API of catalogs answers, for the OpenAPI document."""

from rest_framework import serializers

from accounts.api.openapi import Answer
from catalog.models import ConfirmWrites, Privilege
from catalog.restriction import MASKS, MATCHES


class FindingInfo(Answer):
    """Something about the login role or the connection, and what cures it."""

    code = serializers.CharField()
    severity = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField(help_text="SQL, or the step to take.")


class ConnectedDatabase(Answer):
    """A connected database. Its password is never shown."""

    name = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    host = serializers.CharField()
    port = serializers.IntegerField()
    database = serializers.CharField()
    user = serializers.CharField(help_text="Login role.")
    sslmode = serializers.CharField()
    enabled = serializers.BooleanField()
    read_only = serializers.BooleanField()  # type: ignore[assignment]  # DRF takes declared fields out
    statement_timeout_ms = serializers.IntegerField()
    row_limit = serializers.IntegerField()
    byte_limit = serializers.IntegerField()
    max_connections = serializers.IntegerField(help_text="For each process.")
    affected_row_limit = serializers.IntegerField(help_text="Rows that one writing statement may change.")
    plan_cost_limit = serializers.IntegerField(
        allow_null=True, help_text="What the planner may expect SQL of a caller to cost. null: anything."
    )
    confirm_writes = serializers.ChoiceField(
        choices=ConfirmWrites.values, help_text="Whether a person confirms each write."
    )
    trusted_schemas = serializers.ListField(
        child=serializers.CharField(), help_text="Their types, operators and collations may be used in SQL."
    )
    creator_user = serializers.CharField(
        allow_blank=True, help_text="Second login role, for create_table alone. Empty: none."
    )
    creator_schema = serializers.CharField(
        allow_blank=True, help_text="The one schema in which the second role may create tables."
    )
    server_version = serializers.CharField(allow_blank=True)
    warnings = FindingInfo(many=True)
    create_time = serializers.DateTimeField()
    created_by = serializers.IntegerField(required=False, help_text="SCIM id.")
    refresh_time = serializers.DateTimeField(required=False)


class ConnectionTest(Answer):
    """What a test found."""

    ok = serializers.BooleanField()
    warnings = FindingInfo(many=True)
    server_version = serializers.CharField(required=False)
    role = serializers.CharField(required=False)
    error = serializers.CharField(required=False)


class Started(Answer):
    """Background work that was started."""

    operation_id = serializers.UUIDField(help_text="For GET /api/gatepost/v1/operations/{operation_id}.")


class DifferenceInfo(Answer):
    """One thing that an object says differently now."""

    field = serializers.CharField(help_text="signature, comment, column comments, volatility or security.")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class ChangeInfo(Answer):
    """A changed object. No tool stands for it until the change is accepted."""

    id = serializers.CharField(help_text="Names the object and this very change.")
    securable_type = serializers.ChoiceField(choices=["table", "function"])
    object = serializers.CharField(help_text="Schema, name and argument types.")
    differences = DifferenceInfo(many=True)


class Changes(Answer):
    """What waits for an admin."""

    changes = ChangeInfo(many=True)
    count = serializers.IntegerField(help_text="Of all, also those that are not shown.")


class Accepted(Answer):
    """What was accepted."""

    accepted = serializers.ListField(child=serializers.CharField())


class Marked(Answer):
    """A function and its mark."""

    function = serializers.CharField()
    writes = serializers.BooleanField()


class DocumentSearchInfo(Answer):
    """How the rows of a table are searched as documents."""

    schema = serializers.CharField()
    table = serializers.CharField()
    title_column = serializers.CharField()
    text_columns = serializers.ListField(child=serializers.CharField(), help_text="Searched and shown, in order.")
    url_template = serializers.CharField(allow_blank=True, help_text="Empty: the page of the schema in the console.")
    configuration = serializers.CharField(help_text="Text search configuration.")
    enabled = serializers.BooleanField()
    off_because = serializers.CharField(required=False, help_text="Why a refresh switched it off.")
    create_index = serializers.CharField(help_text="SQL with which the owner of the table makes the search fast.")
    update_time = serializers.DateTimeField()
    updated_by = serializers.IntegerField(required=False, help_text="SCIM id.")


class DocumentSearches(Answer):
    """The tables of a catalog whose rows are searched as documents."""

    document_search = DocumentSearchInfo(many=True)


class EmbeddingFunctionInfo(Answer):
    """The function that makes vectors of texts for one index."""

    schema = serializers.CharField()
    index = serializers.CharField()
    function_schema = serializers.CharField()
    function = serializers.CharField()
    not_offered_because = serializers.CharField(required=False, help_text="Why no caller is offered it now.")
    update_time = serializers.DateTimeField()
    updated_by = serializers.IntegerField(required=False, help_text="SCIM id.")


class EmbeddingFunctions(Answer):
    """The functions of a catalog that make vectors of texts."""

    embedding_functions = EmbeddingFunctionInfo(many=True)


class RowFilterInfo(Answer):
    """Which rows may be read."""

    column = serializers.CharField()
    equals = serializers.ChoiceField(choices=MATCHES)


class PrivilegeInfo(Answer):
    """One privilege."""

    principal = serializers.CharField()
    principal_type = serializers.ChoiceField(choices=["person", "service", "group"])
    privilege = serializers.ChoiceField(choices=Privilege.Action.values)
    securable_type = serializers.ChoiceField(choices=Privilege.Securable.values)
    catalog = serializers.CharField()
    schema = serializers.CharField(required=False)
    object = serializers.CharField(required=False, help_text="Table or function.")
    signature = serializers.CharField(required=False, allow_blank=True, help_text="Argument types of the function.")
    create_time = serializers.DateTimeField()
    granted_by = serializers.IntegerField(required=False, help_text="SCIM id.")
    masks = serializers.DictField(
        child=serializers.ChoiceField(choices=MASKS), required=False, help_text="Columns that are masked, and how."
    )
    row_filter = RowFilterInfo(required=False, help_text="Absent: all rows.")


class Assigned(Answer):
    """What a principal now holds on a securable."""

    principal = serializers.CharField()
    securable_type = serializers.ChoiceField(choices=Privilege.Securable.values)
    full_name = serializers.CharField()
    privileges = serializers.ListField(child=serializers.CharField())
    lacking = serializers.ListField(child=serializers.CharField(), help_text="What is still needed to use it.")
