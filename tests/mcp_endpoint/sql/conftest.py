"""The strangers' database as the catalog `strangers`.

bob may read sales and change sales.notes; charlie may nothing.

alice may only read sales.as_owner, a view that runs as its owner.
"""

import psycopg
import pytest
from django.core.management import call_command

from accounts.models import User
from audit import control_database
from catalog.models import Privilege
from tests.catalog.conftest import catalog_on
from tests.catalog.corpus.conftest import strangers  # noqa: F401 - a fixture
from tests.mcp_endpoint.asking import Asking
from tests.mcp_endpoint.conftest import World

SQL = "/api/2.0/mcp/sql"
LIMITS = {"read_only": False, "row_limit": 100, "byte_limit": 20_000, "statement_timeout_ms": 5_000}

# Of the corpus; private_label, spy, trip and the second overload of mixed are nobody's.
CALLABLE = [
    ("tax", "numeric"),
    ("label", "sales.orders"),
    ("over", "integer"),
    ("over", "text"),
    ("mixed", "integer"),
    ("add_all", "integer[]"),
    ("split", "integer"),
    ("firsts", "integer"),
    ("twice", "anyelement"),
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, strangers):  # noqa: F811
    with django_db_blocker.unblock():
        catalog = catalog_on(strangers.target, "strangers", **LIMITS, affected_row_limit=5, trusted_schemas=["vectors"])
        people = {
            name: User.objects.create_person(f"{name}@example.com", name.title())
            for name in ("alice", "bob", "charlie")
        }
        world = World(catalog, people)
        world.allow("bob", "USE_CATALOG")
        _hold(world, "USE_SCHEMA", "schema", schema="sales")
        _hold(world, "USE_SCHEMA", "schema", schema="vectors")
        _hold(world, "SELECT", "schema", schema="sales")
        for name, signature in CALLABLE:
            _hold(world, "EXECUTE", "function", schema="sales", object=name, signature=signature)
        _hold(world, "MODIFY", "table", schema="sales", object="notes")
        world.allow("alice", "USE_CATALOG")
        _hold(world, "USE_SCHEMA", "schema", "alice", schema="sales")
        _hold(world, "SELECT", "table", "alice", schema="sales", object="as_owner")
        world.tokens = {
            "alice": world.token("alice", "mcp.sql"),
            "bob": world.token("bob", "mcp.sql"),
            "writer": world.token("bob", "mcp.sql", "mcp.write"),
            "charlie": world.token("charlie", "mcp.sql"),
            "tables": world.token("bob", "mcp.tables"),
        }
        yield world
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True, reset_sequences=False)


def _hold(world, action, securable, who="bob", **place):
    Privilege.objects.create(user=world.people[who], action=action, securable=securable, catalog=world.catalog, **place)


@pytest.fixture(scope="module")
def everywhere(world):
    """/sql, where each call names its catalog."""
    return Asking(world, SQL)


@pytest.fixture(scope="module")
def sql(world):
    """/sql/strangers."""
    return Asking(world, f"{SQL}/strangers")


@pytest.fixture
def control(world):
    """The control database, outside the transaction of the test."""
    with psycopg.connect(**control_database.parameters(), autocommit=True) as connection:
        yield connection
