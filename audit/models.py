"""The audit table. Plain values and no foreign keys, so that a record outlives what it describes."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from jobs.models import Job


class AuditEvent(models.Model):
    """One decision. Rows are inserted by audit.record alone; triggers refuse UPDATE, DELETE and TRUNCATE."""

    class Outcome(models.TextChoices):
        ATTEMPT = "attempt"
        ALLOWED = "allowed"
        DENIED = "denied"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(
        max_length=100, help_text="For example mcp.tools/call, oauth.token, app_integration.create."
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=100, blank=True, help_text="Code of the refusal or failure.")
    principal_id = models.BigIntegerField(null=True)
    principal_kind = models.CharField(max_length=10, blank=True)
    principal_name = models.CharField(max_length=320, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    client_name = models.CharField(max_length=255, blank=True)
    credential_kind = models.CharField(max_length=30, blank=True)
    credential_id = models.CharField(max_length=100, blank=True)
    scopes = ArrayField(models.TextField(), default=list)
    object = models.CharField(
        max_length=500, blank=True, help_text="What it was done to, for example demo.sales.get_customer."
    )
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    attempt_id = models.UUIDField(null=True, help_text="event_id of the attempt that this record is the outcome of.")
    duration_ms = models.FloatField(null=True)
    row_count = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict, help_text="Visible to everyone who may see the record. Secrets masked.")
    statement = models.TextField(null=True, help_text="SQL text. Visible to auditors only.")
    parameters = models.JSONField(null=True, help_text="Arguments. Visible to auditors only.")

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["principal_id", "-at", "-id"], name="audit_principal"),
            models.Index(fields=["client_id", "-at", "-id"], name="audit_client"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.outcome}"


class AuditSeal(models.Model):
    """A link of the hash chain (audit.chain): a digest over a run of records and the seal before. Append-only too."""

    id = models.BigAutoField(primary_key=True)
    first_id = models.BigIntegerField(unique=True)
    last_id = models.BigIntegerField()
    record_count = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"seal {self.pk} over {self.first_id} to {self.last_id}"


class AuditExport(models.Model):
    """A file of records, made by a job and kept for a week. Who asked, and for what, stays in the records."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField("jobs.Job", on_delete=models.CASCADE, related_name="+")
    filters = models.JSONField(help_text="As audit.selection takes them.")
    form = models.CharField(max_length=10, help_text="As audit.export names it.")
    whole = models.BooleanField(help_text="With SQL text and parameters.")
    created_at = models.DateTimeField(help_text="Records from then on are not in it.")
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.CharField(max_length=320)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="The attempt of the job whose pieces are the file.")
    rows = models.PositiveBigIntegerField(null=True)
    bytes = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def state(self) -> str:
        """Return queued, running, done or failed."""
        return Job.State.DONE if self.finished_at else Job.State(self.job.state)

    @property
    def progress(self) -> int:
        """Return how far it is, in percent."""
        return 100 if self.finished_at else self.job.progress

    @property
    def error(self) -> str:
        """Return why it failed, or nothing."""
        return self.job.error if self.state == Job.State.FAILED else ""


class AuditExportPiece(models.Model):
    """A piece of the file of an export, compressed by zlib. Each attempt of its job writes its own."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(AuditExport, on_delete=models.CASCADE, related_name="pieces")
    attempt = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "attempt", "number"], name="one_row_a_piece")]

    def __str__(self) -> str:
        return f"piece {self.number} of {self.export_id}"
