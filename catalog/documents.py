"""Rows of tables as documents for the MCP endpoint: found by words, and read (mcp.md 4.8). No Django here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from audit import event_loop
from catalog import snapshot, tables, text_search
from catalog.errors import CallFailed, NotVisible
from catalog.execution import Limits
from catalog.parameters import Parameters
from catalog.relation import Relation
from catalog.snapshot import Caller
from catalog.text_search import Shelf


@dataclass(frozen=True, slots=True)
class Found:
    """One row that a search found, or that was read. Texts are as the database has them."""

    relation: Relation
    key: tuple[str | None, ...]  # as PostgreSQL writes them
    title: str
    url: str  # empty: it has none of its own
    rank: float = 0.0
    text: str = ""
    is_cut: bool = False


async def search(shelves: Sequence[Shelf], words: str, *, caller: Caller, limits: Limits) -> list[Found]:
    """Return the rows that fit the words, best first, at most `limits.rows` in all.

    Tables that the caller may no longer read are left out. Raise CallFailed.
    """
    return await event_loop.on_owner(_search(shelves, words, caller, limits))


async def fetch(shelf: Shelf, key: Sequence[str | None], *, caller: Caller, limits: Limits) -> Found:
    """Return one row. Raise NotVisible when it is gone or not the caller's to read at this moment; CallFailed."""
    return await event_loop.on_owner(_fetch(shelf, key, caller, limits))


async def _search(shelves: Sequence[Shelf], words: str, caller: Caller, limits: Limits) -> list[Found]:
    found: list[Found] = []
    for _, of_catalog in groupby(await _open(shelves, caller), lambda shelf: shelf.relation.catalog):
        found += await _search_catalog(list(of_catalog), words, caller, limits)
    best = sorted(found, key=lambda each: -each.rank)  # stable: equal ranks stay in the order of tables and keys
    return best[: limits.rows]


async def _search_catalog(shelves: Sequence[Shelf], words: str, caller: Caller, limits: Limits) -> list[Found]:
    def build(parameters: Parameters, limit: int) -> bytes:
        return text_search.of_search(shelves, words, limit, parameters)

    collected = await tables.run([shelf.relation for shelf in shelves], build, caller, limits)
    return [_found(shelves[number], key, title, gaps, rank=rank) for number, key, title, gaps, rank in collected.rows]


async def _fetch(shelf: Shelf, key: Sequence[str | None], caller: Caller, limits: Limits) -> Found:
    if not await _open([shelf], caller) or len(key) != len(shelf.key):
        raise NotVisible

    def build(parameters: Parameters, _limit: int) -> bytes:
        return text_search.of_fetch(shelf, key, parameters)

    collected = await tables.run([shelf.relation], build, caller, replace(limits, rows=1))
    if collected.truncated_by:
        raise CallFailed("TOO_LARGE", "This document is larger than an answer of its catalog may be.")
    if not collected.rows:
        raise NotVisible
    [[title, text, gaps]] = collected.rows
    is_cut = len(text) > text_search.TEXT_LENGTH
    return _found(shelf, key, title, gaps, text=text[: text_search.TEXT_LENGTH], is_cut=is_cut)


async def _open(shelves: Iterable[Shelf], caller: Caller) -> list[Shelf]:
    """Return the shelves that stand open to the caller now, those of one catalog together."""
    held = await snapshot.rights(caller)
    fit = [each for each in shelves if text_search.shelf_of(snapshot.reach_of(held, each.relation))]
    return sorted(fit, key=lambda shelf: (shelf.relation.catalog, shelf.relation.schema, shelf.relation.name))


def _found(
    shelf: Shelf, key: Sequence[str | None], title: str | None, gaps: Sequence[str | None], **more: Any
) -> Found:
    values: Mapping[str, str | None] = dict(zip(shelf.gaps, gaps, strict=True))
    url = text_search.address(shelf.documents.url, values)
    return Found(shelf.relation, tuple(key), title or "", url, **more)
