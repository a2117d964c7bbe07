"""Who must have a second factor, a passkey or an authenticator app, besides the password (oauth.md 5)."""

from enum import StrEnum
from typing import Final

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.models import Account, User

TYPES: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SETTING: Final = "second_factor"  # of the account


class RequiredOf(StrEnum):
    """Whom the workspace setting asks for one."""

    ADMINS = "admins"
    EVERYBODY = "everybody"


def is_missing(request: HttpRequest, person: User) -> bool:
    """Tell whether this person has to set one up before the console opens.

    Whoever came in by a one-time link proved it by the machine whose terminal printed the link: they are not asked.
    """
    methods = {record["method"] for record in get_authentication_records(request, person)}
    return "link" not in methods and is_required_of(person) and not is_set_up(person)


def is_required_of(person: User) -> bool:
    """Tell whether a password alone is too little."""
    if person.is_account_admin and settings.GATEPOST_ADMIN_SECOND_FACTOR:
        return True
    return bool(Account.load().settings.get(SETTING) == RequiredOf.EVERYBODY)


def is_set_up(person: User) -> bool:
    """Tell whether sign-in asks this person for more than the password."""
    return bool(Authenticator.objects.filter(user_id=person.pk, type__in=TYPES).exists())
