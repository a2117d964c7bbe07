"""Rule 1: the only module that knows the parser. It turns text into a tree of plain nodes, or refuses to.

postgast is libpg_query, the grammar of PostgreSQL 18 itself. Three of its habits shape this module. Its output
recurses on the C stack without a check, so that `1+1+1+...` of 44 KiB would kill the process: tokens are counted first,
and long text is parsed on a stack of known size. A node that it cannot write comes out empty. And it makes tokens of
comments, which hides from it the word that follows.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, cast

import postgast
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

GRAMMAR = 18  # the version of PostgreSQL whose grammar postgast 0.2 holds
MAX_BYTES = 64 * 1024
MAX_NODES = 5_000
MAX_TOKENS = 10_000
MESSAGE = 200  # characters; the parser quotes the rest of the text in some
SHORT = 1_000  # bytes; at 400 bytes of stack a level this is safe on any thread
STACK = 16 * 1024 * 1024

_one_at_a_time = threading.Lock()
SEMICOLON = postgast.pg_query_pb2.Token.ASCII_59
OPENING = postgast.pg_query_pb2.Token.ASCII_40
CLOSING = postgast.pg_query_pb2.Token.ASCII_41
COLON = postgast.pg_query_pb2.Token.ASCII_58
NUMBER = postgast.pg_query_pb2.Token.PARAM
COMMENTS = frozenset({postgast.pg_query_pb2.Token.SQL_COMMENT, postgast.pg_query_pb2.Token.C_COMMENT})

# The grammar leaves list entries empty here: plain DISTINCT, and a function in FROM without a column list.
EMPTY_ENTRIES = frozenset({("SelectStmt", "distinct_clause"), ("RangeFunction", "functions")})


class Unparsed(Exception):
    """Why there is no tree. `position` counts characters from 1."""

    def __init__(self, why: str, position: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.position = position


class TooLarge(Unparsed):
    """Too long, too many nodes or too deep."""


class SyntaxFault(Unparsed):
    """No SQL that PostgreSQL knows."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the tree: strings, numbers and flags as they are, children as nodes, enums by name."""

    kind: str
    values: dict[str, Any]
    location: int | None  # bytes from the start of the text
    children: tuple[tuple[str, "Node"], ...]  # each with the field that holds it

    def one(self, field: str) -> "Node | None":
        """The child of this field."""
        return cast("Node | None", self.values.get(field))

    def many(self, field: str) -> tuple["Node", ...]:
        """The children of this list field; empty entries are left out."""
        return cast("tuple[Node, ...]", self.values.get(field, ()))

    def text(self, field: str) -> str:
        """The string, or the name of the enum; "" when it is not there."""
        return str(self.values.get(field, ""))

    def has(self, field: str) -> bool:
        """Whether the field is set, and not to false, zero or nothing."""
        return bool(self.values.get(field))

    def strings(self, field: str) -> tuple[str, ...]:
        """The names of a list of String nodes; other entries are left out."""
        return tuple(child.text("sval") for child in self.many(field) if child.kind == "String")

    def within(self) -> Iterator["Node"]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend([child for _, child in reversed(node.children)])


def parse(text: str) -> tuple[Node, ...]:
    """Return the statements of the text, or raise Unparsed."""
    if "\0" in text:  # the C library would stop reading here, the server might not
        raise SyntaxFault("it holds a NUL byte")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise SyntaxFault("it is not valid Unicode") from None
    if size > MAX_BYTES:
        raise TooLarge(f"it is longer than {MAX_BYTES // 1024} KiB")
    try:
        result = _parse(_without_comments(text), size)
    except postgast.PgQueryError as error:
        raise SyntaxFault(error.message[:MESSAGE], error.cursorpos or None) from None
    except (DecodeError, UnicodeDecodeError):
        raise TooLarge("it is nested too deeply") from None
    build = _Build()
    return tuple(build.node(statement.stmt) for statement in result.stmts)


def body(text: str) -> str:
    """Return the statement of a text that was checked, without comments and semicolons around it."""
    tokens = [token for token in postgast.scan(text).tokens if token.token not in COMMENTS]
    words = [token for token in tokens if token.token != SEMICOLON]
    return text.encode()[words[0].start : words[-1].end].decode()


def after_brackets(text: str, start: int, pairs: int) -> int:
    """Return where the next word begins behind so many pairs of outer brackets that follow. In bytes, as `start`."""
    depth = 0
    for token in postgast.scan(text).tokens:
        if token.start < start or token.token in COMMENTS:
            continue
        if not pairs:
            return int(token.start)
        depth += {OPENING: 1, CLOSING: -1}.get(token.token, 0)
        pairs -= token.token == CLOSING and not depth
    return len(text.encode())


def colons(text: str) -> tuple[list[tuple[int, int, str]], bool]:
    """Return each word that follows a colon without a blank between, and whether there is a $n.

    A word comes with the offsets in bytes of its colon and of its end. A typecast is no colon, and in strings and
    comments there is none. Raise Unparsed where there are no tokens.
    """
    try:
        tokens = postgast.scan(text).tokens
        raw = text.encode()
    except (postgast.PgQueryError, UnicodeEncodeError, DecodeError) as error:
        raise SyntaxFault(str(error)[:MESSAGE]) from None
    found = [
        (colon.start, word.end, raw[word.start : word.end].decode())
        for colon, word in pairwise(tokens)
        if colon.token == COLON and colon.end == word.start
    ]
    return found, any(token.token == NUMBER for token in tokens)


def _without_comments(text: str) -> str:
    """Blank the comments out: to the server they are white space, to this parser they are in the way.

    It would read NOT /**/ IN, WITH /**/ ORDINALITY and U&"..." /**/ UESCAPE in another way than the server does.
    """
    if "--" not in text and "/*" not in text:
        return text
    raw = bytearray(text.encode())
    for token in postgast.scan(text).tokens:
        if token.token in COMMENTS:
            comment = raw[token.start : token.end]
            raw[token.start : token.end] = bytes(byte if byte in b"\r\n" else 0x20 for byte in comment)
    return raw.decode()


def _parse(text: str, size: int) -> postgast.ParseResult:
    if size <= SHORT:
        return postgast.parse(text)
    if len(postgast.scan(text).tokens) > MAX_TOKENS:
        raise TooLarge(f"it has more than {MAX_TOKENS} words and signs")
    return _on_a_deep_stack(lambda: postgast.parse(text))


def _on_a_deep_stack(work: Callable[[], postgast.ParseResult]) -> postgast.ParseResult:
    outcome: list[postgast.ParseResult | Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, name="sql-parser")
    with _one_at_a_time:  # the stack size is that of the whole process
        before = threading.stack_size(STACK)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


class _Build:
    """Builds nodes and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def node(self, message: Message, *, may_hold_empty: bool = False) -> Node:
        if message.DESCRIPTOR.name == "Node":
            which = message.WhichOneof("node")
            if which is None:
                raise SyntaxFault("the parser left a part of it out")
            message = getattr(message, which)
        self.count += 1
        if self.count > MAX_NODES:
            raise TooLarge(f"it has more than {MAX_NODES} parts")
        shape = _shape(message.DESCRIPTOR)
        values: dict[str, Any] = {}
        children: list[tuple[str, Node]] = []
        for field, value in message.ListFields():
            name = field.name
            single, many, enum = shape.fields[name]
            if many:
                empty = may_hold_empty or (shape.kind, name) in EMPTY_ENTRIES
                values[name] = self._list(value, shape.kind, may_hold_empty=empty)
                children += [(name, child) for child in values[name]]
            elif single:
                values[name] = self.node(value)
                children.append((name, values[name]))
            else:
                values[name] = enum[value] if enum else value
        offset = message.location if shape.has_location else -1
        return Node(shape.kind, values, offset if offset >= 0 else None, tuple(children))

    def _list(self, items: Iterable[Message], kind: str, *, may_hold_empty: bool) -> tuple[Node, ...]:
        if may_hold_empty:
            items = [item for item in items if item.WhichOneof("node") is not None]
        return tuple([self.node(item, may_hold_empty=may_hold_empty and kind == "RangeFunction") for item in items])


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the parser's schema says of a kind of node, for each field: one node, a list of them, or names of an enum."""

    kind: str
    fields: dict[str, tuple[bool, bool, dict[int, str]]]
    has_location: bool


@cache
def _shape(descriptor: Descriptor) -> _Shape:
    fields = {}
    for field in descriptor.fields:
        is_node = field.message_type is not None
        enum = field.enum_type.values_by_number if field.enum_type is not None else {}
        names = {number: value.name for number, value in enum.items()}
        fields[field.name] = is_node and not field.is_repeated, is_node and field.is_repeated, names
    return _Shape(descriptor.name, fields, "location" in descriptor.fields_by_name)
