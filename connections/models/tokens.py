"""RFC 6749 1.3 to 1.5: codes and tokens. Only digests are stored."""

from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)


class AuthorizationCode(AbstractGrant):
    """An authorization code (django-oauth-toolkit calls the table Grant). `code` holds the SHA-256 digest."""

    session = models.ForeignKey("connections.Session", on_delete=models.CASCADE, related_name="codes")
    used_at = models.DateTimeField(null=True)


class AccessToken(AbstractAccessToken):
    """An opaque access token. `token` stays empty; `token_checksum` is its SHA-256 digest in hexadecimal."""

    session = models.ForeignKey(
        "connections.Session", null=True, on_delete=models.CASCADE, related_name="access_tokens"
    )
    audience = models.TextField(help_text="Path of this deployment that the token is for; never empty.")
    secret = models.ForeignKey(
        "accounts.ServiceAccountSecret",
        null=True,
        on_delete=models.CASCADE,
        help_text="The secret that the token was issued for: deleting it ends the token.",
    )
    key = models.ForeignKey(
        "accounts.ServiceAccountKey",
        null=True,
        on_delete=models.CASCADE,
        help_text="The public key that the token was issued for: deleting it ends the token.",
    )
    personal_access_token = models.ForeignKey(
        "accounts.PersonalAccessToken",
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The token that it was exchanged for: whatever ends or narrows that one ends or narrows this one.",
    )

    principal_deactivated_at = models.DateTimeField(
        null=True,
        help_text="When the principal had last been deactivated as it was issued. Any other time now ends it.",
    )

    class Meta(AbstractAccessToken.Meta):
        constraints = [models.CheckConstraint(condition=~models.Q(audience=""), name="token_audience_never_empty")]


class RefreshToken(AbstractRefreshToken):
    """A refresh token for one use. A consumed row stays until its session ends, so that reuse is recognised."""

    session = models.ForeignKey("connections.Session", on_delete=models.CASCADE, related_name="refresh_tokens")
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    sealed_answer = models.BinaryField(
        null=True, help_text="The answer, sealed under a key derived from the raw token."
    )
    successor = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)


class IDToken(AbstractIDToken):
    """An OpenID Connect ID token."""


class DeviceGrant(AbstractDeviceGrant):
    """A device authorization (RFC 8628). `device_code` and `user_code` hold digests; `expires` ends it."""

    # The relations below take the place of these columns of the base class.
    client_id = None
    user = None
    last_checked = None

    integration = models.ForeignKey("connections.AppIntegration", on_delete=models.CASCADE, related_name="+")
    audience = models.TextField(help_text="Path of this deployment that the tokens are for; never empty.")
    session = models.ForeignKey("connections.Session", null=True, on_delete=models.CASCADE, related_name="+")
    polled_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta(AbstractDeviceGrant.Meta):
        constraints = [
            *AbstractDeviceGrant.Meta.constraints,
            models.UniqueConstraint(fields=["user_code"], name="one_device_a_user_code"),
        ]


class UsedAssertion(models.Model):
    """A client assertion that was presented (RFC 7523 3): none is taken twice. Shared by all processes."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="Of its issuer and its jti.")
    expires_at = models.DateTimeField(help_text="When the assertion itself ends, and the row may go.")

    def __str__(self) -> str:
        return f"assertion until {self.expires_at}"
