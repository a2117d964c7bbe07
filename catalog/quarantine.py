"""A tool whose object changed is off until an admin has looked at the change (mcp.md 7, M5).

What an object said when it was last accepted is pinned on its row, from the first change until an admin accepts the
new words, or until the database says the old ones again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from accounts.errors import InvalidState
from audit import record
from audit.event import NOBODY, By, Event
from catalog.models import Catalog, Relation, Routine

Facts = dict[str, Any]
_VOLATILITY: Final = {"i": "immutable", "s": "stable", "v": "volatile"}
_NAMED: Final = 50  # objects in one audit record


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed. Texts are as the database has them: data, to be cleaned where a model reads them."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """An object in quarantine. `id` names the object and this very change: another change has another id."""

    row: Relation | Routine
    schema: str
    differences: tuple[Difference, ...]

    @property
    def kind(self) -> str:
        """Return the kind of securable."""
        return "function" if isinstance(self.row, Routine) else "table"

    @property
    def name(self) -> str:
        """Return schema, name and argument types."""
        return f"{self.schema}.{self.row}"

    @property
    def id(self) -> str:
        """Return a digest of the object and what an admin is asked to accept."""
        said = [self.kind, self.row.pk, *((d.field, d.before, d.after) for d in self.differences)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def routine_facts(fields: Mapping[str, Any]) -> Facts:
    """Return what callers rely on in a function: everything that a model reads or that decides what it may do."""
    arguments = ", ".join(map(_argument, fields["arguments"]))
    returns = fields["returns"]
    return {
        "signature": f"({arguments}) returns {'setof ' if returns['set'] else ''}{returns['type']}",
        "comment": fields["comment"],
        "volatility": _VOLATILITY[fields["volatility"]],
        "security": "definer" if fields["runs_as_owner"] else "invoker",
    }


def relation_facts(fields: Mapping[str, Any]) -> Facts:
    """Return what callers rely on in a table or view. New columns are no reason to switch it off; new words are."""
    comments = {column["name"]: column["comment"] for column in fields["columns"] if "comment" in column}
    return {
        "comment": fields["comment"],
        "column comments": "\n".join(f"{name}: {comments[name]}" for name in sorted(comments)),
        "security": "definer" if fields["runs_as_owner"] else "invoker",
    }


def _argument(argument: Mapping[str, Any]) -> str:
    default = f" default {argument['default']}" if argument.get("default") is not None else ""
    return f"{argument['name']} {argument['type']}{default}".strip()


def pin(held: Relation | Routine | None, now: Facts) -> Facts | None:
    """Return what to pin on a row that will say `now`: what was last accepted, or None when that is the same."""
    if held is None:
        return None
    accepted = held.accepted or _facts(held)
    return None if accepted == now else accepted


def _facts(row: Relation | Routine) -> Facts:
    return routine_facts(vars(row)) if isinstance(row, Routine) else relation_facts(vars(row))


def changes(catalog: Catalog) -> list[Change]:
    """Return what waits for an admin, in the order of names."""
    found = sorted(_waiting(catalog), key=lambda row: (row.schema.name, row.name, str(row)))
    return [Change(row, row.schema.name, tuple(_differences(row))) for row in found]


def _waiting(catalog: Catalog) -> Iterator[Relation | Routine]:
    for model in (Relation, Routine):
        yield from model.objects.filter(schema__catalog=catalog, accepted__isnull=False).select_related("schema")


def _differences(row: Relation | Routine) -> Iterator[Difference]:
    now = _facts(row)
    for field, before in (row.accepted or {}).items():
        if now[field] != before:
            yield Difference(field, before, now[field])


def accept(catalog: Catalog, ids: Sequence[str], *, by: By) -> list[Change]:
    """Let the tools of these changes work again. All or none: raise InvalidState when one is not as it was shown."""
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        waiting = {change.id: change for change in changes(catalog)}
        if unknown := [id_ for id_ in ids if id_ not in waiting]:
            raise InvalidState(f"{unknown[0]!r} is not a change that waits now. Look at the list again.")
        accepted = [waiting[id_] for id_ in dict.fromkeys(ids)]
        for model in (Relation, Routine):
            rows = [change.row.pk for change in accepted if isinstance(change.row, model)]
            model.objects.filter(pk__in=rows).update(accepted=None)
        catalog.outdate()
        for change in accepted:
            told = {d.field: {"before": d.before, "after": d.after} for d in change.differences}
            name = f"{catalog.name}.{change.name}"
            record.write(Event(action="catalog.accept_change", outcome="allowed", by=by, object=name, details=told))
    return accepted


def record_new(catalog: Catalog, names: Sequence[str]) -> None:
    """Record what a refresh put into quarantine."""
    if names:
        details = {"objects": sorted(names)[:_NAMED], "count": len(names)}
        record.write(
            Event(action="catalog.quarantine", outcome="allowed", by=NOBODY, object=catalog.name, details=details)
        )
