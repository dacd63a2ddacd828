"""What stands in the data, and how annotators compare."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.filter import SESSIONS, SPANS, TRACES, parse, parse_name
from rubricate_server.domain.filter.expressions import Attribute, Field
from rubricate_server.storage.contract import (
    AnnotationQuery,
    Annotators,
    FoundValues,
    MatrixQuery,
    NewAnnotation,
    ShareQuery,
    SpanQuery,
    Storage,
    StoredShare,
)

from ..spans import PROJECT, SECOND_NS, START_NS, annotation, new_span, span_id, spans, trace_id

HUMAN, LLM, CODE = AnnotatorKind.HUMAN, AnnotatorKind.LLM, AnnotatorKind.CODE


def project_id(store: Storage) -> int:
    return store.projects.get(PROJECT).id


def name_of(text: str) -> Field | Attribute:
    name = parse_name(text)
    assert isinstance(name, Field | Attribute)
    return name


# Values


def values(store: Storage, text: str, prefix: str = "", limit: int = 20) -> list[tuple[Any, int]]:
    found = store.explore.values(project_id(store), "span", name_of(text), prefix, limit)
    assert not found.sampled
    return [tuple(each) for each in found.values]


def test_values_come_with_how_often_the_commonest_first(store: Storage) -> None:
    store.spans.add(
        [
            *spans(2, kind="tool", small='{"metadata.tier":"gold","n":1}'),
            *spans(3, first=3, kind="LLM", model="gpt", small='{"metadata.tier":"silver","n":2.5}'),
            new_span(9, kind="TOOL", small='{"metadata.tier":"gold","n":true}', status=2),
            new_span(10, project="other", kind="AGENT"),
        ]
    )
    assert values(store, "span_kind") == [("LLM", 3), ("TOOL", 3)]
    assert values(store, "status_code") == [("OK", 5), ("ERROR", 1)]
    assert values(store, "llm.model_name") == [("gpt", 3)]
    assert values(store, "metadata.tier") == [("gold", 3), ("silver", 3)]
    assert values(store, "n") == [("2.5", 3), ("1", 2), ("true", 1)]
    assert values(store, "nothing") == []
    assert values(store, "span_kind", limit=1) == [("LLM", 3)]


def test_values_begin_as_was_typed(store: Storage) -> None:
    store.spans.add(
        [new_span(n, name=name) for n, name in enumerate(["Refund", "refuse", "100%", "1000", "a_b", "axb"])]
    )
    assert [value for value, _ in values(store, "name", "REF")] == ["Refund", "refuse"]
    assert [value for value, _ in values(store, "name", "100%")] == ["100%"]
    assert [value for value, _ in values(store, "name", "a_")] == ["a_b"]
    assert values(store, "name", "\\") == []


def test_long_values_are_left_out(store: Storage) -> None:
    store.spans.add([new_span(1, name="x" * 201), new_span(2, name="x" * 200)])
    assert values(store, "name") == [("x" * 200, 1)]


def test_what_was_not_looked_at_is_admitted(store: Storage) -> None:
    store.spans.add([new_span(n, name="new" if n > 100 else "old") for n in range(1, 4101)])
    found = store.explore.values(project_id(store), "span", name_of("name"), "", 20)
    assert found == FoundValues((("new", 4000),), True)  # type: ignore[arg-type]  # tuples are equal


def test_values_of_traces_and_sessions_are_of_their_roots(store: Storage) -> None:
    store.spans.add(
        [
            new_span(1, session_id="s", user_id="ada", small='{"v":"1"}'),
            new_span(2, trace_id=trace_id(1), parent_id=span_id(1), user_id="bo", small='{"v":"2"}'),
            new_span(3, session_id="s", user_id="ada", small='{"v":"3"}'),
        ]
    )

    def found(record: Any, text: str, language: Any) -> list[Any]:
        name = parse_name(text, language)
        assert isinstance(name, Field | Attribute)
        return [tuple(each) for each in store.explore.values(project_id(store), record, name, "", 20).values]

    assert found("trace", "user.id", TRACES) == [("ada", 2)]
    assert found("trace", "session.id", TRACES) == [("s", 2)]
    assert found("trace", "attributes['v']", TRACES) == [("1", 1), ("3", 1)]
    assert found("session", "session_id", SESSIONS) == [("s", 1)]
    assert found("session", "attributes['v']", SESSIONS) == [("1", 1)]


def test_values_of_annotations(store: Storage) -> None:
    store.spans.add(spans(3))
    store.annotations.put(
        [
            *(annotation(span_id(n), label="Good", identifier="app:Ada") for n in (1, 2)),
            annotation(span_id(3), label="bad", score=None, identifier="app:Bo"),
            annotation(span_id(3), "other", label="ugly"),
            annotation(trace_id(3), kind=TargetKind.TRACE, label="trace"),
        ]
    )

    def found(field: str, prefix: str = "", kind: TargetKind = TargetKind.SPAN) -> list[tuple[Any, int]]:
        answer = store.explore.annotation_values(project_id(store), kind, "quality", field, prefix, 20)
        return [tuple(each) for each in answer.values]

    assert found("label") == [("Good", 2), ("bad", 1)]
    assert found("label", "g") == [("Good", 2)]
    assert found("identifier", "APP:") == [("app:Ada", 2), ("app:Bo", 1)]
    assert found("score") == [(1.0, 2)]
    assert found("label", kind=TargetKind.TRACE) == [("trace", 1)]


def test_names_of_annotations_by_kind_of_target(store: Storage) -> None:
    store.spans.add(spans(2))
    store.annotations.put(
        [
            annotation(span_id(1), "b"),
            annotation(span_id(2), "b"),
            annotation(span_id(1), "a"),
            annotation(trace_id(1), "c", kind=TargetKind.TRACE),
            annotation(trace_id(1), "b", kind=TargetKind.TRACE),
            annotation(span_id(9), "waits"),
        ]
    )
    names = store.explore.annotation_names
    assert names(project_id(store), None, 10) == ["a", "b", "c"]
    assert names(project_id(store), TargetKind.SPAN, 10) == ["a", "b"]
    assert names(project_id(store), TargetKind.TRACE, 10) == ["b", "c"]
    assert names(project_id(store), TargetKind.SESSION, 10) == []
    assert names(project_id(store), None, 2) == ["a", "b"]


def test_keys_of_attributes(store: Storage) -> None:
    store.spans.add(
        [
            new_span(1, small='{"x":1,"metadata.tier":null}', model="m", session_id="s"),
            new_span(2, small='{"x":"2"}'),
            new_span(3, small=None),
        ]
    )
    found = store.explore.attribute_keys(project_id(store))
    assert [tuple(each) for each in found.values] == [
        ("x", 2),
        ("llm.model_name", 1),
        ("metadata.tier", 1),
        ("session.id", 1),
    ]


def test_nothing_is_found_in_a_deleted_project(store: Storage) -> None:
    store.spans.add(spans(1))
    store.annotations.put([annotation(span_id(1)), annotation(span_id(1), identifier="j", annotator_kind=LLM)])
    project = project_id(store)
    store.projects.delete(project)
    explore = store.explore
    assert explore.values(project, "span", name_of("name"), "", 5).values == ()
    assert explore.annotation_values(project, TargetKind.SPAN, "quality", "label", "", 5).values == ()
    assert explore.annotation_names(project, None, 5) == []
    assert explore.attribute_keys(project).values == ()
    assert explore.label_pairs(MatrixQuery(project, "quality", Annotators(HUMAN), Annotators(LLM))) == []
    assert explore.shares(ShareQuery(project, "quality", name_of("name")), 5, 5) == []


# Sides compared

SAID = st.tuples(
    st.integers(1, 4),
    st.sampled_from([HUMAN, LLM, CODE]),
    st.sampled_from(["ada", "bo", "x"]),
    st.none() | st.sampled_from(["good", 'b"a\\d', "", ","]),
    st.none() | st.sampled_from([0.0, 0.5, 1.0]),
)
SAYINGS = st.lists(SAID, max_size=14, unique_by=lambda said: (said[0], said[2]))
Said = tuple[int, AnnotatorKind, str, str | None, float | None]
OVER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def put(store: Storage, said: Sequence[Said]) -> None:
    """These annotations, and no others."""
    store.spans.add([new_span(n, model="odd" if n % 2 else "even") for n in range(1, 5)])
    store.annotations.delete(AnnotationQuery(project_id(store)))
    store.annotations.put(
        [
            annotation(span_id(number), identifier=who, annotator_kind=kind, label=label, score=score)
            for number, kind, who, label, score in said
        ]
    )


@OVER
@given(SAYINGS, st.sampled_from([None, "ada"]))
def test_pairs_are_those_of_a_recount(store: Storage, said: list[Said], who: str | None) -> None:
    put(store, said)
    query = MatrixQuery(project_id(store), "quality", Annotators(HUMAN, who), Annotators(LLM))
    wanted: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for number in range(1, 5):
        of_target = [each for each in said if each[0] == number and each[3] is not None]
        rows = sorted(str(each[3]) for each in of_target if each[1] is HUMAN and who in (None, each[2]))
        columns = sorted(str(each[3]) for each in of_target if each[1] is LLM)
        if rows and columns:
            wanted[tuple(rows), tuple(columns)] += 1
    found: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for pairs in store.explore.label_pairs(query):
        found[tuple(sorted(pairs.rows)), tuple(sorted(pairs.columns))] += pairs.target_count
    assert found == wanted


@OVER
@given(SAYINGS)
def test_a_cells_condition_finds_its_targets(store: Storage, said: list[Said]) -> None:
    put(store, said)
    query = MatrixQuery(project_id(store), "quality", Annotators(HUMAN), Annotators(LLM))
    cells: Counter[tuple[str, str]] = Counter()
    for rows, columns, count in store.explore.label_pairs(query):
        for cell in {(row, column) for row in rows for column in columns}:
            cells[cell] += count
    for (row, column), count in cells.items():
        text = (
            f"annotated('quality', kind='HUMAN', label={row!r}) and annotated('quality', kind='LLM', label={column!r})"
        )
        found = store.spans.find(SpanQuery(project_id(store), condition=parse(text, SPANS)), 100, frozenset())
        assert len(found) == count


def test_pairs_can_be_narrowed(store: Storage) -> None:
    store.spans.add(spans(3))
    both = [(HUMAN, "ada", "good"), (LLM, "judge", "bad")]
    targets = [(span_id(n), TargetKind.SPAN, -1) for n in (1, 2, 3)]
    targets += [(trace_id(1), TargetKind.TRACE, -1), (span_id(1), TargetKind.DOCUMENT, 0)]
    targets += [(span_id(1), TargetKind.DOCUMENT, 1), (span_id(9), TargetKind.SPAN, -1)]
    store.annotations.put(
        [
            annotation(target, kind=kind, position=position, identifier=who, annotator_kind=by, label=label)
            for target, kind, position in targets
            for by, who, label in both
        ]
    )

    def count(**wanted: Any) -> int:
        query = MatrixQuery(project_id(store), "quality", Annotators(HUMAN), Annotators(LLM), **wanted)
        found = store.explore.label_pairs(query)
        assert {(pairs.rows, pairs.columns) for pairs in found} <= {(("good",), ("bad",))}
        return sum(pairs.target_count for pairs in found)

    assert count() == 3
    assert count(target_kind=TargetKind.TRACE) == 1
    assert count(target_kind=TargetKind.DOCUMENT) == 2
    assert count(start_ns=START_NS + 2 * SECOND_NS) == 2
    assert count(end_ns=START_NS + 2 * SECOND_NS) == 1


# By an attribute


@OVER
@given(SAYINGS, st.sampled_from([None, LLM]))
def test_shares_are_those_of_a_recount(store: Storage, said: list[Said], kind: AnnotatorKind | None) -> None:
    put(store, said)
    by_group: defaultdict[str, defaultdict[int, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for each in said:
        if kind in (None, each[1]):
            by_group["odd" if each[0] % 2 else "even"][each[0]].append(each)
    query = ShareQuery(project_id(store), "quality", name_of("llm.model_name"), annotator_kind=kind)
    found = {each.group: each for each in store.explore.shares(query, 10, 10)}
    assert set(found) == set(by_group)
    for group, targets in by_group.items():
        labels = [[each[3] for each in of if each[3] is not None] for of in targets.values()]
        means = [
            fmean(scores) for of in targets.values() if (scores := [each[4] for each in of if each[4] is not None])
        ]
        shares: Counter[str] = Counter()
        for of in filter(None, labels):
            for label in of:
                shares[label] += 1 / len(of)  # type: ignore[assignment]  # counters hold parts as well
        assert found[group].target_count == len(targets)
        assert found[group].labelled_target_count == sum(map(bool, labels))
        assert dict(found[group].labels) == pytest.approx(dict(shares))
        assert found[group].mean == (pytest.approx(fmean(means)) if means else None)


def test_the_largest_groups_come_first_and_targets_without_the_attribute_are_one(store: Storage) -> None:
    store.spans.add([new_span(n, model=model) for n, model in enumerate(["b", "a", "a", None, None, None, "c"], 1)])
    store.annotations.put([annotation(span_id(n)) for n in range(1, 8)])
    query = ShareQuery(project_id(store), "quality", name_of("llm.model_name"))

    def groups(most: int) -> list[tuple[str | None, int]]:
        return [(each.group, each.target_count) for each in store.explore.shares(query, most, 5)]

    assert groups(10) == [(None, 3), ("a", 2), ("b", 1), ("c", 1)]
    assert groups(2) == [(None, 3), ("a", 2)]


def test_traces_are_divided_by_their_roots(store: Storage) -> None:
    store.spans.add(
        [
            new_span(1, small='{"v":"1"}'),
            new_span(2, trace_id=trace_id(1), parent_id=span_id(1), small='{"v":"2"}'),
        ]
    )
    store.annotations.put([annotation(trace_id(1), kind=TargetKind.TRACE)])
    query = ShareQuery(project_id(store), "quality", Attribute("v"), TargetKind.TRACE)
    assert store.explore.shares(query, 5, 5) == [StoredShare("1", 1, 1, (("good", 1.0),), 1.0)]


def test_rare_labels_of_a_group_are_left_out(store: Storage) -> None:
    store.spans.add(spans(4))
    said: list[NewAnnotation] = [annotation(span_id(n), label="b" if n < 3 else f"x{n}") for n in range(1, 5)]
    store.annotations.put(said)
    [share] = store.explore.shares(ShareQuery(project_id(store), "quality", Attribute("nothing")), 5, 2)
    assert share.labels == (("b", 2.0), ("x3", 1.0))
