"""Spans: found, page by page and in batches."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from rubricate_server.domain.filter import parse
from rubricate_server.storage.contract import ALL_PARTS, NewSpan, SpanBody, SpanMark, SpanOrder, SpanQuery, Storage

from ..spans import PROJECT, START_NS, annotation, new_span, span_id, spans, trace_id

HOUR_NS = 3_600_000_000_000
ROOT, CHILD, ORPHAN, LATE, EARLY, OTHER = range(1, 7)

SPANS = [
    new_span(ROOT, kind="CHAIN", name="answer"),
    new_span(CHILD, trace_id=trace_id(ROOT), parent_id=span_id(ROOT), kind="llm", status=2),
    new_span(ORPHAN, parent_id=span_id(99), kind="RETRIEVER", status=0),
    new_span(LATE, start_ns=START_NS + 100, kind="LLM", name="answer"),
    new_span(EARLY, start_ns=START_NS - 100, kind="TOOL", attributes=b'{"tier":"gold"}', small='{"tier":"gold"}'),
    new_span(OTHER, project="other"),
]


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add(SPANS)
    return store.projects.get(PROJECT).id


def numbers(store: Storage, query: SpanQuery, limit: int = 100) -> list[int]:
    found = store.spans.find(query, limit)
    assert [span for batch in store.spans.scan(query, limit) for span in batch] == found
    return [int.from_bytes(span.span_id, "big") for span in found]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {ROOT, CHILD, ORPHAN, LATE, EARLY}),
        ({"start_ns": START_NS + 100}, {ROOT, CHILD, ORPHAN, LATE}),
        ({"start_ns": START_NS + 101}, {ROOT, CHILD, ORPHAN}),
        ({"end_ns": START_NS + 100}, {EARLY}),
        ({"end_ns": START_NS + 101}, {EARLY, LATE}),
        ({"start_ns": START_NS + 100, "end_ns": START_NS + 101}, {LATE}),
        ({"start_ns": START_NS + 100, "end_ns": START_NS + 100}, set()),
        ({"trace_ids": (trace_id(ROOT),)}, {ROOT, CHILD}),
        ({"trace_ids": (trace_id(ROOT), trace_id(LATE))}, {ROOT, CHILD, LATE}),
        ({"trace_ids": (trace_id(77),)}, set()),
        ({"span_ids": (span_id(ROOT),)}, {ROOT}),
        ({"span_ids": (span_id(EARLY), span_id(CHILD), b"")}, {EARLY, CHILD}),
        ({"span_ids": (span_id(OTHER),)}, set()),
        ({"parent_id": span_id(ROOT)}, {CHILD}),
        ({"parent_id": span_id(99)}, {ORPHAN}),
        ({"roots": True}, {ROOT, LATE, EARLY}),
        ({"roots": True, "orphans_are_roots": True}, {ROOT, LATE, EARLY, ORPHAN}),
        ({"orphans_are_roots": True}, {ROOT, CHILD, ORPHAN, LATE, EARLY}),
        ({"names": ("answer",)}, {ROOT, LATE}),
        ({"names": ("answer", "span 2")}, {ROOT, LATE, CHILD}),
        ({"names": ("Answer",)}, set()),
        ({"kinds": ("LLM",)}, {CHILD, LATE}),
        ({"kinds": ("chain", "Tool")}, {ROOT, EARLY}),
        ({"statuses": (2,)}, {CHILD}),
        ({"statuses": (0, 2)}, {CHILD, ORPHAN}),
        ({"condition": parse("name == 'answer' and span_kind == 'LLM'")}, {LATE}),
        ({"condition": parse("attributes['tier'] == 'gold'")}, {EARLY}),
        ({"condition": parse("'QUESTION 3' in input.value")}, {ORPHAN}),
        ({"names": ("answer",), "kinds": ("LLM",), "roots": True, "statuses": (1,)}, {LATE}),
    ],
)
def test_each_field_narrows(store: Storage, project_id: int, fields: dict[str, Any], expected: set[int]) -> None:
    assert numbers(store, SpanQuery(project_id, **fields)) == sorted(expected, reverse=True)


def test_a_condition_sees_annotations(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(ROOT), label="good"), annotation(span_id(LATE), label="bad")])
    query = SpanQuery(project_id, condition=parse("annotations['quality'].label == 'bad'"))
    assert numbers(store, query) == [LATE]


def test_an_orphan_stops_being_a_root_when_its_parent_arrives(store: Storage, project_id: int) -> None:
    query = SpanQuery(project_id, roots=True, orphans_are_roots=True, names=(f"span {ORPHAN}",))
    assert numbers(store, query) == [ORPHAN]
    store.spans.add([new_span(99, trace_id=trace_id(ORPHAN))])
    assert numbers(store, query) == []


def test_by_start_time_the_newest_comes_first(store: Storage, project_id: int) -> None:
    assert numbers(store, SpanQuery(project_id, order="start_time")) == [ORPHAN, CHILD, ROOT, LATE, EARLY]


def test_the_oldest_comes_first_when_that_is_asked(store: Storage, project_id: int) -> None:
    assert numbers(store, SpanQuery(project_id, order="arrival")) == [ROOT, CHILD, ORPHAN, LATE, EARLY]
    assert numbers(store, SpanQuery(project_id, order="start_time_ascending")) == [EARLY, LATE, ROOT, CHILD, ORPHAN]


def test_of_equal_starts_the_newer_row_comes_first(store: Storage) -> None:
    store.spans.add(spans(20, start_ns=START_NS))
    query = SpanQuery(store.projects.get(PROJECT).id, order="start_time")
    rows = [span.id for span in store.spans.find(query, 100)]
    assert rows == sorted(rows, reverse=True)


@pytest.mark.parametrize("width", [1, 9, 50, 200])
@pytest.mark.parametrize("failed", [False, True])
def test_a_window_holds_whatever_the_order_in_which_spans_came(store: Storage, width: int, failed: bool) -> None:
    starts = {number: START_NS + number * 37 % 100 * HOUR_NS for number in range(1, 101)}
    for first in (1, 51):
        store.spans.add(
            [
                new_span(number, start_ns=starts[number], status=2 if number % 3 else 1)
                for number in range(first, first + 50)
            ]
        )
    project_id = store.projects.get(PROJECT).id
    statuses = (2,) if failed else ()
    for begin in (START_NS - HOUR_NS, START_NS + 1, START_NS + 30 * HOUR_NS, START_NS + 95 * HOUR_NS):
        end = begin + width * HOUR_NS
        inside = [n for n, at in starts.items() if begin <= at < end and (n % 3 or not failed)]
        query = SpanQuery(project_id, begin, end, statuses=statuses)
        assert numbers(store, query) == inside[::-1]
        assert numbers(store, query, 7) == inside[::-1][:7]
        assert numbers(store, replace(query, from_id=60)) == [n for n in inside[::-1] if n <= 60]
        assert numbers(store, replace(query, order="arrival")) == inside
        assert numbers(store, replace(query, order="start_time")) == sorted(inside, key=starts.__getitem__)[::-1]


def test_a_limit_cuts_the_end_off(store: Storage, project_id: int) -> None:
    assert numbers(store, SpanQuery(project_id), 2) == [EARLY, LATE]
    assert numbers(store, SpanQuery(project_id, order="start_time"), 2) == [ORPHAN, CHILD]


def test_a_page_begins_with_the_row_it_is_asked_from(store: Storage, project_id: int) -> None:
    rows = store.spans.rows_of([span_id(LATE)])
    assert numbers(store, SpanQuery(project_id, from_id=rows[span_id(LATE)]), 2) == [LATE, ORPHAN]


@pytest.mark.parametrize("order", get_args(SpanOrder))
def test_pages_give_every_span_once(store: Storage, order: SpanOrder) -> None:
    store.spans.add([new_span(number, start_ns=START_NS + number * 7919 % 11) for number in range(1, 96)])
    whole = SpanQuery(store.projects.get(PROJECT).id, order=order)
    query, seen = whole, list[bytes]()
    while True:
        page = store.spans.find(query, 11)
        seen += [span.span_id for span in page[:10]]
        if len(page) <= 10:
            break
        first = page[10]
        by_row = order in ("id", "arrival")
        query = replace(
            whole,
            from_id=first.id if by_row else None,
            from_start=None if by_row else SpanMark(first.start_ns, first.id),
        )
        assert store.spans.find(query, 1) == [first]
    assert seen == [span.span_id for span in store.spans.find(whole, 1000)]
    assert len(set(seen)) == 95


def test_nothing_found_is_an_empty_list(store: Storage, project_id: int) -> None:
    assert store.spans.find(SpanQuery(project_id, names=("nobody",)), 10) == []
    assert store.spans.find(SpanQuery(10**6), 10) == []
    assert list(store.spans.scan(SpanQuery(10**6), None)) == []


@pytest.mark.parametrize("part", sorted(ALL_PARTS))
def test_only_the_parts_that_are_asked_for_are_read(store: Storage, part: str) -> None:
    store.spans.add([new_span(1, events=b"[1]", envelope=b'{"e":1}')])
    query = SpanQuery(store.projects.get(PROJECT).id)
    [whole] = store.spans.find(query, 1)
    empty = SpanBody(None, None, b"{}", None, None)
    wanted = empty._replace(**{part: getattr(whole.body, part)})
    assert store.spans.find(query, 1, frozenset({part}))[0].body == wanted
    assert next(store.spans.scan(query, None, frozenset({part})))[0].body == wanted
    assert store.spans.find(query, 1, frozenset())[0] == whole._replace(body=empty)


@pytest.fixture
def many(store: Storage) -> list[NewSpan]:
    added = [new_span(number, start_ns=START_NS + number * 7919 % 101) for number in range(1, 2501)]
    store.spans.add(added)
    return added


@pytest.mark.parametrize("order", ["id", "start_time"])
def test_a_scan_brings_what_find_brings_in_bounded_batches(store: Storage, many: list[NewSpan], order: Any) -> None:
    query = SpanQuery(store.projects.get(PROJECT).id, order=order)
    batches = list(store.spans.scan(query, None))
    assert [span for batch in batches for span in batch] == store.spans.find(query, len(many))
    assert max(map(len, batches)) <= len(many) / 2
    assert min(map(len, batches)) > 0


@pytest.mark.parametrize("limit", [1, 500, 501, 1000, 2499, 2500, 9999])
def test_a_scan_stops_at_its_limit(store: Storage, many: list[NewSpan], limit: int) -> None:
    query = SpanQuery(store.projects.get(PROJECT).id, order="start_time")
    found = [span.id for batch in store.spans.scan(query, limit, frozenset()) for span in batch]
    assert found == [span.id for span in store.spans.find(query, limit, frozenset())]


def test_a_scan_holds_no_write_back_and_repeats_nothing(store: Storage, many: list[NewSpan]) -> None:
    seen: list[bytes] = []
    for count, batch in enumerate(store.spans.scan(SpanQuery(store.projects.get(PROJECT).id), None)):
        seen += [span.span_id for span in batch]
        store.spans.add([new_span(10_000 + count)])
        store.spans.delete(batch[-1].span_id)
    assert seen == [span.span_id for span in reversed(many)]


def test_a_scan_may_be_left_half_way(store: Storage, many: list[NewSpan]) -> None:
    for _ in range(40):
        next(store.spans.scan(SpanQuery(store.projects.get(PROJECT).id), None))
    assert store.spans.add([new_span(5000)]) == 1


def test_sums_are_of_a_span_and_all_below_it(store: Storage) -> None:
    """Of tokens, those of LLM spans."""
    trace = trace_id(ROOT)
    store.spans.add(
        [
            new_span(1, trace_id=trace, kind="CHAIN", tokens_prompt=100),
            new_span(2, trace_id=trace, parent_id=span_id(1), kind="LLM", tokens_prompt=3, tokens_completion=4),
            new_span(3, trace_id=trace, parent_id=span_id(2), kind="llm", tokens_total=20, status=2),
            new_span(4, trace_id=trace, parent_id=span_id(99), kind="LLM", tokens_total=50),
            new_span(5, kind="TOOL"),
        ]
    )
    names = ("cumulative_llm_token_count_prompt", "cumulative_llm_token_count_total", "cumulative_error_count")
    query = SpanQuery(store.projects.get(PROJECT).id, order="start_time")

    found = {span.span_id: span.sums for batch in store.spans.scan(query, 4, sums=names) for span in batch}
    assert {key: tuple(sums[name] for name in names) for key, sums in found.items()} == {
        span_id(5): (0, 0, 0),
        span_id(4): (0, 50, 0),
        span_id(3): (0, 20, 1),
        span_id(2): (3, 27, 1),
    }
    [[first, *_]] = store.spans.scan(query, 4)
    assert first.sums == {}
