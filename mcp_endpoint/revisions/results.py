"""MCP schema of each revision: what a result carries in which revision."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from django.conf import settings
from mcp_types import SERVER_INFO_META_KEY

from mcp_endpoint.rendering import LongObject, Quoted
from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.revisions.versions import LEGACY, NEWEST_LEGACY, SUPPORTED

Result = dict[str, Any]

_FIRST: Final = "2025-03-26"  # knows no titles, no output schemas, no structured content, no _meta of tools
_NOT_IN_FIRST: Final = frozenset({"title", "outputSchema", "_meta"})
MOST_VALUES: Final = 100  # of one completion (server/utilities/completion)
_LIST_TTL_MS: Final = 60_000
_DISCOVER_TTL_MS: Final = 300_000
SERVER_INFO: Final = {"name": "gatepost", "title": "Gatepost", "version": settings.SPECTACULAR_SETTINGS["VERSION"]}


def initialized(call: Call, capabilities: Mapping[str, Any], instructions: str) -> Result:
    """Answer initialize: the version that was asked for if it is served, else the newest that has a handshake."""
    asked = call.params["protocolVersion"]
    version = asked if asked in LEGACY else NEWEST_LEGACY
    info = {k: v for k, v in SERVER_INFO.items() if version != _FIRST or k not in _NOT_IN_FIRST}
    return {
        "protocolVersion": version,
        "capabilities": dict(capabilities),
        "serverInfo": info,
        "instructions": instructions,
    }


def discovered(call: Call, capabilities: Mapping[str, Any], instructions: str) -> Result:
    """Answer server/discover."""
    result = {"supportedVersions": SUPPORTED, "capabilities": dict(capabilities), "instructions": instructions}
    return _complete(call, result | _cached(_DISCOVER_TTL_MS))


def empty(call: Call) -> Result:
    """Answer what needs no more than an answer, like ping."""
    return _complete(call, {})


def listed(call: Call, key: str, entries: Sequence[Any], cursor: str | None = None) -> Result:
    """Answer a list method with one page."""
    if is_first(call):
        entries = [each if isinstance(each, orjson.Fragment) else _without_new_keys(each) for each in entries]
    result: Result = {key: entries}
    if cursor is not None:
        result["nextCursor"] = cursor
    return _held(call, result)


def contents(call: Call, found: Sequence[Mapping[str, Any]]) -> Result:
    """Answer resources/read."""
    return _held(call, {"contents": found})


def messages(call: Call, description: str, written: Sequence[Mapping[str, Any]]) -> Result:
    """Answer prompts/get."""
    return _complete(call, {"description": description, "messages": written})


def completion(call: Call, values: Sequence[str]) -> Result:
    """Answer completion/complete: the first values, and how many there are."""
    shown = values[:MOST_VALUES]
    return _complete(call, {"completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}})


def input_required(requests: Mapping[str, Mapping[str, Any]], state: str | None) -> Result:
    """Answer with what the client has to find out before it asks again. Modern revisions have this."""
    result = {"inputRequests": requests, "requestState": state, "_meta": {SERVER_INFO_META_KEY: SERVER_INFO}}
    return {"resultType": "input_required", **{key: value for key, value in result.items() if value is not None}}


def is_first(call: Call) -> bool:
    """Tell whether the call is of 2025-03-26."""
    return call.revision == _FIRST


def tool_result(call: Call, content: bytes | LongObject, column_types: tuple[str, ...]) -> Result:
    """Answer tools/call with a JSON object: as text, and as structured content where the revision has it."""
    result: Result = {
        "content": [{"type": "text", "text": Quoted(content) if isinstance(content, LongObject) else content.decode()}],
        "_meta": {"gatepost/column_types": column_types},
    }
    if not is_first(call):
        result["structuredContent"] = content if isinstance(content, LongObject) else orjson.Fragment(content)
    return _complete(call, result)


def tool_content(
    call: Call, blocks: Sequence[Mapping[str, Any]], *, is_error: bool, structured: Mapping[str, Any] | None = None
) -> Result:
    """Answer tools/call with content blocks, and an object where the tool has one and the revision knows of it."""
    result: Result = {"content": [_first_block(block) for block in blocks] if is_first(call) else blocks}
    if structured is not None and not is_first(call):
        result["structuredContent"] = structured
    return _complete(call, {**result, **({"isError": True} if is_error else {})})


def tool_error(call: Call, text: str, code: str = "") -> Result:
    """Answer tools/call with an error that the model shall read and act on. `code` is for programs."""
    result = tool_content(call, [{"type": "text", "text": text}], is_error=True)
    return result | {"_meta": {**result.get("_meta", {}), "gatepost/code": code}} if code else result


def reports_bad_arguments_as_result(call: Call) -> bool:
    """Tell whether bad arguments are an isError result (2025-11-25 and later) or a JSON-RPC error."""
    return call.revision >= NEWEST_LEGACY


def _without_new_keys(entry: Mapping[str, Any]) -> Result:
    known = {key: value for key, value in entry.items() if key not in _NOT_IN_FIRST}
    if "arguments" in known:  # of a prompt
        known["arguments"] = [_without_new_keys(argument) for argument in known["arguments"]]
    return known


def _first_block(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """2025-03-26 has no links to resources: their URI becomes text."""
    return {"type": "text", "text": block["uri"]} if block["type"] == "resource_link" else block


def _held(call: Call, result: Result) -> Result:
    """Say, where the revision can, how long the answer holds and for whom."""
    return _complete(call, result | (_cached(_LIST_TTL_MS) if call.is_modern else {}))


def _cached(ttl_ms: int) -> Result:
    return {"ttlMs": ttl_ms, "cacheScope": "private"}


def _complete(call: Call, result: Result) -> Result:
    """Modern results say that they are complete and who made them."""
    if not call.is_modern:
        return result
    meta = {**result.get("_meta", {}), SERVER_INFO_META_KEY: SERVER_INFO}
    return {"resultType": "complete", **result, "_meta": meta}
