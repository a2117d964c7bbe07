"""Strict request bodies: an unknown field is refused by name, a number is a number and a text is a text."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from accounts.errors import Invalid
from accounts.models import CredentialUse


class Body(serializers.Serializer[Any]):
    """A request body. Unknown fields are 400 that names them."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what is not declared, then convert."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({name: [f"There is no field {name!r} here."] for name in unknown})
        return super().to_internal_value(data)

    @classmethod
    def of(cls, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """Return the checked body of a request, or raise the errors of its fields."""
        body = cls(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        checked: dict[str, Any] = body.validated_data
        return checked


class Text(serializers.CharField):
    """A JSON string: numbers are not turned into one. Kept as sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Refuse what is no string."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a string.")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON integer: no string, no fraction, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse what is no integer."""
        if type(data) is not int:
            raise serializers.ValidationError("Send a whole number, without quotes.")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """JSON true or false: no words, no numbers."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse what is no boolean."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false, without quotes.")
        return data


def texts(**options: Any) -> serializers.ListField:
    """Return a field for a list of strings."""
    return serializers.ListField(child=Text(max_length=2000), **options)


def refuse_unknown_parameters(request: Request, known: Collection[str]) -> None:
    """On /api/gatepost/v1 an unknown query parameter is an error: a misspelt filter must not widen an answer.

    Neither must one that is sent twice, of which only the last would count.
    """
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise Invalid({name: [f"There is no parameter {name!r} here."] for name in unknown})
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise Invalid({name: ["Send it once."] for name in twice})


def parameter(request: Request, name: str) -> str:
    """Return a query parameter, empty when it is absent."""
    text = request.query_params.get(name, "")
    if "\0" in text:  # PostgreSQL has no such character
        raise Invalid({name: ["Leave out the NUL character."]})
    return text


def uuids_of(text: str) -> list[uuid.UUID]:
    """Return the UUID of a path segment, or nothing for what cannot be the id of anything. For __in look-ups."""
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


def ids_of(text: str) -> list[int]:
    """Return the number of a SCIM id, or nothing for what cannot be the id of anything. For __in look-ups."""
    return [int(text)] if text.isascii() and text.isdigit() and len(text) <= 18 else []


def rfc3339(at: datetime) -> str:
    """Return a time as UTC with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def last_use(use: CredentialUse | None) -> dict[str, Any]:
    """Return when and from where a credential was last used, as every list of credentials shows it."""
    return {} if use is None else present(last_use_time=rfc3339(use.last_used_at), last_use_address=use.address)


def milliseconds(at: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are set: an unset one is left out of an answer, not sent as null."""
    return {name: value for name, value in fields.items() if value is not None}
