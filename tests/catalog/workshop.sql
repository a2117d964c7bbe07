-- A small database with every form of function that Gatepost offers, and the names that break careless code.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'What the workshop sells';
CREATE SCHEMA secret;

CREATE TYPE shop.colour AS ENUM ('red', 'deep blue', 'it''s "odd", {really}\');
CREATE DOMAIN shop.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN shop.code AS varchar(4);
CREATE TYPE shop.size AS (width integer, height integer);

CREATE TABLE shop.item (
    id integer PRIMARY KEY, name text NOT NULL, colour shop.colour DEFAULT 'red', price numeric(10, 2),
    amount shop.positive, code shop.code UNIQUE, hidden text,
    total numeric GENERATED ALWAYS AS (price * 2) STORED
);
COMMENT ON TABLE shop.item IS 'One thing';
COMMENT ON COLUMN shop.item.price IS 'In euro';
INSERT INTO shop.item (id, name, colour, price, amount, code, hidden)
SELECT i, 'item ' || i, 'deep blue', i + 0.5, i, 'c' || i, 'canary' FROM generate_series(1, 20) i;
CREATE TABLE shop.part (item integer REFERENCES shop.item, number integer, PRIMARY KEY (item, number));
CREATE TABLE secret.canary (id integer PRIMARY KEY, secret text);
INSERT INTO secret.canary VALUES (1, 'canary-7f3a');
CREATE TABLE shop.counter (n integer PRIMARY KEY);
CREATE VIEW shop.as_owner AS SELECT id, name FROM shop.item;
CREATE VIEW shop.as_caller WITH (security_invoker) AS SELECT id, name FROM shop.item;
-- Names of S15: quotes and SQL, upper case, percent signs, unicode, 63 bytes.
CREATE TABLE shop."x""; drop table t;--" ("a%s" integer, "b""; --" text, "Ünï çödé" text);
INSERT INTO shop."x""; drop table t;--" VALUES (1, 'two', 'three');

-- Many equal values and nulls, for orders and pages.
CREATE TABLE shop.reading (
    id integer PRIMARY KEY, grade integer, label text, taken_at timestamptz, ratio float8, colour shop.colour, tags text[],
    exact numeric, tree jsonb, raw bytea, part integer REFERENCES shop.item, UNIQUE (grade, label, id)
);
INSERT INTO shop.reading
SELECT i, nullif(h % 5, 0), (ARRAY['a', 'B', 'b', 'ü', '', NULL])[1 + h % 6],
    timestamptz '2026-01-01Z' + (h % 7) * interval '1.000001 seconds',
    (ARRAY[0.1::float8, 'NaN', '-Infinity', 1e-300, NULL])[1 + h % 5], (ARRAY['red', 'deep blue', NULL])[1 + h % 3]::shop.colour,
    (ARRAY['{}', '{a}', '{a,"b,c"}', NULL])[1 + h % 4]::text[], (ARRAY[1.10, 1.1, 12345678901234567890.5, NULL])[1 + h % 4],
    jsonb_build_object('k', h % 3), decode(lpad(to_hex(h % 11), 2, '0'), 'hex'), nullif(h % 21, 0)
FROM generate_series(1, 120) i, LATERAL (SELECT abs(hashint4(i)) % 1000003 AS h) roll;
CREATE VIEW shop.readings WITH (security_invoker) AS SELECT id, grade FROM shop.reading;

CREATE FUNCTION shop.add(a integer, b integer DEFAULT 10) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + b;
COMMENT ON FUNCTION shop.add IS 'Adds two numbers';
CREATE FUNCTION shop.unnamed(integer, text) RETURNS text LANGUAGE sql IMMUTABLE RETURN $2 || $1;
CREATE FUNCTION shop.half_named(integer, b integer DEFAULT 2, c integer DEFAULT 3) RETURNS integer
LANGUAGE sql IMMUTABLE RETURN $1 * 100 + b * 10 + c;
CREATE FUNCTION shop.echo(v integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'integer ' || v;
CREATE FUNCTION shop.echo(v text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'text ' || v;
CREATE FUNCTION shop.reach(v integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'short';
CREATE FUNCTION shop.reach(v integer, w integer DEFAULT 1) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'long';
CREATE FUNCTION shop.total(first integer, VARIADIC others integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE RETURN first + (SELECT coalesce(sum(o), 0) FROM unnest(others) o);
CREATE FUNCTION shop.two_out(a integer, OUT double integer, OUT label text) LANGUAGE sql IMMUTABLE AS
$$ SELECT a * 2, 'x' || a $$;
CREATE FUNCTION shop.one_out(a integer, OUT double integer) LANGUAGE sql IMMUTABLE AS $$ SELECT a * 2 $$;
CREATE FUNCTION shop.both_ways(INOUT a integer, INOUT b text DEFAULT 'z') LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1, b || b $$;
CREATE FUNCTION shop.items(n integer DEFAULT 5) RETURNS SETOF shop.item LANGUAGE sql STABLE
AS $$ SELECT * FROM shop.item ORDER BY id LIMIT n $$;
CREATE FUNCTION shop.numbers(n integer) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS $$ SELECT generate_series(1, n) $$;
CREATE FUNCTION shop.pairs(n integer) RETURNS TABLE (k integer, v text) LANGUAGE sql IMMUTABLE
AS $$ SELECT i, 'v' || i FROM generate_series(1, n) i $$;
CREATE FUNCTION shop.wide(n integer, width integer) RETURNS SETOF text LANGUAGE sql IMMUTABLE
AS $$ SELECT repeat('x', width) FROM generate_series(1, n) $$;
CREATE FUNCTION shop.box_of(w integer, h integer) RETURNS shop.size LANGUAGE sql IMMUTABLE AS $$ SELECT w, h $$;
CREATE FUNCTION shop.area(s shop.size) RETURNS integer LANGUAGE sql IMMUTABLE RETURN (s).width * (s).height;
CREATE FUNCTION shop.paint(c shop.colour) RETURNS shop.colour LANGUAGE sql IMMUTABLE RETURN c;
CREATE FUNCTION shop.palette(c shop.colour[]) RETURNS shop.colour[] LANGUAGE sql IMMUTABLE RETURN c;
CREATE FUNCTION shop.need(v shop.positive, c shop.code DEFAULT 'ab') RETURNS shop.positive LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.same_json(v jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.same_jsons(v json[]) RETURNS json[] LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.same_texts(v text[]) RETURNS text[] LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.same_bytes(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.same_big(v bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION shop.strictly(v text, w text DEFAULT 'w') RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN v || w;
CREATE FUNCTION shop.nothing() RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION shop.every_type() RETURNS TABLE (
    small int2, big bigint, bigger bigint, exact numeric, real4 float4, nan float8, infinite float8, flag boolean,
    day date, day_without_end date, clock time, moment timestamptz, local_moment timestamp, span interval, bytes bytea,
    tree jsonb, matrix integer[], words text[], id uuid, colour shop.colour, colours shop.colour[], box shop.size,
    spread int4range, address inet, empty text, cost money, codes shop.code[]
) LANGUAGE sql STABLE AS $$ SELECT
    1::int2, 9007199254740991, 9007199254740993, 1.10::numeric, 0.1::float4, 'NaN'::float8, '-Infinity'::float8, true,
    '2026-03-31'::date, 'infinity'::date, '15:00:01'::time, '2026-03-31 15:00:00.5+02'::timestamptz,
    '2026-03-31 15:00:00'::timestamp, '1 day 2 hours'::interval, '\x00ff'::bytea, '{"a": [1, null]}'::jsonb,
    '{{1,2},{3,NULL}}'::int[], '{a,"b,c"}'::text[], '0f0e0d0c-0b0a-0908-0706-050403020100'::uuid, 'red'::shop.colour,
    '{red,"deep blue"}'::shop.colour[], (1, 2)::shop.size, '[1,5)'::int4range, '10.0.0.1/8'::inet, NULL::text,
    1.5::numeric::money, '{ab}'::shop.code[] $$;
CREATE FUNCTION shop."Odd ""name""; drop table t;-- %s"("a%s" integer, "Ünï ""q""" text DEFAULT '%s') RETURNS text
LANGUAGE sql IMMUTABLE RETURN "a%s" || "Ünï ""q""";
CREATE FUNCTION shop.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn() RETURNS integer
LANGUAGE sql IMMUTABLE RETURN 63;
CREATE FUNCTION shop.odd_rows() RETURNS SETOF shop."x""; drop table t;--" LANGUAGE sql STABLE
AS $$ SELECT * FROM shop."x""; drop table t;--" $$;

CREATE FUNCTION shop.leak() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT secret FROM secret.canary $$;
CREATE FUNCTION shop.count_up(n integer) RETURNS integer LANGUAGE sql VOLATILE
AS $$ INSERT INTO shop.counter VALUES (n) RETURNING n $$;
CREATE FUNCTION shop.sleep(seconds float8) RETURNS void LANGUAGE sql VOLATILE AS $$ SELECT pg_sleep(seconds) $$;
CREATE FUNCTION shop.stubborn() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    LOOP
        BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
    END LOOP;
END $$;
CREATE FUNCTION shop.leave_state() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('statement_timeout', '0', false), set_config('search_path', 'shop', false),
        set_config('default_transaction_read_only', 'off', false), set_config('timezone', 'Asia/Tokyo', false);
    PERFORM pg_advisory_lock(42);
    LISTEN gossip;
    RETURN 'left';
END $$;
CREATE FUNCTION shop.state() RETURNS TABLE (timeout text, path text, read_only text, zone text, locks bigint, channels bigint)
LANGUAGE sql VOLATILE AS $$ SELECT current_setting('statement_timeout'), current_setting('search_path'),
    current_setting('default_transaction_read_only'), current_setting('timezone'),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    (SELECT count(*) FROM pg_listening_channels()) $$;
CREATE FUNCTION shop.fail(kind text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF kind = 'cast' THEN RETURN (SELECT hidden FROM shop.item WHERE id = 1)::integer; END IF;
    IF kind = 'missing' THEN EXECUTE 'SELECT 1 FROM secret.nothing'; END IF;
    IF kind = 'forbidden' THEN EXECUTE 'SELECT 1 FROM secret.canary'; END IF;
    RAISE EXCEPTION 'canary in the message' USING DETAIL = 'canary in the detail', HINT = 'canary in the hint';
END $$;

-- Not offered
CREATE FUNCTION shop.any_of(v anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION shop.bare() RETURNS record LANGUAGE sql IMMUTABLE AS $$ SELECT 1, 2 $$;
CREATE FUNCTION shop.on_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION shop.forbidden() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 1;
REVOKE EXECUTE ON FUNCTION shop.forbidden FROM PUBLIC;
CREATE PROCEDURE shop.procedure() LANGUAGE sql AS $$ SELECT 1 $$;
CREATE AGGREGATE shop.aggregate(integer) (SFUNC = int4larger, STYPE = integer);
CREATE FUNCTION secret.unseen() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 1;
