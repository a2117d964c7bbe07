"""Rule 6: each table needs USE SCHEMA and SELECT, a target MODIFY. What is not there and what is not yours look alike."""

from catalog.guard import owner_rights
from catalog.guard.lists import INFORMATION_SCHEMA
from catalog.guard.names import Held, Name, Names, Relation
from catalog.guard.uses import RelationUse, Uses
from catalog.guard.verdict import Code, Refused


def check_relations(uses: Uses, names: Names, *, explain: bool) -> None:
    """Rule 6, and rule 7 for views."""
    for use in uses.relations:
        if use.name and use.name[0] == "information_schema":
            _check_information_schema(use)
        else:
            _check_relation(use, names, explain=explain)


def _check_information_schema(use: RelationUse) -> None:
    if use.name is None or use.name[1] not in INFORMATION_SCHEMA or use.modified:
        raise _unknown(use)


def _check_relation(use: RelationUse, names: Names, *, explain: bool) -> None:
    relation = names.relations.get(use.name) if use.name and use.name[0] in names.usable else None
    if relation is not None and relation.restriction and use.read:
        sentence = f"SQL cannot read {use.written} for you: {relation.restriction}. The table tools query_... can."
        raise Refused(Code.RESTRICTED, sentence, use.location)
    if relation is None or relation.select == relation.modify == Held.NO:
        raise _unknown(use)
    _check_privileges(use, relation)
    if not _is_open(use, relation, names):
        sentence = f"{use.written} shows more than you may use yourself. Ask for a privilege on this view by name."
        raise Refused(Code.RUNS_AS_OWNER, sentence, use.location)
    if explain and relation.runs_as_owner:
        sentence = f"A plan would show what {use.written} is made of. Send the statement without EXPLAIN."
        raise Refused(Code.RUNS_AS_OWNER, sentence, use.location)


def _check_privileges(use: RelationUse, relation: Relation) -> None:
    needed = [(use.read, relation.select, Code.NEEDS_SELECT), (use.modified, relation.modify, Code.NEEDS_MODIFY)]
    for wanted, held, code in needed:
        if wanted and held == Held.NO:
            action = "reads" if code == Code.NEEDS_SELECT else "changes or locks"
            privilege = code.rpartition("_")[2].upper()
            raise Refused(code, f"This statement {action} {use.written}. Ask for {privilege} on it.", use.location)
        if wanted and not owner_rights.suffices(held, runs_as_owner=relation.runs_as_owner):
            sentence = f"{use.written} runs as its owner. Ask for a privilege on this view by name."
            raise Refused(Code.RUNS_AS_OWNER, sentence, use.location)


def _is_open(use: RelationUse, view: Relation, names: Names) -> bool:
    """A view that runs as its caller runs as the login role here, which may reach more than this caller."""
    return _held(use, view) == Held.BY_NAME or all(_reaches(base, use, names) for base in view.reads)


def _reaches(base: Name, use: RelationUse, names: Names) -> bool:
    relation = names.relations.get(base)
    if relation is None or base[0] not in names.usable:
        return False
    enough = owner_rights.suffices(_held(use, relation), runs_as_owner=relation.runs_as_owner)
    return enough and _is_open(use, relation, names)


def _held(use: RelationUse, relation: Relation) -> Held:
    wanted = [(use.read, relation.select), (use.modified, relation.modify)]
    return min(held for is_wanted, held in wanted if is_wanted)


def _unknown(use: RelationUse) -> Refused:
    sentence = f"There is no table {use.written} that you may use, or its schema is missing. See list_tables."
    return Refused(Code.RELATION, sentence, use.location)
