"""One request to an MCP URL, from the door to the answer. The rungs are those of mcp.md 2; the first that fails answers."""

from typing import Any

import orjson

from connections.grant import Grant
from mcp_endpoint import bearer, body, entrance, running
from mcp_endpoint.authorize import Task, authorize
from mcp_endpoint.decision import Decision
from mcp_endpoint.exchange import JSON, NO_STORE, Refusal, Request, Response
from mcp_endpoint.methods import execute
from mcp_endpoint.revisions import ladder
from mcp_endpoint.server import Server

ACCEPTED = Response(202)


async def serve(request: Request) -> Response:
    """Answer one HTTP request. Knows neither ASGI nor Django."""
    try:
        server = entrance.find(request)  # 1 to 3: path, Host, Origin
        if request.method == "OPTIONS":  # 4
            return entrance.preflight(request)
        entrance.check_limits(request)  # 5, 5a
        response = await _answer(request, server)
    except Refusal as refusal:
        response = refusal.response()
    return entrance.share(response, request)


async def _answer(request: Request, server: Server) -> Response:
    async with Decision(request, server) as decision:  # one durable record, 37, 38
        grant = decision.grant = await bearer.authenticate(request, server)  # 6, 7: 401 with challenge, 403 without
        value = await body.read(request)  # 8 to 12
        if not isinstance(value, list):
            call = decision.call = ladder.classify(value, request)  # 14 to 27
            if call is None:
                return ACCEPTED
            task = await authorize(call, request, server, grant)  # 28 to 32: 404, 403 with challenge, 429
            decision.tool = task.tool
            result = await _execute(task, decision)  # 35, 36
    if isinstance(value, list):
        return await _answer_batch(ladder.batch(value, request), request, server, grant)  # 13
    return _render(_success(task, result), request)


async def _answer_batch(items: list[Any], request: Request, server: Server, grant: Grant) -> Response:
    """Authorize every call before the first one runs (JSON-RPC 2.0 section 6, MCP 2025-03-26)."""
    answers: list[dict[str, Any]] = []
    tasks: list[Task] = []
    for item in items:
        try:
            async with Decision(request, server, grant) as decision:
                call = decision.call = ladder.classify(item, request)
                if call is not None:
                    tasks.append(await authorize(call, request, server, grant))
        except Refusal as refusal:
            if refusal.ends_batch:
                raise
            answers.append(refusal.message())
    answers += [await _run(task, request) for task in tasks]
    return _render(answers, request) if answers else ACCEPTED


async def _run(task: Task, request: Request) -> dict[str, Any]:
    try:
        async with Decision(request, task.server, task.grant) as decision:
            decision.call, decision.tool = task.call, task.tool
            result = await _execute(task, decision)
    except Refusal as refusal:
        if refusal.ends_batch:
            raise
        return refusal.message()
    return _success(task, result)


async def _execute(task: Task, decision: Decision) -> dict[str, Any]:
    async def judge() -> None:
        grant = await bearer.authenticate(decision.request, task.server)
        await authorize(task.call, decision.request, task.server, grant, is_new=False)

    return await running.guard(execute(task, decision), judge)


def _success(task: Task, result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": task.call.id, "result": result}


def _render(message: Any, request: Request) -> Response:
    content = orjson.dumps(message)
    if not body.wants_stream(request):
        return Response(200, (JSON, NO_STORE), content)
    stream = (("content-type", "text/event-stream"), NO_STORE, ("x-accel-buffering", "no"))
    return Response(200, stream, b"event: message\ndata: " + content + b"\n\n")
