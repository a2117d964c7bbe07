"""Requests at the token endpoint, counted for all processes together (oauth.md 8)."""

from django.db import models


class TokenRequests(models.Model):
    """What one client did within one minute: its failures at one address, or its successes."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="Of what is counted: see oauth.throttle.")
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} requests"
