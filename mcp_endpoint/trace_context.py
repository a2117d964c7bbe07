"""W3C Trace Context 3.2.2, MCP 2026-07-28 basic/index: the trace that a call belongs to, for the audit record."""

import re
from typing import Final

from mcp_endpoint.revisions.ladder import Call

KEY: Final = "traceparent"
_PARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def of(call: Call) -> dict[str, str]:
    """Return what `_meta` says about the trace, if it is well-formed; a broken value is nobody's trace."""
    parent = (call.params.get("_meta") or {}).get(KEY)
    return {KEY: parent} if isinstance(parent, str) and _PARENT.fullmatch(parent) else {}
