"""Values of SCIM attributes as they come in: checked for their type, unknown attributes ignored (RFC 7643 2.1)."""

import uuid
from collections.abc import Mapping
from typing import Any, cast

from rest_framework.request import Request

from accounts.activation import ROLES
from accounts.api.scim.errors import ScimRefused


def body_of(request: Request) -> dict[str, Any]:
    """Return the body: the parser lets nothing but objects through."""
    return cast("dict[str, Any]", request.data)


def text(name: str, value: Any) -> str:
    """Return a string that can be stored."""
    if not isinstance(value, str) or "\0" in value:
        raise ScimRefused("invalidValue", f"{name} must be a string.")
    return value


def flag(name: str, value: Any) -> bool:
    """Return a boolean; the words "true" and "False" are none."""
    if not isinstance(value, bool):
        raise ScimRefused("invalidValue", f"{name} must be true or false, without quotes.")
    return value


def application_id(value: Any) -> uuid.UUID:
    """Return the UUID of a service account."""
    try:
        return uuid.UUID(text("applicationId", value))
    except ValueError:
        raise ScimRefused("invalidValue", "applicationId must be a UUID. Leave it out to have one made.") from None


def parts(name: str, value: Any) -> dict[str, str]:
    """Return the sub-attributes of a complex attribute, their names in lower case."""
    if not isinstance(value, Mapping):
        raise ScimRefused("invalidValue", f"{name} must be an object.")
    return {part.lower(): text(f"{name}.{part}", inner) for part, inner in value.items()}


def roles(value: Any) -> frozenset[str]:
    """Return the names of [{"value": "auditor"}, ...]."""
    names = frozenset(values("roles", value))
    if unknown := names - set(ROLES):
        raise ScimRefused(
            "invalidValue", f"There is no role {', '.join(sorted(unknown))}. Choose from: {', '.join(ROLES)}."
        )
    return names


def values(name: str, value: Any) -> list[str]:
    """Return the values of a multi-valued attribute: a list of objects, or one of them."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Mapping) and isinstance(item.get("value"), str) for item in items):
        raise ScimRefused("invalidValue", f'{name} must be a list such as [{{"value": "..."}}].')
    return [item["value"] for item in items]
