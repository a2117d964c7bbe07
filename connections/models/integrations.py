"""RFC 6749 2: registered clients and their secrets."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from oauth2_provider.models import AbstractApplication

from connections import redirect_uri


class AppIntegration(AbstractApplication):
    """A client: made by an admin, a published app, one that came in by itself, or the row of a service account.

    `redirect_uris` (space separated) keeps the order in which they were sent. `user` of the base class is not used,
    because deleting a person must not delete the integrations that they made.
    """

    class ConsentPolicy(models.TextChoices):
        """When people are asked, where nothing else makes it always."""

        EVERY_TIME = "every_time"
        FIRST_TIME = "first_time"
        PRE_APPROVED = "pre_approved"

    GRANT_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant type

    # Secrets have a table of their own. Without these columns nothing can fall back to a slow or plain comparison.
    client_secret = None
    hash_client_secret = None

    integration_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scopes = ArrayField(models.TextField(), default=list)
    user_authorized_scopes = ArrayField(models.TextField(), default=list)
    access_token_ttl_in_minutes = models.PositiveIntegerField(default=60)
    refresh_token_ttl_in_minutes = models.PositiveIntegerField(default=10_080)
    enable_single_use_refresh_tokens = models.BooleanField(null=True)
    absolute_session_lifetime_in_minutes = models.PositiveIntegerField(null=True)
    ip_allowlist = ArrayField(models.TextField(), default=list)
    allowed_catalogs = ArrayField(models.TextField(), null=True, help_text="Null: every catalog.")
    enabled = models.BooleanField(default=True)
    may_introspect = models.BooleanField(default=False, help_text="It may ask about every token, not only its own.")
    built_in = models.BooleanField(default=False)
    service_account = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="client"
    )
    public_keys = models.JSONField(default=list, help_text="Public keys with which it signs who it is (RFC 7523 2.2).")
    jwks_uri = models.TextField(blank=True, help_text="Where the public keys are, or empty.")
    public_keys_expire_at = models.DateTimeField(null=True, help_text="When keys of the jwks_uri are fetched anew.")
    consent_policy = models.CharField(
        max_length=20,
        choices=ConsentPolicy.choices,
        default=ConsentPolicy.FIRST_TIME,
        help_text="When people are asked.",
    )
    pre_approved_groups = models.ManyToManyField(
        "accounts.Group", related_name="+", help_text="Whose members an admin accepted for in advance."
    )
    created_by = models.BigIntegerField(null=True)
    published_app = models.CharField(max_length=50, blank=True, help_text="The app_id of cli/clients, or empty.")
    waits_for_approval = models.BooleanField(default=False)
    resembles = models.CharField(max_length=100, blank=True, help_text="The known app whose name it looks like.")
    registration_digest = models.BinaryField(max_length=32, null=True, help_text="Of the RFC 7592 access token.")
    registered_metadata = models.JSONField(default=dict, help_text="RFC 7591 members that are echoed and not used.")

    class Meta(AbstractApplication.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["published_app"], condition=~models.Q(published_app=""), name="one_integration_a_published_app"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Tell whether the client may use one of the grant types."""
        return not self._grant_types.isdisjoint(grant_types)

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Compare with the registered redirect URIs (RFC 9700 2.1)."""
        return any(redirect_uri.matches(registered, uri) for registered in self.redirect_urls)

    def get_allowed_schemes(self) -> list[str]:
        """Return the schemes to which an answer may be redirected: those of the registered URIs."""
        return [url.partition(":")[0].lower() for url in self.redirect_urls]

    @property
    def _grant_types(self) -> frozenset[str]:
        if self.service_account_id is not None:
            return frozenset({self.GRANT_CLIENT_CREDENTIALS})
        if self.is_self_registered:
            # A code that is typed proves nothing about who asks, so an admin has to know the client.
            return frozenset({self.GRANT_AUTHORIZATION_CODE})
        return frozenset({self.GRANT_AUTHORIZATION_CODE, self.GRANT_DEVICE_CODE, self.GRANT_TOKEN_EXCHANGE})

    @property
    def is_self_registered(self) -> bool:
        """Tell whether the client came in by itself, so that no admin vouches for it."""
        return self.registration_source != self.RegistrationSource.MANUAL

    @property
    def redirect_urls(self) -> list[str]:
        """Return the registered redirect URIs in order."""
        return self.redirect_uris.split()

    @property
    def confidential(self) -> bool:
        """Tell whether the client authenticates with a secret (RFC 6749 2.1)."""
        return self.client_type == self.CLIENT_CONFIDENTIAL


class ClientSecret(models.Model):
    """A live secret of a confidential client. Two may overlap while a secret is rotated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(AppIntegration, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"...{self.last_four}"
