"""One connected PostgreSQL database."""

from django.db import models
from django.utils import timezone


class ConfirmWrites(models.TextChoices):
    """Whether a person confirms writes. Only clients of MCP 2026-07-28 with elicitation can ask one."""

    NEVER = "never"
    WHEN_POSSIBLE = "when_possible", "When the client can ask"
    ALWAYS = "always", "Always; clients that cannot ask may not write"


class Catalog(models.Model):
    """How to reach a database, with which limits, and the state of its introspected copy."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=63, unique=True, help_text="Letters, digits, - and _. Part of the MCP URLs.")
    comment = models.TextField(blank=True)
    host = models.CharField(max_length=255, help_text="Host name, address, or folder of a Unix socket.")
    port = models.PositiveIntegerField(default=5432)
    database = models.CharField(max_length=63)
    user = models.CharField(max_length=63, help_text="Login role, used for nothing else.")
    password_sealed = models.BinaryField(help_text="Encrypted under GATEPOST_SECRET_KEYS.")
    sslmode = models.CharField(max_length=20, default="verify-full")
    enabled = models.BooleanField(default=True)
    read_only = models.BooleanField(default=True)
    statement_timeout_ms = models.PositiveIntegerField(default=30_000)
    row_limit = models.PositiveIntegerField(default=1_000)
    byte_limit = models.PositiveIntegerField(default=1_000_000)
    max_connections = models.PositiveSmallIntegerField(default=8)
    affected_row_limit = models.PositiveIntegerField(
        default=1_000, help_text="Rows that one writing statement may change."
    )
    plan_cost_limit = models.PositiveBigIntegerField(
        null=True, help_text="What the planner may expect SQL of a caller to cost, in its own units. Null: anything."
    )
    confirm_writes = models.CharField(
        max_length=20,
        choices=ConfirmWrites.choices,
        default=ConfirmWrites.NEVER,
        help_text="Whether a person confirms each writing call of an assistant.",
    )
    trusted_schemas = models.JSONField(
        default=list,
        help_text="Schemas whose types, operators and collations free SQL may use, such as an extension's.",
    )
    creator_user = models.CharField(
        max_length=63, blank=True, help_text="Second login role, for create_table alone. Empty: no tables are created."
    )
    creator_password_sealed = models.BinaryField(default=bytes, help_text="Encrypted as the first.")
    creator_schema = models.CharField(max_length=63, blank=True, help_text="The one schema that it creates tables in.")
    creator_findings = models.JSONField(default=list, help_text="What the last look at the creating role found.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    server_version = models.CharField(max_length=100, blank=True)
    findings = models.JSONField(default=list, help_text="What the login-role checks found at the last refresh.")
    text_search_configurations = models.JSONField(
        default=list, help_text="As regconfig prints them, the one that the database takes by itself first."
    )
    version = models.PositiveBigIntegerField(default=0, help_text="Grows with each refresh that changed something.")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def locked(cls, pk: int) -> "Catalog":
        """Return the catalog as it is now, and let nobody change it before the transaction is over."""
        return cls.objects.select_for_update().get(pk=pk)

    def outdate(self) -> None:
        """Make what processes remember of its objects old. To be called with the lock held."""
        self.version += 1
        self.save(update_fields=["version"])
