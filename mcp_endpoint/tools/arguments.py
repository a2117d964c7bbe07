"""JSON Schema 2020-12: arguments of a tool against its inputSchema. The text names the argument and what is expected."""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MAX_FAULTS: Final = 5
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "null": frozenset({NoneType}),
}
_ANNOTATIONS: Final = frozenset({"title", "description", "default", "examples"})  # they constrain nothing
_MAX_SHOWN: Final = 200  # characters


class Schema:
    """A compiled inputSchema. It comes from our own introspection and holds no references."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._required = frozenset(schema.get("required", ()))
        self._plain = {name: _plain_types(value) for name, value in schema.get("properties", {}).items()}
        self._validator = Draft202012Validator(schema)

    def fault(self, arguments: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the arguments, or None."""
        if self._is_plainly_right(arguments) or self._validator.is_valid(arguments):
            return None
        faults = [line for error in self._validator.iter_errors(arguments) for line in self._lines(error)]
        return "\n".join(faults[:MAX_FAULTS])

    def _is_plainly_right(self, arguments: Mapping[str, Any]) -> bool:
        """Most arguments are scalars whose type is the whole rule: a twentieth of the validator's time."""
        plain = self._plain
        return self._required <= arguments.keys() and all(
            name in plain and type(value) in plain[name] for name, value in arguments.items()
        )

    def _lines(self, error: ValidationError) -> Iterator[str]:
        nearer = _nearer(error)
        if nearer is not None:
            yield from self._lines(nearer)
        elif error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (f"{_path(error, name)}: this argument is missing." for name in missing)
        elif error.validator == "additionalProperties":
            offered = error.schema.get("properties", {})
            known = _cut(", ".join(offered) or "none")
            unknown = [_path(error, name) for name in error.instance if name not in offered]
            yield from (f"{_cut(path)}: there is no such argument. Known: {known}." for path in unknown)
        else:
            yield f"{_path(error)}: expected {_expected(error)}, got {_cut(_json_type(error.instance))}."


def _nearer(error: ValidationError) -> ValidationError | None:
    """Of several choices, return what is wrong with the one whose type the value has. None: it has no type of these."""
    if error.validator not in {"anyOf", "oneOf"}:
        return None
    fitting = [each for each in error.context or () if each.validator != "type" or each.path]
    return fitting[0] if fitting else None


def _plain_types(schema: Mapping[str, Any]) -> frozenset[type]:
    """Return the Python types that satisfy the schema whatever their value; none where it says more than a type."""
    if schema.keys() - _ANNOTATIONS != {"type"}:
        return frozenset()
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return frozenset().union(*(_TYPES.get(name, frozenset()) for name in names))


def _path(error: ValidationError, *more: str) -> str:
    return ".".join(map(str, (*error.absolute_path, *more))) or "arguments"


def _expected(error: ValidationError) -> str:
    """Say what would be right: the type, the choices, or the rule that was broken."""
    value = error.validator_value
    match error.validator:
        case "type":
            return " or ".join([value] if isinstance(value, str) else value)
        case "enum":
            return _cut("one of " + ", ".join(map(str, value)))
        case "anyOf" | "oneOf":
            return " or ".join(_expected(each) for each in error.context or ()) or "another value"
        case _:
            return _cut(f"{error.validator} {value}")


def _json_type(value: Any) -> str:
    """Name the JSON type, and show values that are short."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'the string "{value}"'
        case int() | float():
            return f"the number {value}"
        case list():
            return "an array"
        case _:
            return "an object"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
