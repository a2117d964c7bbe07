"""Counters and back-offs of clients that come in by themselves, shared by all processes."""

from django.db import models


class Arrivals(models.Model):
    """How often something came in since the window began."""

    key = models.CharField(primary_key=True, max_length=100)
    since = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.key


class FailedDocument(models.Model):
    """A client ID metadata document that could not be used, and until when it is not asked for again."""

    url_digest = models.BinaryField(primary_key=True, max_length=32)
    problem = models.TextField()
    retry_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.problem
