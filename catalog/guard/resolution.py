"""What a written name stands for on the pinned search path: pg_catalog, the schemas in order, pg_temp last."""

from catalog.guard.names import SYSTEM, Name, Names


def relation(names: Names, schema: str, name: str) -> Name | None:
    """The table of this name. A bare one must have one candidate only, at home if the caller has one; pg_* is the system's."""
    if schema:
        return schema, name
    if name.startswith("pg_"):
        return SYSTEM, name
    schemas = names.on_path(name, names.relations)
    return (schemas[0], name) if len(schemas) == 1 and names.home in {"", *schemas} else None


def functions(names: Names, parts: tuple[str, ...], reviewed: frozenset[str]) -> list[Name]:
    """Every function that a call may reach. The arguments' types choose among them, not the order of the path."""
    if len(parts) != 1:
        return [(parts[0], parts[1])] if len(parts) == 2 else []
    name = parts[0]
    system = [(SYSTEM, name)] if name in names.system_functions or name in reviewed else []
    return system + [(schema, name) for schema in names.on_path(name, names.functions)]
