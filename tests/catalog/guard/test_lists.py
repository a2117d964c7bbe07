"""The reviewed lists, against the server itself."""

import os
import re
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from catalog.guard import lists
from catalog.guard.results import SYSTEM_RESULTS

FOLDER = Path(lists.__file__).parent
URL = os.environ.get("GATEPOST_TEST_SUPERUSER_URL") or settings.DATABASE_URL
# Families that must never be on the list, whatever the single function does.
OFF = re.compile(
    r"^(pg_|lo_|has_|to_reg|txid_|inet_(client|server)_|current_|session_|system_user|ts_stat|ts_rewrite|ts_debug|ts_parse"
    r"|binary_upgrade|acl|row_security|dblink|col_description|obj_description|shobj_|format_type|format$|version|getdatabase"
    r"|repeat$|lpad$|rpad$|array_fill$|nextval|currval|lastval|setval|setseed|random|gen_random|uuidv|clock_|timeofday"
    r"|set_config|loread|lowrite|suppress_|xpath)|xml"
)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of the grammar's version. An older one does not have all the functions."""
    with psycopg.connect(URL) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("needs PostgreSQL 18; `manage.py test` brings it")
        yield connection


def column(server, query, *arguments):
    return {row[0] for row in server.execute(query, arguments)}


@pytest.mark.parametrize("name", ["functions.txt", "types.txt", "information_schema.txt"])
def test_a_list_is_sorted_with_one_name_a_line(name):
    lines = (FOLDER / name).read_text().splitlines()
    assert lines == sorted(set(lines))
    assert all(re.fullmatch("[a-z0-9_]+", line) for line in lines)


def test_no_reviewed_function_is_of_a_forbidden_family():
    assert not [name for name in lists.REVIEWED_FUNCTIONS if OFF.search(name)]


def test_every_reviewed_function_is_there(server):
    there = column(server, "SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace")
    assert there >= lists.REVIEWED_FUNCTIONS


@pytest.mark.parametrize(
    "fault",
    [
        "provolatile = 'v'",
        "prosecdef",
        "prokind = 'p'",
        # internal, cstring, void, triggers, handlers: machinery, not values
        "EXISTS (SELECT FROM unnest(proargtypes || prorettype) t JOIN pg_type ON pg_type.oid = t"
        " WHERE typtype = 'p' AND typname !~ '^(any|record)')",
        # names of catalog objects, except of a text search configuration
        "EXISTS (SELECT FROM unnest(proargtypes || prorettype) t WHERE t::regtype::text ~ '^(reg|refcursor|aclitem)'"
        " AND t <> 'regconfig'::regtype)",
    ],
)
def test_no_overload_of_a_reviewed_function_has_this_fault(server, fault):
    query = (
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        f" AND proname = ANY (%s) AND ({fault})"
    )
    assert not column(server, query, list(lists.REVIEWED_FUNCTIONS))


def test_a_reviewed_function_that_is_also_a_type_is_a_reviewed_type(server):
    """f(x) can mean a cast to a type f."""
    types = column(server, "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace")
    assert lists.REVIEWED_FUNCTIONS & types <= lists.REVIEWED_TYPES


def test_the_function_of_every_operator_of_pg_catalog_is_harmless(server):
    """Rule 9 lets all of them pass."""
    query = (
        "SELECT o.oid::regoperator::text FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode"
        " WHERE o.oprnamespace = 'pg_catalog'::regnamespace"
        " AND (p.provolatile = 'v' OR p.prosecdef OR p.pronamespace <> o.oprnamespace)"
    )
    assert not column(server, query)


def test_every_reviewed_type_is_a_plain_one(server):
    query = "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = ANY ('{b,r,m}')"
    assert column(server, query) >= lists.REVIEWED_TYPES
    assert not [name for name in lists.REVIEWED_TYPES if re.search("^(reg|pg_|_|oid|xid|cid|tid|xml|refcursor|acl)", name)
                and name != "cidr"]  # fmt: skip


def test_all_of_pg_catalog_begins_with_pg(server):
    """So a bare name that begins so is never a user's table."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname !~ '^pg_'"
    assert not column(server, query)


def test_the_open_views_show_no_objects_of_users(server):
    """They read no catalog in which users' objects stand, but for the name of the database."""
    query = (
        "SELECT d.refobjid::regclass::text FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid"
        " WHERE r.ev_class = format('information_schema.%%I', %s::text)::regclass"
        " AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class"
    )
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'information_schema'::regnamespace"
    plain = column(server, tables)
    for view in lists.INFORMATION_SCHEMA - plain:
        assert column(server, query, view) <= {"pg_database", "pg_collation", "pg_namespace"}, view


def test_the_known_results_are_right(server):
    query = (
        "SELECT proargnames[array_position(proargmodes, 'o'):], prorettype::regtype::text, typtype::text FROM pg_proc"
        " JOIN pg_type ON pg_type.oid = prorettype WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = %s"
    )
    for name, columns in SYSTEM_RESULTS.items():
        for out, returned, kind in server.execute(query, [name]):
            assert tuple(out or ()) == columns, name
            assert (kind in "b") == (len(columns) < 2), (name, returned)
