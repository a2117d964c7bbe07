"""Credentials of principals. Only SHA-256 digests are stored."""

import secrets
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


def new_token_id() -> str:
    """Return 64 random hexadecimal digits: an identifier, not the digest."""
    return secrets.token_hex(32)


class PersonalAccessToken(models.Model):
    """A bearer token that a principal made for itself, or an admin on behalf of a service account."""

    token_id = models.CharField(primary_key=True, max_length=64, default=new_token_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_access_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    last_four = models.CharField(max_length=4)
    comment = models.CharField(max_length=256, blank=True)
    scopes = ArrayField(models.TextField())
    resources = ArrayField(
        models.TextField(), default=list, help_text="Paths of the MCP URLs that it opens. Empty: the whole deployment."
    )
    ip_allowlist = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="tokens_of_owner")]

    def __str__(self) -> str:
        return self.comment or f"...{self.last_four}"


class ServiceAccountSecret(models.Model):
    """A client secret of a service account (RFC 6749 2.3.1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service_account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = ArrayField(models.TextField(), default=list, help_text="Empty: all-apis.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"...{self.last_four}"


class ServiceAccountKey(models.Model):
    """A public key with which a service account signs who it is (RFC 7523 2.2). The private one never comes here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service_account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keys")
    jwk = models.JSONField(help_text="The public members only.")
    algorithm = models.CharField(max_length=10)
    thumbprint = models.CharField(max_length=43, help_text="RFC 7638, SHA-256.")
    scopes = ArrayField(models.TextField(), default=list, help_text="Empty: all-apis.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service_account", "thumbprint"], name="one_row_a_key")]

    def __str__(self) -> str:
        return self.thumbprint


class CredentialUse(models.Model):
    """When and from where a credential was last used. A table of its own, so that a use is no change of the credential."""

    credential_kind = models.CharField(max_length=30)
    credential_id = models.CharField(max_length=100)
    last_used_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential_kind", "credential_id"], name="one_use_row")]

    def __str__(self) -> str:
        return f"{self.credential_kind} {self.credential_id}"


class OneTimeLink(models.Model):
    """A link that is good for one use: to sign in, to make the first account admin, or to choose a password."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        PASSWORD = "password"  # noqa: S105 - a purpose

    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.SIGN_IN)
    digest = models.BinaryField(primary_key=True, max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, help_text="Null: for the first account admin."
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user_id or 'the first account admin'}"
