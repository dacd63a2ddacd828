"""Spans along time: whatever was stored, moved and deleted, a series says what counting again would."""

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate_server.storage.contract import NewSpan, SpanBucket, Storage
from rubricate_server.storage.sqlite.span_hour import bin_of, middle_of

from ..spans import new_span, span_id, trace_id

HOUR_NS = 3_600_000_000_000
FIRST_NS = 400_000 * HOUR_NS
PROJECTS = ("shop", "other", "third")


class Change(NamedTuple):
    """What happens next. `number` names the span, and its trace and project; where it is to go, one that is there."""

    kind: str
    number: int
    start_ns: int
    latency_ns: int
    tokens: int | None
    status: int


CHANGES = st.builds(
    Change,
    st.sampled_from(["add"] * 6 + ["delete", "delete trace", "delete project", "tidy"] + ["move"] * 3),
    st.integers(0, 11),
    st.integers(0, 30 * HOUR_NS).map(FIRST_NS.__add__),
    st.integers(-5, 200) | st.integers(0, 10**14),
    st.none() | st.integers(0, 10**6),
    st.integers(0, 2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    st.lists(CHANGES, min_size=12, max_size=40),
    st.integers(0, 30 * HOUR_NS).map(FIRST_NS.__add__),
    st.integers(1, 30 * HOUR_NS),
    st.sampled_from([HOUR_NS, 5 * HOUR_NS, 24 * HOUR_NS]),
)
def test_kept_sums_are_what_counting_again_says(
    store: Storage, changes: list[Change], start_ns: int, length_ns: int, width_ns: int
) -> None:
    model = World(store)
    for change in changes:
        model.apply(change)
    for name in PROJECTS:
        project_id = store.projects.create(name, None).id if name not in model.projects() else model.projects()[name]
        of_project = [span for span in model.spans.values() if span.project == name]
        for start, end in ((start_ns, start_ns + length_ns), (0, 2 * FIRST_NS)):
            found = store.insight.span_series(project_id, start, end, width_ns, exact_spans=0)
            wanted = [span for span in of_project if start <= span.start_ns < end]
            assert_same(found, counted(wanted, width_ns))
        store.projects.delete(project_id)
    while store.maintenance.step():
        pass


class World:
    """What the store should hold."""

    def __init__(self, store: Storage) -> None:
        self.store = store
        self.spans: dict[int, NewSpan] = {}

    def projects(self) -> dict[str, int]:
        return {each.name: each.id for each in self.store.projects.page()}

    def apply(self, change: Change) -> None:
        number, traces, projects = change.number, self.store.traces, self.projects()
        if change.kind != "add" and self.spans:
            number = sorted(self.spans)[number % len(self.spans)]
        trace = number % 4
        members = [each for each, span in self.spans.items() if span.trace_id == trace_id(trace)]
        match change.kind:
            case "add" if number not in self.spans:
                span = new_span(
                    number,
                    trace_id=trace_id(trace),
                    project=self.spans[members[0]].project if members else PROJECTS[number % 3],
                    start_ns=change.start_ns,
                    end_ns=change.start_ns + change.latency_ns,
                    status=change.status,
                    tokens_prompt=change.tokens,
                    tokens_total=None if change.status == 1 else change.tokens,
                    cost_usd=None if change.tokens is None else change.tokens / 4,
                )
                assert self.store.spans.add([span]) == 1
                self.spans[number] = span
            case "delete" if number in self.spans:
                self.store.spans.delete(span_id(number))
                del self.spans[number]
            case "move" if members:
                target = PROJECTS[change.status]
                target_id = projects[target] if target in projects else self.store.projects.create(target, None).id
                traces.transfer([traces.get(trace_id(trace)).id], target_id)
                self.spans |= {each: self.spans[each]._replace(project=target) for each in members}
            case "delete trace" if members:
                traces.delete([traces.get(trace_id(trace)).id])
                self.spans = {each: span for each, span in self.spans.items() if each not in members}
            case "delete project" if members:
                gone = self.spans[number].project
                self.store.projects.delete(projects[gone])
                self.spans = {each: span for each, span in self.spans.items() if span.project != gone}
            case "tidy":
                self.store.maintenance.step()


def counted(spans: list[NewSpan], width_ns: int) -> list[SpanBucket]:
    buckets: defaultdict[int, list[NewSpan]] = defaultdict(list)
    for span in spans:
        buckets[span.start_ns - span.start_ns % width_ns].append(span)
    found = []
    for start, members in sorted(buckets.items()):
        latencies = sorted(max(0, span.end_ns - span.start_ns) for span in members)
        n = len(members)
        found.append(
            SpanBucket(
                start,
                n,
                sum(span.status == 2 for span in members),
                latencies[(n + 1) // 2 - 1],
                latencies[(n * 99 + 99) // 100 - 1],
                sum(span.tokens_prompt or 0 for span in members),
                0,
                sum((span.tokens_prompt if span.tokens_total is None else span.tokens_total) or 0 for span in members),
                sum(span.cost_usd or 0.0 for span in members),
            )
        )
    return found


def assert_same(found: list[SpanBucket], wanted: list[SpanBucket]) -> None:
    exactly: Callable[[SpanBucket], SpanBucket] = lambda bucket: bucket._replace(p50_ns=0, p99_ns=0)  # noqa: E731
    assert [exactly(bucket) for bucket in found] == [exactly(bucket) for bucket in wanted]
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.p50_ns == pytest.approx(theirs.p50_ns, rel=1 / 128)
        assert ours.p99_ns == pytest.approx(theirs.p99_ns, rel=1 / 128)


@given(st.integers(0, 2**63 - 1))
def test_the_middle_of_a_bin_is_near_all_that_is_in_it(latency_ns: int) -> None:
    assert abs(middle_of(bin_of(latency_ns)) - latency_ns) * 128 <= latency_ns
    assert bin_of(latency_ns) <= bin_of(latency_ns + 1) <= bin_of(latency_ns) + 1
    assert bin_of(latency_ns) < 2**16
