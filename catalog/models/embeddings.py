"""Functions that an admin named to make vectors of texts. All by name, so that the choice survives a refresh."""

from django.db import models
from django.utils import timezone


class EmbeddingFunction(models.Model):
    """The function of the same database that makes the vectors of one index (mcp.md 4.6)."""

    id = models.BigAutoField(primary_key=True)
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="embedding_functions")
    schema = models.CharField(max_length=63, help_text="Of the index and its table.")
    index = models.CharField(max_length=63)
    function_schema = models.CharField(max_length=63)
    function = models.CharField(max_length=63)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalog", "schema", "index"], name="unique_embedding_function")]

    def __str__(self) -> str:
        return f"{self.schema}.{self.index}"
