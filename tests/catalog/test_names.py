"""catalog.names: tool names are unique, fit every client and survive dump and restore."""

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from catalog.names import Named, argument_names, overload_suffix, tool_names
from tests.requirements import requirement

words = st.text(min_size=1, max_size=63).filter(lambda text: "\0" not in text)
short = st.sampled_from(["f", "f_", "f!", "F", "g__x", "é", "x" * 63, "y" * 62 + "!"])
functions = st.builds(
    Named, short | words, short | words, st.sampled_from(["", "integer", "text", "integer,text"]) | words
)


def test_a_unique_function_keeps_its_bare_name():
    get = Named("sales", "get_customer", "integer")
    assert tool_names("demo", [get]) == {get: "demo__sales__get_customer"}


def test_every_overload_carries_the_hash_of_its_argument_types_s17():
    one, two = Named("s", "f", "integer,shop.colour"), Named("s", "f", "text")
    names = tool_names("demo", [one, two])
    assert names[one] == "demo__s__f__" + hashlib.sha256(b"integer,shop.colour").hexdigest()[:8]
    assert names[two] == "demo__s__f" + overload_suffix("text")


def test_two_names_that_sanitise_to_one_both_get_a_hash():
    one, two = Named("s", "f!", ""), Named("s", "f?", "")
    names = tool_names("demo", [one, two])
    assert len(set(names.values())) == 2
    assert all(re.fullmatch(r"demo__s__f___[0-9a-f]{8}", name) for name in names.values())


@requirement("MCP-TOOL-NAMES")
def test_a_long_name_is_cut_and_hashed():
    (name,) = tool_names("c" * 63, [Named("s" * 63, "f", "")]).values()
    assert len(name) == 128
    assert name.startswith("c" * 63 + "__" + "s" * 53 + "__")


def test_a_function_that_bears_the_name_of_an_overload_does_not_hide_it():
    overloads = [Named("s", "f", "integer"), Named("s", "f", "text")]
    names = tool_names("demo", [*overloads, Named("s", "f" + overload_suffix("text"), "")])
    assert len(set(names.values())) == 3


@given(st.lists(functions, unique=True, max_size=8))
@requirement("MCP-TOOL-NAMES")
def test_names_are_unique_and_of_the_safe_alphabet(several):
    names = tool_names("demo", several)
    assert len(set(names.values())) == len(several)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name) for name in names.values())


@given(st.lists(functions, unique=True, max_size=8), st.randoms())
def test_the_order_of_functions_does_not_matter(several, random):
    shuffled = random.sample(several, len(several))
    assert tool_names("demo", shuffled) == tool_names("demo", several)


def test_unnamed_arguments_are_named_by_position():
    assert argument_names(["", "b", ""]) == ["arg1", "b", "arg3"]


@given(st.lists(st.sampled_from(["", "", "arg1", "arg2", "arg2_", "x"]), max_size=6))
def test_made_up_argument_names_meet_no_other(names):
    unique = [name for index, name in enumerate(names) if not name or name not in names[:index]]
    assert len(set(argument_names(unique))) == len(unique)
