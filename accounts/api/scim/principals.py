"""What POST, PUT and PATCH do to a person or a service account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts import activation, profiles
from accounts.api.scim import bodies
from accounts.api.scim.errors import ScimRefused
from accounts.api.scim.patch import Change
from accounts.models import User
from accounts.profiles import Profile
from audit.event import By


@dataclass(slots=True)
class Draft:
    """What a principal shall be. None and absent: as it is."""

    roles: frozenset[str]
    active: bool | None = None
    profile: Profile = field(default_factory=Profile)

    def set(self, attribute: str, value: Any) -> None:
        """Take one attribute over; what is unknown or read-only is ignored."""
        if attribute == "active":
            self.active = bodies.flag("active", value)
        elif attribute == "roles":
            self.roles = bodies.roles(value)
        elif attribute == "displayname":
            self.profile["name"] = bodies.text("displayName", value)
        elif attribute == "name":
            self._set_names(value)
        elif attribute == "username":
            self.profile["email"] = bodies.text("userName", value)
        elif attribute == "externalid":
            self.profile["external_id"] = bodies.text("externalId", value)

    def _set_names(self, value: Any) -> None:
        for part, text in bodies.parts("name", value).items():
            if part == "givenname":
                self.profile["given_name"] = text
            elif part == "familyname":
                self.profile["family_name"] = text

    def change(self, change: Change) -> None:
        """Take one change of a PATCH over."""
        if change.attribute == "roles" and change.op != "replace":
            named = frozenset({change.member}) if change.member else self._named_roles(change)
            self.roles = self.roles | bodies.roles(change.value) if change.op == "add" else self.roles - named
        elif change.op == "remove":
            self._remove(change.attribute)
        else:
            self.set(change.attribute, change.value)

    def _named_roles(self, change: Change) -> frozenset[str]:
        return self.roles if change.value is None else bodies.roles(change.value)

    def _remove(self, attribute: str) -> None:
        if attribute in {"active", "username", "displayname"}:
            raise ScimRefused("invalidValue", f"{attribute} cannot be removed. Send another value.")
        if attribute == "externalid":
            self.profile["external_id"] = ""
        elif attribute == "name":
            self.profile |= {"given_name": "", "family_name": ""}


def draft_of(principal: User, changes: list[Change]) -> Draft:
    """Return what the principal shall be after all changes."""
    draft = Draft(roles=frozenset(activation.roles_of(principal)))
    for change in changes:
        draft.change(change)
    return draft


def replacement_of(principal: User, body: Mapping[str, Any]) -> Draft:
    """Return what PUT makes of it: attributes that are not sent keep their value, roles that are not sent go."""
    draft = Draft(roles=frozenset())
    for name, value in body.items():
        draft.set(name.lower(), value)
    if principal.is_service_account:
        draft.profile.pop("email", None)
    told = " ".join(filter(None, (draft.profile.get("given_name"), draft.profile.get("family_name"))))
    if told and not principal.name:
        draft.profile.setdefault("name", told)  # a directory that sends no displayName still knows what to show
    return draft


@transaction.atomic
def apply(principal: User, draft: Draft, *, by: By) -> None:
    """Do all of it or nothing."""
    profile = draft.profile
    if principal.is_service_account:
        if "email" in profile:
            raise ScimRefused("mutability", "A service account has no userName.")
        profile.pop("given_name", None)  # attributes that its kind does not have
        profile.pop("family_name", None)
    profiles.update(principal, by=by, **profile)
    activation.set_roles(principal, draft.roles, by=by)
    if draft.active is not None:
        activation.set_active(principal, draft.active, by=by)
