"""People of the account."""

from django.db import transaction

from accounts import activation, profiles
from accounts.errors import QuotaExceeded
from accounts.models import Account, User
from accounts.names import checked_name
from audit.event import By

QUOTA = 10_000  # people and service accounts


@transaction.atomic
def create(email: str, *, by: By, name: str = "", external_id: str = "") -> User:
    """Return a new person without a password: they come in by a sign-in link or by resetting it."""
    make_room()
    person = User.objects.create_person(
        profiles.free_email(email),
        checked_name(name, field="displayName") if name else "",
        external_id=profiles.checked_external_id(external_id),
    )
    activation.write("create", person, by, after={"name": person.name})
    return person


def set_active(person: User, active: bool, *, by: By) -> None:  # noqa: FBT001 - the value itself, as in SCIM
    """Switch a person on or off; the last account admin stays on."""
    activation.set_active(person, active, by=by)


def make_room() -> None:
    """Refuse one principal more than the quota. Creates wait for each other, so none slips through."""
    Account.lock()
    if User.objects.count() >= QUOTA:
        raise QuotaExceeded(f"There are {QUOTA} people and service accounts, the most there can be.")
