"""config.demo: the demo database, its login role and every function in it."""

import dataclasses
import os
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.demo.load import DemoUnavailable, load

ADMIN_URL = os.environ.get("GATEPOST_TEST_SUPERUSER_URL") or os.environ.get("DATABASE_URL", "")
DATABASE, LOGIN = "test_demo_shop", "test_demo_login"
SECOND, SECOND_LOGIN, PLAIN = "test_demo_second", "test_demo_second_login", "test_demo_plain"
PASSWORD = "made-up-password"
ROWS = {
    "sales.customers": 5000,
    "sales.products": 400,
    "sales.orders": 25000,
    "sales.order_items": 56975,
    "support.tickets": 5000,
    "hr.employees": 240,
    "hr.salaries": 1686,
}
CALLS = [
    ("SELECT name FROM sales.get_customer(customer_id => 42::int4)", 1),
    ("SELECT * FROM sales.get_customer(customer_id => 0::int4)", 0),
    ("SELECT * FROM sales.find_customers(search => 'GARCÍA'::text)", 20),
    ("SELECT * FROM sales.find_customers(search => 'a'::text, max_results => 3::int4)", 3),
    ("SELECT * FROM sales.revenue_by_country()", 19),
    ("SELECT * FROM sales.revenue_by_country(from_date => '2030-01-01'::date, to_date => '2030-02-01'::date)", 0),
    ("SELECT * FROM sales.top_products()", 10),
    ("SELECT sales.customer_lifetime_value(customer_id => 42::int4)", 1),
    ("SELECT sales.order_total(order_id => 42::int8)", 1),
    ("SELECT sales.total_of_orders(1::int8, 2::int8)", 1),
    ("SELECT sales.total_of_orders(VARIADIC order_ids => '{1,2}'::int8[])", 1),
    ("SELECT * FROM sales.orders_between(from_date => '2026-10-01'::date)", 100),
    ("SELECT * FROM sales.find_orders()", 50),
    ("SELECT * FROM sales.find_orders(statuses => '{returned}'::sales.order_status[], channel => 'phone'::text)", 50),
    ("SELECT sales.count_orders(status => 'shipped'::sales.order_status)", 1),
    ("SELECT orders, revenue, first_order_on FROM sales.order_statistics(customer_id => 42::int4)", 1),
    ("SELECT * FROM sales.search_products(query => 'lantern'::text)", 5),
    ("SELECT * FROM sales.search_products(query => 'teapot'::text, category => 'Kitchen'::text)", 4),
    (
        "SELECT * FROM sales.search_products(query => 'a'::text, category => 'Bedroom'::text, max_price => 1::numeric)",
        0,
    ),
    ("""SELECT 1 FROM sales.products_with(attributes => '{"colour": "sage"}'::jsonb) LIMIT 1""", 1),
    ("SELECT sales.convert_amount(amount => 10::numeric, to_currency => 'usd'::text)", 1),
    ("SELECT sales.place_order(customer_id => 42::int4, product_id => 2::int4)", 1),
    ("SELECT 1 FROM support.customer_tickets(customer_id => 16::int4) LIMIT 1", 1),
    ("SELECT * FROM support.open_tickets(max_results => 7::int4)", 7),
    ("SELECT 1 FROM hr.salary_history(employee_id => 1::int4) LIMIT 1", 1),
    ("SELECT hr.headcount(department => 'Support'::text)", 1),
]
VECTOR_CALLS = [
    ("SELECT * FROM support.similar_tickets(ticket_id => 17::int4)", 5),
    ("SELECT support.embed(content => 'My parcel is missing'::text)", 1),
]


@pytest.fixture(scope="session")
def admin():
    with psycopg.connect(ADMIN_URL, autocommit=True) as connection:
        clean(connection)
        yield connection
        clean(connection)


def clean(connection):
    for name in (DATABASE, SECOND):
        run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    for name in (LOGIN, SECOND_LOGIN):
        for role in (name, f"{name}_creator", f"{name}_owner"):
            run(connection, "DROP ROLE IF EXISTS {}", role)
    run(connection, "DROP ROLE IF EXISTS {}", PLAIN)


def run(connection, statement, *names):
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def one(connection, statement, *values):
    return connection.execute(statement, values).fetchone()[0]


@pytest.fixture(scope="session")
def shop(admin):
    return load(ADMIN_URL, database=DATABASE, login_role=LOGIN, password=PASSWORD)


def connect(shop, **changes):
    place = {"host": shop.host, "port": shop.port, "dbname": shop.database, "user": shop.user}
    return psycopg.connect(**{**place, "password": shop.password, **changes})


@pytest.fixture
def session(shop):
    """A session of the login role; what it writes is rolled back."""
    with connect(shop) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("table", "rows"), ROWS.items())
def test_every_table_has_its_rows_and_the_login_role_reads_them(session, table, rows):
    schema, name = table.split(".")
    assert one(session, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))) == rows


def test_the_content_is_the_same_everywhere(session):
    assert one(session, "SELECT sum(line_total) FROM sales.order_items") == Decimal("10910627.38")
    assert one(session, "SELECT email FROM sales.get_customer(914)") == "oskar.ferrari914@example.com"


@pytest.mark.parametrize(("call", "rows"), CALLS)
def test_the_login_role_can_call_every_function(session, call, rows):
    assert len(session.execute(call).fetchall()) == rows


@pytest.mark.parametrize(("call", "rows"), VECTOR_CALLS)
def test_the_login_role_can_search_by_likeness_where_vectors_are(session, shop, call, rows):
    if shop.vector:
        assert len(session.execute(call).fetchall()) == rows
    else:
        assert one(session, "SELECT to_regclass('support.ticket_embeddings')") is None


def test_no_function_is_left_out_of_these_calls(session):
    functions = session.execute(
        "SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc"
        " WHERE pronamespace::regnamespace::text IN ('sales', 'support', 'hr')"
    ).fetchall()
    text = " ".join(call for call, _ in CALLS + VECTOR_CALLS)
    assert [name for (name,) in functions if f"{name}(" not in text] == []
    assert len([name for (name,) in functions if name.startswith("sales.")]) >= 10


def test_everything_has_a_comment(session):
    bare = session.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'v') AND obj_description(c.oid) IS NULL"
        " AND relnamespace::regnamespace::text IN ('sales', 'support', 'hr')"
        " UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid"
        " WHERE attnum > 0 AND relkind IN ('r', 'v') AND col_description(attrelid, attnum) IS NULL"
        " AND relnamespace::regnamespace::text IN ('sales', 'support', 'hr')"
        " UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p WHERE obj_description(p.oid, 'pg_proc') IS NULL"
        " AND pronamespace::regnamespace::text IN ('sales', 'support', 'hr')"
        " UNION ALL SELECT nspname FROM pg_namespace n"
        " WHERE nspname IN ('sales', 'support', 'hr') AND obj_description(n.oid) IS NULL"
    ).fetchall()
    assert bare == []


def test_placing_an_order_writes_one_order_with_one_line(session):
    order = one(session, "SELECT sales.place_order(42, 2, 3)")
    assert order > 25000
    assert one(session, "SELECT quantity FROM sales.order_items WHERE order_id = %s", order) == 3


@pytest.mark.parametrize(("customer", "product"), [(0, 2), (42, 0)])
def test_placing_an_order_for_nobody_or_of_nothing_is_refused(session, customer, product):
    with pytest.raises(psycopg.errors.NoDataFound):
        session.execute("SELECT sales.place_order(%s, %s)", [customer, product])


def test_the_login_role_is_poor(session, shop):
    assert session.execute(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit FROM pg_roles"
        " WHERE rolname = current_user"
    ).fetchone() == (False, False, False, False, False, 20)
    me = one(session, "SELECT oid FROM pg_roles WHERE rolname = current_user")
    assert one(session, "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = %s", me) == 0
    assert one(session, "SELECT count(*) FROM pg_auth_members WHERE member = %s", me) == 0
    assert one(session, "SELECT has_database_privilege(current_database(), 'CREATE, TEMP')") is False
    assert (
        session.execute("SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')").fetchall() == []
    )
    assert one(session, "SHOW statement_timeout") == "1min"


def test_the_creating_role_creates_in_drafts_alone_and_may_own_what_it_created_at_the_next_load(shop):
    with connect(shop, user=shop.creator) as creator:
        creates = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')"
        assert creator.execute(creates).fetchall() == [("drafts",)]
        assert one(creator, "SELECT has_database_privilege(current_database(), 'CREATE, TEMP')") is False
        assert one(creator, "SELECT has_schema_privilege('sales', 'USAGE')") is False
        creator.execute("CREATE TABLE drafts.kept (id int)")
    load(ADMIN_URL, database=DATABASE, login_role=LOGIN, password=PASSWORD)
    with connect(shop, user=shop.creator) as creator:
        creator.execute("DROP TABLE drafts.kept")


def test_only_a_superuser_sets_the_limit_of_temporary_files(session, admin):
    superuser = one(admin, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    assert one(session, "SHOW temp_file_limit") == ("256MB" if superuser else "-1")


def test_the_login_role_cannot_write_in_hr(session):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("UPDATE hr.salaries SET yearly_amount = 1")


def test_nothing_in_the_demo_runs_with_the_rights_of_a_superuser(session):
    owners = session.execute(
        "SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc"
        " WHERE pronamespace::regnamespace::text IN ('sales', 'support', 'hr')"
    ).fetchall()
    assert owners == [(f"{LOGIN}_owner",)]


def test_other_roles_get_nothing_through_public(session):
    assert one(session, "SELECT has_database_privilege('pg_monitor', current_database(), 'CONNECT')") is False
    assert one(session, "SELECT has_function_privilege('pg_monitor', 'hr.headcount(text)', 'EXECUTE')") is False


def test_the_password_is_not_shown(shop):
    assert PASSWORD not in repr(shop)


def test_a_second_load_keeps_the_data_and_changes_the_password(shop, admin):
    oid = one(admin, "SELECT oid FROM pg_database WHERE datname = %s", DATABASE)
    again = load(ADMIN_URL, database=DATABASE, login_role=LOGIN, password="another-password")
    assert again == dataclasses.replace(shop, password="another-password")
    assert one(admin, "SELECT oid FROM pg_database WHERE datname = %s", DATABASE) == oid
    connect(again).close()
    connect(load(ADMIN_URL, database=DATABASE, login_role=LOGIN, password=PASSWORD)).close()


@pytest.fixture
def plain_url(admin):
    """An account that may make databases and roles, and nothing else."""
    run(admin, "CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD 'made-up'", PLAIN)
    yield make_conninfo(ADMIN_URL, user=PLAIN, password="made-up")
    run(admin, "DROP DATABASE IF EXISTS {}", SECOND)
    for role in (SECOND_LOGIN, f"{SECOND_LOGIN}_creator", f"{SECOND_LOGIN}_owner", PLAIN):
        run(admin, "DROP ROLE IF EXISTS {}", role)


def test_a_plain_account_repairs_what_was_made_half(admin, plain_url):
    with psycopg.connect(plain_url, autocommit=True) as plain:
        run(plain, "CREATE ROLE {}", f"{SECOND_LOGIN}_owner")
        run(plain, "GRANT {} TO CURRENT_USER", f"{SECOND_LOGIN}_owner")
        run(plain, "CREATE DATABASE {} OWNER {}", SECOND, f"{SECOND_LOGIN}_owner")
    second = load(plain_url, database=SECOND, login_role=SECOND_LOGIN, password=PASSWORD)
    with connect(second) as connection:
        assert one(connection, "SELECT count(*) FROM sales.orders") == ROWS["sales.orders"]
        assert one(connection, "SELECT hr.headcount()") > 0


def test_an_account_without_rights_is_told_what_it_needs(admin, plain_url):
    run(admin, "ALTER ROLE {} NOCREATEDB", PLAIN)
    with pytest.raises(DemoUnavailable, match=f"ALTER ROLE {PLAIN} CREATEDB CREATEROLE"):
        load(plain_url, database=SECOND, login_role=SECOND_LOGIN, password=PASSWORD)
    assert one(admin, "SELECT count(*) FROM pg_database WHERE datname = %s", SECOND) == 0


def test_a_database_of_somebody_else_is_never_touched(admin, plain_url):
    run(admin, "CREATE DATABASE {}", SECOND)
    with pytest.raises(DemoUnavailable, match="was not made for the demo"):
        load(ADMIN_URL, database=SECOND, login_role=SECOND_LOGIN, password=PASSWORD)
    assert one(admin, "SELECT count(*) FROM pg_database WHERE datname = %s", SECOND) == 1
    assert one(admin, "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, %s)", SECOND_LOGIN) == 0


def test_a_powerful_role_is_never_taken_over(admin, plain_url):
    with pytest.raises(DemoUnavailable, match="is not a plain role"):
        load(ADMIN_URL, database=SECOND, login_role=PLAIN, password=PASSWORD)
    assert one(admin, "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, %s)", PLAIN) == 1
    psycopg.connect(plain_url).close()


def test_a_server_that_does_not_answer_is_named_in_one_line(tmp_path):
    with pytest.raises(DemoUnavailable) as refusal:
        load(f"host={tmp_path} dbname=postgres", database=SECOND, login_role=SECOND_LOGIN, password=PASSWORD)
    assert "\n" not in str(refusal.value)
