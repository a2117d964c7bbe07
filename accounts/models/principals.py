"""People, service accounts (one table with a kind) and groups. RFC 7643 4.1, 4.2 on the wire."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Lower
from django.utils import timezone


class NextPrincipalId(Func):
    """The next number of the sequence that people, service accounts and groups share."""

    template = "nextval('accounts_principal_id')"
    output_field = models.BigIntegerField()


class UserManager(BaseUserManager["User"]):
    """Makes principals. Service accounts have no e-mail address and no password."""

    def create_person(self, email: str, name: str = "", password: str | None = None, **fields: Any) -> "User":
        """Return a new person; without a password they can sign in by link or passkey only."""
        user = self.model(kind=User.Kind.PERSON, email=self.normalize_email(email).lower(), name=name, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_service_account(self, name: str, **fields: Any) -> "User":
        """Return a new service account with an application id."""
        fields.setdefault("application_id", uuid.uuid4())
        user = self.model(kind=User.Kind.SERVICE, name=name, **fields)
        user.set_unusable_password()
        user.save()
        return user


class User(AbstractBaseUser):
    """A principal: a person or a service account."""

    class Kind(models.TextChoices):
        PERSON = "person"
        SERVICE = "service"

    id = models.BigIntegerField(primary_key=True, db_default=NextPrincipalId(), editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    email = models.EmailField(max_length=320, null=True, blank=True, unique=True, help_text="Always in lower case.")
    name = models.CharField(max_length=255, blank=True)
    given_name = models.CharField(max_length=255, blank=True, help_text="As a directory keeps it; not shown to people.")
    family_name = models.CharField(max_length=255, blank=True)
    application_id = models.UUIDField(
        null=True, blank=True, unique=True, help_text="OAuth client id of a service account."
    )
    external_id = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)
    deactivated_at = models.DateTimeField(
        null=True, help_text="The last time. What was issued before it stays ended, also when the principal comes back."
    )
    is_account_admin = models.BooleanField(default=False)
    is_auditor = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    groups = models.ManyToManyField("accounts.Group", related_name="members", blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(name="email_in_lower_case", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="principal_kind",
                condition=Q(kind="person", email__isnull=False, application_id__isnull=True)
                | Q(kind="service", email__isnull=True, application_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_service_account(self) -> bool:
        """Tell whether this principal is no person."""
        return self.kind == self.Kind.SERVICE

    @property
    def display_name(self) -> str:
        """Return the name that people see."""
        return self.name or self.user_name

    @property
    def user_name(self) -> str:
        """Return the SCIM userName: the e-mail address, or the application id of a service account."""
        return str(self.application_id) if self.is_service_account else (self.email or "")


class Group(models.Model):
    """A set of principals that privileges can be granted to."""

    id = models.BigIntegerField(primary_key=True, db_default=NextPrincipalId(), editable=False)
    name = models.CharField(max_length=255)
    external_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="unique_group_name")]

    def __str__(self) -> str:
        return self.name
