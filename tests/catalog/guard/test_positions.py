"""A forbidden thing is found wherever it stands: a node that the walk misses would be a hole."""

import pytest

from catalog.guard import Code
from tests.catalog.guard.positions import EVERYWHERE
from tests.catalog.guard.shop import allowed, refused

HARMLESS = "abs(1)"
FORBIDDEN = {
    "function": ("pg_sleep(1)", Code.FUNCTION),
    "quoted function": ('pg_catalog."pg_sleep"(1)', Code.FUNCTION),
    "escaped function": (r'U&"pg\005fsleep"(1)', Code.FUNCTION),
    "user function": ("sales.leak(1)", Code.FUNCTION),
    "table": ("(SELECT secret FROM sales.hidden)", Code.RELATION),
    "attribute call": ("(5).pg_sleep", Code.COLUMN),
    "cast": ("'a'::regclass", Code.TYPE),
    "operator": ("(1 OPERATOR(sales.===) 2)", Code.OPERATOR),
    "collation": ("('a' COLLATE sales.evil)", Code.COLLATION),
    "parameter": ("$1", Code.PARAMETER),
    "role name": ("CURRENT_USER", Code.FUNCTION),
}


@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_harmless_expression_passes_everywhere(place):
    allowed(place.format(HARMLESS), writable=True)


@pytest.mark.parametrize("kind", FORBIDDEN)
@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_forbidden_expression_is_refused_everywhere(place, kind):
    expression, code = FORBIDDEN[kind]
    assert refused(place.format(expression), writable=True).code in (code, Code.SYNTAX)
