"""Which columns things have, as far as that is certain (see scope.py)."""

from collections.abc import Iterator

from catalog.guard import resolution
from catalog.guard.lists import REVIEWED_FUNCTIONS
from catalog.guard.names import SYSTEM, Names
from catalog.guard.parser import Node
from catalog.guard.scope import UNKNOWN, Columns, Scope

# Functions of pg_catalog that stand in FROM and whose result does not depend on their arguments; () is a scalar.
SYSTEM_RESULTS: dict[str, tuple[str, ...]] = {
    "generate_series": (),
    "generate_subscripts": (),
    "json_array_elements": ("value",),
    "json_array_elements_text": ("value",),
    "json_each": ("key", "value"),
    "json_each_text": ("key", "value"),
    "json_object_keys": (),
    "jsonb_array_elements": ("value",),
    "jsonb_array_elements_text": ("value",),
    "jsonb_each": ("key", "value"),
    "jsonb_each_text": ("key", "value"),
    "jsonb_object_keys": (),
    "jsonb_path_query": (),
    "regexp_matches": (),
    "regexp_split_to_table": (),
    "string_to_table": (),
}


def of_targets(targets: tuple[Node, ...], star: Columns, scope: Scope) -> Columns:
    """The output of a SELECT list or of RETURNING."""
    columns = Columns()
    for target in targets:
        value = target.one("val")
        if target.has("name"):
            columns += Columns((target.text("name"),))
        elif value is not None and _is_star(value):
            columns += _of_star(value, star, scope)
        else:
            columns += Columns((_name_of(value),))
    return columns


def _is_star(node: Node) -> bool:
    last = node.many("fields")[-1:] or node.many("indirection")[-1:]
    return bool(last) and last[0].kind == "A_Star"


def _of_star(node: Node, star: Columns, scope: Scope) -> Columns:
    if node.kind != "ColumnRef":
        return UNKNOWN
    parts = node.strings("fields")
    if not parts:
        return star
    item = scope.item_at(parts)
    return item.columns if item else UNKNOWN


def _name_of(node: Node | None) -> str | None:
    """The name that PostgreSQL gives an output column without AS; None where this does not know it."""
    if node is None:
        return None
    if node.kind == "TypeCast":
        return _name_of(node.one("arg"))
    if node.kind == "A_Indirection":
        last = node.many("indirection")[-1]
        return last.text("sval") if last.kind == "String" else None
    names = node.strings("fields") if node.kind == "ColumnRef" else node.strings("funcname")
    return names[-1] if names else None


def of_join(node: Node, left: Columns, right: Columns) -> Columns:
    """Merged columns come first."""
    if node.has("is_natural"):
        if not (left.is_complete() and right.is_complete()):
            return Columns(exact=False, elsewhere=left.known() | right.known())
        merged = tuple(name for name in left.names if name and name in right)
    else:
        merged = node.strings("using_clause")
    gone = frozenset(merged)
    return Columns(merged) + left.without(gone) + right.without(gone)


def of_search_and_cycle(cte: Node) -> Columns:
    """Columns that SEARCH and CYCLE add to a CTE."""
    search, cycle = cte.one("search_clause"), cte.one("cycle_clause")
    names = [search.text("search_seq_column")] if search else []
    if cycle:
        names += [cycle.text("cycle_mark_column"), cycle.text("cycle_path_column")]
    return Columns(tuple(names))


def of_source(node: Node, names: Names) -> tuple[str | None, Columns]:
    """Name and columns of a function or of JSON_TABLE in FROM. A function without alias is named after itself."""
    alias = node.one("alias")
    name = alias.text("aliasname") if alias else ""
    aliases = alias.strings("colnames") if alias else ()
    if node.kind == "JsonTable":
        return name or None, _of_json_table(node).renamed(aliases)
    call = node.many("functions")[0].many("items")[0]
    own_name = call.strings("funcname")[-1] if call.kind == "FuncCall" else None
    return name or own_name, _of_functions(node, name, names).renamed(aliases)


def _of_json_table(node: Node) -> Columns:
    return Columns(exact=False, elsewhere=frozenset(_json_columns(node)))


def _json_columns(node: Node) -> Iterator[str]:
    """Those of the table itself: an expression inside may hold another JSON_TABLE."""
    for column in node.many("columns"):
        if column.has("name"):
            yield column.text("name")
        yield from _json_columns(column)


def _of_functions(node: Node, alias: str, names: Names) -> Columns:
    if node.has("coldeflist"):
        return Columns(tuple(column.text("colname") for column in node.many("coldeflist")))
    entries = node.many("functions")
    columns = Columns()
    for entry in entries:
        call, *definitions = entry.many("items")
        if definitions:
            columns += Columns(tuple(column.text("colname") for column in definitions[0].many("items")))
        else:
            columns += _of_call_in_from(call, alias if len(entries) == 1 else "", names)
    return columns + Columns(("ordinality",)) if node.has("ordinality") else columns


def _of_call_in_from(call: Node, alias: str, names: Names) -> Columns:
    known = _result_of(call, names)
    if known is None:
        return UNKNOWN
    return Columns(known or (alias or call.strings("funcname")[-1],))


def fields_of_call(call: Node, names: Names) -> frozenset[str]:
    """The fields of the record that a function returns. A single column is no record but the value itself."""
    known = _result_of(call, names)
    return frozenset(known) if known and len(known) > 1 else frozenset()


def _result_of(call: Node, names: Names) -> tuple[str, ...] | None:
    """The columns that every function this call may reach returns."""
    if call.kind != "FuncCall":
        return None
    found: set[tuple[str, ...] | None] = set()
    for schema, name in resolution.functions(names, call.strings("funcname"), REVIEWED_FUNCTIONS):
        if schema == SYSTEM:
            found.add(SYSTEM_RESULTS.get(name))
        else:
            found.update(overload.columns for overload in names.functions.get((schema, name), ()))
    return found.pop() if len(found) == 1 else None
