"""Models of catalogs: the connection, the introspected copy and the privileges."""

from catalog.models.catalogs import Catalog
from catalog.models.objects import Namespace, Relation, Routine, Schema
from catalog.models.privileges import Privilege

__all__ = ["Catalog", "Namespace", "Privilege", "Relation", "Routine", "Schema"]
