"""One request to an MCP URL, from the door to the answer. The rungs are those of mcp.md 2; the first that fails answers."""

from dataclasses import replace
from functools import partial
from typing import Any

from connections.grant import Grant
from mcp_endpoint import asking, bearer, body, entrance, rendering, running, stream, toolsets
from mcp_endpoint.authorize import Task, authorize
from mcp_endpoint.decision import Decision
from mcp_endpoint.exchange import JSON, NO_STORE, Refusal, Request, Response
from mcp_endpoint.jsonrpc import Reply
from mcp_endpoint.judging import judge
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.methods.table import execute
from mcp_endpoint.revisions import ladder
from mcp_endpoint.revisions.ladder import Call, Notification
from mcp_endpoint.revisions.versions import LEGACY
from mcp_endpoint.server import Server

ACCEPTED = Response(202)


async def serve(request: Request) -> Response:
    """Answer one HTTP request. Knows neither ASGI nor Django."""
    try:
        server = entrance.find(request)  # 1 to 3: path, Host, Origin
        if request.method == "OPTIONS":  # 4
            return entrance.preflight(request)
        entrance.check_limits(request)  # 5
        toolset = toolsets.named(request.query, server)  # 5a
        response = await _answer(request, replace(server, toolset=toolset) if toolset else server)
    except Refusal as refusal:
        response = refusal.response()
    return entrance.share(response, request)


async def _answer(request: Request, server: Server) -> Response:
    async with Decision(request, server) as decision:  # one durable record, 37, 38
        grant = decision.grant = await bearer.authenticate(request, server)  # 6, 7: 401 with challenge, 403 without
        value = await body.read(request)  # 8 to 12
        if not isinstance(value, list):
            call = ladder.classify(value, request, KINDS[server.kind].methods)  # 14 to 27
            if not isinstance(call, Call):
                return _hear(call, server, grant)
            decision.call = call
            task = await authorize(call, request, server, grant)  # 28 to 32: 404, 403 with challenge, 429
            decision.tool = task.tool
            if not _may_stream(task, request):
                result = await _execute(task, decision)  # 35, 36
                return _render(_success(task, result), request)
    if isinstance(value, list):
        return await _answer_batch(ladder.batch(value, request), request, server, grant)  # 13
    return await stream.follow(_run(task, request), task.channel, lambda message: _render(message, request))


def _hear(message: Notification | Reply, server: Server, grant: Grant) -> Response:
    """Take what needs no answer. Modern clients cancel by closing the stream."""
    if isinstance(message, Reply):
        asking.deliver(message, grant)  # 25
    elif message.method == "notifications/cancelled" and message.revision in LEGACY:
        running.cancel(running.key(server, grant, message.params.get("requestId")))
    return ACCEPTED


def _may_stream(task: Task, request: Request) -> bool:
    """A stream is worth its while where the client asked for progress, or takes nothing else."""
    is_wanted = task.channel.token is not None or task.kind.speaks or not body.accepts_json(request)
    return is_wanted and body.accepts_stream(request)


async def _answer_batch(items: list[Any], request: Request, server: Server, grant: Grant) -> Response:
    """Authorize every call before the first one runs (JSON-RPC 2.0 section 6, MCP 2025-03-26)."""
    answers: list[dict[str, Any]] = []
    tasks: list[Task] = []
    for item in items:
        try:
            async with Decision(request, server, grant) as decision:
                call = ladder.classify(item, request)
                if isinstance(call, Call):
                    decision.call = call
                    tasks.append(await authorize(call, request, server, grant))
                else:
                    _hear(call, server, grant)
        except Refusal as refusal:
            answers.append(_in_batch(refusal))
    for task in tasks:
        try:
            answers.append(await _run(task, request))
        except Refusal as refusal:
            answers.append(_in_batch(refusal))
    return _render(answers, request) if answers else ACCEPTED


def _in_batch(refusal: Refusal) -> dict[str, Any]:
    if refusal.ends_batch:
        raise refusal
    return refusal.message()


async def _run(task: Task, request: Request) -> dict[str, Any]:
    async with Decision(request, task.server, task.grant) as decision:
        decision.call, decision.tool = task.call, task.tool
        result = await _execute(task, decision)
    return _success(task, result)


async def _execute(task: Task, decision: Decision) -> dict[str, Any]:
    again = partial(judge, task, decision.request)
    return await running.guard(execute(task, decision), again, running.key(task.server, task.grant, task.call.id))


def _success(task: Task, result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": task.call.id, "result": result}


def _render(message: Any, request: Request) -> Response:
    is_json = body.accepts_json(request)
    headers = (JSON, NO_STORE) if is_json else stream.HEADERS
    encoded = rendering.encode(message) if is_json else rendering.encode(message, *rendering.EVENT)
    if isinstance(encoded, bytes):
        return Response(200, headers, encoded)
    return Response(200, headers, stream=encoded)
