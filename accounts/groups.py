"""Groups: sets of principals that privileges are granted to."""

from collections.abc import Collection

from django.db import transaction

from accounts.errors import AlreadyExists, Invalid, QuotaExceeded
from accounts.models import Account, Group, User
from accounts.names import checked_name
from accounts.profiles import checked_external_id
from audit import record
from audit.event import By, Event

QUOTA = 5_000


@transaction.atomic
def create(name: str, *, by: By, external_id: str = "", members: Collection[int] = ()) -> Group:
    """Return a new group."""
    Account.lock()
    if Group.objects.count() >= QUOTA:
        raise QuotaExceeded(f"There are {QUOTA} groups, the most there can be.")
    group = Group.objects.create(name=_free_name(name, None), external_id=checked_external_id(external_id))
    group.refresh_from_db(fields=["id"])
    group.members.set(_existing(members))
    _record("create", group, by, after={"members": sorted(members)})
    return group


@transaction.atomic
def update(
    group: Group,
    *,
    by: By,
    name: str | None = None,
    external_id: str | None = None,
    members: Collection[int] | None = None,
) -> None:
    """Change what is given. `members` replaces them all."""
    Account.lock()  # two may not take the same name at the same time
    group = Group.objects.select_for_update().get(pk=group.pk)
    before = _described(group)
    if name is not None:
        group.name = _free_name(name, group.pk)
    if external_id is not None:
        group.external_id = checked_external_id(external_id)
    if members is not None:
        group.members.set(_existing(members))
    after = _described(group)
    if before == after:
        return
    group.save()
    _record("update", group, by, before=before, after=after)


@transaction.atomic
def delete(group: Group, *, by: By) -> None:
    """Delete a group, and with it what was granted to it."""
    group = Group.objects.select_for_update().get(pk=group.pk)
    _record("delete", group, by, before=_described(group))
    group.delete()


def member_ids(group: Group) -> set[int]:
    """Return the ids of the direct members."""
    return set(group.members.values_list("pk", flat=True))


def _free_name(text: str, group_id: int | None) -> str:
    name = checked_name(text, field="displayName")
    others = Group.objects.exclude(pk__in=[group_id] if group_id else [])
    if others.filter(name__iexact=name).exists():
        raise AlreadyExists(f"There is a group named {name!r}.")
    return name


def _existing(members: Collection[int]) -> list[User]:
    found = list(User.objects.filter(pk__in=members))
    if missing := set(members) - {user.pk for user in found}:
        raise Invalid({"members": [f"There is no principal {', '.join(map(str, sorted(missing)))}."]})
    return found


def _described(group: Group) -> dict[str, object]:
    return {"name": group.name, "external_id": group.external_id, "members": sorted(member_ids(group))}


def _record(verb: str, group: Group, by: By, **details: object) -> None:
    record.write(Event(action=f"group.{verb}", outcome="allowed", by=by, object=group.name, details=details))
