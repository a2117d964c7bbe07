"""One-time links: of the terminal, to sign in or to make the first account admin; of an admin, to choose a password."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import activation, people, secrets
from accounts.errors import Invalid, InvalidState, NotFound
from accounts.models import Account, OneTimeLink, User
from audit.event import By

PASSWORD_LINK_LIFE: Final = timedelta(hours=72)
MAILED_LINK_LIFE: Final = timedelta(hours=1)


def make(user: User | None, *, minutes: int) -> str:
    """Return the raw secret of a new link that signs this person in once. Without one: for the first account admin."""
    raw = secrets.make(secrets.Prefix.SIGN_IN_LINK)
    OneTimeLink.objects.create(
        digest=secrets.digest(raw), user=user, expires_at=timezone.now() + timedelta(minutes=minutes)
    )
    return raw


@transaction.atomic
def consume(raw: str) -> User | None:
    """Return the person of a link that was not used before, and never again; None for everything else."""
    # One statement both finds and marks it: of two requests with the same link one gets the row.
    if not _live(raw).filter(user__isnull=False).update(used_at=timezone.now()):
        return None
    user = User.objects.get(onetimelink__digest=secrets.digest(raw))
    return user if user.is_active and not user.is_service_account else None


@transaction.atomic
def make_for_password(person: User, *, by: By, life: timedelta = PASSWORD_LINK_LIFE) -> tuple[str, datetime]:
    """Return the raw secret of a link with which a person chooses a password, and when it ends.

    For the first one (an invitation) and for a forgotten one. A link that was made before is good for nothing any more.
    """
    if person.is_service_account or not person.is_active:
        raise InvalidState(f"{person} is no active person and chooses no password.")
    raw = secrets.make(secrets.Prefix.SIGN_IN_LINK)
    ends_at = timezone.now() + life
    OneTimeLink.objects.filter(user=person, purpose=OneTimeLink.Purpose.PASSWORD).delete()
    OneTimeLink.objects.create(
        digest=secrets.digest(raw), user=person, purpose=OneTimeLink.Purpose.PASSWORD, expires_at=ends_at
    )
    activation.write("make_password_link", person, by, expires_at=ends_at.isoformat())
    return raw, ends_at


def password_url(raw: str) -> str:
    """Return the address of a password link: of this deployment, whatever Host a request named."""
    return settings.GATEPOST_PUBLIC_URL + reverse("console-password-link", args=[raw])


def person_choosing(raw: str) -> User | None:
    """Return the person whose password link this is. It is not used up by asking."""
    link = _live(raw, OneTimeLink.Purpose.PASSWORD).filter(user__is_active=True).select_related("user").first()
    return link.user if link else None


@transaction.atomic
def choose_password(raw: str, password: str, *, by: By) -> User:
    """Use the link up: set the password of its person. Their console sessions end; they sign in anew."""
    person = person_choosing(raw)
    if person is None:
        raise NotFound("This link was used, or is too old.")
    _check(password, person)
    if not _live(raw, OneTimeLink.Purpose.PASSWORD).update(used_at=timezone.now()):
        raise NotFound("This link was used this moment.")
    person.set_password(password)
    person.save(update_fields=["password"])
    activation.write("set_password", person, by, by_link=True)
    return person


def is_for_first_admin(raw: str) -> bool:
    """Tell whether the link is good for making the first account admin. It is not used up by asking."""
    return _live(raw).filter(user=None).exists() and not _has_admin()


@transaction.atomic
def make_first_admin(raw: str, *, email: str, name: str, password: str, by: By) -> User:
    """Use the link up: return the first account admin. With an admin there already, the link is good for nothing."""
    Account.lock()
    if _has_admin() or not _live(raw).filter(user=None).update(used_at=timezone.now()):
        raise NotFound("This link was used, is too old, or there is an account admin already.")
    _check(password)
    admin = people.create(email, name=name, by=by)
    admin.set_password(password)
    admin.save(update_fields=["password"])
    activation.set_roles(admin, frozenset({"account_admin"}), by=by)
    return User.objects.get(pk=admin.pk)


def _check(password: str, person: User | None = None) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid({"password": error.messages}) from None


def _live(raw: str, purpose: OneTimeLink.Purpose = OneTimeLink.Purpose.SIGN_IN) -> QuerySet[OneTimeLink]:
    if secrets.prefix_of(raw) is not secrets.Prefix.SIGN_IN_LINK:
        return OneTimeLink.objects.none()
    unused = OneTimeLink.objects.filter(used_at=None, expires_at__gt=timezone.now())
    return unused.filter(digest=secrets.digest(raw), purpose=purpose)


def _has_admin() -> bool:
    return User.objects.filter(is_account_admin=True, is_active=True).exists()
