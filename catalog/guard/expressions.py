"""What a single node of an expression uses: functions, operators, types and the names after a dot."""

from collections.abc import Callable

from catalog.guard import results
from catalog.guard.names import SYSTEM, Names
from catalog.guard.parser import Node
from catalog.guard.scope import Scope
from catalog.guard.uses import FieldUse, Use, Uses

EQUALS = ("=",)
BETWEEN = {"AEXPR_BETWEEN": (">=", "<="), "AEXPR_NOT_BETWEEN": ("<", ">")}  # and their SYMMETRIC forms

# On a server older than the grammar these are calls of a function of that name.
KEYWORDS = {
    "JsonObjectConstructor": "json_object",
    "JsonArrayConstructor": "json_array",
    "JsonArrayQueryConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonArrayAgg": "json_arrayagg",
    "JsonParseExpr": "json",
    "JsonScalarExpr": "json_scalar",
    "JsonSerializeExpr": "json_serialize",
    "JsonTable": "json_table",
    "MergeSupportFunc": "merge_action",
    "JSON_EXISTS_OP": "json_exists",
    "JSON_QUERY_OP": "json_query",
    "JSON_VALUE_OP": "json_value",
}


def note(node: Node, scope: Scope, names: Names, uses: Uses) -> None:
    """Write down what this node itself uses; its children are not looked at."""
    keyword = KEYWORDS.get(node.kind) or (KEYWORDS.get(node.text("op")) if node.kind == "JsonFuncExpr" else None)
    if keyword is not None:
        uses.keywords.append(Use((keyword,), node.location))
    if node.kind == "ColumnRef":
        _column(node, scope, uses)
    elif node.kind == "A_Indirection":
        _indirection(node, scope, names, uses)
    elif node.kind in _NOTES:
        _NOTES[node.kind](node, uses)


def _column(node: Node, scope: Scope, uses: Uses) -> None:
    """`a` is a column or a whole row, and `x.*` all columns; `x.a` and `s.x.a` may be a call of a."""
    parts = node.strings("fields")
    if len(parts) == 1 or node.many("fields")[-1].kind == "A_Star":
        return
    item = scope.item_at(parts[:-1])
    uses.fields.append(FieldUse(parts[-1], item is not None and item.has(parts[-1]), node.location))


def _indirection(node: Node, scope: Scope, names: Names, uses: Uses) -> None:
    """`(x).a` and `(x).a.b` may be calls. Behind the first step nothing is certain."""
    argument = node.one("arg")
    certain = _fields_of(argument, scope, names) if argument else frozenset()
    for step in node.many("indirection"):
        if step.kind == "String":
            name = step.text("sval")
            uses.fields.append(FieldUse(name, name in certain, argument.location if argument else None))
        certain = frozenset()


def _fields_of(node: Node, scope: Scope, names: Names) -> frozenset[str]:
    """The fields that a value certainly has, because its composite type is known."""
    if node.kind == "FuncCall":
        return results.fields_of_call(node, names)
    if node.kind != "ColumnRef" or node.many("fields")[-1].kind == "A_Star":
        return frozenset()
    parts = node.strings("fields")
    if len(parts) == 1:
        row = scope.whole_row(parts[0])
        return row.columns.known() if row else scope.fields_of(parts[0])
    item = scope.item_at(parts[:-1])
    return item.fields.get(parts[-1], frozenset()) if item else frozenset()


def _call(node: Node, uses: Uses) -> None:
    parts, one_argument = node.strings("funcname"), len(node.many("args")) == 1
    uses.functions.append(Use(parts, node.location, one_argument))
    if parts == (SYSTEM, "json_object"):  # so the grammar writes a plain json_object(...)
        uses.keywords.append(Use(("json_object",), node.location))


def _value(node: Node, uses: Uses) -> None:
    uses.values.append(Use((node.text("op"),), node.location))


def _operator(node: Node, uses: Uses) -> None:
    between = BETWEEN.get(node.text("kind").removesuffix("_SYM"))
    named = [(operator,) for operator in between] if between else [node.strings("name")]
    uses.operators.extend(Use(parts, node.location) for parts in named)


def _sublink(node: Node, uses: Uses) -> None:
    if node.text("sub_link_type") in ("ANY_SUBLINK", "ALL_SUBLINK"):
        uses.operators.append(Use(node.strings("oper_name") or EQUALS, node.location))


def _sort(node: Node, uses: Uses) -> None:
    if node.has("use_op"):
        uses.operators.append(Use(node.strings("use_op"), node.location))


def _case(node: Node, uses: Uses) -> None:
    if node.one("arg") is not None:
        uses.operators.append(Use(EQUALS, node.location))


def _type(node: Node, uses: Uses) -> None:
    plain = not (node.has("setof") or node.has("pct_type") or node.has("type_oid"))
    uses.types.append(Use(node.strings("names") if plain else (), node.location))


def _collation(node: Node, uses: Uses) -> None:
    uses.collations.append(Use(node.strings("collname"), node.location))


def _index_element(node: Node, uses: Uses) -> None:
    """ON CONFLICT (column COLLATE c operator_class): the class would decide which functions compare."""
    if node.has("collation"):
        uses.collations.append(Use(node.strings("collation"), node.location))
    if node.has("opclass"):
        uses.types.append(Use((), node.location))


def _parameter(node: Node, uses: Uses) -> None:
    uses.parameters.append((int(node.values.get("number", 0)), node.location))


_NOTES: dict[str, Callable[[Node, Uses], None]] = {
    "A_Expr": _operator,
    "CaseExpr": _case,
    "CollateClause": _collation,
    "FuncCall": _call,
    "IndexElem": _index_element,
    "ParamRef": _parameter,
    "SQLValueFunction": _value,
    "SortBy": _sort,
    "SubLink": _sublink,
    "TypeName": _type,
}
