from mcp_endpoint.text import clean
from tests.requirements import requirement


@requirement("M5-comments")
def test_m5_hidden_characters_are_removed():
    hidden = "a\u200bb\u202ec\u2066d\ufefff\x1b[31mg\x00h\U000e0041i"
    assert clean(hidden) == "abcdf[31mghi"


def test_m5_blank_space_cannot_push_text_out_of_sight():
    assert clean("a" + "\n" * 500 + "b" + " \t" * 500 + "c\u2028d") == "a\n\nb c d"


@requirement("M5-comments")
def test_m5_long_text_is_cut():
    assert len(clean("x" * 100_000)) == 2_000
    assert clean("x" * 100_000).endswith("…")
