"""Refreshing the copy of a database's objects. Rows keep their identity and what an admin said about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from django.db import models, transaction
from django.utils import timezone
from psycopg import Connection

from accounts.errors import InvalidState
from catalog import creating_role, description, document_search, login_role, namespaces, pg_catalog, quarantine
from catalog.login_role import Finding
from catalog.models import Catalog, Namespace, Relation, Routine, Schema
from catalog.pg_catalog import Reading
from catalog.target import SESSION, Target, unreachable_because
from catalog.vault import creator_target_of, target_of

_TIMEOUT_MS: Final = 120_000
_LOOK_MS: Final = 10_000
_BATCH: Final = 500

M = TypeVar("M", Schema, Relation, Routine, Namespace)
Fields = dict[str, Any]


def connect(target: Target, timeout_ms: int = _TIMEOUT_MS) -> Connection[Any]:
    """Open a connection that reads about the database. The session is read-only and its path is pinned."""
    return psycopg.connect(**target.parameters({**SESSION, "statement_timeout": timeout_ms}), autocommit=True)


def creator_findings(catalog: Catalog) -> list[Finding]:
    """Connect as the creating role, where there is one, and judge it."""
    if not catalog.creator_user:
        return []
    try:
        with connect(creator_target_of(catalog), _LOOK_MS) as connection:
            return creating_role.findings(creating_role.facts(connection, catalog))
    except psycopg.OperationalError as error:
        told = f"The creating role cannot connect. {unreachable_because(str(error))}"
        return [login_role.refused("CREATOR_UNREACHABLE", told, creating_role.setup(catalog))]


def refresh(catalog: Catalog) -> dict[str, int]:
    """Read the database and bring the copy up to date. Return how many objects there are and how many changed."""
    target = target_of(catalog)
    try:
        with connect(target) as connection:
            facts = login_role.facts(connection)
            findings = login_role.findings(target, facts)
            refused = any(finding.severity == "refused" for finding in findings)
            reading = None if refused else pg_catalog.read(connection)
    except psycopg.OperationalError as error:
        raise InvalidState(unreachable_because(str(error))) from None
    return _store(catalog, reading, _Looked(findings, creator_findings(catalog), facts["server_version"]))


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found out about the roles and the server."""

    findings: list[Finding]
    of_creator: list[Finding]
    server_version: str

    def keep(self, catalog: Catalog) -> bool:
        """Put it on the catalog. Return whether a role is refused that was not, or the other way round."""
        before = is_refused(catalog.findings), is_refused(catalog.creator_findings)
        catalog.findings = [finding.as_json() for finding in self.findings]
        catalog.creator_findings = [finding.as_json() for finding in self.of_creator if catalog.creator_user]
        catalog.server_version = self.server_version
        return before != (is_refused(catalog.findings), is_refused(catalog.creator_findings))


def _store(catalog: Catalog, reading: Reading | None, looked: _Looked) -> Fields:
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        judged_anew = looked.keep(catalog)
        counts = _merge_all(catalog, reading) if reading else {"changed": 0}
        renamed = _merge_names(catalog, reading) if reading else 0
        if reading:
            catalog.refreshed_at = timezone.now()
            catalog.text_search_configurations = reading.configurations
        lost = document_search.switch_off_lost(catalog)
        if judged_anew or renamed or lost or counts["changed"]:
            catalog.version += 1
        looked_at = ["findings", "creator_findings", "server_version", "refreshed_at", "text_search_configurations"]
        catalog.save(update_fields=[*looked_at, "version"])
    if reading is None:
        messages = [finding.message for finding in looked.findings if finding.severity == "refused"]
        raise InvalidState(" ".join([*messages, "Cure this in the database and refresh again."]))
    return counts


def is_refused(findings: Sequence[Mapping[str, str]]) -> bool:
    """Tell whether stored findings keep a role from being used."""
    return any(finding["severity"] == "refused" for finding in findings)


def _merge_all(catalog: Catalog, reading: Reading) -> dict[str, int]:
    wanted = {
        row["name"]: {name: row[name] for name in ("name", "comment", "owner")} for row in reading.schemas.values()
    }
    held = {schema.name: schema for schema in Schema.objects.filter(catalog=catalog)}
    changed = _merge(Schema, held, wanted, lambda fields: Schema(catalog=catalog, **fields))
    schemas = {schema.name: schema for schema in Schema.objects.filter(catalog=catalog)}
    ids = {oid: schemas[row["name"]] for oid, row in reading.schemas.items()}
    relations = {
        (ids[row["schema"]].pk, row["name"]): {"schema": ids[row["schema"]], **description.relation(row, reading)}
        for row in reading.relations.values()
    }
    routines = {
        (ids[row["schema"]].pk, row["name"], fields["signature"]): {"schema": ids[row["schema"]], **fields}
        for row in reading.functions
        if (fields := description.function(row, reading))
    }
    held_relations = {
        (r.schema_id, r.name): r for r in Relation.objects.filter(schema__catalog=catalog).select_related("schema")
    }
    held_routines = {
        (r.schema_id, r.name, r.signature): r
        for r in Routine.objects.filter(schema__catalog=catalog).select_related("schema")
    }
    _pin(catalog, held_relations, relations, quarantine.relation_facts)
    _pin(catalog, held_routines, routines, quarantine.routine_facts)
    changed += _merge(Relation, held_relations, relations, lambda fields: Relation(**fields), uncounted="row_estimate")
    changed += _merge(Routine, held_routines, routines, lambda fields: Routine(**fields))
    return {"schemas": len(schemas), "relations": len(relations), "functions": len(routines), "changed": changed}


def _pin(
    catalog: Catalog,
    held: Mapping[tuple[Any, ...], Relation | Routine],
    wanted: Mapping[tuple[Any, ...], Fields],
    facts: Callable[[Fields], Fields],
) -> None:
    """Pin what the objects said that now say something else. A function of new argument types takes a lost one's place."""
    lost = {key[:2]: row for key, row in held.items() if key not in wanted}
    new = []
    for key, fields in wanted.items():
        before = held.get(key) or lost.get(key[:2])
        fields["accepted"] = quarantine.pin(before, facts(fields))
        if fields["accepted"] and not (before and before.accepted):
            new.append(f"{fields['schema'].name}.{fields['name']}")
    quarantine.record_new(catalog, new)


def _merge_names(catalog: Catalog, reading: Reading) -> int:
    """Keep what names mean to the guard of free SQL. They are no objects of their own, so nobody counts them."""
    wanted = {name: {"name": name, "names": names} for name, names in namespaces.described(reading).items()}
    held = {row.name: row for row in Namespace.objects.filter(catalog=catalog)}
    return _merge(Namespace, held, wanted, lambda fields: Namespace(catalog=catalog, **fields))


def _merge(
    model: type[M],
    held: Mapping[Any, M],
    wanted: Mapping[Any, Fields],
    make: Callable[[Fields], M],
    uncounted: str = "",
) -> int:
    """Make the rows of a model what is wanted. Return how many differ; `uncounted` names a field that always moves."""
    gone = [row.pk for key, row in held.items() if key not in wanted]
    new = [make(fields) for key, fields in wanted.items() if key not in held]
    different = [(held[key], fields) for key, fields in wanted.items() if key in held and _differs(held[key], fields)]
    counted = sum(
        _differs(row, {name: value for name, value in fields.items() if name != uncounted}) for row, fields in different
    )
    for row, fields in different:
        for name, value in fields.items():
            setattr(row, name, value)
    manager: models.Manager[M] = model._default_manager
    manager.filter(pk__in=gone).delete()
    manager.bulk_create(new, batch_size=_BATCH)
    if different:
        manager.bulk_update([row for row, _ in different], list(different[0][1]), batch_size=_BATCH)
    return len(gone) + len(new) + counted


def _differs(row: models.Model, fields: Fields) -> bool:
    return any(getattr(row, name) != value for name, value in fields.items())
