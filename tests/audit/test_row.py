"""audit.row"""

import json
import math
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import record
from audit.event import By, Event
from audit.models import AuditEvent
from audit.row import LENGTHS, line, row

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.characters(categories=["Cs", "Cc"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


def test_every_column_of_the_table_is_written():
    columns = {field.column for field in AuditEvent._meta.concrete_fields} - {"id"}
    assert columns == set(record.COLUMNS) == json.loads(row(Event(action="a", outcome="allowed"))).keys()


def test_the_lengths_are_those_of_the_table():
    lengths = {f.column: f.max_length for f in AuditEvent._meta.concrete_fields if f.get_internal_type() == "CharField"}
    assert lengths == LENGTHS


def test_control_and_direction_characters_are_escaped():
    assert line("a\nb\x1b[2J\u202e\ud800") == "a\\nb\\x1b[2J\\u202e\\ud800"


def test_a_statement_keeps_its_lines():
    event = Event(action="a", outcome="allowed", statement="SELECT 1\n\tFROM x\0")
    assert json.loads(row(event))["statement"] == "SELECT 1\n\tFROM x\\x00"


def test_long_text_is_cut_to_the_column():
    assert len(json.loads(row(Event(action="a" * 200, outcome="allowed")))["action"]) == 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**80, -(2**5000), "\0", "\ud800", {1: {2, 3}}, ip_address("::1"), ["x" * 100_000]]
)
def test_postgresql_takes_odd_values(value):
    record.write(Event(action="odd", outcome="denied", by=By(scopes=("a\0",)), parameters=value, details={"v": value}))
    assert AuditEvent.objects.filter(action="odd").count() == 1


def test_a_structure_that_contains_itself_is_cut():
    endless = []
    endless.append(endless)
    assert "…" in row(Event(action="a", outcome="denied", parameters=endless))


@given(text=st.text() | st.text(st.characters(categories=["Cs"])), value=anything)
def test_every_event_becomes_json_without_nul(text, value):
    event = Event(
        action=text,
        outcome="denied",
        by=By(principal_name=text, scopes=(text,)),
        object=text,
        details={text: value},
        statement=text,
        parameters=value,
    )
    columns = row(event)
    assert "\\u0000" not in columns
    assert json.loads(columns)["object"] == line(text, 500)
    assert columns.encode()
