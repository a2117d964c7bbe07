"""What is decided about one message, and the one audit record that says so. Rungs 36 to 38."""

import asyncio
import logging
import time
import uuid
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self

from mcp_types.jsonrpc import INTERNAL_ERROR

from audit import record
from audit.event import NOBODY, By, Event, Outcome
from catalog.errors import CallFailed
from connections.attribution import by
from connections.grant import Grant
from mcp_endpoint import trace_context
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.server import Server
from mcp_endpoint.tools.tool import Tool

logger = logging.getLogger(__name__)
_UNAVAILABLE: Final = 503
_RETRY: Final = (("retry-after", "1"),)


class Decision:
    """Leave it and the record is durable, however it was left: done, failed, refused, crashed or cancelled.

    Left without `decide`, nothing is recorded: a notification, or a batch whose calls are decided one by one.
    """

    def __init__(self, request: Request, server: Server, grant: Grant | None = None) -> None:
        self.request = request
        self.server = server
        self.grant = grant
        self.call: Call | None = None
        self.tool: Tool | None = None
        self.error_detail = ""
        self.is_confirmed = False  # by a person, for this very call
        self._objects: list[str] = []  # that a tool named which stands for none
        self._outlived = False
        self._stranger = NOBODY
        self._outcome: tuple[Outcome, str, int | None] | None = None
        self._attempt: uuid.UUID | None = None
        self._started = time.perf_counter()

    def decide(self, outcome: Outcome, reason: str = "", row_count: int | None = None) -> None:
        """Say how it ended."""
        self._outcome = (outcome, reason or ("running" if self._outlived else ""), row_count)

    def fail(self, error: CallFailed) -> None:
        """Say that it was refused or that it failed. Auditors see what the database said."""
        self.decide("denied" if error.is_refusal else "failed", error.code)
        self.error_detail = error.detail

    def name_objects(self, names: Iterable[str]) -> None:
        """Say what the call reads, before it does."""
        self._objects = list(names)

    def outlive(self) -> None:
        """Say that what the call began goes on after it: `afterwards` records how that ends."""
        self._outlived = True

    async def afterwards(self, outcome: Outcome, reason: str, row_count: int | None, error_detail: str) -> None:
        """Record how something ended that outlived its call."""
        self.error_detail = error_detail
        await record.durable(self._event(outcome, reason, row_count))

    async def attempt(self) -> None:
        """Make a record durable before a statement that may write."""
        event = self._event("attempt", "", None)
        await record.durable(event)
        self._attempt = event.event_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        answer = self._settle(error)
        if self._outcome is not None:
            try:
                await record.durable(self._event(*self._outcome))
            except record.AuditUnavailable:
                answer = self._refusal(_UNAVAILABLE, "The audit record cannot be made.", _UNAVAILABLE)  # 38
        if answer is not None and answer is not error:
            raise answer from None

    def _settle(self, error: BaseException | None) -> Refusal | None:
        """Turn an exception into an outcome and an answer."""
        match error:
            case None:
                return None
            case Refusal():
                self._name(error)
                self._stranger = error.by
                if error.reason:
                    self.decide(error.outcome, error.reason)
                return error
            case asyncio.CancelledError():
                self.decide("failed", "cancelled")
                return None
            case record.AuditUnavailable():
                self._outcome = None  # the attempt could not be recorded, so nothing was done
                return self._refusal(_UNAVAILABLE, "The audit record cannot be made.", _UNAVAILABLE)  # 38
            case Exception():
                return self._crashed()
        return None

    def _crashed(self) -> Refusal:
        """Rung 37: no details to the client, a request id to find them by."""
        logger.exception("request %s failed", self.request.id)
        self.decide("failed", "internal_error")
        text = f"Something went wrong here. Quote the request id {self.request.id}."
        if self.call is None:
            return self._refusal(_UNAVAILABLE, text, None)
        return self._refusal(200, text, INTERNAL_ERROR)

    def _refusal(self, status: int, text: str, code: int | None) -> Refusal:
        headers = _RETRY if status == _UNAVAILABLE else ()
        refusal = Refusal(status, text, code, error="temporarily_unavailable", headers=headers)
        self._name(refusal)
        return refusal

    def _name(self, refusal: Refusal) -> None:
        if self.call is not None:
            refusal.id = self.call.id

    def _event(self, outcome: Outcome, reason: str, row_count: int | None) -> Event:
        call = self.call
        return Event(
            action=f"mcp.{call.method}" if call else "mcp.request",
            outcome=outcome,
            reason=reason,
            by=self._by(),
            object=(self.tool.label if self.tool else "") or self.server.label,
            details=self._details(),
            parameters=self._parameters(),
            attempt_id=self._attempt,
            duration_ms=None if outcome == "attempt" else (time.perf_counter() - self._started) * 1000,
            row_count=row_count,
        )

    def _by(self) -> By:
        if self.grant is None:  # what a refused credential still tells
            return replace(self._stranger, address=self.request.address, request_id=self.request.id)
        return by(self.grant, self.request.id)

    def _details(self) -> dict[str, Any]:
        details: dict[str, Any] = {"url": self.server.path}
        if self.call is not None:
            if self.call.revision:
                details["revision"] = self.call.revision
            details |= trace_context.of(self.call)
            if self.call.method == "tools/call":
                details |= self._tool_details(self.call.params["name"][:200])
            elif self.call.method == "prompts/get":
                details["prompt"] = self.call.params["name"][:200]
        return details | ({"confirmed": True} if self.is_confirmed else {})

    def _tool_details(self, called: str) -> dict[str, Any]:
        """Name the tool that ran, and the one through which it was called where that is another."""
        details: dict[str, Any] = {"tool": called}
        if self.tool is not None:
            details["tool"] = self.tool.name
            if self.tool.name != called:
                details["through"] = called
            if self.tool.object is not None:
                details["arguments"] = self.tool.object["arguments"]
            if self._objects:
                details["objects"] = self._objects
        return details

    def _parameters(self) -> dict[str, Any] | None:
        """Only auditors see what was sent, and what the database said about it."""
        if self.call is None or self.call.method != "tools/call":
            return None
        parameters = {"arguments": self.call.params.get("arguments") or {}}
        return parameters | {"error": self.error_detail} if self.error_detail else parameters
