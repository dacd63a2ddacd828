"""Variables in texts: whatever the text and the values, what goes in is what comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phoenix.client.utils.template_formatters import FStringBaseTemplateFormatter, MustacheBaseTemplateFormatter

from rubricate.errors import InvalidInput
from rubricate.template import filled

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
TEXTS = st.text(max_size=10)
PLAIN = st.text(st.characters(exclude_characters="{}\\"), max_size=10)
PIECES = st.lists(st.tuples(PLAIN, NAMES), max_size=5)
BLANKS = st.text(" \t\n", max_size=2)


@given(PIECES, PLAIN, st.data())
def test_each_variable_gets_its_value_and_the_rest_stays(pieces, end, data):
    variables = data.draw(st.fixed_dictionaries({name: TEXTS for _, name in pieces}))
    wanted = "".join(text + variables[name] for text, name in pieces) + end
    blanks = data.draw(BLANKS)
    mustache = "".join(f"{text}{{{{{blanks}{name}{blanks}}}}}" for text, name in pieces) + end
    assert filled(mustache, "MUSTACHE", variables) == wanted
    f_string = "".join(f"{text}{{{name}}}" for text, name in pieces) + end
    assert filled(f_string, "F_STRING", variables) == wanted


@given(TEXTS)
def test_a_value_goes_in_as_it_is(value):
    for text, kind in (("{{a}}{{b}}", "MUSTACHE"), ("{a}{b}", "F_STRING")):
        assert filled(text, kind, {"a": value, "b": "{{a}}{a}"}) == value + "{{a}}{a}"


@given(TEXTS)
def test_braces_of_an_f_string_are_written_twice(text):
    assert filled(text.replace("{", "{{").replace("}", "}}"), "F_STRING", {}) == text


@given(TEXTS)
def test_without_variables_every_text_stays(text):
    assert filled(text, "NONE", {}) == text


ODD = st.text("{}ab \\.:![]", max_size=12)


@given(ODD)
def test_a_mustache_is_what_phoenix_makes_of_it(text):
    formatter = MustacheBaseTemplateFormatter()
    if formatter.parse(text) <= {"a"}:
        assert filled(text, "MUSTACHE", {"a": "x"}) == formatter.format(text, variables={"a": "x"})
    else:
        with pytest.raises(InvalidInput):
            filled(text, "MUSTACHE", {"a": "x"})


@given(ODD)
def test_an_f_string_is_what_phoenix_makes_of_it_or_refused(text):
    try:
        ours = filled(text, "F_STRING", {"a": "x"})
    except InvalidInput:
        return
    assert ours == FStringBaseTemplateFormatter().format(text, variables={"a": "x"})


def test_an_escaped_mustache_is_no_variable():
    assert filled(r"\{{a}} {{a}}", "MUSTACHE", {"a": 1}) == r"\{{a}} 1"


@pytest.mark.parametrize(("text", "kind"), [("{{b}} {{a}} {{ c }}", "MUSTACHE"), ("{b}{a}{c}", "F_STRING")])
def test_missing_variables_are_all_named(text, kind):
    with pytest.raises(InvalidInput, match=r"not given: b, c$"):
        filled(text, kind, {"a": 1})


@pytest.mark.parametrize("text", ["{a.__class__}", "{a[0]}", "{a!r}", "{a:>10}", "{}", "{0}", "{a b}"])
def test_what_is_no_plain_name_is_refused(text):
    with pytest.raises(InvalidInput, match="plain names"):
        filled(text, "F_STRING", {"a": "x", "0": "y"})


@pytest.mark.parametrize("text", ["{", "}", '{"json": {a}}', "{a"])
def test_single_braces_are_explained(text):
    with pytest.raises(InvalidInput, match=r"written twice|plain names"):
        filled(text, "F_STRING", {"a": "x"})
