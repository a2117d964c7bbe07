"""catalog.types: the JSON Schema of function inputs, as introspected from the workshop."""

import jsonschema
import pytest

from catalog import introspection, login_role, pg_catalog
from catalog.description import function


@pytest.fixture(scope="module")
def inputs(workshop):
    """(function, argument) to the schema of the input; the last overload wins."""
    with introspection.connect(workshop) as connection:
        reading = pg_catalog.read(connection)
        assert login_role.facts(connection)["role"] == workshop.user
    described = [function(row, reading) for row in reading.functions]
    return {
        (found["name"], argument["shown"]): argument["input"] and argument["input"]["schema"]
        for found in described
        if found
        for argument in found["arguments"]
    }


def test_integers_have_their_range(inputs):
    assert inputs["add", "a"] == {"type": "integer", "minimum": -2147483648, "maximum": 2147483647}


@pytest.mark.parametrize(
    ("value", "fits"), [(2**63 - 1, True), (2**63, False), ("9007199254740993", True), ("x", False)]
)
def test_a_bigint_may_come_as_text(inputs, value, fits):
    assert jsonschema.Draft202012Validator(inputs["same_big", "v"]).is_valid(value) is fits


def test_an_enum_lists_its_labels(inputs):
    assert inputs["paint", "c"] == {"type": "string", "enum": ["red", "deep blue", 'it\'s "odd", {really}\\']}
    assert inputs["palette", "c"] == {"type": "array", "items": inputs["paint", "c"]}


def test_a_domain_says_what_it_checks(inputs):
    assert inputs["need", "v"]["type"] == "integer"
    assert inputs["need", "v"]["description"] == "shop.positive CHECK ((VALUE > 0))"
    assert inputs["need", "c"]["maxLength"] == 4


def test_a_variadic_argument_is_an_array(inputs):
    assert inputs["total", "others"]["type"] == "array"


def test_json_takes_any_value(inputs):
    assert inputs["same_json", "v"] == {}


def test_a_row_type_has_no_input_yet(inputs):
    assert inputs["area", "s"] is None


def test_every_schema_is_a_valid_schema(inputs):
    for schema in filter(None, inputs.values()):
        jsonschema.Draft202012Validator.check_schema(schema)
