"""Rule 4: every kind of node must be listed. What the grammar grows is refused until somebody has read it."""

from catalog.guard.parser import Node
from catalog.guard.verdict import Code, Refused

STATEMENTS = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "ExplainStmt"}
CLAUSES = {
    "WithClause", "CommonTableExpr", "CTESearchClause", "CTECycleClause", "LockingClause", "SortBy", "GroupingSet",
    "WindowDef", "OnConflictClause", "InferClause", "IndexElem", "MergeWhenClause", "ReturningClause", "ReturningOption",
    "DefElem", "ResTarget", "MultiAssignRef", "SetToDefault", "List",
}  # fmt: skip
SOURCES = {
    "RangeVar", "RangeSubselect", "RangeFunction", "RangeTableSample", "JoinExpr", "Alias", "ColumnDef",
    "JsonTable", "JsonTableColumn", "JsonTablePathSpec",
}  # fmt: skip
EXPRESSIONS = {
    "A_ArrayExpr", "A_Const", "A_Expr", "A_Indices", "A_Indirection", "A_Star", "BoolExpr", "BooleanTest", "CaseExpr",
    "CaseWhen", "CoalesceExpr", "CollateClause", "ColumnRef", "FuncCall", "GroupingFunc", "MergeSupportFunc",
    "MinMaxExpr", "NamedArgExpr", "NullTest", "ParamRef", "RowExpr", "SQLValueFunction", "SubLink", "TypeCast",
    "TypeName", "Integer", "Float", "Boolean", "String", "BitString",
}  # fmt: skip
JSON = {
    "JsonAggConstructor", "JsonArgument", "JsonArrayAgg", "JsonArrayConstructor", "JsonArrayQueryConstructor",
    "JsonBehavior", "JsonFormat", "JsonFuncExpr", "JsonIsPredicate", "JsonKeyValue", "JsonObjectAgg",
    "JsonObjectConstructor", "JsonOutput", "JsonParseExpr", "JsonReturning", "JsonScalarExpr", "JsonSerializeExpr",
    "JsonValueExpr",
}  # fmt: skip
ALLOWED = frozenset(STATEMENTS | CLAUSES | SOURCES | EXPRESSIONS | JSON)


def check_nodes(statement: Node) -> int:
    """Return how many nodes there are; the walk must meet as many."""
    count = 0
    for node in statement.within():
        count += 1
        if node.kind not in ALLOWED:
            raise Refused(
                Code.CONSTRUCT, f"{node.kind} is not supported here. Write the statement without it.", node.location
            )
    return count
