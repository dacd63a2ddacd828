"""Help with the filter languages: parts of conditions, words for everything, attributes as they are written."""

import doctest

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rubricate_server.api import filter
from rubricate_server.api.filter import LANGUAGES, written_key
from rubricate_server.domain.filter import FilterError, Language, glossary, parse, parse_name
from rubricate_server.domain.filter import clauses as parts_of_conditions
from rubricate_server.domain.filter.clauses import clauses
from rubricate_server.domain.filter.expressions import And, Attribute, Constant
from rubricate_server.domain.filter.vocabulary import SESSIONS, SPANS, TRACES

EACH = pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.record)

# Parts of a condition

PART = st.sampled_from(
    [
        "name == 'x'",
        "name == ' and '",
        "(a.b == 1 or a.c == 2)",
        "not (a.b == 1 and a.c == 2)",
        "'ä and (🙂' in input.value",
        "0 < latency_ms < 5",
        "annotated('q', kind='LLM')",
        "any(d.cost > 1 and d.tokens > 2 for d in cost_details)",
        "(\n name\n== 'y')",
        "span_kind in ['a', 'b']",
    ]
)
JOINT = st.sampled_from([" and ", "  and  ", " and (", ") and "]).filter(
    lambda text: "(" not in text and ")" not in text
)


@given(st.lists(PART, min_size=1, max_size=5), JOINT, st.sampled_from(["", " ", "\n\t "]))
def test_the_parts_are_those_that_were_joined(parts: list[str], joint: str, space: str) -> None:
    text = f"{space}{joint.join(parts)}{space}"
    found = clauses(text)
    assert [each.text for each in found] == parts
    assert [text[each.start : each.end] for each in found] == parts


@given(st.lists(PART, min_size=2, max_size=4))
def test_the_parts_joined_again_mean_the_same(parts: list[str]) -> None:
    whole = parse(" and ".join(parts)).test
    assert isinstance(whole, And)
    again = parse(" and ".join(each.text for each in clauses(" and ".join(parts)))).test
    assert again == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a == 1 or b == 2 and c == 3", ["a == 1 or b == 2 and c == 3"]),
        ("(a == 1 and b == 2)", ["(a == 1 and b == 2)"]),
        ("a == 1 and b == 2  # and so on", ["a == 1", "b == 2"]),
        ("not a == 1 and b == 2", ["not a == 1", "b == 2"]),
        ("nonsense(1) and b", ["nonsense(1)", "b"]),
        ("a == ", []),
        ("", []),
        ("  ", []),
        ("a == 'x", []),
        ("a and", []),
        ("\x00", []),
    ],
)
def test_what_is_no_expression_has_no_parts(text: str, expected: list[str]) -> None:
    assert [each.text for each in clauses(text)] == expected


@given(st.text(max_size=40))
def test_nothing_breaks_the_search_for_parts(text: str) -> None:
    for each in clauses(text):
        assert text[each.start : each.end] == each.text


# What an error proposes


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("annotations['q'].lable == 'x'", "label"),
        ("annotated('q', kind='HUMEN')", "HUMAN"),
        ("name = 'x'", None),
        ("flaot(x.y) == 1", "float"),
        ("latency_ms == 'x'", None),
    ],
)
def test_an_error_knows_the_word_that_was_meant(text: str, suggestion: str | None) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert raised.value.suggestion == suggestion


# Words for everything


@EACH
def test_every_name_has_words(language: Language) -> None:
    told = {term.name: term for term in glossary.fields(language)}
    assert set(language.fields) | set(language.searched) <= set(told)
    assert all(term.description for term in told.values())
    assert {term.name for term, _ in glossary.annotation_sources(language)} == set(language.annotations)
    assert {term.name for term in glossary.collections(language)} == set(language.collections)


@EACH
def test_a_name_that_is_told_can_be_written(language: Language) -> None:
    for term in glossary.fields(language):
        if term.name not in language.searched:
            assert parse(f"{term.name} is not None", language)


@EACH
def test_a_function_that_is_told_can_be_written(language: Language) -> None:
    for term in glossary.functions(language):
        call = term.kind.replace("(x)", "(attributes['x'])").replace("x.…", "x.start_time is not None")
        over = next(iter(language.collections))
        if language.collections[over] == "cost":
            call = call.replace("start_time", "cost")
        if term.name in ("sum", "min", "max"):
            call = call.replace(" is not None", "").replace("start_time", "latency_ms")
        comparison = "" if term.name in ("any", "all", "annotated", "disagree") else " is not None"
        assert parse(f"{call}{comparison}", language)


@EACH
def test_an_example_works_and_says_something(language: Language) -> None:
    for each in glossary.EXAMPLES[language.record]:
        assert parse(each.filter, language).test != Constant(True)
        assert each.description


# Attributes as they are written


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.sampled_from(["", "metadata.", "a.b."]),
)
@example("name", "")
@example("annotations", "")
@example("parent_span.x", "")
@example("cost_details", "")
@example("not.a", "")
@example("metadata", "")
def test_a_written_attribute_means_its_key(key: str, before: str) -> None:
    for language in (SPANS, TRACES, SESSIONS):
        named = parse_name(written_key(before + key, language), language)
        assert named == Attribute(before + key)


@pytest.mark.parametrize("text", ["", "a ==", "a == 1", "'x'", "float(a)", "annotations['q']", "a + 1", "cost_details"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse_name(text)


def test_the_examples_in_the_docstrings_are_true() -> None:
    for module in (filter, parts_of_conditions):
        assert doctest.testmod(module) == (0, {filter: 1, parts_of_conditions: 2}[module])
