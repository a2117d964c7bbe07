"""A result that is too long for memory lies in a file and is sent in parts: nobody can tell it from another."""

import pytest

from catalog import encoded_rows
from catalog.encoded_rows import EncodedRows
from catalog.errors import CallFailed
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import DOORS, MODERN, message, modern, post

pytestmark = pytest.mark.django_db

CALLS = {
    "rows": ("demo__shop__pairs", {"n": 9}),
    "types": ("demo__shop__every_type", {}),
    "letters": ("demo__shop__strictly", {"v": 'a"\\\n\x01é€😀' * 50}),
    "a truncated result": ("demo__shop__pairs", {"n": 5000}),
}


@pytest.fixture
def little_memory(monkeypatch):
    """Everything is long, and parts end within characters."""

    def choose(*, is_little):
        monkeypatch.setattr(encoded_rows, "IN_MEMORY", 1 if is_little else 2**20)
        monkeypatch.setattr(encoded_rows, "PART", 3)

    return choose


def ask(world, call, revision, door, **headers):
    name, arguments = CALLS[call]
    params = {"name": name, "arguments": arguments}
    value = modern("tools/call", params) if revision == MODERN else message("tools/call", params)
    return post(SHOP, value, world.tokens["bob"], revision, DOORS[door], **headers)


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25", MODERN])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("call", CALLS)
def test_a_long_result_is_byte_for_byte_what_a_short_one_would_be(world, recorded, little_memory, call, door, revision):
    for accept in ("application/json", "text/event-stream"):
        answers = []
        for is_little in (False, True):
            little_memory(is_little=is_little)
            answers.append(ask(world, call, revision, door, Accept=accept))
        short, long = answers
        assert not short.body.count(b'"isError"'), short.body
        assert long == short
    assert len({(record.outcome, record.row_count) for record in recorded()}) == 1


def test_rows_read_the_same_from_the_file_and_from_memory(monkeypatch):
    monkeypatch.setattr(encoded_rows, "IN_MEMORY", 10)
    rows = EncodedRows()
    assert (len(rows), list(rows), b"".join(rows.parts())) == (0, [], b"")
    for number in range(100):
        rows.add(b'[%d,"\xc3\xa9"],[0,null]' % number, 2)
    assert rows.is_long
    assert len(rows) == 200
    assert rows[0] == [0, "é"]
    assert rows[-2:] == [[99, "é"], [0, None]]
    assert list(rows)[2] == [1, "é"]


def test_a_full_disk_is_told_to_the_caller_and_not_an_internal_error(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoded_rows, "TemporaryFile", full)
    monkeypatch.setattr(encoded_rows, "IN_MEMORY", 10)
    with pytest.raises(CallFailed) as caught:
        EncodedRows().add(b"[" + b"1," * 100 + b"1]", 1)
    assert caught.value.code == "NO_SPACE"
