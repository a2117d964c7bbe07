"""The introspected copy of a catalog. Rows keep their identity over a refresh, so that admin choices stay on them."""

from django.db import models
from django.db.models import F
from django.db.models.functions import MD5


class Schema(models.Model):
    """A schema of a catalog; system schemas are left out."""

    id = models.BigAutoField(primary_key=True)
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="schemas")
    name = models.CharField(max_length=63)
    comment = models.TextField(blank=True)
    owner = models.CharField(max_length=63, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalog", "name"], name="unique_schema")]

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """A table, partitioned or foreign table, view or materialized view."""

    id = models.BigAutoField(primary_key=True)
    schema = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="relations")
    name = models.CharField(max_length=63)
    kind = models.CharField(max_length=1, help_text="pg_class.relkind: r, p, f, v or m.")
    comment = models.TextField(blank=True)
    owner = models.CharField(max_length=63, blank=True)
    columns = models.JSONField(help_text="List of {name, type, nullable, default, comment, ...} in order.")
    keys = models.JSONField(default=list, help_text="Primary, unique and foreign keys.")
    indexes = models.JSONField(
        default=list, help_text="Whole indexes over columns: {name, method, columns, unique, ...}."
    )
    row_estimate = models.BigIntegerField(default=-1)
    runs_as_owner = models.BooleanField(default=False, help_text="A view without security_invoker.")
    accepted = models.JSONField(
        null=True, help_text="What it said before it changed; no tool stands for it until an admin accepts the change."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schema", "name"], name="unique_relation")]

    def __str__(self) -> str:
        return self.name


class Routine(models.Model):
    """A function. Procedures, aggregates, window and trigger functions are left out."""

    id = models.BigAutoField(primary_key=True)
    schema = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="routines")
    name = models.CharField(max_length=63)
    signature = models.TextField(help_text="Input argument types joined by a comma, as format_type prints them.")
    arguments = models.JSONField(help_text="List of {name, mode, type, has_default, default, ...} in order.")
    returns = models.JSONField(help_text="Result: {type, set, columns}.")
    comment = models.TextField(blank=True)
    owner = models.CharField(max_length=63, blank=True)
    language = models.CharField(max_length=63)
    volatility = models.CharField(max_length=1, help_text="i, s or v as in pg_proc.provolatile.")
    strict = models.BooleanField(default=False)
    runs_as_owner = models.BooleanField(default=False, help_text="SECURITY DEFINER.")
    writes = models.BooleanField(
        default=False, help_text="An admin marked it as writing: it runs in a writing transaction and needs mcp.write."
    )
    accepted = models.JSONField(
        null=True, help_text="What it said before it changed; no tool stands for it until an admin accepts the change."
    )

    class Meta:
        constraints = [models.UniqueConstraint(F("schema"), F("name"), MD5("signature"), name="unique_routine")]

    def __str__(self) -> str:
        return f"{self.name}({self.signature})"


class Namespace(models.Model):
    """What names mean in a schema for the guard of free SQL, whether anybody may use them or not; pg_catalog's too."""

    id = models.BigAutoField(primary_key=True)
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="namespaces")
    name = models.CharField(max_length=63)
    names = models.JSONField(help_text="Relations, functions, types, operators and collations (catalog.namespaces).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalog", "name"], name="unique_namespace")]

    def __str__(self) -> str:
        return self.name
