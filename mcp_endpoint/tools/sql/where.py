"""Which catalog a call means: the one of the URL, or an argument."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from catalog.errors import Refused
from mcp_endpoint.tools.tool import Invocation

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 63}


def input_schema(
    catalog: str | None, properties: Mapping[str, Any], required: Sequence[str] = (), *, needs_catalog: bool = True
) -> dict[str, Any]:
    """Return the inputSchema of a tool. `catalog` is an argument only where the URL does not name one."""
    named: dict[str, Any] = {}
    if catalog is None:
        named["catalog"] = name("Name of the catalog, see list_catalogs.")
    return {
        "type": "object",
        "properties": {**named, **properties},
        "required": [*(named if needs_catalog else ()), *required],
        "additionalProperties": False,
    }


def name(description: str) -> dict[str, Any]:
    """Return the schema of an identifier."""
    return {**_NAME, "description": description}


def catalog_of(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> str:
    """Return the catalog that is meant. One outside the limits of the credential does not exist for it."""
    meant = catalog if catalog is not None else str(arguments["catalog"])
    if not invocation.grant.narrowing.allows_catalog(meant):
        raise unknown(meant)
    return meant


def unknown(catalog: str) -> Refused:
    """Say that there is nothing, or nothing for this caller: one answer for both."""
    return Refused("not_visible", f"There is no catalog {catalog} that you may use. See list_catalogs.")
