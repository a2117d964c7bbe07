"""A made-up catalog for the guard, and two words for its verdicts.

The caller may use the schemas `sales` and `vectors`, not `hr`. The path is vectors, sales, hr.
"""

from catalog.guard import Checked, Held, Names, Overload, Refusal, Relation, inspect

BY_NAME, INHERITED, NO = Held.BY_NAME, Held.INHERITED, Held.NO

RELATIONS = {
    ("sales", "orders"): Relation(("id", "customer", "amount", "version", "total"), select=INHERITED),
    ("sales", "items"): Relation(
        ("id", "order_id", "address"), select=INHERITED, fields={"address": frozenset({"street", "city"})}
    ),
    ("sales", "notes"): Relation(("id", "body"), select=INHERITED, modify=INHERITED),
    ("sales", "inbox"): Relation(("id", "body"), modify=INHERITED),
    ("sales", "hidden"): Relation(("id", "secret")),
    ("sales", "owned"): Relation(("id", "body"), kind="v", runs_as_owner=True, select=INHERITED, modify=INHERITED),
    ("sales", "lent"): Relation(("id", "body"), kind="v", runs_as_owner=True, select=BY_NAME, modify=BY_NAME),
    ("sales", "plain_view"): Relation(
        ("id", "body"), kind="v", select=INHERITED, modify=INHERITED, reads=frozenset({("sales", "notes")})
    ),
    ("sales", "keyhole"): Relation(
        ("id", "body"), kind="v", select=INHERITED, modify=INHERITED, reads=frozenset({("sales", "hidden")})
    ),
    ("sales", "second_keyhole"): Relation(("id",), kind="v", select=INHERITED, reads=frozenset({("sales", "keyhole")})),
    ("sales", "opened_keyhole"): Relation(("id",), kind="v", select=BY_NAME, reads=frozenset({("sales", "hidden")})),
    ("sales", "over_hr"): Relation(("id",), kind="v", select=INHERITED, reads=frozenset({("hr", "salaries")})),
    ("sales", "over_owned"): Relation(("id",), kind="v", select=INHERITED, reads=frozenset({("sales", "owned")})),
    ("sales", "over_lent"): Relation(("id",), kind="v", select=INHERITED, reads=frozenset({("sales", "lent")})),
    ("sales", "twice"): Relation(("id",), select=INHERITED),
    ("hr", "twice"): Relation(("id",), select=INHERITED),
    ("hr", "salaries"): Relation(("id", "amount"), select=INHERITED),  # but no USE SCHEMA
    ("vectors", "pg_notes"): Relation(("id",), select=INHERITED),
}
FUNCTIONS = {
    ("sales", "sum"): (Overload(is_reviewed=True, columns=()),),
    ("sales", "min"): (Overload(is_reviewed=True, columns=()), Overload(columns=())),
    ("sales", "tax"): (Overload(execute=INHERITED, columns=()),),
    ("sales", "best"): (Overload(execute=INHERITED, columns=("product", "sold")),),
    ("sales", "one"): (Overload(execute=INHERITED, columns=("only",)),),
    ("sales", "label"): (Overload(execute=INHERITED, takes_row=True),),
    ("sales", "leak"): (Overload(takes_row=True),),
    ("sales", "total"): (Overload(takes_row=True),),  # the name of a column too
    ("sales", "half"): (Overload(execute=INHERITED), Overload()),
    ("sales", "upper"): (Overload(),),  # shadows a function of pg_catalog
    ("sales", "length"): (Overload(execute=INHERITED),),
    ("sales", "version"): (Overload(execute=INHERITED),),
    ("sales", "as_owner"): (Overload(execute=INHERITED, runs_as_owner=True),),
    ("sales", "lent_function"): (Overload(execute=BY_NAME, runs_as_owner=True),),
    ("sales", "place_order"): (Overload(execute=INHERITED, writes=True),),
    ("sales", "json_array"): (Overload(),),
    ("sales", "evil_domain"): (Overload(execute=INHERITED),),
    ("hr", "raise_pay"): (Overload(execute=INHERITED),),
    ("vectors", "distance"): (Overload(execute=INHERITED),),
}
NAMES = Names(
    search_path=("vectors", "sales", "hr"),
    usable=frozenset({"sales", "vectors"}),
    relations=RELATIONS,
    functions=FUNCTIONS,
    system_functions=frozenset({"upper", "length", "version", "pg_sleep", "set_config", "query_to_xml", "repeat"}),
    system_types=frozenset({"regclass", "xml", "cstring", "_regclass", "oid", "pg_class"}),
    trusted=frozenset({"vectors"}),
    types=frozenset({("vectors", "vector"), ("vectors", "cstring"), ("sales", "evil_domain"), ("hr", "grade")}),
    operators=frozenset({("vectors", "<=>"), ("sales", "==="), ("sales", ">"), ("hr", "<->")}),
    collations=frozenset({("vectors", "german"), ("sales", "evil")}),
)


def verdict(text: str, *, writable: bool = False, parameters: int = 0, names: Names = NAMES) -> Checked | Refusal:
    return inspect(text, names, writable=writable, parameters=parameters)


def allowed(text: str, *, writable: bool = False, parameters: int = 0) -> Checked:
    answer = verdict(text, writable=writable, parameters=parameters)
    assert isinstance(answer, Checked), f"{text}: {answer}"
    return answer


def refused(text: str, *, writable: bool = False, parameters: int = 0) -> Refusal:
    answer = verdict(text, writable=writable, parameters=parameters)
    assert isinstance(answer, Refusal), f"{text}: {answer}"
    return answer
