"""What was answered to creations that may be sent again."""

from django.db import models
from django.utils import timezone


class IdempotentAnswer(models.Model):
    """The answer to one Idempotency-Key, without secrets. Kept for a day."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="Of principal, method, path and key.")
    body = models.BinaryField(max_length=32, help_text="Digest of the request body.")
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"answer of {self.created_at}"
