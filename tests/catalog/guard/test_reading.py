"""Rules 1 and 2: size, and exactly one statement."""

import subprocess
import sys

import pytest

from catalog.guard import Code
from tests.catalog.guard.shop import allowed, refused

DEEP = {
    "sums": "SELECT 1" + "+1" * 32_000,
    "casts": "SELECT 1" + "::int" * 12_000,
    "null tests": "SELECT 1" + " ISNULL" * 9_000,
    "unions": "SELECT" + " UNION SELECT" * 4_900,
    "joins": "SELECT FROM a" + " NATURAL JOIN a" * 4_300,
    "collations": "SELECT 1" + " COLLATE a" * 6_000,
    "brackets": "SELECT " + "(" * 32_000 + "1" + ")" * 32_000,
    "negations": "SELECT " + "NOT " * 16_000 + "true",
    "arrays": "SELECT " + "ARRAY[" * 9_000 + "1" + "]" * 9_000,
    "subqueries": "SELECT " + "(SELECT " * 6_000 + "1" + ")" * 6_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_depth_is_refused_and_never_ends_the_process(text):
    assert refused(text).code in (Code.TOO_LARGE, Code.SYNTAX)


def test_words_and_signs_are_counted_before_they_are_parsed():
    assert "words and signs" in refused(DEEP["sums"]).sentence


def test_the_process_survives_depth_on_the_small_stacks_of_other_systems():
    program = (
        "import threading; threading.stack_size(512 * 1024)\n"
        "from tests.catalog.guard.test_reading import DEEP\n"
        "from tests.catalog.guard.shop import verdict\n"
        "texts = [*DEEP.values(), 'SELECT 1' + '+1' * 490, 'SELECT 1' + '+1' * 4900]\n"
        "thread = threading.Thread(target=lambda: [verdict(text) for text in texts])\n"
        "thread.start(); thread.join(); print('alive')\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "alive\n")


def test_a_text_of_64_kib_is_read_and_one_byte_more_is_not():
    allowed("SELECT '" + "x" * (64 * 1024 - 9) + "'")
    assert refused("SELECT '" + "x" * (64 * 1024 - 8) + "'").code == Code.TOO_LARGE


def test_bytes_count_and_not_characters():
    assert refused("SELECT '" + "ü" * (32 * 1024) + "'").code == Code.TOO_LARGE


def test_columns_that_double_at_each_level_do_not_fill_the_memory():
    text = "SELECT * FROM orders"
    for _ in range(14):
        text = f"SELECT *, *, * FROM ({text}) x"
    allowed(text)


def test_more_than_5000_nodes_are_refused():
    allowed("SELECT 1 IN (" + ",".join(["1"] * 2_400) + ")")
    assert refused("SELECT 1 IN (" + ",".join(["1"] * 2_600) + ")").code == Code.TOO_LARGE


@pytest.mark.parametrize("text", ["SELECT 1\0", "SELECT 1\0; DROP TABLE x", "SELECT '\ud800'"])
def test_what_the_parser_and_the_server_could_read_differently_is_refused(text):
    assert refused(text).code == Code.SYNTAX


def test_a_syntax_error_has_its_position_in_characters():
    assert refused("SELECT 'ü' FORM t").position == 17


def test_a_refusal_has_its_position_in_characters():
    assert refused("SELECT 'üü', pg_sleep(1)").position == 14


@pytest.mark.parametrize("text", ["", ";", "-- nothing", "SELECT 1; SELECT 2", "COMMIT; SELECT 1"])
def test_there_is_exactly_one_statement(text):
    assert refused(text).code == Code.ONE_STATEMENT


@pytest.mark.parametrize(
    "text", ["SELECT 1;", ";SELECT 1;;", "SELECT ';'", "SELECT $a$;$a$", "SELECT 1 -- ; x", "SELECT /*;*/ 1"]
)
def test_a_semicolon_that_ends_or_is_quoted_does_no_harm(text):
    allowed(text)


@pytest.mark.parametrize("comment", ["/**/", "/* a /* b */ c */", "-- a\n", "--'\n", "/*\n*/"])
@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 NOT {} IN (2)",
        "SELECT 1 FROM orders ORDER BY id NULLS {} FIRST",
        "SELECT * FROM generate_series(1, 2) WITH {} ORDINALITY",
        "SELECT timestamp WITHOUT {} TIME ZONE 'now'",
        "SELECT JSON_OBJECT('a': '1' FORMAT {} JSON)",
    ],
)
def test_a_comment_is_white_space_as_it_is_to_the_server(text, comment):
    allowed(text.format(comment))


def test_an_escape_character_behind_a_comment_counts():
    name = "SELECT * FROM U&\"h!0069dden\" {} UESCAPE '!'"
    assert refused(name.format("/* */")) == refused(name.format("     "))
    assert allowed("SELECT * FROM U&\"!006frders\" --\n UESCAPE '!'").reads == {("sales", "orders")}


def test_a_string_goes_on_behind_a_comment():
    allowed("SELECT 'a' -- pg_sleep(1)\n 'b'")
    assert refused("SELECT 'a' -- '\n, pg_sleep(1)").code == Code.FUNCTION
