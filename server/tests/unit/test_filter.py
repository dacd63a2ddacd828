"""Parsing filters: one tree for all spellings, and an error that says where and what instead."""

import time

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import Condition, FilterError, parse
from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    AnnotationField,
    AsNumber,
    AsText,
    Attribute,
    Comparison,
    Constant,
    Field,
    Instant,
    Kind,
    Literal,
    Not,
    Source,
)


def error_of(expression: str) -> FilterError:
    with pytest.raises(FilterError) as raised:
        parse(expression)
    return raised.value


def test_a_condition_is_a_value() -> None:
    assert parse("name == 'x'") == parse("name == 'x'")
    assert hash(parse("name == 'x'")) == hash(parse("name == 'x'"))
    assert parse("name == 'x'") == Condition("name == 'x'", Comparison("==", Field("name", Kind.TEXT), Literal("x")))


def test_blank_text_is_no_filter() -> None:
    assert parse("").test == parse(" \n ").test == Constant(True)


def test_an_attribute_is_read_as_what_it_is_compared_with() -> None:
    assert parse("x.y == 1").test == Comparison("==", AsNumber(Attribute("x.y")), Literal(1))
    assert parse("'1' < x.y").test == Comparison(">", AsText(Attribute("x.y")), Literal("1"))


def test_a_chain_is_its_comparisons() -> None:
    latency = Field("latency_ms", Kind.NUMBER)
    assert parse("1 < latency_ms < 2").test == And(
        (Comparison(">", latency, Literal(1)), Comparison("<", latency, Literal(2)))
    )


def test_times_are_read_to_the_nanosecond() -> None:
    start = Field("start_time", Kind.TIME)
    expected = Comparison(">", start, Instant(1_704_067_200_123_456_789))
    assert parse("start_time > '2024-01-01T00:00:00.123456789Z'").test == expected
    assert parse("start_time > '2024-01-01T02:00:00.123456789+02:00'").test == expected


def test_annotations_have_two_names() -> None:
    source = Source(TargetKind.SPAN, "n")
    assert parse("evals['n'].label == 'x'").test == parse("annotations['n'].label == 'x'").test
    assert parse("annotations['n'].label == 'x'").test == Comparison(
        "==", AnnotationField(source, "label", Kind.TEXT), Literal("x")
    )
    assert parse("annotations['n'] is None").test == parse("not annotations['n']").test == Not(Annotated(source))


def test_unknown_names_are_attributes() -> None:
    assert parse("spankind == 'LLM'").test == Comparison("==", AsText(Attribute("spankind")), Literal("LLM"))


FIELDS = "`.score`, `.label`, `.explanation`, `.identifier`, `.annotator_kind`, `.user`, `.created_at`"
ANNOTATED = "`annotated('correctness', kind='HUMAN', identifier='app:Ada')`"
ERRORS = [
    # not a condition
    ("x.y", 1, "`x.y` is not a condition; compare it with something, such as `... is not None`"),
    ("name == 'a' and name", 17, "`name` is not a condition; compare it with something, such as `... is not None`"),
    ("True", 1, "`True` is not a condition on its own; it can stand beside `and`, `or` and `not`"),
    ("not 1", 5, "`1` is not a condition; compare it with something, such as `... is not None`"),
    (
        "annotations['n'].score",
        1,
        "`annotations['n'].score` is not a condition; compare it with something, such as `... is not None`",
    ),
    # plain words
    ("refund", 1, "`refund` is not a condition; to look for text, write `'refund' in input.value`"),
    ("name == 'a' and refund", 17, "`refund` is not a condition; to look for text, write `'refund' in input.value`"),
    ("'my order'", 1, "`'my order'` is not a condition; to look for text, write `'my order' in input.value`"),
    (" refund my order?", 2, "this is not a condition; to look for text, write `'refund my order?' in input.value`"),
    # syntax
    ("name = 'x'", 6, "invalid syntax"),
    ("(name == 'x'", 1, "'(' was never closed"),
    ("  name ==", 10, "the expression ends too early"),
    ("name == 'x'\nand latency_ms > 1", 13, "invalid syntax"),
    # kinds
    ("name == 1", 9, "cannot compare string and number, write '1' instead of 1"),
    ("1 == name", 1, "cannot compare string and number, write '1' instead of 1"),
    ("'ä' == name and latency_ms == '1'", 31, "cannot compare number and string, write 1 instead of '1'"),
    ("llm.token_count.total == 'many'", 26, "cannot compare number and string"),
    ("name is True", 9, "cannot compare string and boolean"),
    ("x.y > True", 7, "True and False have no order; use `==` or `!=`"),
    ("start_time > 5", 14, "cannot compare datetime and number"),
    ("start_time > x.y", 14, "cannot compare datetime and attribute"),
    ("start_time > 'soon'", 14, "'soon' is not a datetime; write it as '2026-07-01T00:00:00Z'"),
    (
        "start_time > '2024-01-01T00:00:00'",
        14,
        "datetime literal '2024-01-01T00:00:00' has no timezone, add an offset (e.g. 'Z' for UTC)",
    ),
    ("start_time > '9999-01-01T00:00:00Z'", 14, "the datetime '9999-01-01T00:00:00Z' is out of range"),
    ("x.y == [1]", 8, "a list can only stand on the right of `in` and `not in`"),
    # None, is
    ("x.y is 1", 8, "`is` takes only None, True or False; use `==`"),
    ("x.y < None", 7, "None has no order; use `is None` or `is not None`"),
    ("x.y in [1, None]", 12, "None in a list never matches; test it apart with `is None` or `is not None`"),
    ("parent_span == 'x'", 1, "`parent_span` can only be compared with None: `parent_span is None`"),
    ("parent_span", 1, "`parent_span` can only be compared with None: `parent_span is None`"),
    ("(name == 'x') is None", 2, "`name == 'x'` is a condition, and a value was expected"),
    ("annotations['n'] == 'x'", 1, "`annotations['n']` is a condition; it can only be equal to True or False"),
    # in
    ("name in 'abc'", 9, "`in` takes a list or a text field on its right, not `'abc'`"),
    ("1 in x.y", 1, "`in` looks for text in text; `1` is a number, write '1' instead of 1"),
    ("'1' in latency_ms", 8, "`in` looks for text in text; `latency_ms` is a number"),
    ("name in ['a', 1]", 15, "cannot compare string and number, write '1' instead of 1"),
    # arithmetic, casts, calls
    ("x.y ** 2 == 1", 1, "the operator `**` is not supported"),
    ("x.y // 2 == 1", 1, "the operator `//` is not supported"),
    ("(name == 'x') & (name == 'y')", 1, "the operator `&` is not supported; write `and`"),
    ("x.y | 1 == 1", 1, "the operator `|` is not supported; write `or`"),
    ("x.y ^ 1 == 1", 1, "the operator `^` is not supported"),
    ("~x.y == 1", 1, "`~x.y` is not supported in filters"),
    ("-name == 'x'", 2, "cannot calculate with `name`, a string"),
    ("end_time - start_time > 0", 1, "cannot calculate with `end_time`, a datetime"),
    ("str(latency_ms) == '1'", 5, "`str` cannot read a number"),
    ("float() == 1", 1, "`float` takes one value"),
    ("flaot(x.y) == 1", 1, "the call of `flaot` is not supported; did you mean `float`?"),
    ("name.startswith('a')", 1, "the call of `name.startswith` is not supported"),
    ("len(span_id) > 1", 1, "`len` takes a comprehension over `cost_details`: `len([x for x in cost_details])`"),
    ("[x for x in y] == 1", 1, "a comprehension stands in `any`, `all`, `len`, `sum`, `min` or `max`"),
    ("cost_details", 1, "`cost_details` is a collection: `any(x.… for x in cost_details)`"),
    ("disagree(name)", 1, "`disagree` takes the name of an annotation: `disagree('correctness')`"),
    # functions
    ("annotated()", 1, f"`annotated` takes the name of an annotation: {ANNOTATED}"),
    ("annotated(name)", 1, f"`annotated` takes the name of an annotation: {ANNOTATED}"),
    ("annotated('q', 'HUMAN')", 16, f"what narrows `annotated` has a name: {ANNOTATED}"),
    ("annotated('q', knid='LLM')", 16, "`annotated` has no `knid`; did you mean `kind`?"),
    ("annotated('q', score=1)", 16, "`annotated` has no `score`; it takes `kind`, `identifier` and `label`"),
    ("annotated('q', **{})", 16, "`annotated` has no `**`; it takes `kind`, `identifier` and `label`"),
    ("annotated('q', label=1)", 22, "`label` takes a text in quotes"),
    ("annotated('q', identifier='\\ud800')", 27, "the string holds half a character (a lone surrogate)"),
    ("annotated('q', kind='HUMEN')", 21, "'HUMEN' is no kind of annotator; did you mean `HUMAN`?"),
    (
        "name == 'a' and annotated('q', kind='x')",
        37,
        "'x' is no kind of annotator; there are `HUMAN`, `LLM` and `CODE`",
    ),
    ("annotated('q') > 1", 1, "`annotated('q')` is a condition; it can only be equal to True or False"),
    ("annotated('q') + 1 > 1", 1, "`annotated('q')` is a condition, and a value was expected"),
    ("anotated('q')", 1, "the call of `anotated` is not supported; did you mean `annotated`?"),
    ("disagree('q', 'HUMAN', 'llm', 'CODE')", 31, "`disagree` compares two kinds of annotators at most"),
    ("disagree('q', 'MACHINE')", 15, "'MACHINE' is no kind of annotator; there are `HUMAN`, `LLM` and `CODE`"),
    ("disagree('q', 1)", 15, "a kind of annotator is a text in quotes"),
    (
        "disagree('q', kind='HUMAN')",
        15,
        "`disagree` takes kinds of annotators as they are: `disagree('correctness', 'HUMAN', 'LLM')`",
    ),
    # literals
    ("x.y == 1e400", 8, "`1e400` is out of range"),
    ("x.y == 99999999999999999999", 8, "`99999999999999999999` is out of range"),
    ("x.y == b'a'", 8, "`b'a'` is not a literal that filters know"),
    ("x.y == '\\ud800'", 8, "the string holds half a character (a lone surrogate)"),
    ("name == f'{name}'", 9, "`f'{name}'` is not supported in filters"),
    ("lambda: 1", 1, "`lambda: 1` is not supported in filters"),
    # names
    ("annotations['n'].labl == 'x'", 18, "an annotation has no `.labl`; did you mean `label`?"),
    ("annotations['n'].foo == 'x'", 18, f"an annotation has no `.foo`; it has {FIELDS}"),
    ("annotations['n'].metadata is None", 18, f"an annotation has no `.metadata`; it has {FIELDS}"),
    ("annotations['n']['label'] == 'x'", 1, f"`annotations['n']['label']`: the values of an annotation are {FIELDS}"),
    ("annotations[0].label == 'x'", 13, "the name of an annotation is a string: `annotations['correctness']`"),
    ("annotations == 'x'", 1, "`annotations` needs the name of an annotation: `annotations['correctness'].label`"),
    ("annotation['n'].label == 'x'", 1, "`annotation` takes no name in brackets; did you mean `annotations`?"),
    ("attributes == 'x'", 1, "`attributes` needs the name of an attribute: `attributes['llm.model_name']`"),
    (
        "llm.input_messages[0] == 'x'",
        20,
        "`llm.input_messages[0]`: only names in quotes can stand in brackets; "
        "name a place in a list in full: `attributes['llm.input_messages.0.message.role']`",
    ),
]


@pytest.mark.parametrize(("expression", "column", "message"), ERRORS)
def test_an_error_says_what_and_where(expression: str, column: int, message: str) -> None:
    error = error_of(expression)
    assert (error.message, error.column) == (message, column)
    assert str(error) == f"{message} (at character {column})"


HOSTILE = [
    "not " * 10_000 + "name == 'x'",
    "-" * 40_000 + "latency_ms > 1",
    "(" * 20_000 + "name == 'x'" + ")" * 20_000,
    "a" + ".a" * 20_000 + " == 1",
    "latency_ms" + " + latency_ms" * 3_000 + " > 1",
    "attributes" + "['a']" * 8_000 + " == 1",
    "name == 'x'" + " or name == 'x'" * 3_000,
    "0" + " < latency_ms" * 3_000,
    "name in [" + "x.y, " * 5_000 + "]",
    " or ".join(f"annotations['{number}']" for number in range(100)),
    "(" * 40 + "name == 'x'" + ") == True" * 40 + " and " + "(name == 'x') == True " * 300,
    "x.y == " + "9" * 5_000,
    "name == 'x\0'",
    "x" * 60_000,
]


@pytest.mark.parametrize("expression", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_quickly(expression: str) -> None:
    started = time.process_time()
    error = error_of(expression)
    assert len(error.message) < 200
    assert time.process_time() - started < 2


def test_nesting_costs_no_more_than_its_length() -> None:
    started = time.process_time()
    parse("(" * 30 + "name == 'x'" + ") == True" * 30)
    parse("(" * 40 + "name" + " + 'x')" * 40 + " == 'x'")
    assert time.process_time() - started < 1


def test_long_lists_are_welcome() -> None:
    ids = [f"{number:016x}" for number in range(2_000)]
    assert parse(f"span_id in {ids}")
