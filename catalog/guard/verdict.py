"""What the guard answers."""

from dataclasses import dataclass
from enum import StrEnum

from catalog.guard.names import Name


class Code(StrEnum):
    """Why a statement is refused; tests and the audit record compare this, never the sentence."""

    TOO_LARGE = "sql_too_large"
    SYNTAX = "sql_syntax"
    ONE_STATEMENT = "sql_one_statement"
    STATEMENT = "sql_statement"
    NEEDS_WRITE = "sql_needs_write"
    CONSTRUCT = "sql_construct"
    FUNCTION = "sql_function"
    RELATION = "sql_relation"
    RESTRICTED = "sql_restricted"
    NEEDS_SELECT = "sql_needs_select"
    NEEDS_MODIFY = "sql_needs_modify"
    RUNS_AS_OWNER = "sql_runs_as_owner"
    COLUMN = "sql_column"
    OPERATOR = "sql_operator"
    TYPE = "sql_type"
    COLLATION = "sql_collation"
    SAMPLING = "sql_sampling"
    PARAMETER = "sql_parameter"


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that may run, and what it does."""

    kind: str  # select, insert, update, delete or merge; of an EXPLAIN the statement explained
    explain: bool
    writes: bool  # it needs a transaction that may write
    reads: frozenset[Name]
    written: frozenset[Name]
    calls: frozenset[Name]  # functions outside pg_catalog


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that must not be sent. `position` counts characters from 1, as PostgreSQL does."""

    code: Code
    sentence: str
    position: int | None = None


class Refused(Exception):
    """Raised by a rule; `inspect` turns it into a Refusal."""

    def __init__(self, code: Code, sentence: str, location: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.location = location  # bytes
