"""What of the copies a caller may see: what it holds a privilege on, and its parents. rest-api.md 5 and 7."""

from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, Model, OuterRef, Q, QuerySet, Value

from catalog.models import Catalog, Privilege, Relation, Routine, Schema

M = TypeVar("M", bound=Model)

_UNADDRESSABLE = r"[./\x01-\x1f\x7f]"  # no full_name can hold such a name


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks. An account admin sees all, an auditor the names of all, others what their privileges reach.

    Rows come with `is_whole`: False where only the name may be shown. `catalogs` are the limits of the credential.
    """

    principal_id: int
    is_account_admin: bool = False
    is_auditor: bool = False
    catalogs: frozenset[str] | None = None

    def see_catalogs(self) -> QuerySet[Catalog]:
        """Return the catalogs of which something may be seen."""
        rows = Catalog.objects.all() if self.is_account_admin else Catalog.objects.filter(enabled=True)
        if self.catalogs is not None:
            rows = rows.filter(name__in=self.catalogs)
        return self._seen(rows, Q(Exists(self._held(catalog=OuterRef("pk")))))

    def see_schemas(self, catalog: Catalog) -> QuerySet[Schema]:
        """Return the schemas of a catalog that is seen."""
        everywhere = self._held(catalog=catalog, securable="catalog").exclude(action="USE_CATALOG")
        here = self._held(catalog=catalog, schema=OuterRef("name")).exclude(securable="catalog")
        rows = _addressable(Schema.objects.filter(catalog=catalog))
        return self._seen(rows, Q(Exists(everywhere)) | Q(Exists(here)))

    def see_relations(self, catalog: Catalog) -> QuerySet[Relation]:
        """Return the tables and views of a catalog that is seen, with `schema_name`."""
        rows = _addressable(Relation.objects.filter(schema__in=_addressable(Schema.objects.filter(catalog=catalog))))
        return self._seen(
            rows.annotate(schema_name=F("schema__name")),
            self._reached(catalog, ["SELECT", "MODIFY"], securable="table"),
        )

    def see_routines(self, catalog: Catalog) -> QuerySet[Routine]:
        """Return the functions of a catalog that is seen, with `schema_name` and `is_overloaded`."""
        rows = _addressable(Routine.objects.filter(schema__in=_addressable(Schema.objects.filter(catalog=catalog))))
        others = Routine.objects.filter(schema=OuterRef("schema"), name=OuterRef("name")).exclude(pk=OuterRef("pk"))
        return self._seen(
            rows.annotate(schema_name=F("schema__name"), is_overloaded=Exists(others)),
            self._reached(catalog, ["EXECUTE"], securable="function", signature=OuterRef("signature")),
        )

    def _reached(self, catalog: Catalog, actions: list[str], **identity: Any) -> Q:
        """Objects that run as their owner inherit nothing: they need a privilege by name."""
        held = self._held(catalog=catalog, action__in=actions)
        above = held.filter(Q(securable="catalog") | Q(securable="schema", schema=OuterRef("schema__name")))
        by_name = held.filter(schema=OuterRef("schema__name"), object=OuterRef("name"), **identity)
        return Q(Exists(by_name)) | (Q(runs_as_owner=False) & Q(Exists(above)))

    def _held(self, **where: Any) -> QuerySet[Privilege]:
        holder = Q(user_id=self.principal_id) | Q(group__members=self.principal_id)
        return Privilege.objects.filter(holder, **where)

    def _seen(self, rows: QuerySet[M], reached: Q) -> QuerySet[M]:
        whole: Any = Value(value=True)
        if self.is_auditor and not self.is_account_admin:
            whole = ExpressionWrapper(reached, output_field=BooleanField())
        elif not self.is_account_admin:
            rows = rows.filter(reached)
        return cast("QuerySet[M]", rows.annotate(is_whole=whole))


def _addressable(rows: QuerySet[M]) -> QuerySet[M]:
    return rows.exclude(name__regex=_UNADDRESSABLE)
