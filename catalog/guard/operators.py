"""Rule 9 for operators, collations and sampling methods: pg_catalog's, and those of trusted schemas."""

from catalog.guard.names import SYSTEM, Name, Names
from catalog.guard.uses import Uses
from catalog.guard.verdict import Code, Refused

SAMPLING = frozenset({("system",), ("bernoulli",), (SYSTEM, "system"), (SYSTEM, "bernoulli")})


def check_operators(uses: Uses, names: Names) -> None:
    """Rule 9. An operator calls a function, and which one the types of its operands choose."""
    for use in uses.operators:
        if not _is_allowed(use.parts, names.operators, names):
            sentence = (
                f"Operator {use.parts[-1] if use.parts else ''} has more than one meaning here, or none you may use."
            )
            remedy = f" Write OPERATOR(pg_catalog.{use.parts[-1] if use.parts else '='})."
            raise Refused(Code.OPERATOR, sentence + remedy, use.location)
    for use in uses.collations:
        if not _is_allowed(use.parts, names.collations, names):
            raise Refused(Code.COLLATION, 'Use a collation of pg_catalog, such as pg_catalog."C".', use.location)
    for use in uses.sampling:
        if use.parts not in SAMPLING:
            raise Refused(Code.SAMPLING, "TABLESAMPLE may be SYSTEM or BERNOULLI.", use.location)


def _is_allowed(parts: tuple[str, ...], objects: frozenset[Name], names: Names) -> bool:
    match parts:
        case (name,):
            return all(schema in names.trusted for schema in names.on_path(name, objects))
        case (schema, _):
            return schema == SYSTEM or schema in names.trusted
    return False
