"""Models of catalogs: the connection, the introspected copy and the privileges."""

from catalog.models.catalogs import Catalog, ConfirmWrites
from catalog.models.documents import DocumentSearch
from catalog.models.embeddings import EmbeddingFunction
from catalog.models.objects import Namespace, Relation, Routine, Schema
from catalog.models.privileges import Privilege
from catalog.models.statements import LongStatement

__all__ = [
    "Catalog",
    "ConfirmWrites",
    "DocumentSearch",
    "EmbeddingFunction",
    "LongStatement",
    "Namespace",
    "Privilege",
    "Relation",
    "Routine",
    "Schema",
]
