"""catalog.functions: calling functions with bound arguments, and the values that come back."""

import pytest

from catalog.errors import CallFailed, NotVisible

pytestmark = pytest.mark.django_db


def test_a_scalar_result_is_the_column_output(shop):
    result = shop.call("add", {"a": 1, "b": 2})
    assert (result.columns, result.rows, result.is_truncated) == (("output",), [[3]], False)
    assert result.column_types == ("integer",)


def test_an_absent_optional_argument_takes_its_default_s17(shop):
    assert shop.value("add", {"a": 1}) == 11


def test_unnamed_arguments_go_by_position_s17(shop):
    assert shop.value("unnamed", {"arg2": "x", "arg1": 5}) == "x5"
    assert shop.value("half_named", {"arg1": 1, "c": 9}) == 129


def test_each_overload_is_called_by_its_own_types_s17(shop):
    assert shop.value("echo", {"v": 1}, signature="integer") == "integer 1"
    assert shop.value("echo", {"v": "1"}, signature="text") == "text 1"


def test_overloads_have_names_of_their_own_s17(shop):
    names = [function.tool_name for function in shop.visible("echo")]
    assert len(set(names)) == 2
    assert all(name.startswith("workshop__shop__echo__") for name in names)
    assert shop.function("add").tool_name == "workshop__shop__add"


def test_a_call_never_reaches_another_overload_s17(shop):
    assert shop.value("reach", {"v": 1, "w": 1}, signature="integer,integer") == "long"
    with pytest.raises(CallFailed) as failure:
        shop.call("reach", {"v": 1}, signature="integer,integer")
    assert failure.value.code == "AMBIGUOUS_CALL"


@pytest.mark.parametrize(("others", "total"), [([2, 3], 6), ([], 1)])
def test_a_variadic_argument_takes_an_array_s17(shop, others, total):
    assert shop.value("total", {"first": 1, "others": others}) == total


def test_out_and_inout_parameters_are_columns_s17(shop):
    assert shop.call("two_out", {"a": 4}).columns == ("double", "label")
    assert shop.call("two_out", {"a": 4}).rows == [[8, "x4"]]
    assert shop.call("one_out", {"a": 4}).columns == ("output",)
    assert shop.call("both_ways", {"a": 1}).rows == [[2, "zz"]]


def test_sets_tables_and_row_types_have_their_own_columns_s17(shop):
    assert shop.call("numbers", {"n": 3}).rows == [[1], [2], [3]]
    assert shop.call("numbers", {"n": 3}).columns == ("output",)
    assert shop.call("pairs", {"n": 1}).rows == [[1, "v1"]]
    assert shop.call("pairs", {"n": 0}).columns == ("k", "v")
    assert shop.call("box_of", {"w": 1, "h": 2}).columns == ("width", "height")
    assert shop.call("nothing").rows == [[None]]


def test_enums_domains_and_their_arrays_go_in_and_out_s17(shop):
    odd = 'it\'s "odd", {really}\\'
    assert shop.value("paint", {"c": odd}) == odd
    assert shop.value("palette", {"c": [odd, "red", None]}) == [odd, "red", None]
    assert shop.value("need", {"v": 3}) == 3


def test_a_function_with_a_row_type_argument_is_not_offered(shop):
    with pytest.raises(NotVisible):
        shop.visible("area")


@pytest.mark.parametrize(
    "value",
    [{"a": [1, 2.5, None]}, [1, "x"], "text", 1.5, True, None, {"q": 'x"; drop table t;--'}, 12345678901234567890],
)
def test_json_comes_back_as_it_went(shop, value):
    assert shop.value("same_json", {"v": value}) == value


def test_arrays_of_json_and_text_keep_their_members(shop):
    assert shop.value("same_jsons", {"v": [{"a": [1]}, [2], None, "x"]}) == [{"a": [1]}, [2], None, "x"]
    assert shop.value("same_texts", {"v": ["a,b", "{}", "", "NULL", None, '"\\', "%s"]}) == [
        "a,b",
        "{}",
        "",
        "NULL",
        None,
        '"\\',
        "%s",
    ]
    assert shop.value("same_texts", {"v": [["a", "b"], ["c", "d"]]}) == [["a", "b"], ["c", "d"]]


def test_bytes_travel_as_base64(shop):
    assert shop.value("same_bytes", {"v": "AP9+"}) == "AP9+"
    with pytest.raises(CallFailed, match="'v': Send the bytes as base64"):
        shop.call("same_bytes", {"v": "not base64!"})


@pytest.mark.parametrize(
    ("sent", "back"),
    [(1, 1), ("9007199254740993", "9007199254740993"), (9007199254740993, "9007199254740993"), (2.0, 2)],
)
def test_large_integers_keep_every_digit(shop, sent, back):
    assert shop.value("same_big", {"v": sent}) == back


def test_values_are_mapped_as_the_table_says(shop):
    result = shop.call("every_type")
    assert dict(zip(result.columns, result.rows[0], strict=True)) == {
        "small": 1,
        "big": 9007199254740991,
        "bigger": "9007199254740993",
        "exact": "1.10",
        "real4": 0.1,
        "nan": "NaN",
        "infinite": "-Infinity",
        "flag": True,
        "day": "2026-03-31",
        "day_without_end": "infinity",
        "clock": "15:00:01",
        "moment": "2026-03-31T13:00:00.5Z",
        "local_moment": "2026-03-31T15:00:00",
        "span": "1 day 02:00:00",
        "bytes": "AP8=",
        "tree": {"a": [1, None]},
        "matrix": [[1, 2], [3, None]],
        "words": ["a", "b,c"],
        "id": "0f0e0d0c-0b0a-0908-0706-050403020100",
        "colour": "red",
        "colours": ["red", "deep blue"],
        "box": "(1,2)",
        "spread": "[1,5)",
        "address": "10.0.0.1/8",
        "empty": None,
        "cost": "$1.50",
        "codes": ["ab"],
    }


def test_hostile_identifiers_are_only_names_s15(shop):
    name = 'Odd "name"; drop table t;-- %s'
    assert shop.value(name, {"a%s": 7}) == "7%s"
    assert shop.value(name, {"a%s": 7, 'Ünï "q"': "'; drop table t;--"}) == "7'; drop table t;--"
    assert shop.value("n" * 63) == 63
    odd = shop.call("odd_rows")
    assert odd.columns == ("a%s", 'b"; --', "Ünï çödé")
    assert odd.rows == [[1, "two", "three"]]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "MISSING_ARGUMENT"),
        ({"b": 1}, "MISSING_ARGUMENT"),
        ({"a": 1, "x": 2}, "UNKNOWN_ARGUMENT"),
        ({"a": 1, 'b" => 1); drop table t; --': 2}, "UNKNOWN_ARGUMENT"),
        ({"a": [1]}, "INVALID_ARGUMENT"),
        ({"a": {"b": 1}}, "INVALID_ARGUMENT"),
        ({"a": "1\0"}, "INVALID_ARGUMENT"),
        ({"a": "\ud800"}, "INVALID_ARGUMENT"),
        ({"a": "1); drop table t; --"}, "22P02"),
        ({"a": 2**40}, "22003"),
    ],
)
def test_a_wrong_argument_is_refused_and_nothing_else_runs(shop, arguments, code):
    with pytest.raises(CallFailed) as failure:
        shop.call("add", arguments)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("rows", "kept", "is_truncated"), [(9, 9, False), (10, 10, False), (11, 10, True), (5000, 10, True)]
)
@pytest.mark.parametrize("name", ["numbers", "pairs"])
def test_truncation_is_told_truthfully_s14(shop, name, rows, kept, is_truncated):
    result = shop.call(name, {"n": rows})
    assert (len(result.rows), result.is_truncated) == (kept, is_truncated)
    assert result.truncated_by == ("rows" if is_truncated else "")


def test_a_callers_row_limit_only_lowers_s14(shop):
    assert len(shop.call("numbers", {"n": 50}, rows=3).rows) == 3
    assert len(shop.call("numbers", {"n": 50}, rows=1000).rows) == 10


def test_a_callers_byte_limit_only_lowers_s14(shop):
    few = shop.call("numbers", {"n": 50}, bytes=20)
    assert (0 < len(few.rows) < 10, few.truncated_by) == (True, "bytes")
    assert shop.call("numbers", {"n": 50}, bytes=1_000_000).truncated_by == "rows"


@pytest.mark.parametrize(("rows", "width", "kept"), [(3, 4000, 2), (1, 20_000, 0), (3, 3000, 3)])
def test_the_byte_limit_is_named_s14(shop, rows, width, kept):
    result = shop.call("wide", {"n": rows, "width": width})
    assert len(result.rows) == kept
    assert result.truncated_by == ("bytes" if kept < rows else "")
    assert shop.value("add", {"a": 1}) == 11  # the connection is good for the next call


def test_the_input_schema_says_what_is_required(shop):
    schema = shop.function("add").input_schema
    assert schema["required"] == ["a"]
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == ["a", "b"]
