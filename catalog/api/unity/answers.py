"""What the compatible catalog API answers, for the OpenAPI document."""

from typing import Final

from rest_framework import serializers

from accounts.api.openapi import Answer
from catalog.type_names import WORDS

_MILLISECONDS: Final = "Milliseconds since 1970."


class _Read(Answer):
    """What every object has. An auditor without a privilege on it sees the names only."""

    name = serializers.CharField()
    full_name = serializers.CharField()
    comment = serializers.CharField(required=False)
    owner = serializers.CharField(required=False, help_text="Owner in the database; of a catalog, who connected it.")
    created_at = serializers.IntegerField(required=False, help_text=f"When the database was connected. {_MILLISECONDS}")
    updated_at = serializers.IntegerField(required=False, help_text=f"When it was last read. {_MILLISECONDS}")


class CatalogInfo(_Read):
    """A connected database."""

    catalog_type = serializers.ChoiceField(choices=["FOREIGN_CATALOG"])
    securable_type = serializers.ChoiceField(choices=["CATALOG"])


class SchemaInfo(_Read):
    """A schema of a connected database."""

    catalog_name = serializers.CharField()


class ColumnInfo(Answer):
    """A column. type_text is what format_type of PostgreSQL prints."""

    name = serializers.CharField()
    type_text = serializers.CharField()
    type_name = serializers.ChoiceField(choices=sorted(WORDS))
    position = serializers.IntegerField(help_text="From 0.")
    nullable = serializers.BooleanField()
    comment = serializers.CharField(required=False)


class TableInfo(_Read):
    """A table or view."""

    catalog_name = serializers.CharField()
    schema_name = serializers.CharField()
    table_type = serializers.ChoiceField(choices=["FOREIGN", "VIEW", "MATERIALIZED_VIEW"])
    data_source_format = serializers.ChoiceField(choices=["POSTGRESQL_FORMAT"], required=False)
    table_id = serializers.UUIDField(required=False)
    columns = ColumnInfo(many=True, required=False)


class TableExists(Answer):
    """Whether a table is there, for the caller."""

    table_exists = serializers.BooleanField()


class TableSummary(Answer):
    """A table in one line."""

    full_name = serializers.CharField()
    table_type = serializers.ChoiceField(choices=["FOREIGN", "VIEW", "MATERIALIZED_VIEW"])


class ParameterInfo(Answer):
    """An argument, or a column of a result."""

    name = serializers.CharField()
    type_text = serializers.CharField()
    type_name = serializers.ChoiceField(choices=sorted(WORDS))
    position = serializers.IntegerField(help_text="From 0.")
    parameter_mode = serializers.ChoiceField(choices=["IN"], required=False)
    parameter_type = serializers.ChoiceField(choices=["PARAM", "COLUMN"])
    parameter_default = serializers.CharField(required=False, help_text="An SQL expression.")


class Parameters(Answer):
    """Arguments or columns, in order."""

    parameters = ParameterInfo(many=True)


class FunctionInfo(_Read):
    """A function. An overloaded name is listed as name__hash, one entry for each overload."""

    catalog_name = serializers.CharField()
    schema_name = serializers.CharField()
    function_id = serializers.UUIDField(required=False)
    specific_name = serializers.CharField(
        required=False, help_text="Finds this overload whether or not there are more."
    )
    data_type = serializers.ChoiceField(choices=sorted({*WORDS, "TABLE_TYPE"}), required=False)
    full_data_type = serializers.CharField(required=False)
    input_params = Parameters(required=False)
    return_params = Parameters(required=False, help_text="Columns, when the result is a set of rows.")
    routine_body = serializers.ChoiceField(choices=["SQL", "EXTERNAL"], required=False)
    external_language = serializers.CharField(required=False)
    security_type = serializers.ChoiceField(choices=["DEFINER"], required=False)
    sql_data_access = serializers.ChoiceField(choices=["NO_SQL", "READS_SQL_DATA", "CONTAINS_SQL"], required=False)
    is_deterministic = serializers.BooleanField(required=False)
    is_null_call = serializers.BooleanField(required=False, help_text="True for STRICT functions.")
    parameter_style = serializers.ChoiceField(choices=["S"], required=False)
    properties = serializers.CharField(required=False, help_text="JSON: volatility, strict, returns_set, writes.")


class MetastoreSummary(Answer):
    """The one metastore of this deployment."""

    metastore_id = serializers.UUIDField()
    global_metastore_id = serializers.CharField()
    name = serializers.CharField()


class MetastoreAssignment(Answer):
    """Which metastore the workspace uses."""

    metastore_id = serializers.UUIDField()
    workspace_id = serializers.IntegerField()


class PrivilegeAssignment(Answer):
    """What a principal holds on exactly this securable."""

    principal = serializers.CharField()
    privileges = serializers.ListField(child=serializers.CharField())


class EffectivePrivilege(Answer):
    """A privilege that reaches the securable; inherited ones say from where."""

    privilege = serializers.CharField()
    inherited_from_name = serializers.CharField(required=False)
    inherited_from_type = serializers.ChoiceField(choices=["CATALOG", "SCHEMA"], required=False)


class EffectivePrivilegeAssignment(Answer):
    """What reaches the securable for a principal."""

    principal = serializers.CharField()
    privileges = EffectivePrivilege(many=True)
