"""Granting and revoking privileges. An administrative change: audited in its transaction, felt by every process at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.errors import Invalid, NotFound
from accounts.models import Group, User
from audit import record
from audit.event import By, Event
from catalog.models import Catalog, Privilege, Relation, Routine, Schema
from catalog.names import overload_suffix
from catalog.restriction import MASKS, MATCHES, may_hash
from catalog.rights import MEANINGFUL, Held, Rights

Principal = User | Group
ALL = "ALL_PRIVILEGES"


@dataclass(frozen=True, slots=True)
class Securable:
    """What a privilege is on: a catalog, or a schema, table or function in it."""

    catalog: Catalog
    kind: str = "catalog"
    schema: str = ""
    object: str = ""
    signature: str = ""
    runs_as_owner: bool = False  # then nothing is inherited: it needs a privilege by name

    def __str__(self) -> str:
        name = ".".join(filter(None, (self.catalog.name, self.schema, self.object)))
        return f"{name}({self.signature})" if self.kind == "function" else name

    def fields(self) -> dict[str, Any]:
        """Return the columns of a Privilege that name it."""
        return {
            "catalog": self.catalog,
            "securable": self.kind,
            "schema": self.schema,
            "object": self.object,
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class Effective:
    """One privilege that reaches a securable: from where it is inherited, and through which group."""

    action: str
    securable: str
    name: str
    group: str = ""


def on(
    catalog: Catalog, schema: str = "", *, table: str = "", function: str = "", signature: str | None = None
) -> Securable:
    """Name a securable that exists in the copy. An overloaded function needs its signature."""
    if table and function:
        raise Invalid({"table": ["Name a table or a function, not both."]})
    if (table or function) and not schema:
        raise Invalid({"schema": ["Name the schema of the table or function."]})
    if not schema:
        return Securable(catalog)
    if not Schema.objects.filter(catalog=catalog, name=schema).exists():
        raise NotFound(f"There is no schema {schema!r} in {catalog.name}. Refresh the catalog if it is new.")
    if table:
        relation = Relation.objects.filter(schema__catalog=catalog, schema__name=schema, name=table).first()
        if relation is None:
            raise NotFound(f"There is no table {table!r} in {catalog.name}.{schema}.")
        return Securable(catalog, "table", schema, table, runs_as_owner=relation.runs_as_owner)
    if function:
        found = routine(catalog, schema, function, signature)
        return Securable(catalog, "function", schema, function, found.signature, found.runs_as_owner)
    return Securable(catalog, "schema", schema)


def at(path: str) -> Securable:
    """Name a securable by its path: `catalog`, `catalog.schema` or `catalog.schema.object`. For names without dots."""
    name, schema, object_, *rest = [*path.split("."), "", ""][: max(3, path.count(".") + 1)]
    catalog = Catalog.objects.filter(name=name).first()
    if catalog is None or rest:
        raise NotFound(f"There is no {path!r}. Write catalog, catalog.schema or catalog.schema.object.")
    is_table = Relation.objects.filter(schema__catalog=catalog, schema__name=schema, name=object_).exists()
    return on(catalog, schema, table=object_) if is_table else on(catalog, schema, function=object_)


def actions_of(names: Iterable[str], securable: Securable) -> frozenset[str]:
    """Return the actions that the words mean on a securable; ALL_PRIVILEGES is every one of them."""
    meaningful, given = MEANINGFUL[securable.kind], set(names)
    unknown = sorted(given - {*meaningful, ALL})
    if unknown:
        told = f"{', '.join(unknown)} means nothing on a {securable.kind}. Use {', '.join(meaningful)} or {ALL}."
        raise Invalid({"privileges": [told]})
    return frozenset(meaningful if ALL in given else given)


def grant(
    principal: Principal,
    action: str,
    securable: Securable | str,
    *,
    by: By,
    restriction: dict[str, Any] | None = None,
) -> bool:
    """Grant the action. Return False when the principal held it there already, with the same restriction.

    `restriction` is for SELECT on a table: {"masks": {column: "null" or "hash"}, "row_filter": {"column", "equals"}}.
    """
    securable = _checked(action, securable)
    if restriction is not None:
        _check_restriction(restriction, action, securable)
    with transaction.atomic():
        row, is_new = Privilege.objects.select_for_update().get_or_create(
            action=action,
            **_holder(principal),
            **securable.fields(),
            defaults={"granted_by": by.principal_id, "restriction": restriction},
        )
        before = None if is_new else row.restriction
        if not is_new and before == restriction:
            return False
        if not is_new:
            row.restriction = restriction
            row.save(update_fields=["restriction"])
        _record("privilege.grant", principal, action, securable, by, restriction=restriction, before=before)
    return True


def grant_all(
    principal: Principal,
    actions: frozenset[str],
    securable: Securable,
    *,
    by: By,
    restriction: dict[str, Any] | None = None,
) -> None:
    """Grant several actions together; `restriction` is that of SELECT."""
    if restriction is not None and "SELECT" not in actions:
        raise Invalid({"privileges": ["Masks and row filters belong to SELECT, which is not among them."]})
    with transaction.atomic():
        for action in sorted(actions):
            grant(principal, action, securable, by=by, restriction=restriction if action == "SELECT" else None)


def revoke(principal: Principal, action: str, securable: Securable | str, *, by: By) -> bool:
    """Take the action back. Return False when the principal did not hold it on this very securable."""
    securable = _checked(action, securable)
    with transaction.atomic():
        held = Privilege.objects.filter(action=action, **_holder(principal), **securable.fields())
        row = held.first()
        if row is None:
            return False
        row.delete()
        _record("privilege.revoke", principal, action, securable, by, before=row.restriction)
    return True


def assign(
    principal: Principal,
    actions: frozenset[str],
    securable: Securable,
    *,
    by: By,
    restriction: dict[str, Any] | None = None,
) -> None:
    """Make these the actions that the principal holds on this very securable; `restriction` is that of SELECT."""
    with transaction.atomic():
        held = set(
            Privilege.objects.filter(**_holder(principal), **securable.fields()).values_list("action", flat=True)
        )
        grant_all(principal, actions, securable, by=by, restriction=restriction)
        for action in sorted(held - actions):
            revoke(principal, action, securable, by=by)


def of_principal(user: User) -> QuerySet[Privilege]:
    """Return every privilege that a principal holds, its groups' included."""
    return Privilege.objects.filter(Q(user=user) | Q(group__members=user)).distinct()


def held_on(principal: Principal, securable: Securable) -> list[str]:
    """Return the actions that a principal holds on exactly this securable."""
    rows = Privilege.objects.filter(**_holder(principal), **securable.fields())
    return list(rows.order_by("action").values_list("action", flat=True))


def levels(securable: Securable) -> list[Securable]:
    """Return the securable and what it inherits from, nearest first. What runs as its owner inherits nothing."""
    return [securable] if securable.runs_as_owner else list(_upwards(securable))


def effective(principal: Principal, securable: Securable) -> list[Effective]:
    """Return what reaches a securable for a principal, nearest first. Holding EXECUTE alone opens nothing: `lacking`."""
    held = of_principal(principal) if isinstance(principal, User) else principal.privileges.all()
    found = []
    for level in levels(securable):
        here = held.filter(**level.fields(), action__in=MEANINGFUL[securable.kind])
        for privilege in here.select_related("group").order_by("action", "id"):
            group = privilege.group.name if privilege.group else ""
            found.append(Effective(privilege.action, level.kind, str(level), group))
    return found


def lacking(principal: Principal, securable: Securable) -> list[str]:
    """Return what a principal still needs before it can use the securable."""
    query = of_principal(principal) if isinstance(principal, User) else principal.privileges.all()
    rows = query.filter(catalog=securable.catalog).values_list(*Held._fields)
    place = Held("", securable.kind, securable.catalog.pk, securable.schema, securable.object, securable.signature)
    return Rights(frozenset(Held(*row) for row in rows)).lacking(place, runs_as_owner=securable.runs_as_owner)


def mark_writing(routine: Routine, writes: bool, *, by: By) -> None:  # noqa: FBT001 - the value that is set
    """Say that a function writes: it runs in a writing transaction and needs the scope mcp.write."""
    with transaction.atomic():
        catalog = Catalog.locked(routine.schema.catalog_id)
        if Routine.objects.filter(pk=routine.pk, writes=not writes).update(writes=writes):
            catalog.outdate()
            name = f"{catalog.name}.{routine.schema.name}.{routine}"
            details = {"writes": writes}
            record.write(Event(action="function.mark", outcome="allowed", by=by, object=name, details=details))


def _upwards(securable: Securable) -> Iterator[Securable]:
    yield securable
    if securable.object:
        yield Securable(securable.catalog, "schema", securable.schema)
    if securable.schema:
        yield Securable(securable.catalog)


def routine(catalog: Catalog, schema: str, function: str, signature: str | None) -> Routine:
    """Return the function. Raises NotFound, and Invalid when it is overloaded and the signature is left out."""
    routines = Routine.objects.filter(schema__catalog=catalog, schema__name=schema, name=function)
    found = {routine.signature: routine for routine in routines.order_by("signature")}
    if signature is None and len(found) > 1:
        told = ", ".join(f"({one}) = {function}{overload_suffix(one)}" for one in found)
        raise Invalid({"signature": [f"{function} is overloaded. Name one of: {told}."]})
    wanted = next(iter(found), None) if signature is None else signature
    if wanted not in found:
        raise NotFound(f"There is no such function {function!r} in {catalog.name}.{schema}.")
    return found[wanted]


def _checked(action: str, securable: Securable | str) -> Securable:
    securable = at(securable) if isinstance(securable, str) else securable
    meaningful = MEANINGFUL[securable.kind]
    if action not in meaningful:
        raise Invalid(
            {"action": [f"{action} means nothing on a {securable.kind}. Use one of {', '.join(meaningful)}."]}
        )
    return securable


def _holder(principal: Principal) -> dict[str, Any]:
    if isinstance(principal, User):
        return {"user": principal, "group": None}
    return {"user": None, "group": principal}


def _check_restriction(restriction: dict[str, Any], action: str, securable: Securable) -> None:
    """Refuse a restriction of anything but SELECT on a table, and one that names what is not there."""
    if action != "SELECT" or securable.kind != "table":
        raise Invalid({"masks": ["Masks and row filters belong to SELECT on a table."]})
    where = {"schema__catalog": securable.catalog, "schema__name": securable.schema}
    relation = Relation.objects.get(**where, name=securable.object)
    types = {column["name"]: column["type"] for column in relation.columns}
    masks, row_filter = restriction.get("masks") or {}, restriction.get("row_filter")
    faults = [fault for column, mask in masks.items() if (fault := _mask_fault(column, mask, types))]
    if faults or not (masks or row_filter):
        raise Invalid({"masks": faults or ["Name a mask or a row filter."]})
    if row_filter and row_filter["column"] not in types:
        raise Invalid({"row_filter": [f"There is no column {row_filter['column']!r}."]})
    if row_filter and row_filter["equals"] not in MATCHES:
        raise Invalid({"row_filter": [f"Compare with one of: {', '.join(MATCHES)}."]})


def _mask_fault(column: str, mask: str, types: dict[str, str]) -> str:
    if column not in types:
        return f"There is no column {column!r}."
    if mask not in MASKS:
        return f"{column}: use one of {', '.join(MASKS)}."
    if mask == "hash" and not may_hash(types[column]):
        return f"{column} is of type {types[column]}: only text can show a hash. Use null."
    return ""


def _record(
    action: str,
    principal: Principal,
    privilege: str,
    securable: Securable,
    by: By,
    restriction: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
) -> None:
    name = principal.user_name if isinstance(principal, User) else principal.name
    details: dict[str, Any] = {"principal": name, "privilege": privilege, "securable": securable.kind}
    if restriction is not None or before is not None:
        details["restriction"] = {"before": before, "after": restriction}
    record.write(Event(action=action, outcome="allowed", by=by, object=str(securable), details=details))
