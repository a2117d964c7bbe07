"""catalog.guard.markers"""

import pytest

from catalog.guard import Unparsed, WrongMarkers, numbered

A = {"a": ""}


@pytest.mark.parametrize(
    ("text", "casts", "expected", "names"),
    [
        ("SELECT :a", A, "SELECT ($1)", ["a"]),
        (
            "SELECT :a, :b, :a",
            {"b": "", "a": "pg_catalog.int4"},
            "SELECT ($1::pg_catalog.int4), ($2), ($1::pg_catalog.int4)",
            ["a", "b"],
        ),
        ("SELECT ':a', :a", A, "SELECT ':a', ($1)", ["a"]),
        ("SELECT E'\\':a', :a", A, "SELECT E'\\':a', ($1)", ["a"]),
        ("SELECT $x$ :a $x$, :a", A, "SELECT $x$ :a $x$, ($1)", ["a"]),
        ('SELECT ":a".x, :a', A, 'SELECT ":a".x, ($1)', ["a"]),
        ("SELECT :a -- :a\n/* :a */", A, "SELECT ($1) -- :a\n/* :a */", ["a"]),
        ("SELECT x::a, :a", A, "SELECT x::a, ($1)", ["a"]),
        ("SELECT x[1: a], :a", A, "SELECT x[1: a], ($1)", ["a"]),
        ("SELECT x[1:a]", A, "SELECT x[1($1)]", ["a"]),
        ("SELECT 'é', :a", A, "SELECT 'é', ($1)", ["a"]),
        ("SELECT :name, :other", {"name": ""}, "SELECT ($1), :other", ["name"]),
        ("SELECT :A, :a", A, "SELECT :A, ($1)", ["a"]),
        ("SELECT $1", {}, "SELECT $1", []),
    ],
)
def test_a_word_after_a_colon_is_a_marker(text, casts, expected, names):
    assert numbered(text, casts) == (expected, names or ())


def test_names_and_numbers_do_not_mix_and_every_name_is_used():
    with pytest.raises(WrongMarkers, match=r"not \$1"):
        numbered("SELECT :a, $1", A)
    with pytest.raises(WrongMarkers, match="no :b and no :c"):
        numbered("SELECT :a", {"a": "", "c": "", "b": ""})
    with pytest.raises(Unparsed):
        numbered("SELECT 'a", A)
