"""Principals by the names that admins know: e-mail address, application id, name of a group."""

from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from accounts.errors import NotFound
from accounts.models import Group, User


class PrincipalNotFound(NotFound):
    """No such person, service account or group."""

    code = "PRINCIPAL_DOES_NOT_EXIST"


def principal_of(name: str) -> User | Group:
    """Return the person, service account or group of that name. Raise PrincipalNotFound."""
    found = None if "\0" in name else _user(name) or Group.objects.filter(name__iexact=name).first()
    if found is None:
        raise PrincipalNotFound(f"There is no person, service account or group {name!r}.")
    return found


def _user(name: str) -> User | None:
    named = Q(email=name.lower())
    with suppress(ValueError):
        named |= Q(application_id=UUID(name))
    return User.objects.filter(named).first()
