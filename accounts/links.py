"""One-time links, made at the terminal of the machine: to sign in, or to make the first account admin."""

from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import activation, people, secrets
from accounts.errors import Invalid, NotFound
from accounts.models import Account, OneTimeLink, User
from audit.event import By


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


def is_for_first_admin(raw: str) -> bool:
    """Tell whether the link is good for making the first account admin. It is not used up by asking."""
    return _live(raw).filter(user=None).exists() and not _has_admin()


@transaction.atomic
def make_first_admin(raw: str, *, email: str, name: str, password: str, by: By) -> User:
    """Use the link up: return the first account admin. With an admin there already, the link is good for nothing."""
    Account.lock()
    if _has_admin() or not _live(raw).filter(user=None).update(used_at=timezone.now()):
        raise NotFound("This link was used, is too old, or there is an account admin already.")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid({"password": error.messages}) from None
    admin = people.create(email, name=name, by=by)
    admin.set_password(password)
    admin.save(update_fields=["password"])
    activation.set_roles(admin, frozenset({"account_admin"}), by=by)
    return User.objects.get(pk=admin.pk)


def _live(raw: str) -> QuerySet[OneTimeLink]:
    if secrets.prefix_of(raw) is not secrets.Prefix.SIGN_IN_LINK:
        return OneTimeLink.objects.none()
    return OneTimeLink.objects.filter(digest=secrets.digest(raw), used_at=None, expires_at__gt=timezone.now())


def _has_admin() -> bool:
    return User.objects.filter(is_account_admin=True, is_active=True).exists()
