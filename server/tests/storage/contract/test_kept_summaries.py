"""Summaries of annotations: whatever was written, moved and deleted, they say what counting again would."""

from collections import Counter, defaultdict
from contextlib import suppress
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.storage.contract import AnnotationQuery, Storage, StoredSummary, SummaryQuery
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.sqlite import annotation_hour

from ..spans import annotation, new_span, span_id, trace_id

HOUR_NS = 3_600_000_000_000
FIRST_NS = 400_000 * HOUR_NS
PROJECTS = ("shop", "other")


class Change(NamedTuple):
    """What happens next. Numbers name spans; a small world collides."""

    kind: str
    number: int
    start_ns: int
    target_kind: TargetKind
    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None


CHANGES = st.builds(
    Change,
    st.sampled_from(
        ["annotate"] * 12 + ["add"] * 8 + ["tidy", "move"] * 4 + ["change", "remove", "delete span", "drop"]
    ),
    st.integers(0, 5),
    st.integers(0, 5 * HOUR_NS).map(FIRST_NS.__add__),
    st.sampled_from([TargetKind.SPAN, *TargetKind]),
    st.sampled_from(AnnotatorKind),
    st.none() | st.sampled_from("abc"),
    st.integers(-40, 40).map(lambda quarters: quarters / 4) | st.none(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(CHANGES, min_size=15, max_size=50),
    st.integers(0, 5 * HOUR_NS).map(FIRST_NS.__add__),
    st.integers(1, 5 * HOUR_NS),
    st.sampled_from([None, HOUR_NS, 3 * HOUR_NS]),
)
def test_kept_sums_are_what_counting_again_says(
    store: Storage, changes: list[Change], start_ns: int, length_ns: int, width_ns: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(annotation_hour, "QUIET_S", 0)
        for change in changes:
            apply(store, change)
        for project in store.projects.page():
            query = SummaryQuery(project.id)
            assert_same(store.insight.summaries(query, width_ns), counted(store, query, width_ns))
            query = SummaryQuery(project.id, None, ("quality 0",), start_ns, start_ns + length_ns)
            assert_same(store.insight.summaries(query, width_ns), counted(store, query, width_ns))
            store.projects.delete(project.id)
        while store.maintenance.step():
            pass


def apply(store: Storage, change: Change) -> None:
    number, kind = change.number, change.target_kind
    projects = {each.name: each.id for each in store.projects.page()}
    rows = store.spans.rows_of([span_id(each) for each in range(6)])
    stored = [int.from_bytes(each, "big") for each in sorted(rows)]
    known = [each.id for id in projects.values() for each in store.annotations.find(AnnotationQuery(id), 100)]
    session = f"session {number % 2}"
    match change.kind:
        case "add":
            store.spans.add(
                [
                    new_span(
                        number,
                        trace_id=trace_id(number % 3),
                        project=PROJECTS[number % 2],
                        session_id=session,
                        start_ns=change.start_ns,
                        end_ns=change.start_ns + 1,
                    )
                ]
            )
        case "annotate":
            target = {TargetKind.TRACE: trace_id(number % 3), TargetKind.SESSION: session.encode()}
            store.annotations.put(
                [
                    annotation(
                        target.get(kind, span_id(number)),
                        f"quality {number // 5}",
                        kind=kind,
                        identifier=change.annotator_kind,
                        position=number % 2 if kind is TargetKind.DOCUMENT else -1,
                        annotator_kind=change.annotator_kind,
                        label=change.label,
                        score=change.score,
                    )
                ]
            )
        case "change" if known:
            store.annotations.update(known[number % len(known)], {"label": change.label, "score": change.score})
        case "remove" if known:
            store.annotations.remove(known[number % len(known)])
        case "delete span" if stored:
            store.spans.delete(span_id(stored[number % len(stored)]))
        case "move" if projects:
            with suppress(NotFound):  # of no such trace
                moved = store.traces.get(trace_id(number % 3)).id
                store.traces.transfer([moved], sorted(projects.values())[number % len(projects)])
        case "drop" if projects and number == 0:
            store.projects.delete(sorted(projects.values())[0])
        case "tidy":
            while store.maintenance.step():
                pass


def counted(store: Storage, query: SummaryQuery, width_ns: int | None) -> list[StoredSummary]:
    """The same in plain Python, from the annotations."""
    targets: defaultdict[tuple[object, ...], list[tuple[str | None, float | None]]] = defaultdict(list)
    for each in store.annotations.find(AnnotationQuery(query.project_id), 1000):
        start_ns = start_of(store, each.key.target_kind, each.key.target_id)
        if query.names and each.key.name not in query.names:
            continue
        if not (query.start_ns or 0) <= start_ns < (query.end_ns or 2 * FIRST_NS):
            continue
        bucket = 0 if width_ns is None else start_ns - start_ns % width_ns
        for annotator in (None, each.annotator_kind):
            group = (bucket, each.key.target_kind, each.key.name, annotator)
            targets[(*group, each.key.target_id, each.key.position)].append((each.label, each.score))
    groups: defaultdict[tuple[object, ...], list[list[tuple[str | None, float | None]]]] = defaultdict(list)
    for key, said in targets.items():
        groups[key[:4]].append(said)
    return [summary(key, said) for key, said in groups.items()]


def start_of(store: Storage, kind: TargetKind, target_id: bytes) -> int:
    match kind:
        case TargetKind.TRACE:
            return store.traces.get(target_id).start_ns
        case TargetKind.SESSION:
            return store.sessions.get(target_id.decode()).start_ns
        case _:
            return store.spans.of([target_id], frozenset())[0].start_ns


def summary(key: tuple[object, ...], targets: list[list[tuple[str | None, float | None]]]) -> StoredSummary:
    scores = [[score for _, score in said if score is not None] for said in targets]
    labels = [[label for label, _ in said if label is not None] for said in targets]
    means = [sum(of) / len(of) for of in scores if of]
    mean = sum(means) / len(means) if means else None
    shares: Counter[str] = Counter()
    for of in labels:
        for label in of:
            shares[label] += 1 / len(of)  # type: ignore[assignment]  # a Counter of floats
    return StoredSummary._make(
        [
            *key,
            sum(map(len, targets)),
            len(targets),
            sum(map(len, scores)),
            len(means),
            mean,
            None if mean is None else sum((each - mean) ** 2 for each in means),
            sum(map(len, labels)),
            sum(map(bool, labels)),
            tuple(sorted(shares.items())),
        ]
    )


def assert_same(found: list[StoredSummary], wanted: list[StoredSummary]) -> None:
    def by_key(of: list[StoredSummary]) -> dict[object, StoredSummary]:
        return {(each.bucket_ns, each.target_kind, each.name, each.annotator_kind): each for each in of}

    ours, theirs = by_key(found), by_key(wanted)
    assert ours.keys() == theirs.keys()
    assert len(found) == len(wanted)
    for key, each in ours.items():
        counts = slice(4, 8)
        assert each[counts] == theirs[key][counts]
        assert each[10:12] == theirs[key][10:12]
        assert each[8:10] == pytest.approx(theirs[key][8:10], abs=1e-9)
        assert dict(each.labels) == pytest.approx(dict(theirs[key].labels))
