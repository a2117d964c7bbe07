"""RFC 6749 3.3: the scopes, what each includes, and the sentence that the consent page shows for it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """Every scope of this deployment. A name is `area` or `mcp.kind`; nothing else is a scope."""

    ALL_APIS = "all-apis"
    SQL = "sql"
    UNITY_CATALOG = "unity-catalog"
    VECTOR_SEARCH = "vector-search"
    MCP_FUNCTIONS = "mcp.functions"
    MCP_TABLES = "mcp.tables"
    MCP_SQL = "mcp.sql"
    MCP_VECTORSEARCH = "mcp.vectorsearch"
    MCP_WRITE = "mcp.write"
    ACCESS_MANAGEMENT = "access-management"
    OFFLINE_ACCESS = "offline_access"
    OPENID = "openid"
    PROFILE = "profile"
    EMAIL = "email"


ALIASES = MappingProxyType({"ai-search": Scope.VECTOR_SEARCH})

_CATALOG = frozenset({Scope.MCP_FUNCTIONS, Scope.MCP_TABLES})
_READS = frozenset(
    {Scope.UNITY_CATALOG, Scope.SQL, Scope.VECTOR_SEARCH, Scope.MCP_SQL, Scope.MCP_VECTORSEARCH, *_CATALOG}
)

# mcp.write, access-management and the sign-in scopes stand alone: nothing includes them.
INCLUDES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Scope.ALL_APIS: _READS,
        Scope.UNITY_CATALOG: _CATALOG,
        Scope.SQL: frozenset({Scope.MCP_SQL}),
        Scope.VECTOR_SEARCH: frozenset({Scope.MCP_VECTORSEARCH}),
    }
)

SENTENCES = MappingProxyType(
    {
        Scope.ALL_APIS: "Use every read that you may use: catalogs, functions, tables, SQL and search",
        Scope.SQL: "Run read-only SQL in the catalogs that you may use",
        Scope.UNITY_CATALOG: "See catalogs, schemas, tables and functions, and use them as tools",
        Scope.VECTOR_SEARCH: "Search vector indexes",
        Scope.MCP_FUNCTIONS: "Call the database functions that you may call",
        Scope.MCP_TABLES: "Read rows of the tables that you may read",
        Scope.MCP_SQL: "Run read-only SQL through MCP",
        Scope.MCP_VECTORSEARCH: "Search vector indexes through MCP",
        Scope.MCP_WRITE: "Change data: insert, update and delete rows and create tables, where you have that privilege",
        Scope.ACCESS_MANAGEMENT: "Manage access: make tokens, app integrations and privileges in your name",
        Scope.OFFLINE_ACCESS: "Stay connected when you are away",
        Scope.OPENID: "Know who you are",
        Scope.PROFILE: "See your name",
        Scope.EMAIL: "See your e-mail address",
    }
)


def known(name: str) -> Scope | None:
    """Return the scope of that name or alias, or None for a word that is no scope."""
    if name in ALIASES:
        return ALIASES[name]
    try:
        return Scope(name)
    except ValueError:
        return None


def expand(names: frozenset[str]) -> frozenset[str]:
    """Return the scopes with all that they include."""
    return names.union(*(INCLUDES.get(name, frozenset()) for name in names))


def covers(held: frozenset[str], needed: str) -> bool:
    """Tell whether one of the held scopes is the needed one or includes it."""
    return needed in held or needed in expand(held)


def intersect(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """Return what both sides allow, with hierarchies honoured: all-apis and mcp.sql give mcp.sql."""
    return expand(left) & expand(right)
