"""What a principal holds on catalogs, decided in memory. Inherited from catalog to schema to object; denied by default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from catalog.guard import owner_rights
from catalog.guard.names import Held as HowHeld
from catalog.restriction import Restriction


class Held(NamedTuple):
    """One privilege. Names of the objects below the catalog are empty where the privilege stands higher."""

    action: str
    securable: str
    catalog: int
    schema: str = ""
    object: str = ""
    signature: str = ""


MEANINGFUL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "catalog": ("USE_CATALOG", "USE_SCHEMA", "SELECT", "MODIFY", "EXECUTE"),
        "schema": ("USE_SCHEMA", "SELECT", "MODIFY", "EXECUTE"),
        "table": ("SELECT", "MODIFY"),
        "function": ("EXECUTE",),
    }
)


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything that a principal holds, its groups' privileges included.

    SELECT with masks or a row filter is not among `held`: whoever does not ask for the restriction sees nothing.
    """

    held: frozenset[Held]
    restrictions: Mapping[Held, Restriction] = field(default_factory=dict)  # by table, as Held without an action

    def may_use_schema(self, catalog: int, schema: str) -> bool:
        """Tell whether catalog and schema are open: USE_CATALOG and USE_SCHEMA."""
        return Held("USE_CATALOG", "catalog", catalog) in self.held and self._opens_schema(catalog, schema)

    def may_create_in(self, catalog: int, schema: str) -> bool:
        """Tell whether tables may be created in a schema: it is open, and MODIFY is held on it or above."""
        above = {Held("MODIFY", "schema", catalog, schema), Held("MODIFY", "catalog", catalog)}
        return self.may_use_schema(catalog, schema) and not self.held.isdisjoint(above)

    def may_use(self, action: str, place: Held, *, runs_as_owner: bool) -> bool:
        """Tell whether the action reaches a table or function. One that runs as its owner needs it by name."""
        return owner_rights.suffices(self.how(action, place), runs_as_owner=runs_as_owner)

    def how(self, action: str, place: Held) -> HowHeld:
        """Tell how the action reaches a table or function: by name, from above, or not at all."""
        if place._replace(action=action) in self.held:
            return HowHeld.BY_NAME
        above = {Held(action, "schema", place.catalog, place.schema), Held(action, "catalog", place.catalog)}
        return HowHeld.NO if self.held.isdisjoint(above) else HowHeld.INHERITED

    def restriction(self, place: Held, *, runs_as_owner: bool = False) -> Restriction | None:
        """Return what may be read of a table when SELECT is held with a restriction only."""
        if self.may_use("SELECT", place, runs_as_owner=runs_as_owner):
            return None
        return self.restrictions.get(place._replace(action=""))

    def in_catalog(self, catalog: int) -> frozenset[Held]:
        """Return what is held in one catalog."""
        return frozenset(each for each in self.held if each.catalog == catalog)

    def lacking(self, place: Held, *, runs_as_owner: bool) -> list[str]:
        """Return what is still needed before the place (its action does not matter) can be used."""
        needed = [("USE_CATALOG", Held("USE_CATALOG", "catalog", place.catalog) in self.held)]
        if place.schema:
            needed.append(("USE_SCHEMA", self._opens_schema(place.catalog, place.schema)))
        if place.object:
            action = "EXECUTE" if place.securable == "function" else "SELECT"
            needed.append((action, self.may_use(action, place, runs_as_owner=runs_as_owner)))
        return [action for action, is_held in needed if not is_held]

    def _opens_schema(self, catalog: int, schema: str) -> bool:
        return not self.held.isdisjoint(
            {Held("USE_SCHEMA", "schema", catalog, schema), Held("USE_SCHEMA", "catalog", catalog)}
        )
