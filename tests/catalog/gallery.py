"""A database with pgvector on a PostgreSQL of its own: the one that tests are given need not have the extension."""

import math
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from catalog.target import Target
from config.embedded.postgres import Cluster

PASSWORD = "made-up-password"
VECTORS = {id_: [math.sin(id_ * n * n) for n in (1, 2, 3)] for id_ in range(1, 121)}
SCHEMA = f"""
CREATE SCHEMA "vec tors";
CREATE EXTENSION vector SCHEMA "vec tors";
CREATE SCHEMA art;
CREATE TABLE art.work (
    id integer PRIMARY KEY, title text, kind text, cosine "vec tors".vector(3), "l%s" "vec tors".vector(3),
    inner_half "vec tors".halfvec(3), unindexed "vec tors".vector(3)
);
COMMENT ON TABLE art.work IS 'Works of art';
CREATE INDEX by_cosine ON art.work USING hnsw (cosine "vec tors".vector_cosine_ops);
CREATE INDEX "by l2" ON art.work USING ivfflat ("l%s" "vec tors".vector_l2_ops) WITH (lists = 1);
CREATE INDEX by_inner ON art.work USING hnsw (inner_half "vec tors".halfvec_ip_ops);
CREATE INDEX in_part ON art.work USING hnsw (cosine "vec tors".vector_cosine_ops) WHERE id > 3;
CREATE FUNCTION art.embed(words text) RETURNS "vec tors".vector LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE words WHEN 'asked' THEN '[0.2,-0.7,0.4]' WHEN 'short' THEN '[1,2]' END::"vec tors".vector $$;
CREATE FUNCTION art.owned(words text) RETURNS "vec tors".vector LANGUAGE sql SECURITY DEFINER AS
    $$ SELECT '[1,2,3]'::"vec tors".vector $$;
CREATE FUNCTION art.several(words text) RETURNS SETOF "vec tors".vector LANGUAGE sql AS
    $$ SELECT '[1,2,3]'::"vec tors".vector $$;
CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}';
GRANT USAGE ON SCHEMA art, "vec tors" TO reader;
GRANT SELECT ON art.work TO reader;
"""


@contextmanager
def gallery():
    """Yield the target of the database."""
    home = Path(tempfile.mkdtemp(prefix="gatepost-vectors-"))
    cluster = Cluster(home / "home", fsync=False)
    cluster.start()
    try:
        with psycopg.connect(cluster.superuser_dsn("postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE gallery")
        where = cluster.superuser_dsn("gallery")
        with psycopg.connect(where, autocommit=True) as admin:
            admin.execute(SCHEMA)
            with admin.cursor() as cursor:
                cursor.executemany("INSERT INTO art.work VALUES (%s, %s, %s, %s, %s, %s, %s)", list(map(_row, VECTORS)))
        reach = conninfo_to_dict(where)
        yield Target(
            host=reach["host"],
            port=int(reach["port"]),
            database="gallery",
            user="reader",
            password=PASSWORD,
            sslmode="prefer",
        )
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def _row(id_):
    written = str(VECTORS[id_])
    return (id_, f"work {id_}", "rare" if id_ % 40 == 0 else "common", written, written, written, written)
