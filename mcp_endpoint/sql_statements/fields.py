"""What a program sends to run a statement, and what of it is answered with 400."""

import re
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from accounts.api.fields import Body, Text, Whole
from accounts.errors import Invalid
from catalog import guard
from catalog.free_sql import Wanted
from catalog.guard import Unparsed, WrongMarkers
from mcp_endpoint.tools.sql.statements import LONGEST, MOST_PARAMETERS

WAREHOUSE: Final = "gatepost"  # the one warehouse; the name of a catalog stands for it and for the catalog
_NAME_LENGTH: Final = 63
_CASTS: Final = {
    "STRING": "text",
    "BOOLEAN": "bool",
    "BYTE": "int2",
    "TINYINT": "int2",
    "SHORT": "int2",
    "SMALLINT": "int2",
    "INT": "int4",
    "INTEGER": "int4",
    "LONG": "int8",
    "BIGINT": "int8",
    "FLOAT": "float4",
    "REAL": "float4",
    "DOUBLE": "float8",
    "DECIMAL": "numeric",
    "NUMERIC": "numeric",
    "DATE": "date",
    "TIMESTAMP": "timestamptz",
    "TIMESTAMP_NTZ": "timestamp",
    "INTERVAL": "interval",
    "BINARY": "bytea",
}
_DECIMAL: Final = re.compile(r"(?:DECIMAL|NUMERIC)\((\d{1,3})(?:, ?(\d{1,3}))?\)")


class Parameter(Body):
    """A value for `:name` in the statement. It is bound, never part of the text."""

    name = serializers.RegexField(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", help_text="What follows the colon.")
    value = Text(required=False, allow_null=True, allow_blank=True, help_text="As text; null or absent: NULL.")
    type = Text(required=False, allow_null=True, help_text=f"{', '.join(_CASTS)}; absent: what its place asks for.")

    def validate_type(self, word: str | None) -> str:
        """Return the type of PostgreSQL, empty where the place decides."""
        upper = (word or "").upper()
        if not upper:
            return ""
        if decimal := _DECIMAL.fullmatch(upper):
            return f"pg_catalog.numeric({', '.join(filter(None, decimal.groups()))})"
        if upper not in _CASTS:
            raise serializers.ValidationError(f"There is no type {word!r} here. Use one of {', '.join(_CASTS)}.")
        return f"pg_catalog.{_CASTS[upper]}"


class NewStatement(Body):
    """A statement to run."""

    statement = Text(max_length=LONGEST, help_text="One PostgreSQL statement, with :name for each parameter.")
    warehouse_id = Text(max_length=_NAME_LENGTH, help_text=f"{WAREHOUSE}, or the name of the catalog.")
    catalog = Text(
        required=False,
        max_length=_NAME_LENGTH,
        help_text=f"Name of the catalog. Needed where warehouse_id is {WAREHOUSE}.",
    )
    schema = Text(
        required=False, max_length=_NAME_LENGTH, help_text="The only schema of tables that are named without one."
    )
    parameters = serializers.ListField(
        child=Parameter(), required=False, max_length=MOST_PARAMETERS, help_text="Values for :name."
    )
    row_limit = Whole(required=False, min_value=1, help_text="Rows of the answer; never more than the catalog allows.")
    byte_limit = Whole(required=False, min_value=1, help_text="Bytes of the rows, likewise; at most 4 MiB.")
    wait_timeout = serializers.RegexField(
        r"^(0|[5-9]|[1-4][0-9]|50)s$", default="10s", help_text="How long this call waits: 0s, or 5s to 50s."
    )
    on_wait_timeout = serializers.ChoiceField(
        ["CONTINUE", "CANCEL"],
        default="CONTINUE",
        help_text="What becomes of a statement that takes longer. 0s always means CONTINUE.",
    )
    format = serializers.ChoiceField(
        ["JSON_ARRAY"], default="JSON_ARRAY", help_text="Form of the rows; there is no other."
    )
    disposition = serializers.ChoiceField(
        ["INLINE"], default="INLINE", help_text="Rows come with the answer; there is no other way."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Say what to use in place of what is not there."""
        for field, only in (("format", "JSON_ARRAY"), ("disposition", "INLINE")):
            if isinstance(data, dict) and data.get(field, only) != only:
                raise serializers.ValidationError({field: [f"Use {only}: it is the only one here."]})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Find the catalog, and refuse two values for one name."""
        warehouse = attrs["warehouse_id"]
        catalog = attrs.setdefault("catalog", "" if warehouse == WAREHOUSE else warehouse)
        if not catalog:
            raise serializers.ValidationError({"catalog": ["Name the catalog, here or as the warehouse_id."]})
        if warehouse not in {WAREHOUSE, catalog}:
            told = f"Send {WAREHOUSE} or the name of the catalog: there are no other warehouses here."
            raise serializers.ValidationError({"warehouse_id": [told]})
        names = [each["name"] for each in attrs.get("parameters", ())]
        if len(names) != len(set(names)):
            raise serializers.ValidationError({"parameters": ["Two have the same name."]})
        return attrs


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement that may be judged, and how its caller wants the answer."""

    wanted: Wanted
    seconds: int  # that the call waits
    cancels: bool
    row_limit: int | None
    byte_limit: int | None


def asked(data: Any) -> Asked:
    """Return what a body asks for. Raises the errors of its fields."""
    body = NewStatement(data=data)
    body.is_valid(raise_exception=True)
    fields = body.validated_data
    seconds = int(fields["wait_timeout"].removesuffix("s"))
    return Asked(
        _wanted(fields),
        seconds,
        seconds > 0 and fields["on_wait_timeout"] == "CANCEL",
        fields.get("row_limit"),
        fields.get("byte_limit"),
    )


def _wanted(fields: dict[str, Any]) -> Wanted:
    text, given = fields["statement"], {each["name"]: each for each in fields.get("parameters", ())}
    values: list[str | None] = []
    try:
        text, names = guard.numbered(text, {name: each.get("type", "") for name, each in given.items()})
        values = [given[name].get("value") for name in names]
    except Unparsed:
        pass  # the guard says where it is no SQL
    except WrongMarkers as error:
        raise Invalid({"parameters": [str(error)]}) from None
    return Wanted(fields["catalog"], text, values, fields.get("schema", ""))
