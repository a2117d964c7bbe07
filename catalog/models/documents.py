"""Tables whose rows an admin opened to search by words. Tables are named, so that the choice survives a refresh."""

from django.db import models
from django.utils import timezone


class DocumentSearch(models.Model):
    """How the rows of one table are searched and shown as documents (mcp.md 4.8)."""

    id = models.BigAutoField(primary_key=True)
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="document_searches")
    schema = models.CharField(max_length=63)
    table = models.CharField(max_length=63)
    title_column = models.CharField(max_length=63)
    text_columns = models.JSONField(help_text="Names of the columns that are searched and shown, in order.")
    url_template = models.CharField(
        max_length=2000, blank=True, help_text="Address of a row, with {column} gaps. Empty: the schema in the console."
    )
    configuration = models.CharField(max_length=200, help_text="Text search configuration, as regconfig prints it.")
    enabled = models.BooleanField(default=True)
    off_because = models.TextField(blank=True, help_text="Why a refresh switched it off.")
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalog", "schema", "table"], name="unique_document_search")]

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"
