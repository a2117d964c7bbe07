-- A database with what the login role may reach, and what a caller of Gatepost may reach of it.
CREATE SCHEMA sales;
CREATE SCHEMA vectors;  -- trusted by the admin
CREATE SCHEMA secrets;  -- the login role can read it; the caller has no grant
CREATE SCHEMA hr;       -- not even the login role

CREATE TABLE sales.customers (id int PRIMARY KEY, name text);
INSERT INTO sales.customers VALUES (1, 'Ada'), (2, 'Bo');
CREATE TABLE sales.orders (id int PRIMARY KEY, customer int REFERENCES sales.customers, amount numeric);
INSERT INTO sales.orders VALUES (1, 1, 10), (2, 2, 20), (3, 1, 30);
CREATE TABLE sales.notes (id int PRIMARY KEY, body text);
INSERT INTO sales.notes VALUES (1, 'first');
CREATE TABLE sales.counter (n int);
INSERT INTO sales.counter VALUES (0);

CREATE TABLE secrets.canary (id int, secret text);
CREATE TABLE secrets.orders (id int, hidden text);  -- the name of a granted table
CREATE TABLE secrets.tenants (tenant text, secret text);
ALTER TABLE secrets.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets.tenants USING (tenant = current_setting('app.tenant', true));

CREATE TABLE hr.salaries (id int, amount int);

CREATE VIEW sales.as_owner AS SELECT * FROM hr.salaries;
CREATE VIEW sales.as_caller WITH (security_invoker) AS SELECT * FROM sales.orders;
CREATE VIEW sales.over_secrets WITH (security_invoker) AS SELECT * FROM secrets.canary;

-- S9, S17
CREATE FUNCTION sales.sd_leak(sales.orders) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'SELECT amount::text FROM hr.salaries LIMIT 1';
CREATE FUNCTION sales.sd_total() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT sum(amount) FROM hr.salaries';
CREATE FUNCTION sales.tax(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT $1 * 0.2';
CREATE FUNCTION sales.label(sales.orders) RETURNS text LANGUAGE sql AS $$SELECT 'order ' || $1.id$$;
CREATE FUNCTION sales.private_label(sales.orders) RETURNS text LANGUAGE sql AS $$SELECT 'private ' || $1.id$$;
CREATE FUNCTION sales.over(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sales.over(a text) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION sales.mixed(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sales.mixed(a text) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION sales.add_all(VARIADIC numbers int[]) RETURNS bigint LANGUAGE sql AS 'SELECT sum(n) FROM unnest(numbers) n';
CREATE FUNCTION sales.split(whole int, OUT half int, OUT rest int) LANGUAGE sql AS 'SELECT whole / 2, whole % 2';
CREATE FUNCTION sales.firsts(many int DEFAULT 2) RETURNS SETOF sales.orders LANGUAGE sql
    AS 'SELECT * FROM sales.orders ORDER BY id LIMIT many';
CREATE FUNCTION sales.twice(anyelement) RETURNS anyarray LANGUAGE sql AS 'SELECT ARRAY[$1, $1]';
CREATE PROCEDURE sales.proc() LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sales.spy(anyelement) RETURNS text LANGUAGE sql AS $$SELECT 'spied'$$;

-- S18
CREATE FUNCTION sales.evil(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR sales.=== (FUNCTION = sales.evil, LEFTARG = int, RIGHTARG = int);
CREATE OPERATOR sales.@@ (FUNCTION = sales.evil, LEFTARG = int, RIGHTARG = int);  -- shadows
CREATE OPERATOR vectors.<=> (FUNCTION = sales.evil, LEFTARG = int, RIGHTARG = int);
CREATE FUNCTION sales.passes(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE DOMAIN sales.evil_domain AS text CHECK (sales.passes(VALUE));
CREATE COLLATION sales.evil FROM "C";
CREATE TYPE vectors.pair AS (x int, y int);

-- The fuzzing: whoever is called here without leave says so.
CREATE FUNCTION sales.trip(anyelement) RETURNS text LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'tripped' USING ERRCODE = 'GP001'; END$$;
CREATE FUNCTION sales.trip(int, int) RETURNS boolean LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'tripped' USING ERRCODE = 'GP001'; END$$;
CREATE FUNCTION sales.trip_text(text) RETURNS boolean LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'tripped' USING ERRCODE = 'GP001'; END$$;
CREATE OPERATOR sales.<# (FUNCTION = sales.trip, LEFTARG = int, RIGHTARG = int);
CREATE DOMAIN sales.trip_domain AS text CHECK (sales.trip_text(VALUE));
CREATE TYPE sales.address AS (street text, city text);
CREATE TABLE sales.places (id int, trip sales.address, tags text[]);
INSERT INTO sales.places VALUES (1, ('a', 'b'), '{x}');
