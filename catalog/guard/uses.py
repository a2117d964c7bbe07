"""What a statement uses, as the walk finds it and the rules check it."""

from dataclasses import dataclass, field

from catalog.guard.names import Name


@dataclass(frozen=True, slots=True)
class RelationUse:
    """A table by its name. `name` is None when nothing, or more than one thing, answers to it."""

    written: str
    name: Name | None
    read: bool
    modified: bool
    location: int | None


@dataclass(frozen=True, slots=True)
class Use:
    """A function, operator, type, collation or sampling method by its name as it was written."""

    parts: tuple[str, ...]
    location: int | None
    one_argument: bool = False  # of a call: f(x) can also mean a cast to a type f


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A name after a dot. When it is not certainly a column, PostgreSQL calls a function of that name."""

    name: str
    certain: bool
    location: int | None


@dataclass(slots=True)
class Uses:
    """All of it."""

    relations: list[RelationUse] = field(default_factory=list)
    functions: list[Use] = field(default_factory=list)
    keywords: list[Use] = field(default_factory=list)  # syntax that an older server reads as a call
    values: list[Use] = field(default_factory=list)  # CURRENT_DATE and its kin
    fields: list[FieldUse] = field(default_factory=list)
    operators: list[Use] = field(default_factory=list)
    types: list[Use] = field(default_factory=list)
    collations: list[Use] = field(default_factory=list)
    sampling: list[Use] = field(default_factory=list)
    parameters: list[tuple[int, int | None]] = field(default_factory=list)
