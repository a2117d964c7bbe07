"""Names, e-mail address and external id of a principal, as a provisioning system keeps them."""

import uuid
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import activation
from accounts.errors import AlreadyExists, Invalid
from accounts.models import Account, User
from accounts.names import LONGEST, checked_name, is_plain
from audit.event import By


class Profile(TypedDict, total=False):
    """What can be changed, under the names of the columns."""

    name: str
    given_name: str
    family_name: str
    email: str
    external_id: str


@transaction.atomic
def update(principal: User, *, by: By, **changes: Unpack[Profile]) -> None:
    """Change what is given."""
    Account.lock()  # two may not take the same address at the same time
    principal = User.objects.select_for_update(no_key=True).get(pk=principal.pk)
    checked: dict[str, Any] = {}
    if "name" in changes:
        checked["name"] = checked_name(changes["name"], field="displayName")
    if "given_name" in changes:
        checked["given_name"] = _line(changes["given_name"], "name.givenName")
    if "family_name" in changes:
        checked["family_name"] = _line(changes["family_name"], "name.familyName")
    if "email" in changes:
        checked["email"] = free_email(changes["email"], principal.pk)
    if "external_id" in changes:
        checked["external_id"] = checked_external_id(changes["external_id"])
    before = {column: getattr(principal, column) for column in checked}
    if before == checked:
        return
    for column, value in checked.items():
        setattr(principal, column, value)
    principal.save(update_fields=list(checked))
    activation.write("update", principal, by, before=before, after=checked)


def free_email(text: str, principal_id: int | None = None) -> str:
    """Return the address in lower case when it is one and nobody else has it."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid({"userName": [f"{text!r} is no e-mail address."]}) from None
    others = User.objects.exclude(pk__in=[principal_id] if principal_id else [])
    if others.filter(email=email).exists():
        raise AlreadyExists(f"There is a person with the e-mail address {email}.")
    return email


def free_application_id(application_id: uuid.UUID) -> uuid.UUID:
    """Return the id when no service account has it."""
    if User.objects.filter(application_id=application_id).exists():
        raise AlreadyExists(f"There is a service account with the application id {application_id}.")
    return application_id


def checked_external_id(text: str) -> str:
    """Return the id that another system knows the principal by."""
    return _line(text, "externalId")


def _line(text: str, field: str) -> str:
    if len(text) > LONGEST or not is_plain(text):
        raise Invalid({field: [f"Send at most {LONGEST} characters on one line."]})
    return text
