"""MCP schema of each revision: what a result carries in which revision."""

from typing import Any, Final

import orjson
from django.conf import settings
from mcp_types import SERVER_INFO_META_KEY

from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.revisions.versions import LEGACY, NEWEST_LEGACY, SUPPORTED

Result = dict[str, Any]

_FIRST: Final = "2025-03-26"  # knows no titles, no output schemas, no structured content, no _meta of tools
_NOT_IN_FIRST: Final = frozenset({"title", "outputSchema", "_meta"})
_LIST_TTL_MS: Final = 60_000
_DISCOVER_TTL_MS: Final = 300_000
CAPABILITIES: Final[Result] = {"tools": {}}
SERVER_INFO: Final = {"name": "gatepost", "title": "Gatepost", "version": settings.SPECTACULAR_SETTINGS["VERSION"]}


def initialized(call: Call, instructions: str) -> Result:
    """Answer initialize: the version that was asked for if it is served, else the newest that has a handshake."""
    asked = call.params["protocolVersion"]
    version = asked if asked in LEGACY else NEWEST_LEGACY
    info = {k: v for k, v in SERVER_INFO.items() if version != _FIRST or k not in _NOT_IN_FIRST}
    return {
        "protocolVersion": version,
        "capabilities": CAPABILITIES,
        "serverInfo": info,
        "instructions": instructions,
    }


def discovered(call: Call, instructions: str) -> Result:
    """Answer server/discover."""
    result = {"supportedVersions": SUPPORTED, "capabilities": CAPABILITIES, "instructions": instructions}
    return _complete(call, result | _cached(_DISCOVER_TTL_MS))


def empty(call: Call) -> Result:
    """Answer ping."""
    return _complete(call, {})


def tool_list(call: Call, tools: list[orjson.Fragment], cursor: str | None) -> Result:
    """Answer tools/list."""
    result: Result = {"tools": tools}
    if cursor is not None:
        result["nextCursor"] = cursor
    return _complete(call, result | (_cached(_LIST_TTL_MS) if call.is_modern else {}))


def is_first(call: Call) -> bool:
    """Tell whether the call is of 2025-03-26."""
    return call.revision == _FIRST


def tool_result(call: Call, content: bytes, column_types: tuple[str, ...]) -> Result:
    """Answer tools/call with a JSON object: as text, and as structured content where the revision has it."""
    result: Result = {
        "content": [{"type": "text", "text": content.decode()}],
        "_meta": {"gatepost/column_types": column_types},
    }
    if not is_first(call):
        result["structuredContent"] = orjson.Fragment(content)
    return _complete(call, result)


def tool_error(call: Call, text: str) -> Result:
    """Answer tools/call with an error that the model shall read and act on."""
    return _complete(call, {"content": [{"type": "text", "text": text}], "isError": True})


def reports_bad_arguments_as_result(call: Call) -> bool:
    """Tell whether bad arguments are an isError result (2025-11-25 and later) or a JSON-RPC error."""
    return call.revision >= NEWEST_LEGACY


def _cached(ttl_ms: int) -> Result:
    return {"ttlMs": ttl_ms, "cacheScope": "private"}


def _complete(call: Call, result: Result) -> Result:
    """Modern results say that they are complete and who made them."""
    if not call.is_modern:
        return result
    meta = {**result.get("_meta", {}), SERVER_INFO_META_KEY: SERVER_INFO}
    return {"resultType": "complete", **result, "_meta": meta}
