"""MCP server/tools: one tool, and the sorted set of tools that a principal finds on a URL."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol

import orjson
from mcp.shared.inbound import X_MCP_HEADER_KEY

from accounts.scopes import Scope
from audit.event import Outcome
from catalog import execution
from catalog.long_statements import Patience
from catalog.snapshot import Caller
from catalog.text_search import Shelf
from connections.grant import Grant
from mcp_endpoint import paging
from mcp_endpoint.dialogue import Dialogue
from mcp_endpoint.tools.arguments import Schema

HASH: Final = 10  # characters that catalog.names adds to each overload


def output_schema(**extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shape of an answer (mcp.md 4.2). Existing callers parse the first three keys; `extra` ones follow."""
    return {
        "type": "object",
        "properties": {
            "is_truncated": {"type": "boolean", "description": "Whether a limit cut anything off."},
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array", "items": {"type": "array"}},
            **extra,
        },
        "required": ["is_truncated", "columns", "rows"],
        "additionalProperties": False,
    }


OUTPUT_SCHEMA: Final = output_schema()
_READS: Final = {"readOnlyHint": True, "openWorldHint": False}
_WRITES: Final = {"readOnlyHint": False, "destructiveHint": True, "openWorldHint": False}


class Rows(Protocol):
    """What a tool returns: values that JSON can carry."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> Sequence[list[Any]]: ...
    @property
    def is_truncated(self) -> bool: ...
    @property
    def column_types(self) -> tuple[str, ...]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...  # further keys of the answer, as in the tool's output schema


@dataclass(frozen=True, slots=True)
class Limits:
    """What the developer of a client presets in `_meta`, and a budget. It only ever lowers a limit (mcp.md 4.9)."""

    rows: int | None = None
    timeout_ms: int | None = None
    bytes: int | None = None  # of the rows; no developer presets this and the next
    plan_cost: int | None = None
    presets: Mapping[str, Any] = field(default_factory=dict)  # arguments, of a tool that lets them be preset


# Outcome, reason, rows and what only auditors see, of work that outlived its call.
Afterwards = Callable[[Outcome, str, int | None, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a tool knows of the call beside its arguments."""

    grant: Grant
    limits: Limits
    # To be awaited with the name of the catalog before a statement that writes: asks a person to confirm it, where the
    # catalog wants that, and makes a record durable. What it raises ends the call; nothing was written then.
    attempt: Callable[[str], Awaitable[None]]
    dialogue: Dialogue
    judge: Callable[[], Awaitable[None]]  # raises the Refusal when the call would be refused now
    outlive: Callable[[], Afterwards]  # to be called when the call is answered before its work has ended
    name: Callable[[Iterable[str]], None]  # puts objects into the record, for a tool that stands for none
    patience: Patience | None = None  # with a statement; None: as GATEPOST_SQL_WAIT_SECONDS says

    def within(self, budget: execution.Limits) -> "Invocation":
        """Return the same with limits that are no higher than these."""
        if budget == execution.NO_LIMITS:
            return self
        limits = replace(
            self.limits,
            rows=_lower(self.limits.rows, budget.rows),
            timeout_ms=_lower(self.limits.timeout_ms, budget.timeout_ms),
            bytes=_lower(self.limits.bytes, budget.bytes),
            plan_cost=_lower(self.limits.plan_cost, budget.plan_cost),
        )
        return replace(self, limits=limits)

    @property
    def lowered(self) -> execution.Limits:
        """Return what lowers the limits of a catalog for this call."""
        limits = self.limits
        return execution.Limits(self.row_limit, limits.timeout_ms, limits.bytes, plan_cost=limits.plan_cost)

    @property
    def row_limit(self) -> int | None:
        """Return the lower one of the developer's and the credential's limits."""
        return _lower(self.limits.rows, self.grant.narrowing.row_limit)


def _lower(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Content:
    """What a tool returns that has no rows: content blocks as MCP has them (server/tools, Tool Result)."""

    blocks: Sequence[Mapping[str, Any]]
    is_error: bool = False
    row_count: int | None = None  # of a catalog that it tells of
    structured: Mapping[str, Any] | None = None  # of a tool with an output schema


class NeedsScope(Exception):
    """Raised by a tool that finds out while it runs, before it changed anything, that the token covers too little."""

    def __init__(self, scope: Scope, why: str) -> None:
        super().__init__(why)
        self.scope = scope
        self.why = why  # a sentence for the model that says what to do


Run = Callable[[Mapping[str, Any], Invocation], Awaitable[Rows | Content]]


@dataclass(frozen=True)
class Tool:
    """Something that a model can call."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    run: Run
    writes: bool = False  # always: then the call needs mcp.write from the outset
    may_write: bool = False  # finds out while it runs, and says so by `attempt` or NeedsScope
    object: Mapping[str, Any] | None = None  # what it stands for, before names were made fit for models
    catalogs: tuple[str, ...] = ()  # where a tool that stands for no object always looks
    shelf: Shelf | None = None  # what it opens of rows that are documents
    output_schema: Mapping[str, Any] | None = field(default_factory=lambda: OUTPUT_SCHEMA)  # None: nothing structured
    presets: tuple[str, ...] = ()  # arguments that a developer may preset in `_meta` (mcp.md 4.9)
    read_scope: Scope | None = None  # None: that of the URL's kind
    is_hidden: bool = False  # switched off by configuration: not listed, and a call of it is told so (mcp.md 4.9)

    @property
    def label(self) -> str:
        """Return the object as the audit record names it; nothing when it stands for none."""
        return ".".join(self.object[name] for name in ("catalog", "schema", "name")) if self.object else ""

    def scopes(self, of_kind: tuple[Scope, ...]) -> tuple[Scope, ...]:
        """Return the scopes that a call needs, all of them."""
        read = of_kind if self.read_scope is None else (self.read_scope,)
        return (*read, Scope.MCP_WRITE) if self.writes else read

    @property
    def annotations(self) -> Mapping[str, bool]:
        """Return what clients may believe of it."""
        return _WRITES if self.writes or self.may_write else _READS

    @cached_property
    def arguments(self) -> Schema:
        """Return the compiled input schema."""
        return Schema(self.input_schema)

    @cached_property
    def announces_headers(self) -> bool:
        """Tell whether clients repeat arguments in `Mcp-Param-*` headers (MCP 2026-07-28, basic/transports)."""
        return X_MCP_HEADER_KEY.encode() in orjson.dumps(self.input_schema)

    @cached_property
    def wire(self) -> orjson.Fragment:
        """Return the entry of tools/list."""
        return orjson.Fragment(orjson.dumps(self._described()))

    @cached_property
    def wire_first(self) -> orjson.Fragment:
        """Return the entry for 2025-03-26, which knows no title, no output schema and no _meta of tools."""
        known = {"name", "description", "inputSchema", "annotations"}
        return orjson.Fragment(orjson.dumps({k: v for k, v in self._described().items() if k in known}))

    def _described(self) -> dict[str, Any]:
        described = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": self.annotations,
            "_meta": {"gatepost/object": self.object} if self.object else None,
        }
        return {key: value for key, value in described.items() if value is not None}


class Meant(NamedTuple):
    """What a call of tools/call means: a tool, if there is one of that name, and what it gets."""

    name: str
    tool: Tool | None
    arguments: Mapping[str, Any]


class Toolset:
    """The tools of one URL for one principal, sorted by the bytes of their names (all ASCII)."""

    def __init__(self, tools: Iterable[Tool], *, instructions: str = "") -> None:
        self.instructions = instructions  # empty: those of the kind
        everything = sorted(tools, key=lambda tool: tool.name)
        self.tools = [tool for tool in everything if not tool.is_hidden]
        self._names = [tool.name for tool in self.tools]
        self._by_name = {tool.name: tool for tool in everything}

    def find(self, name: str) -> Tool | None:
        """Return the tool of that name, hidden ones too."""
        return self._by_name.get(name)

    def meant(self, name: str, arguments: Mapping[str, Any]) -> Meant:
        """Return what a call means."""
        return Meant(name, self.find(name), arguments)

    def page(self, after: str) -> tuple[list[Tool], str | None]:
        """Return the tools behind a name, and the name to go on behind."""
        where, last = paging.behind(self._names, after)
        return self.tools[where], last

    def overloads(self, name: str) -> list[str]:
        """Return the tools whose name is this one and a hash, for a model that leaves out which overload it means."""
        return [tool.name for tool in self.tools if tool.name[:-HASH] == name]


def caller_of(grant: Grant) -> Caller:
    """Return who calls, as `catalog` knows it."""
    return Caller(grant.principal.id, grant.principal.groups)


def may_ever_write(grant: Grant) -> bool:
    """A tool stays in the list while a step-up could open it. A client that may never write does not see writers."""
    return grant.client is None or Scope.MCP_WRITE in grant.client.scopes
