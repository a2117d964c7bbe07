"""The document as people read it: operations by group, their fields in rows. No script, no asset of others."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from config.openapi.document import Document

_DEEPEST: Final = 4
_ERRORS: Final = ("4", "5")


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field."""

    name: str
    type: str
    is_required: bool
    told: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: list[str]
    parameters: list[Row]
    body: list[Row]
    status: str
    answer: list[Row]
    example: str
    errors: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """Calls about one thing."""

    id: str
    title: str
    operations: list[Operation]


def sections(document: Document) -> list[Section]:
    """Return the operations by their group, in the order of the names."""
    reader = _Reader(document["components"]["schemas"])
    found = [
        (operation["tags"][0], reader.operation(path, method, operation))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].path))
    return [
        Section(title.lower().replace(",", "").replace(" ", "-"), title, [operation for _, operation in group])
        for title, group in groupby(found, key=lambda pair: pair[0])
    ]


class _Reader:
    """Follows references into the components."""

    def __init__(self, components: Mapping[str, Any]) -> None:
        self._components = components

    def operation(self, path: str, method: str, operation: Mapping[str, Any]) -> Operation:
        """Return one call as rows."""
        status = next(iter(operation["responses"]))
        content = _content(operation["responses"][status])
        return Operation(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            paragraphs=operation.get("description", "").split("\n\n"),
            parameters=[
                Row(one["name"], self._type(one["schema"]), one.get("required", False), one.get("description", ""))
                for one in operation.get("parameters", ())
            ],
            body=list(self._rows(_content(operation.get("requestBody", {})).get("schema", {}))),
            status=status,
            answer=list(self._rows(content.get("schema", {}))),
            example=_example(content),
            errors=[
                (code, response["description"])
                for code, response in operation["responses"].items()
                if code.startswith(_ERRORS)
            ],
        )

    def _rows(self, schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Row]:
        schema = self._resolved(schema)
        if schema.get("type") == "array":
            yield from self._rows(schema["items"], f"{prefix}[]", depth)
            return
        for name, inner in schema.get("properties", {}).items() if depth < _DEEPEST else ():
            field = self._resolved(inner)
            label = f"{prefix}.{name}".lstrip(".")
            told = inner.get("description") or field.get("description", "")
            yield Row(label, self._type(field), name in schema.get("required", ()), told)
            yield from self._rows(field, label, depth + 1)

    def _type(self, schema: Mapping[str, Any]) -> str:
        schema = self._resolved(schema)
        if "enum" in schema:
            return " | ".join(str(value) for value in schema["enum"])
        kind = schema.get("type", "any")
        if kind == "array":
            return f"list of {self._type(schema['items'])}"
        return " or ".join(kind) if isinstance(kind, list) else str(schema.get("format", kind))

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "allOf" in schema and len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        if "$ref" in schema:
            found: Mapping[str, Any] = self._components[schema["$ref"].rpartition("/")[2]]
            return found
        return schema


def _content(described: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(described.get("content", {}).values()), {})


def _example(content: Mapping[str, Any]) -> str:
    example = content.get("example")
    return json.dumps(example, indent=2, ensure_ascii=False) if isinstance(example, dict) else str(example or "")
