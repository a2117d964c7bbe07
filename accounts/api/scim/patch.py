"""RFC 7644 3.5.2: PATCH as a list of changes to attributes, understood as a whole before any is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from accounts.api.scim.errors import ScimRefused

MOST_OPERATIONS = 1000

_PATH = re.compile(r'(?:urn:[\w:.]+:)?(\w+)(?:\.(\w+))?(?:\[\s*value\s+eq\s+"([^"]{1,64})"\s*\])?', re.I | re.A)

Op = Literal["add", "remove", "replace"]


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute in lower case, and what to do with it. `member` is the value of a path such as members[value eq "5"]."""

    op: Op
    attribute: str
    value: Any = None
    member: str | None = None


def changes_of(body: Any) -> list[Change]:
    """Return the changes of a PatchOp, or refuse it as a whole."""
    operations = body.get("Operations")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST_OPERATIONS:
        raise ScimRefused("invalidSyntax", f"Send Operations: a list of 1 to {MOST_OPERATIONS} operations.")
    return [change for operation in operations for change in _changes(operation)]


def _changes(operation: Any) -> Iterator[Change]:
    if not isinstance(operation, dict):
        raise ScimRefused("invalidSyntax", "Each operation is an object with op, path and value.")
    op = _op(operation.get("op"))
    path = operation.get("path")
    if path in (None, ""):
        yield from _without_path(op, operation.get("value"))
        return
    attribute, sub_attribute, member = _parsed(path)
    if op != "remove" and "value" not in operation:
        # The SDK drops false, 0 and "" from what it sends. A guess could switch somebody on or off by mistake.
        raise ScimRefused(
            "invalidValue",
            f'The operation on {path!r} came without a value. To switch off send {{"op":"replace","value":{{"active":false}}}}.',
        )
    value = operation.get("value")
    yield Change(op, attribute, {sub_attribute: value} if sub_attribute else value, member)


def _op(op: Any) -> Op:
    word = op.lower() if isinstance(op, str) else op
    if word not in ("add", "remove", "replace"):
        raise ScimRefused("invalidSyntax", f"{op!r} is no operation. Send add, remove or replace.")
    return cast(Op, word)


def _without_path(op: Op, value: Any) -> Iterator[Change]:
    if op == "remove":
        raise ScimRefused("noTarget", "An operation remove needs a path.")
    if not isinstance(value, dict):
        raise ScimRefused("invalidValue", 'Without a path the value is an object, for example {"active":false}.')
    for name, inner in value.items():
        attribute, sub_attribute, _ = _parsed(name)
        yield Change(op, attribute, {sub_attribute: inner} if sub_attribute else inner)


def _parsed(path: Any) -> tuple[str, str | None, str | None]:
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    if match is None:
        raise ScimRefused("invalidPath", f'{path!r} is no path. Send an attribute, or members[value eq "ID"].')
    return match[1].lower(), match[2], match[3]
