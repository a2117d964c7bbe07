"""The two doors as functions, and what MCP clients send in each revision."""

import asyncio
import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
from django.test import Client

from audit import event_loop
from config.asgi import application

HOST = "localhost:8000"
PREFIX = "io.modelcontextprotocol/"
MODERN = "2026-07-28"
ACCEPT = "application/json, text/event-stream"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return orjson.loads(self.body)

    @property
    def events(self):
        """The messages of an event stream."""
        blocks = self.body.decode().split("\n\n")
        return [orjson.loads(block.removeprefix("event: message\ndata: ")) for block in blocks if block[:1] == "e"]


# Django adds these to every answer of its own door.
OF_DJANGO = {
    "x-request-id",
    "content-length",
    "content-security-policy",
    "cross-origin-opener-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}


def through_asgi(method, path, headers, body=b"", query="", **more):
    """Send one request through the plain ASGI door."""
    return event_loop.run(asgi(method, path, headers, body, query, **more))


async def asgi(method, path, headers, body=b"", query="", *, ends=True):
    """Send one request through the plain ASGI door, on the owning loop. One that does not end keeps the door waiting."""
    lines = headers.items() if isinstance(headers, dict) else headers
    sent, received = [], [{"type": "http.request", "body": body, "more_body": not ends}]

    async def receive():
        return received.pop() if received else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in lines],
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 8000),
    }
    await application(scope, receive, send)
    start, *parts = sent
    names = {name.decode(): value.decode() for name, value in start["headers"] if name.decode() not in OF_DJANGO}
    return Answer(start["status"], names, b"".join(part["body"] for part in parts))


def through_django(method, path, headers, body=b"", query=""):
    """Send one request through the Django view."""
    request = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    content_type = request.pop("HTTP_CONTENT_TYPE", "")
    response = Client().generic(
        method, path, body, content_type, QUERY_STRING=query, REQUEST_URI=path, SERVER_PORT="8000", **request
    )
    names = {name.lower(): value for name, value in response.headers.items() if name.lower() not in OF_DJANGO}
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return Answer(response.status_code, names, body)


DOORS = {"asgi": through_asgi, "django": through_django}


def message(method, params=None, identity=1):
    built = {"jsonrpc": "2.0", "method": method}
    if identity is not None:
        built["id"] = identity
    if params is not None:
        built["params"] = params
    return built


def modern(method, params=None, identity=1, **meta):
    """A message that describes itself."""
    own = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": {}, **meta}
    return message(method, {**(params or {}), "_meta": own}, identity)


def headers_for(value, token, revision=None, **more):
    """The headers that a client of the revision sends with the message."""
    headers = {"Host": HOST, "Content-Type": "application/json", "Accept": ACCEPT}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if revision:
        headers["MCP-Protocol-Version"] = revision
    if revision == MODERN:
        headers["Mcp-Method"] = value["method"]
        params = value.get("params", {})
        headers["Mcp-Name"] = params.get("uri" if value["method"] == "resources/read" else "name")
    return {name: value for name, value in {**headers, **more}.items() if value is not None}


def post(path, value, token, revision=None, door=through_asgi, **more):
    """Send one message."""
    return door("POST", path, headers_for(value, token, revision, **more), orjson.dumps(value))


def send(web, value, token, revision=None, path="/api/2.0/mcp/functions/demo/shop", **more):
    """Post to a web process by hand: a client library would normalise what is tested. Returns status, headers, body."""
    where = urlsplit(web.base_url).netloc
    headers = headers_for(value, token, revision, **{"Host": where, **more})
    return send_raw(web, orjson.dumps(value), headers.items(), path)


def send_raw(web, body, lines, path):
    """Post these bytes under these header lines, in which a name may occur twice."""
    connection = http.client.HTTPConnection(urlsplit(web.base_url).netloc, timeout=20)
    try:
        connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        for name, text in (*lines, ("Content-Length", str(len(body)))):
            connection.putheader(name, text)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
