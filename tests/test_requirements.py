"""The manifest, both ways: each requirement has a test, and each mark names a requirement."""

from pathlib import Path

import pytest

from tests.carriers import carriers
from tests.requirements import REQUIREMENTS

TESTS = Path(__file__).parent


def test_each_requirement_is_carried_by_a_test_and_each_mark_names_a_requirement():
    faults = []
    carried = carriers(TESTS, faults)
    assert faults == []
    assert sorted(REQUIREMENTS.keys() - carried.keys()) == []
    assert sorted(carried.keys() - REQUIREMENTS.keys()) == []


def test_each_requirement_has_a_sentence_and_a_source():
    for identity, (sentence, source) in REQUIREMENTS.items():
        assert sentence.endswith("."), identity
        assert source, identity


GOOD = '@requirement("A", "B")\ndef test_x(): ...\n'


def test_a_good_mark_is_found(tmp_path):
    (tmp_path / "test_x.py").write_text(GOOD + '@parametrize([param(1, marks=requirement("C"))])\ndef test_y(): ...\n')
    faults = []
    assert carriers(tmp_path, faults) == {
        "A": ["test_x.py::test_x"],
        "B": ["test_x.py::test_x"],
        "C": ["test_x.py::test_y"],
    }
    assert faults == []


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("cases.py", GOOD),
        ("test_x.py", '@requirement("A")\ndef helper(): ...\n'),
        ("test_x.py", 'pytestmark = requirement("A")\n'),
        ("test_x.py", "@requirement(A)\ndef test_x(): ...\n"),
        ("test_x.py", "@requirement()\ndef test_x(): ...\n"),
        ("test_x.py", 'def test_x():\n    @requirement("A")\n    def test_y(): ...\n'),
    ],
)
def test_a_mark_that_proves_nothing_is_a_fault(name, bad, tmp_path):
    (tmp_path / name).write_text(bad)
    faults = []
    carriers(tmp_path, faults)
    assert faults
