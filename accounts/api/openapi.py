"""How answers and parameters are described in the OpenAPI document. Views build plain dicts; nothing here runs for them."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers


class Answer(serializers.Serializer[Any]):
    """A response body. Fields that may be left out say required=False."""


class Done(Answer):
    """Done; there is nothing to tell."""


def listed(name: str, **fields: type[Answer]) -> serializers.Serializer[Any]:
    """Describe a list: each field holds rows of its kind."""
    return inline_serializer(name, {field: rows(many=True) for field, rows in fields.items()})


def page(name: str, **fields: type[Answer]) -> serializers.Serializer[Any]:
    """Describe a page of a list."""
    token = serializers.CharField(required=False, help_text="Absent on the last page.")
    rows: Mapping[str, Any] = {field: rows(many=True) for field, rows in fields.items()}
    return inline_serializer(name, {**rows, "next_page_token": token})


def query(name: str, told: str, *, required: bool = False, **more: Any) -> OpenApiParameter:
    """Describe a query parameter; a text unless `type` says otherwise."""
    return OpenApiParameter(name, **{"type": OpenApiTypes.STR, "description": told, "required": required, **more})


def paging(size: str = "page_size", *, default: int = 50, cap: int = 500) -> list[OpenApiParameter]:
    """Describe the two parameters of a paged list."""
    told = f"Rows of a page: at most {cap}; 0 or absent is {default}."
    number = {"type": "integer", "minimum": 0}
    return [query(size, told, type=number), query("page_token", "The next_page_token of the page before.")]
