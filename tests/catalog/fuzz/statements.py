"""Statements as trees: granted, forbidden, system and hostile names in every place, then spelled anew."""

import random

import postgast
from hypothesis import strategies as st

from tests.catalog.guard.positions import EXPRESSIONS

PLACES = [place for place in EXPRESSIONS if not place.startswith("EXPLAIN")]

TABLES = {
    "sales.orders": ["id", "customer", "amount"],
    "sales.customers": ["id", "name"],
    "customers": ["id", "name"],
    "notes": ["id", "body"],
    "sales.notes": ["id", "body"],
    "sales.as_caller": ["id", "customer", "amount"],
    "places": ["id", "trip", "tags"],
    "counter": ["n"],
}
FORBIDDEN = [
    "secrets.canary", "canary", "orders", "secrets.orders", "tenants", "hr.salaries", "sales.as_owner", "over_secrets",
    "pg_class", "pg_catalog.pg_authid", "information_schema.tables", "pg_temp.orders", "information_schema.sql_parts",
]  # fmt: skip
# Aliases and CTEs take the names of tables and functions, so that a wrong scope shows.
NAMES = [
    "o",
    "c",
    "x",
    "canary",
    "orders",
    "notes",
    "trip",
    "label",
    "tenants",
    "customers",
    "spy",
    "unnest",
    '"coalesce"',
]
COLUMNS = [
    "id",
    "customer",
    "name",
    "body",
    "secret",
    "hidden",
    "trip",
    "label",
    "sd_leak",
    "spy",
    "city",
    "ctid",
    "twice",
]
HARMLESS = ["count", "max", "to_jsonb", "concat", "array_agg", "pg_catalog.concat_ws", "coalesce", "twice", "num_nulls"]
FUNCTIONS = [
    "label", "sales.label", "tax", "over", "trip", "sales.trip", "sd_leak", "private_label", "spy", "sd_total", "lower", "upper",
    "trip_domain", "regclass", "query_to_xml", "pg_sleep", "set_config", "current_setting", "pg_read_file", "row_to_json",
]  # fmt: skip
HOSTILE = [
    "query_to_xml('SELECT * FROM secrets.canary', true, true, '')",
    "(SELECT string_agg(word, ',') FROM ts_stat('SELECT array_to_tsvector(ARRAY[secret]) FROM secrets.canary'))",
    "ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, plainto_tsquery(secret) FROM secrets.canary')",
    "set_config('app.tenant', 'b', true)",
    "set_config('statement_timeout', '0', false)",
    "pg_advisory_lock(4711)",
    "(SELECT secret FROM secrets.canary)",
    "CURRENT_USER",
    "'secrets.canary'::regclass",
    "$1",
]
TYPES = ["int4", "jsonb", "regclass", "sales.trip_domain", "trip_domain", "sales.orders", "varchar(9)"]
OPERATORS = ["=", "<", "+", "<#", "OPERATOR(sales.<#)", "OPERATOR(pg_catalog.=)", "IS DISTINCT FROM", "@@"]
CALLS_IN_FROM = [
    ("generate_series(1, 2)", []),
    ("unnest(ARRAY(SELECT o FROM sales.orders o))", ["id", "customer"]),
    ("unnest(ARRAY[1, 2])", []),
    ("firsts()", ["id", "amount"]),
    ("split(3)", ["half", "rest"]),
    ("jsonb_each('{\"a\": 1}')", ["key", "value"]),
    ("json_to_record('{\"a\": 1}') AS {alias}(a int)", ["a"]),
    ("spy(1)", []),
    ("coalesce('a')", []),
    ("trip(1)", []),
]
RETURNING = ["", "", " RETURNING *", " RETURNING id", " RETURNING old.body", " RETURNING {v}"]
WRITES = [
    "INSERT INTO {t} {q}",
    "INSERT INTO {t} (id) VALUES (77){r}",
    "INSERT INTO {t} (id, body) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET body = excluded.body{r}",
    "UPDATE {t}{a} SET body = 'a'{r}",
    "UPDATE {t}{a} SET body = ({v})::text FROM {s}{r}",
    "DELETE FROM {t}{a} WHERE ({v}) IS NULL{r}",
    "DELETE FROM {t}{a} USING {s}{r}",
    "MERGE INTO {t}{a} USING {s} ON true WHEN MATCHED THEN DELETE",
]
Items = list[tuple[str, list[str]]]


class Maker:
    """Draws a statement. Most names are those in scope, so that many statements run; the rest are traps."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.ctes: list[tuple[str, list[str]]] = []

    def pick(self, options):
        return options[self.draw(st.integers(0, len(options) - 1))]

    def once_in(self, times: int) -> bool:
        return self.draw(st.integers(1, times)) == 1

    def column(self, scope: Items) -> str:
        if not scope or self.once_in(12):
            return self.pick([f"{self.pick(NAMES)}.{self.pick(COLUMNS)}", self.pick(COLUMNS + NAMES)])
        alias, columns = self.pick(scope)
        column = self.pick(columns) if columns and not self.once_in(8) else self.pick(COLUMNS)
        return self.pick([f"{alias}.{column}", f"{alias}.{column}", f"({alias}).{column}", column, alias])

    def expression(self, depth: int, scope: Items) -> str:
        if depth <= 0 or self.once_in(2):
            return self.leaf(scope)

        def inner() -> str:
            return self.expression(depth - 1, scope)

        def query(width: int | None = None) -> str:
            return self.select(depth - 1, scope, width)[0]

        call = [
            lambda: f"{self.pick(HARMLESS)}({inner()})",
            lambda: f"{self.pick(FUNCTIONS)}({inner()})",
        ]
        forms = [
            *(call[0], call[0], call[0], call[1]),
            lambda: f"({inner()} {self.pick(OPERATORS)} {inner()})",
            lambda: f"({inner()})::{'text' if not self.once_in(5) else self.pick(TYPES)}",
            lambda: f"({inner()}).{self.pick(COLUMNS)}",
            lambda: f"({query(1)} LIMIT 1)",
            lambda: f"EXISTS ({query()})",
            lambda: f"ARRAY({query(1)})",
            lambda: f"CASE WHEN ({inner()}) IS NULL THEN {inner()} END",
            lambda: f"({self.pick(PLACES).format(inner())})",
            lambda: f"({inner()}, 1) IN ({query(2)})",
            lambda: f"({inner()}) IS NOT NULL",
        ]
        return self.pick(forms)()

    def leaf(self, scope: Items) -> str:
        if self.once_in(25):
            return self.pick(HOSTILE)
        return self.column(scope) if not self.once_in(4) else self.pick(["1", "'a'", "NULL", "true", "now()"])

    def source(self, depth: int, scope: Items) -> tuple[str, Items]:
        """Text and what it puts in scope. `scope` is what LATERAL sees."""
        form = self.draw(st.integers(0, 9 if depth > 0 else 5))
        if form <= 4:
            return self.table()
        if form <= 6:
            return self.call_in_from()
        return self.subquery(depth, scope) if form == 7 else self.join(depth, scope)

    def table(self) -> tuple[str, Items]:
        alias = self.pick(NAMES)
        if self.once_in(15):
            return f"{self.pick(FORBIDDEN)} {alias}", [(alias, COLUMNS)]
        name, columns = self.pick([*TABLES.items(), *self.ctes, *self.ctes, *self.ctes])
        if self.once_in(3):
            return name, [(name.rpartition(".")[2], columns)]
        if self.once_in(4) and columns:
            return f"{name} AS {alias}({alias})", [(alias, [alias, *columns[1:]])]
        return f"{name} {alias}", [(alias, columns)]

    def call_in_from(self) -> tuple[str, Items]:
        alias = self.pick(NAMES)
        call, columns = self.pick(CALLS_IN_FROM)
        if "{alias}" in call:
            return call.replace("{alias}", alias), [(alias, columns)]
        if self.once_in(6):
            name = f'"{call.partition("(")[0]}"'
            return call, [(name, columns or [name])]
        ordinality = " WITH ORDINALITY" if self.once_in(4) else ""
        renamed = self.pick(["", "(a)", f"({alias})"])
        return f"{call}{ordinality} AS {alias}{renamed}", [(alias, columns or [renamed.strip("()") or alias])]

    def subquery(self, depth: int, scope: Items) -> tuple[str, Items]:
        alias, lateral = self.pick(NAMES), self.pick(["", "LATERAL "])
        text, columns = self.query(depth - 1, scope if lateral else [])
        return f"{lateral}({text}) AS {alias}", [(alias, columns)]

    def join(self, depth: int, scope: Items) -> tuple[str, Items]:
        left, left_items = self.source(depth - 1, scope)
        right, right_items = self.source(depth - 1, [*scope, *left_items])
        items = [*left_items, *right_items]
        kind = self.pick(["CROSS JOIN {r}", "NATURAL JOIN {r}", "JOIN {r} ON ({v}) IS NOT NULL", "LEFT JOIN {r} ON true",
                          "JOIN {r} USING (id)"])  # fmt: skip
        text = f"{left} {kind.replace('{r}', right).replace('{v}', self.expression(depth - 1, items))}"
        if not self.once_in(4):
            return f"({text})", items
        alias = self.pick(NAMES)
        return f"({text}) AS {alias}", [(alias, [column for _, columns in items for column in columns])]

    def select(self, depth: int, outer: Items, width: int | None = None) -> tuple[str, list[str]]:
        ctes, head = list(self.ctes), ""
        if depth > 0 and self.once_in(2):
            head = self.with_clause(depth, outer)
        tables, scope = [], []
        for _ in range(self.draw(st.integers(0 if outer else 1, 2 if depth else 1))):
            text, items = self.source(depth - 1, [*outer, *scope])
            tables.append(text)
            scope += items
        targets, columns = self.targets(depth, [*scope, *scope, *outer], width)
        text = f"{head}SELECT {', '.join(targets)}" + (f" FROM {', '.join(tables)}" if tables else "")
        if depth and self.once_in(4):
            text += f" WHERE ({self.expression(depth - 1, [*scope, *outer])}) IS NOT NULL"
        if depth and self.once_in(8):
            text += self.pick([" ORDER BY {}", " LIMIT {}", " OFFSET {}"]).format(self.expression(0, scope))
        if self.once_in(30):
            text += " FOR UPDATE"
        self.ctes = ctes
        return text, columns

    def targets(self, depth: int, scope: Items, width: int | None) -> tuple[list[str], list[str]]:
        if width is None and scope and self.once_in(2):
            alias, columns = scope[0]
            return [self.pick(["*", f"{alias}.*", f"({alias}).*"])], columns
        names = [self.pick(NAMES + COLUMNS) for _ in range(width or self.draw(st.integers(1, 2)))]
        return [f"{self.expression(depth - 1, scope)} AS {name}" for name in names], names

    def with_clause(self, depth: int, outer: Items) -> str:
        bodies = []
        recursive = self.pick(["", "", "RECURSIVE "])
        for _ in range(self.draw(st.integers(1, 2))):
            name = self.pick(NAMES)
            if recursive and self.once_in(2):
                text, columns = f"SELECT 1 AS id UNION SELECT {name}.id + 1 FROM {name} WHERE {name}.id < 3", ["id"]
            else:
                text, columns = self.query(depth - 1, outer)
            renamed = bool(columns) and self.once_in(4)
            bodies.append(f"{name}{f'({columns[0]})' if renamed else ''} AS ({text})")
            self.ctes.append((name, columns))
        return f"WITH {recursive}{', '.join(bodies)} "

    def query(self, depth: int, outer: Items) -> tuple[str, list[str]]:
        if self.once_in(12):
            return self.write(depth), ["id", "body"]
        if depth > 0 and self.once_in(8):
            left, columns = self.select(depth - 1, outer, width=1)
            return (
                f"({left}) {self.pick(['UNION', 'UNION ALL', 'EXCEPT'])} ({self.select(depth - 1, outer, width=1)[0]})",
                columns,
            )
        if self.once_in(15):
            return "VALUES (1, 'a'), (2, 'b')", ["column1", "column2"]
        return self.select(depth, outer)

    def write(self, depth: int) -> str:
        table = self.pick(["notes", "sales.notes", "sales.notes", "notes", "counter", "sales.orders", "secrets.canary"])
        alias = self.pick(["", " x", " trip", " canary"])
        source, items = self.source(depth, [])
        value = self.expression(depth, [*items, (alias.strip() or "notes", ["id", "body"])])
        returning = self.pick(RETURNING)
        parts = {"{t}": table, "{a}": alias, "{s}": source, "{q}": "SELECT 78, 'b'", "{r}": returning, "{v}": value}
        text = self.pick(WRITES)
        for slot, part in parts.items():
            text = text.replace(slot, part)
        return text

    def statement(self) -> str:
        head = "EXPLAIN " if self.once_in(20) else ""
        return head + (self.write(1) if self.once_in(6) else self.query(self.draw(st.integers(1, 3)), [])[0])


@st.composite
def statements(draw) -> str:
    """A statement; some are nonsense, many run."""
    return Maker(draw).statement()


def respell(text: str, chance: random.Random) -> str:
    """The same statement in other letters: quotes, U&, case, comments, white space."""
    raw = text.encode()
    tokens = postgast.scan(text).tokens
    words = [_respell(raw[token.start : token.end].decode(), token, chance) for token in tokens]
    return "".join(word + chance.choice([" ", "\n", " /* ; */ ", " -- '\n", "\t "]) for word in words)


def _respell(word: str, token, chance: random.Random) -> str:
    if token.keyword_kind:
        return chance.choice([word, word.upper(), word.lower(), word.title()])
    if postgast.pg_query_pb2.Token.Name(token.token) != "IDENT" or not (word.islower() and word.isidentifier()):
        return word
    escaped = "".join(f"\\{ord(letter):04x}" if chance.random() < 0.3 else letter for letter in word)
    return chance.choice([word, word.upper(), f'"{word}"', f'U&"{escaped}"'])
