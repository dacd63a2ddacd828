"""What many annotations say together."""

from collections import defaultdict
from itertools import count, pairwise
from math import ceil
from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.filter import parse
from rubricate_server.storage.contract import (
    AnnotationQuery,
    DisagreementQuery,
    NewAnnotation,
    Storage,
    StoredSummary,
    SummaryQuery,
)

from ..spans import PROJECT, SECOND_NS, START_NS, annotation, new_span, span_id, spans, trace_id

HUMAN, LLM = AnnotatorKind.HUMAN, AnnotatorKind.LLM

_numbers = count()


def summaries(store: Storage, bucket_ns: int | None = None, **wanted: object) -> list[StoredSummary]:
    query = SummaryQuery(store.projects.get(PROJECT).id, **wanted)  # type: ignore[arg-type]  # of the right kinds
    return store.insight.summaries(query, bucket_ns)


def of_all(found: list[StoredSummary]) -> list[StoredSummary]:
    return [each for each in found if each.annotator_kind is None]


def test_every_target_counts_once(store: Storage) -> None:
    store.spans.add(spans(2))
    store.annotations.put(
        [
            *(annotation(span_id(1), identifier=str(n), score=1.0, label="good") for n in range(3)),
            annotation(span_id(2), score=0.0, label="bad", annotator_kind=LLM),
            annotation(span_id(2), identifier="2", score=None, label="good", annotator_kind=LLM),
            annotation(span_id(2), identifier="3", score=None, label=None, annotator_kind=LLM),
        ]
    )
    assert summaries(store) == [
        StoredSummary(0, "span", "quality", None, 6, 2, 4, 2, 0.5, 0.5, 5, 2, (("good", 1.5), ("bad", 0.5))),
        StoredSummary(0, "span", "quality", "HUMAN", 3, 1, 3, 1, 1.0, 0.0, 3, 1, (("good", 1.0),)),
        StoredSummary(0, "span", "quality", "LLM", 3, 1, 1, 1, 0.0, 0.0, 2, 1, (("bad", 0.5), ("good", 0.5))),
    ]


def test_kinds_of_targets_and_documents_are_told_apart(store: Storage) -> None:
    store.spans.add(spans(1))
    store.annotations.put(
        [
            annotation(span_id(1)),
            annotation(trace_id(1), kind=TargetKind.TRACE),
            annotation(span_id(1), kind=TargetKind.DOCUMENT, position=0, score=0.0),
            annotation(span_id(1), kind=TargetKind.DOCUMENT, position=1),
            annotation(span_id(9)),  # waits
            annotation(span_id(1), "note"),
        ]
    )
    found = [(each.target_kind, each.target_count, each.mean) for each in of_all(summaries(store))]
    assert found == [("document", 2, 0.5), ("span", 1, 1.0), ("trace", 1, 1.0)]


def test_summaries_can_be_narrowed(store: Storage) -> None:
    store.spans.add([*spans(3), new_span(4, kind="TOOL")])
    store.annotations.put([annotation(span_id(n), name) for n in range(1, 5) for name in ("a", "b")])

    def counts(**wanted: object) -> list[tuple[str, int]]:
        return [(each.name, each.annotation_count) for each in of_all(summaries(store, **wanted))]

    assert counts() == [("a", 4), ("b", 4)]
    assert counts(names=("b", "c")) == [("b", 4)]
    assert counts(start_ns=START_NS + 2 * SECOND_NS, end_ns=START_NS + 3 * SECOND_NS) == [("a", 1), ("b", 1)]
    assert counts(condition=parse("span_kind == 'TOOL'"), names=("a",)) == [("a", 1)]
    assert counts(target_kind=TargetKind.TRACE) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_scores_are_spread_as_they_are_counted_by_hand(store: Storage, data: st.DataObject) -> None:
    name = f"spread {next(_numbers)}"
    store.spans.add(spans(5))
    score = st.none() | st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 3.0]) | st.floats(-5, 5)
    said = data.draw(
        st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from("abc"), st.sampled_from([HUMAN, LLM])), score)
    )
    store.annotations.put(
        [
            annotation(span_id(number), name, identifier=f"{who} {kind}", score=value, annotator_kind=kind)
            for (number, who, kind), value in said.items()
        ]
    )
    bins = data.draw(st.integers(1, 12))
    low, high = data.draw(st.sampled_from([(None, None), (0.0, 1.0), (-1.0, None), (None, 0.3), (99.0, None)]))
    query = SummaryQuery(store.projects.get(PROJECT).id, names=(name,))
    edges, found = store.insight.distributions(query, bins, low, high)

    scores: dict[AnnotatorKind | None, defaultdict[int, list[float]]] = {}
    for (number, _, kind), value in said.items():
        if value is not None:
            for group in (None, kind):
                scores.setdefault(group, defaultdict(list))[number].append(value)
    assert [each.annotator_kind for each in found] == sorted(scores, key=lambda kind: kind or "")
    for each in found:
        kind = None if each.annotator_kind is None else AnnotatorKind(each.annotator_kind)
        means = sorted(sum(values) / len(values) for values in scores[kind].values())
        assert each.scored_target_count == len(means)
        ranks = [1, *(ceil(len(means) * quarter / 4) for quarter in (1, 2, 3, 4))]
        assert each.quartiles == pytest.approx([means[rank - 1] for rank in ranks])
        assert sum(each.counts) + each.below + each.above == len(means)
        # Means that lie on an edge but for rounding may be on either side of it.
        clear = [mean for mean in means if all(abs(mean - edge) > 1e-9 or mean == edge for edge in edges)]
        if len(clear) == len(means):
            assert each.below == sum(mean < edges[0] for mean in means)
            assert each.counts == tuple(
                sum(one <= mean < other or (place == len(edges) - 2 and mean == other) for mean in means)
                for place, (one, other) in enumerate(pairwise(edges))
            )
    if edges:
        assert (edges[0] if low is None else low) == edges[0]
        assert len(edges) == (2 if edges[0] == edges[-1] else bins + 1)


def test_summaries_of_a_deleted_project_are_empty(store: Storage) -> None:
    store.spans.add(spans(1))
    store.annotations.put([annotation(span_id(1))])
    project_id = store.projects.get(PROJECT).id
    store.projects.delete(project_id)
    assert store.insight.summaries(SummaryQuery(project_id)) == []
    assert store.insight.disagreements(DisagreementQuery(project_id), 10) == []


def test_buckets_are_those_in_which_targets_started(store: Storage) -> None:
    store.spans.add(spans(4))
    store.annotations.put([annotation(span_id(n), score=float(n)) for n in range(1, 5)])
    width = 2 * SECOND_NS
    found = [(each.bucket_ns - START_NS, each.annotation_count, each.mean) for each in of_all(summaries(store, width))]
    assert found == [(0, 1, 1.0), (width, 2, 2.5), (2 * width, 1, 4.0)]


def test_rare_labels_are_left_out(store: Storage) -> None:
    store.spans.add(spans(4))
    store.annotations.put([annotation(span_id(n), label="b" if n < 3 else f"x{n}") for n in range(1, 5)])
    query = SummaryQuery(store.projects.get(PROJECT).id)
    assert store.insight.summaries(query, most_labels=2)[0].labels == (("b", 2.0), ("x3", 1.0))


JUDGEMENT = st.tuples(
    st.integers(1, 4),
    st.sampled_from(AnnotatorKind),
    st.none() | st.sampled_from("abc"),
    st.none() | st.floats(-10, 10).map(lambda score: round(score, 3)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(JUDGEMENT, max_size=20))
def test_it_is_what_plain_python_says(
    store: Storage, judged: list[tuple[int, AnnotatorKind, str | None, float | None]]
) -> None:
    store.spans.add(spans(4))
    project_id = store.projects.get(PROJECT).id
    store.annotations.delete(AnnotationQuery(project_id))  # of the example before
    store.annotations.put(
        [
            annotation(span_id(number), identifier=str(place), annotator_kind=kind, label=label, score=score)
            for place, (number, kind, label, score) in enumerate(judged)
        ]
    )
    scores: dict[int, list[float]] = defaultdict(list)
    labels: dict[int, list[str]] = defaultdict(list)
    for number, _, label, score in judged:
        if score is not None:
            scores[number].append(score)
        if label is not None:
            labels[number].append(label)
    whole = of_all(store.insight.summaries(SummaryQuery(project_id)))
    assert len(whole) == (1 if judged else 0)
    for each in whole:
        means = [fmean(of) for of in scores.values()]
        assert each.mean == (pytest.approx(fmean(means), abs=1e-9) if means else None)
        if means:
            assert each.squares == pytest.approx(sum((mean - fmean(means)) ** 2 for mean in means), abs=1e-9)
        shares = {
            label: sum(of.count(label) / len(of) for of in labels.values()) for of in labels.values() for label in of
        }
        assert dict(each.labels) == pytest.approx(shares)
        assert each.annotation_count == len(judged)
        assert each.target_count == len({number for number, *_ in judged})


def disagreements(store: Storage, limit: int = 10, **wanted: object) -> list[tuple[bytes, int, str, list[str]]]:
    query = DisagreementQuery(store.projects.get(PROJECT).id, **wanted)  # type: ignore[arg-type]  # of the right kinds
    return [
        (
            each.annotations[0].key.target_id,
            each.mark.position,
            each.mark.name,
            [a.key.identifier for a in each.annotations],
        )
        for each in store.insight.disagreements(query, limit)
    ]


def two(number: int, name: str = "quality", **second: object) -> list[NewAnnotation]:
    return [annotation(span_id(number), name), annotation(span_id(number), name, identifier="2", **second)]


def test_labels_or_scores_without_labels_disagree(store: Storage) -> None:
    store.spans.add(spans(5))
    store.annotations.put(
        [
            *two(1, label="bad"),
            *two(2, score=0.3),  # of the same label
            annotation(span_id(3), label=None, score=0.1),
            annotation(span_id(3), identifier="2", label=None, score=0.2),
            *two(4, label=None, score=0.2),  # one without a label, to whom nobody compares
            *two(5, "note", label="bad"),
        ]
    )
    assert disagreements(store) == [
        (span_id(3), -1, "quality", ["2", ""]),
        (span_id(1), -1, "quality", ["2", ""]),
    ]


def test_a_page_goes_on_behind_the_one_before(store: Storage) -> None:
    store.spans.add(spans(3))
    store.annotations.put([each for n in range(1, 4) for name in "ab" for each in two(n, name, label="bad")])
    query = DisagreementQuery(store.projects.get(PROJECT).id)
    whole = store.insight.disagreements(query, 100)
    assert [(each.mark.name, each.annotations[0].key.target_id) for each in whole] == [
        (name, span_id(n)) for n in (3, 2, 1) for name in "ba"
    ]
    paged = []
    page = store.insight.disagreements(query, 1)
    while page:
        paged += page
        page = store.insight.disagreements(DisagreementQuery(query.project_id, after=page[-1].mark), 1)
    assert paged == whole


def test_documents_disagree_by_position(store: Storage) -> None:
    store.spans.add(spans(1))
    store.annotations.put(
        [
            annotation(span_id(1), kind=TargetKind.DOCUMENT, position=position, identifier=identifier, label=label)
            for position, identifier, label in (
                (0, "1", "a"),
                (0, "2", "a"),
                (1, "1", "a"),
                (1, "2", "b"),
                (2, "1", "b"),
            )
        ]
    )
    kind = TargetKind.DOCUMENT
    [(_, position, _, _)] = disagreements(store, target_kind=kind)
    assert position == 1
    assert disagreements(store, target_kind=kind, names=("other",)) == []
    assert disagreements(store, target_kind=kind, start_ns=START_NS + 2 * SECOND_NS) == []
    [found] = store.insight.disagreements(DisagreementQuery(store.projects.get(PROJECT).id, kind), 5)
    assert (
        store.insight.disagreements(DisagreementQuery(store.projects.get(PROJECT).id, kind, after=found.mark), 5) == []
    )


def test_others_that_stand_between_are_not_shown(store: Storage) -> None:
    store.spans.add([*spans(1), new_span(2, project="other")])
    store.annotations.put([*two(1, label="bad"), *two(2, label="bad")])
    assert [each[0] for each in disagreements(store)] == [span_id(1)]


def test_spans_along_time(store: Storage) -> None:
    store.spans.add([new_span(n, start_ns=START_NS, end_ns=START_NS + n, tokens_prompt=1) for n in range(1, 201)])
    later = START_NS + SECOND_NS
    store.spans.add([new_span(300, start_ns=later, end_ns=later + 7, status=2, tokens_total=5, cost_usd=0.5)])
    project_id = store.projects.get(PROJECT).id
    found = store.insight.span_series(project_id, 0, 2 * START_NS, SECOND_NS)
    assert [tuple(each) for each in found] == [
        (START_NS, 200, 0, 100, 198, 200, 0, 200, 0.0),
        (later, 1, 1, 7, 7, 0, 0, 5, 0.5),
    ]
    assert store.insight.span_series(project_id, START_NS, later, SECOND_NS) == found[:1]
    store.projects.delete(project_id)
    assert store.insight.span_series(project_id, 0, 2 * START_NS, SECOND_NS) == []
