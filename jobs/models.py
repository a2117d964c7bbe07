"""The outbox: a row is work to do. Rows are written in the transaction of the change that causes them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    """One piece of background work and its visible state."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=100, help_text="Name of the registered task, for example catalog.refresh.")
    subject = models.CharField(
        max_length=200, blank=True, help_text="What the job works on. At most one job of a kind waits for a subject."
    )
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state="queued") & ~Q(subject=""),
                name="one_queued_job_per_subject",
            )
        ]
        indexes = [models.Index(fields=["not_before"], condition=Q(state="queued"), name="queued_jobs")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
