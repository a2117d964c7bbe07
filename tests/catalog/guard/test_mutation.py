"""Mutation of the guard: with a rule taken out, a statement that only this rule stops gets through."""

import pytest

from catalog.guard import Checked, Refusal, inspection, parser
from catalog.guard.scope import UNKNOWN
from tests.catalog.guard.shop import verdict


def silent(*_, **__):
    """A rule that finds no fault."""


# Rule, the function that holds it, and what it alone stops.
RULES = [
    ("2", "check_one_statement", lambda statements: statements[0], "SELECT 1; DROP TABLE sales.notes"),
    ("3", "check_statement", silent, "DELETE FROM notes"),
    ("3", "check_statement", silent, "EXPLAIN ANALYZE SELECT 1"),
    ("3", "check_statement", silent, "SELECT * FROM notes FOR UPDATE"),
    ("5", "check_functions", silent, "SELECT pg_sleep(1)"),
    ("5", "check_functions", silent, "SELECT CURRENT_USER"),
    ("6", "check_relations", silent, "SELECT * FROM hidden"),
    ("6", "check_relations", silent, "SELECT * FROM pg_class"),
    ("8", "check_attributes", silent, "SELECT (5).pg_sleep"),
    ("8", "check_attributes", silent, "SELECT o.leak FROM orders o"),
    ("9", "check_types", silent, "SELECT 'a'::regclass"),
    ("9", "check_operators", silent, "SELECT 1 === 2"),
    ("9", "check_operators", silent, "SELECT 'a' COLLATE sales.evil"),
    ("9", "check_operators", silent, "SELECT * FROM orders TABLESAMPLE evil (1)"),
    ("10", "check_parameters", silent, "SELECT $1"),
]


@pytest.mark.parametrize(("rule", "function", "mutant", "text"), RULES)
def test_without_the_rule_the_statement_passes(monkeypatch, rule, function, mutant, text):
    assert isinstance(verdict(text), Refusal), f"rule {rule}"
    monkeypatch.setattr(inspection, function, mutant)
    assert isinstance(verdict(text), Checked)


def test_without_rule_1_a_large_text_passes(monkeypatch):
    text = "SELECT 1 IN (" + ",".join(["1"] * 3_000) + ")"
    assert isinstance(verdict(text), Refusal)
    monkeypatch.setattr(parser, "MAX_NODES", 10**6)
    assert isinstance(verdict(text), Checked)


def test_without_rule_4_an_unlisted_node_passes(monkeypatch):
    text = "SELECT xmlelement(name a)"
    assert isinstance(verdict(text), Refusal)
    monkeypatch.setattr(inspection, "check_nodes", lambda statement: sum(1 for _ in statement.within()))
    assert isinstance(verdict(text), Checked)


@pytest.mark.parametrize("text", ["SELECT as_owner()", "SELECT * FROM owned"])
def test_without_rule_7_owner_rights_pass(monkeypatch, text):
    assert isinstance(verdict(text), Refusal)
    monkeypatch.setattr("catalog.guard.owner_rights.suffices", lambda held, runs_as_owner: held > 0)
    assert isinstance(verdict(text), Checked)


def test_a_node_that_the_walk_misses_refuses_the_statement(monkeypatch):
    monkeypatch.setattr(inspection.Walk, "_from", lambda *_: UNKNOWN)
    assert isinstance(verdict("SELECT * FROM hidden"), Refusal)
