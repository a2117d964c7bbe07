"""Budgets of tool calls, and what was spent of them on a day."""

from django.db import models
from django.utils import timezone


class Budget(models.Model):
    """How much one principal may use: of the account, a catalog, through a client, or with a token."""

    class Level(models.TextChoices):
        ACCOUNT = "account"
        CATALOG = "catalog"
        CLIENT = "client"
        TOKEN = "token"  # noqa: S105 - a word

    id = models.BigAutoField(primary_key=True)
    level = models.CharField(max_length=10, choices=Level.choices)
    subject = models.CharField(max_length=255, blank=True, help_text="Catalog name, client_id or token_id.")
    calls_per_day = models.PositiveBigIntegerField(null=True)
    rows_per_day = models.PositiveBigIntegerField(null=True)
    bytes_per_day = models.PositiveBigIntegerField(null=True)
    concurrent_calls = models.PositiveIntegerField(null=True, help_text="In each process.")
    rows = models.PositiveBigIntegerField(null=True, help_text="Of one call.")
    bytes = models.PositiveBigIntegerField(null=True, help_text="Of the rows of one call.")
    seconds = models.PositiveIntegerField(null=True, help_text="Of one call.")
    plan_cost = models.PositiveBigIntegerField(
        null=True, help_text="What the planner may expect the SQL of one call to cost, in its own units."
    )
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "subject"], name="one_budget_a_subject")]

    def __str__(self) -> str:
        return f"{self.level} {self.subject}".strip()


class Spending(models.Model):
    """Calls, rows and bytes of one principal under one budget on one day (UTC). Unlogged: a crash forgives a day."""

    pk = models.CompositePrimaryKey("day", "key")
    day = models.DateField()
    key = models.CharField(max_length=300)
    calls = models.BigIntegerField()
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day} {self.key}"
