"""SQL statements that outlived their call, and their results for a while."""

from django.db import models


class LongStatement(models.Model):
    """One statement that went on in the background. Its handle works for one principal, client and catalog."""

    class State(models.TextChoices):
        RUNNING = "RUNNING"
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"
        CANCELED = "CANCELED"

    id = models.CharField(primary_key=True, max_length=32, help_text="128 random bits in hexadecimal.")
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="statements")
    principal_id = models.BigIntegerField()
    principal_name = models.CharField(max_length=320)
    client_id = models.CharField(max_length=2000, blank=True)
    writes = models.BooleanField()
    query_sealed = models.BinaryField(help_text="Encrypted under GATEPOST_SECRET_KEYS.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    answer_sealed = models.BinaryField(null=True, help_text="The result or the failure, as JSON, encrypted.")
    cancel_asked = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When the process that runs it last said so.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["principal_id", "started_at"], name="statements_of_principal")]

    def __str__(self) -> str:
        return self.id
