"""What POST, PUT and PATCH do to a group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import groups
from accounts.api.fields import ids_of
from accounts.api.scim import bodies
from accounts.api.scim.errors import ScimRefused
from accounts.api.scim.patch import Change
from accounts.models import Account, Group
from audit.event import By


@dataclass(slots=True)
class Draft:
    """What a group shall be. None: as it is."""

    name: str | None = None
    external_id: str | None = None
    members: set[int] | None = None

    def set(self, attribute: str, value: Any) -> None:
        """Take one attribute over; what is unknown is ignored."""
        if attribute == "displayname":
            self.name = bodies.text("displayName", value)
        elif attribute == "externalid":
            self.external_id = bodies.text("externalId", value)
        elif attribute == "members":
            self.members = _ids(value)


def replacement_of(body: Mapping[str, Any]) -> Draft:
    """Return what POST and PUT make of it."""
    draft = Draft()
    for name, value in body.items():
        draft.set(name.lower(), value)
    return draft


@transaction.atomic
def patch(group: Group, changes: Iterable[Change], *, by: By) -> None:
    """Do all changes or none."""
    Account.lock()  # what is added is added to what the change before it left
    draft = Draft()
    for change in changes:
        if change.attribute == "members":
            current = groups.member_ids(group) if draft.members is None else draft.members
            draft.members = _members_after(change, current)
        elif change.op == "remove":
            raise ScimRefused("invalidValue", f"{change.attribute} cannot be removed. Send another value.")
        else:
            draft.set(change.attribute, change.value)
    groups.update(group, by=by, name=draft.name, external_id=draft.external_id, members=draft.members)


def _members_after(change: Change, current: set[int]) -> set[int]:
    if change.op == "add":
        return current | _ids(change.value)
    if change.op == "replace":
        return _ids(change.value)
    if change.member is not None:
        return current - set(ids_of(change.member))
    return current - _ids(change.value) if change.value is not None else set()


def _ids(value: Any) -> set[int]:
    found = {text: ids_of(text) for text in bodies.values("members", value)}
    if unknown := [text for text, ids in found.items() if not ids]:
        raise ScimRefused("invalidValue", f"{unknown[0]!r} is no id of a member. Send digits.")
    return {number for ids in found.values() for number in ids}
