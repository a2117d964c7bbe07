"""What one caller may name in free SQL: the copy's namespaces with the caller's privileges on them."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from catalog.guard import Held as HowHeld
from catalog.guard import Names, Overload, Relation
from catalog.guard.names import SYSTEM, Name
from catalog.rights import Held, Rights

_REMEMBERED: Final = 256  # callers


@dataclass(frozen=True, slots=True, eq=False)
class Namespaces:
    """What names mean in one version of a catalog. Compared by identity."""

    catalog_id: int
    schemas: Mapping[str, Mapping[str, Any]]  # as catalog.namespaces describes them
    writing: frozenset[tuple[str, str, str]]  # functions that an admin marked as writing: schema, name, signature
    changed: frozenset[tuple[str, str, str]]  # functions that changed since an admin last looked: nobody calls them
    trusted: frozenset[str]

    @property
    def path(self) -> tuple[str, ...]:
        """Return the pinned search path between pg_catalog and pg_temp."""
        return tuple(sorted(name for name in self.schemas if name != SYSTEM))


class NamesOf:
    """Names by version and by what is held: people with the same privileges share them."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Namespaces, frozenset[Held], frozenset[tuple[Held, str]]], Names] = OrderedDict()

    def get(self, namespaces: Namespaces, rights: Rights) -> Names:
        """Return what the rights let a caller name."""
        told = frozenset((place, each.told) for place, each in rights.restrictions.items())
        key = (namespaces, rights.in_catalog(namespaces.catalog_id), told)
        if key not in self._known:
            self._known[key] = _made(namespaces, rights)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def _made(namespaces: Namespaces, rights: Rights) -> Names:
    path, id_ = namespaces.path, namespaces.catalog_id
    system = namespaces.schemas.get(SYSTEM, {})
    return Names(
        search_path=path,
        usable=frozenset(schema for schema in path if rights.may_use_schema(id_, schema)),
        relations=MappingProxyType(_relations(namespaces, rights)),
        functions=MappingProxyType(_functions(namespaces, rights)),
        system_functions=frozenset(system.get("functions", ())),
        system_types=frozenset(system.get("types", ())),
        trusted=namespaces.trusted,
        types=_pairs(namespaces, "types"),
        operators=_pairs(namespaces, "operators"),
        collations=_pairs(namespaces, "collations"),
    )


def _pairs(namespaces: Namespaces, what: str) -> frozenset[Name]:
    return frozenset((schema, name) for schema in namespaces.path for name in namespaces.schemas[schema].get(what, ()))


def _relations(namespaces: Namespaces, rights: Rights) -> dict[Name, Relation]:
    found = {}
    for schema in namespaces.path:
        for name, stored in namespaces.schemas[schema]["relations"].items():
            place = Held("", "table", namespaces.catalog_id, schema, name)
            is_offered = stored.get("offered", False)
            runs_as_owner = stored.get("runs_as_owner", False)
            restriction = rights.restriction(place, runs_as_owner=runs_as_owner)
            found[schema, name] = Relation(
                columns=tuple(stored["columns"]),
                kind=stored["kind"],
                runs_as_owner=runs_as_owner,
                restriction=restriction.told if restriction else "",
                select=rights.how("SELECT", place) if is_offered else HowHeld.NO,
                modify=rights.how("MODIFY", place) if is_offered else HowHeld.NO,
                reads=frozenset((read[0], read[1]) for read in stored.get("reads", ())),
                fields={column: frozenset(fields) for column, fields in stored.get("fields", {}).items()},
            )
    return found


def _functions(namespaces: Namespaces, rights: Rights) -> dict[Name, tuple[Overload, ...]]:
    return {
        (schema, name): tuple(_overload(namespaces, rights, schema, name, stored) for stored in overloads)
        for schema in namespaces.path
        for name, overloads in namespaces.schemas[schema]["functions"].items()
    }


def _overload(namespaces: Namespaces, rights: Rights, schema: str, name: str, stored: Mapping[str, Any]) -> Overload:
    signature, columns = stored["signature"], stored["columns"]
    place = Held("", "function", namespaces.catalog_id, schema, name, signature)
    is_callable = stored.get("callable", False) and (schema, name, signature) not in namespaces.changed
    if "rows_of" in stored:  # a function tool masks and filters them; SQL would show them whole
        table = Held("", "table", namespaces.catalog_id, *stored["rows_of"])
        is_callable = is_callable and rights.restriction(table) is None
    return Overload(
        execute=rights.how("EXECUTE", place) if is_callable else HowHeld.NO,
        runs_as_owner=stored.get("runs_as_owner", False),
        is_reviewed=stored.get("reviewed", False),
        writes=(schema, name, signature) in namespaces.writing,
        takes_row=stored.get("takes_row", False),
        columns=None if columns is None else tuple(columns),
        is_volatile=stored.get("volatile", False),
    )
