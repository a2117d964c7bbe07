"""mcp.md 4: the shapes in which one URL offers its tools, by its query: all of them, or a few that lead to them."""

from typing import Final

import orjson

from connections.grant import Grant
from mcp_endpoint.exchange import Refusal
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.server import Server
from mcp_endpoint.tools import chatgpt, compact
from mcp_endpoint.tools.tool import Toolset

_BYTES_PER_TOKEN: Final = 4  # JSON of English names and words; tokenizers of models differ by a third or so
_QUERIES: Final = ("toolset=compact", "toolset=chatgpt")


def named(query: str, server: Server) -> str:
    """Return the toolset that a query names. Refuse every other query (5a): it is never a silently wider grant."""
    known = [each for each in _QUERIES if each != "toolset=chatgpt" or server.kind in chatgpt.KINDS]
    if query and query not in known:
        # RFC 9700 4.3.2: a token in a query ends up in logs.
        offered = " or ".join(f"?{each}" for each in known)
        raise Refusal(400, f"This URL takes no query but {offered}. A token belongs in the Authorization header.")
    return query.removeprefix("toolset=")


async def of(server: Server, grant: Grant) -> Toolset:
    """Return what the principal finds on the URL. Raises NotVisible."""
    everything = await KINDS[server.kind].tools(server, grant)
    match server.toolset:
        case "compact":
            return compact.Compact(everything)
        case "chatgpt":
            return chatgpt.toolset(server, grant, everything)
        case _:
            return everything


def tokens(tools: Toolset) -> int:
    """Estimate what the definitions of these tools take of a model's context."""
    return len(orjson.dumps([tool.wire for tool in tools.tools])) // _BYTES_PER_TOKEN
