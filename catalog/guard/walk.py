"""Walks a statement once with correct scopes and writes down all that it uses. It decides nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from catalog.guard import expressions, resolution, results
from catalog.guard.expressions import EQUALS
from catalog.guard.names import Name, Names
from catalog.guard.nodes import STATEMENTS
from catalog.guard.parser import Node
from catalog.guard.scope import UNKNOWN, Columns, Item, Scope
from catalog.guard.uses import RelationUse, Use, Uses

WITH_SYSTEM_COLUMNS = frozenset("rpmf")
LeftArm = Callable[[Columns], None]
STRAY = frozenset({"RangeVar", "RangeSubselect", "RangeTableSample", "JoinExpr"})


class Walk:
    """One pass over one statement."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.uses = Uses()
        self.seen = 0  # nodes met; must equal the number there are

    # Statements ------------------------------------------------------------------------------------------------------

    def statement(self, node: Node, scope: Scope, left_is_known: LeftArm | None = None) -> Columns:
        """Walk a statement as a level below `scope`; return its output columns."""
        self.seen += 1
        here = scope.below()
        self._with(node.one("with_clause"), here)
        if node.kind == "SelectStmt":
            return self._select(node, here, left_is_known)
        if node.kind == "InsertStmt":
            return self._insert(node, here)
        if node.kind == "MergeStmt":
            return self._merge(node, here)
        if node.kind in ("UpdateStmt", "DeleteStmt"):
            return self._update_or_delete(node, here)
        self.children(node, here)
        return UNKNOWN

    def _with(self, clause: Node | None, here: Scope) -> None:
        """A CTE is visible in those after it; with RECURSIVE in all of its list and in itself."""
        if clause is None:
            return
        self.seen += 1
        ctes = clause.many("ctes")
        if clause.has("recursive"):
            here.ctes.update({cte.text("ctename"): UNKNOWN.renamed(cte.strings("aliascolnames")) for cte in ctes})
        for cte in ctes:
            self._cte(cte, here)

    def _cte(self, cte: Node, here: Scope) -> None:
        self.seen += 1
        name, aliases, query = cte.text("ctename"), cte.strings("aliascolnames"), cte.one("ctequery")

        def left_is_known(columns: Columns) -> None:
            """The right arm of a recursive union sees the CTE with the columns of the left one."""
            if name in here.ctes:
                here.ctes[name] = columns.renamed(aliases)

        columns = self.statement(query, here, left_is_known) if query else UNKNOWN
        self.children(cte, here, skip=("ctequery",))
        here.ctes[name] = columns.renamed(aliases) + results.of_search_and_cycle(cte)

    def _select(self, node: Node, here: Scope, left_is_known: LeftArm | None) -> Columns:
        before = len(self.uses.relations)
        columns = self._union(node, here, left_is_known) if _is_union(node) else self._plain_select(node, here)
        if node.has("locking_clause"):  # it locks every table below, in subqueries too
            locked = self.uses.relations[before:]
            self.uses.relations[before:] = [replace(use, modified=True) for use in locked]
        return columns

    def _union(self, node: Node, here: Scope, left_is_known: LeftArm | None) -> Columns:
        left, right = node.one("larg"), node.one("rarg")
        columns = self.statement(left, here) if left else UNKNOWN
        if left_is_known:
            left_is_known(columns)
        if right:
            self.statement(right, here)
        self.children(node, here, skip=("with_clause", "larg", "rarg"))
        return columns

    def _plain_select(self, node: Node, here: Scope) -> Columns:
        star = self._from(node.many("from_clause"), here)
        self.children(node, here, skip=("with_clause", "from_clause"))
        rows = node.many("values_lists")
        if rows:
            return Columns(tuple(f"column{n}" for n, _ in enumerate(rows[0].many("items"), start=1)))
        return results.of_targets(node.many("target_list"), star, here)

    def _insert(self, node: Node, here: Scope) -> Columns:
        conflict, returning = node.one("on_conflict_clause"), node.one("returning_clause")
        target = self._target(node, here, read=conflict is not None or returning is not None)
        self.children(node, here, skip=("with_clause", "relation", "on_conflict_clause", "returning_clause"))
        here.items = [target]
        if conflict is not None:
            self.visit(conflict, here.seeing([target, Item("excluded", target.columns)]))
        return self._returning(returning, here, target, star=target.columns)

    def _update_or_delete(self, node: Node, here: Scope) -> Columns:
        returning = node.one("returning_clause")
        target = self._target(node, here, read=returning is not None or _mentions_columns(node))
        here.items = [target]
        source = "from_clause" if node.kind == "UpdateStmt" else "using_clause"
        star = target.columns + self._from(node.many(source), here)
        self.children(node, here, skip=("with_clause", "relation", source, "returning_clause"))
        return self._returning(returning, here, target, star)

    def _merge(self, node: Node, here: Scope) -> Columns:
        target = self._target(node, here, read=True)
        source = node.one("source_relation")
        if source is not None:
            self._from((source,), here)
        here.items.append(target)
        self.children(node, here, skip=("with_clause", "relation", "source_relation", "returning_clause"))
        return self._returning(node.one("returning_clause"), here, target, star=UNKNOWN)

    def _target(self, node: Node, here: Scope, *, read: bool) -> Item:
        """The table written to. A CTE never hides it."""
        relation = node.one("relation")
        assert relation is not None  # noqa: S101 - the grammar has no such statement without a table
        return self._table(relation, read=read, modified=True, here=here)

    def _returning(self, clause: Node | None, here: Scope, target: Item, star: Columns) -> Columns:
        """PostgreSQL 18: `old` and `new` name the row before and after, unless the names are taken."""
        if clause is None:
            return Columns()
        named = {option.text("option"): option.text("value") for option in clause.many("options")}
        rows = [named.get("RETURNING_OPTION_OLD", "old"), named.get("RETURNING_OPTION_NEW", "new")]
        taken = {item.name for item in here.items}
        extra = [replace(target, name=name, relation=None) for name in rows if name not in taken]
        scope = here.seeing([*here.items, *extra])
        self.visit(clause, scope)
        return results.of_targets(clause.many("exprs"), star, scope)

    # FROM ------------------------------------------------------------------------------------------------------------

    def _from(self, nodes: Iterable[Node], here: Scope) -> Columns:
        """Walk the list from left to right, each item seeing those before it where LATERAL lets it."""
        star = Columns()
        for node in nodes:
            items, columns = self._source(node, here)
            here.items = [*here.items, *items]
            star += columns
        return star

    def _source(self, node: Node, here: Scope) -> tuple[list[Item], Columns]:
        if node.kind == "JoinExpr":
            return self._join(node, here)
        if node.kind == "RangeTableSample":
            return self._sample(node, here)
        item = self._single(node, here)
        return [item], item.columns

    def _single(self, node: Node, here: Scope) -> Item:
        if node.kind == "RangeVar":
            cte = None if node.has("schemaname") or node.has("catalogname") else here.cte(node.text("relname"))
            if cte is None:
                return self._table(node, read=True, modified=False, here=here)
            self.seen += 1
            self.children(node, here)
            return Item(_alias(node) or node.text("relname"), cte.renamed(_alias_columns(node)))
        if node.kind == "RangeSubselect":
            query = node.one("subquery")
            scope = here if node.has("lateral") else here.seeing([])
            columns = self.statement(query, scope) if query else UNKNOWN
            self.seen += 1
            self.children(node, here, skip=("subquery",))
            return Item(_alias(node) or None, columns.renamed(_alias_columns(node)))
        self.visit(node, here)  # RangeFunction and JsonTable see what stands to their left
        name, columns = results.of_source(node, self.names)
        return Item(name, columns, is_row=False)

    def _sample(self, node: Node, here: Scope) -> tuple[list[Item], Columns]:
        self.seen += 1
        self.uses.sampling.append(Use(node.strings("method"), node.location))
        self.children(node, here.seeing([]), skip=("relation",))
        relation = node.one("relation")
        return self._source(relation, here) if relation else ([], UNKNOWN)

    def _join(self, node: Node, here: Scope) -> tuple[list[Item], Columns]:
        self.seen += 1
        left, right = node.one("larg"), node.one("rarg")
        left_items, left_columns = self._source(left, here) if left else ([], UNKNOWN)
        lateral = here.seeing([*here.items, *left_items])
        right_items, right_columns = self._source(right, lateral) if right else ([], UNKNOWN)
        both = [*left_items, *right_items]
        self.children(node, here.seeing(both), skip=("larg", "rarg"))
        merged = frozenset(node.strings("using_clause"))
        if merged or node.has("is_natural"):
            self.uses.operators.append(Use(EQUALS, node.location))
        columns = results.of_join(node, left_columns, right_columns)
        if _alias(node):  # an alias on the join hides the names inside
            columns = columns.renamed(_alias_columns(node))
            return [Item(_alias(node), columns)], columns
        using = node.one("join_using_alias")
        if using is not None:
            both.append(Item(using.text("aliasname"), Columns(node.strings("using_clause"))))
        return both, columns

    def _table(self, node: Node, *, read: bool, modified: bool, here: Scope) -> Item:
        self.seen += 1
        self.children(node, here)
        catalog, schema, name = node.text("catalogname"), node.text("schemaname"), node.text("relname")
        written = ".".join(part for part in (catalog, schema, name) if part)
        found: Name | None = None if catalog else resolution.relation(self.names, schema, name)
        self.uses.relations.append(RelationUse(written, found, read, modified, node.location))
        relation = self.names.relations.get(found) if found else None
        alias = _alias(node)
        if relation is None:
            return Item(alias or name, UNKNOWN.renamed(_alias_columns(node)), None if alias else found)
        columns, renamed = Columns(relation.columns), bool(_alias_columns(node))
        return Item(
            name=alias or name,
            columns=columns.renamed(_alias_columns(node)),
            relation=None if alias else found,
            has_system_columns=relation.kind in WITH_SYSTEM_COLUMNS,
            fields={} if renamed else relation.fields,
        )

    # Everything else --------------------------------------------------------------------------------------------------

    def visit(self, node: Node, scope: Scope) -> None:
        """Walk anything but a FROM item. One of those here stays uncounted, so that the statement is refused."""
        if node.kind in STATEMENTS:
            self.statement(node, scope)
        elif node.kind == "LockingClause":  # FOR UPDATE OF names FROM items, not tables
            self.seen += sum(1 for _ in node.within())
        elif node.kind not in STRAY:
            self.seen += 1
            expressions.note(node, scope, self.names, self.uses)
            self.children(node, scope)

    def children(self, node: Node, scope: Scope, skip: tuple[str, ...] = ()) -> None:
        """Walk all children but those of the named fields, which the caller walks."""
        for field, child in node.children:
            if field not in skip:
                self.visit(child, scope)


def _alias(node: Node) -> str:
    alias = node.one("alias")
    return alias.text("aliasname") if alias else ""


def _alias_columns(node: Node) -> tuple[str, ...]:
    alias = node.one("alias")
    return alias.strings("colnames") if alias else ()


def _is_union(node: Node) -> bool:
    return node.one("larg") is not None


def _mentions_columns(node: Node) -> bool:
    parts = (child for field, child in node.children if field != "with_clause")
    return any(inner.kind == "ColumnRef" for part in parts for inner in part.within())
