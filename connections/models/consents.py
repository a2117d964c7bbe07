"""Stored consents and the sessions that live under them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Consent(models.Model):
    """A person allowed a client these scopes, for this resource, sent to this host, narrowed so."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    integration = models.ForeignKey("connections.AppIntegration", on_delete=models.CASCADE, related_name="consents")
    requested_scopes = ArrayField(models.TextField(), help_text="Sorted: part of the key of the record.")
    resource = models.TextField(help_text="Path of the MCP URL, or / for the deployment.")
    redirect_host = models.CharField(max_length=255)
    scopes = ArrayField(models.TextField(), help_text="What was allowed; never more than was requested.")
    catalogs = ArrayField(models.TextField(), null=True, help_text="Null: every catalog that the person may use.")
    pre_approved = models.BooleanField(default=False, help_text="An admin accepted in advance; nobody was asked.")
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "integration"], name="consents_of_person")]

    def __str__(self) -> str:
        return f"consent {self.id}"


class AuthorizationRequest(models.Model):
    """A checked authorization request that waits for the person's answer, in one browser, for ten minutes."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="Of the handle in the page.")
    browser = models.BinaryField(max_length=32, help_text="Digest of the browser session that the page was shown in.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"authorization request of {self.user_id}"


class Session(models.Model):
    """One authorization. Codes, access and refresh tokens point to it; revoking sets one column."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="app_sessions")
    integration = models.ForeignKey("connections.AppIntegration", on_delete=models.CASCADE, related_name="sessions")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.CASCADE, related_name="sessions")
    scopes = ArrayField(models.TextField())
    catalogs = ArrayField(models.TextField(), null=True)
    audience = models.TextField(help_text="Path of this deployment that the tokens are for; never empty.")
    principal_deactivated_at = models.DateTimeField(
        null=True, help_text="When the person had last been deactivated as it began. Any other time now ends it."
    )
    started_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(audience=""), name="audience_never_empty")]
        indexes = [models.Index(fields=["integration", "-started_at"], name="sessions_of_integration")]

    def __str__(self) -> str:
        return f"session {self.id}"
