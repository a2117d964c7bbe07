import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_endpoint.tools.arguments import Schema
from tests.requirements import requirement

SCHEMA = Schema(
    {
        "type": "object",
        "properties": {
            "customer_id": {"type": "integer"},
            "country": {"type": ["string", "null"]},
            "status": {"enum": ["open", "closed"]},
            "days": {"type": "integer", "minimum": 1},
            "ids": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["customer_id"],
        "additionalProperties": False,
    }
)


def test_right_arguments_have_no_fault():
    assert SCHEMA.fault({"customer_id": 1, "country": None, "status": "open", "days": 3, "ids": [1]}) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "customer_id: this argument is missing."),
        ({"customer_id": "x"}, 'customer_id: expected integer, got the string "x".'),
        ({"customer_id": True}, "customer_id: expected integer, got true."),
        ({"customer_id": 1, "country": 5}, "country: expected string or null, got the number 5."),
        ({"customer_id": 1, "status": "x"}, 'status: expected one of open, closed, got the string "x".'),
        ({"customer_id": 1, "days": 0}, "days: expected minimum 1, got the number 0."),
        ({"customer_id": 1, "ids": [1, "a"]}, 'ids.1: expected integer, got the string "a".'),
        (
            {"customer_id": 1, "custmer": 1},
            "custmer: there is no such argument. Known: customer_id, country, status, days, ids.",
        ),
    ],
)
@requirement("MCP-VALIDATED")
def test_the_text_names_the_argument_and_what_is_expected(arguments, text):
    assert SCHEMA.fault(arguments) == text


def test_m8_a_long_value_makes_no_long_text():
    assert len(SCHEMA.fault({"customer_id": "x" * 100_000})) < 500


@given(
    st.dictionaries(
        st.sampled_from(["customer_id", "country", "status", "days", "ids", "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just("open") | st.just([1]),
    )
)
def test_the_short_cut_never_disagrees_with_the_validator(arguments):
    assert (SCHEMA.fault(arguments) is None) == SCHEMA._validator.is_valid(arguments)
