"""Spans: added."""

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import DeadLetter, NewSpan, SpanQuery, Storage
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, as_stored, new_span, span_id, spans, trace_id


def all_of(store: Storage, project: str = PROJECT) -> dict[bytes, str]:
    found = store.spans.find(SpanQuery(store.projects.get(project).id), 10_000)
    return {span.span_id: span.name for span in found}


FULL = NewSpan(
    project=PROJECT,
    trace_id=bytes(range(16)),
    span_id=bytes(range(8)),
    parent_id=b"\xff" * 8,
    name="näme 🧪",
    kind="RETRIEVER",
    start_ns=0,
    end_ns=2**63 - 1,
    status=2,
    status_message="it\nbroke",
    session_id="session ü",
    user_id="ada",
    model="gpt",
    provider="openai",
    tokens_prompt=2**40,
    tokens_completion=2,
    tokens_total=2**40 + 2,
    cost_prompt_usd=0.1,
    cost_completion_usd=0.2,
    cost_usd=0.30000000000000004,
    input="in " * 1000 + "\0 ü 🧪 \U0010ffff",
    output="",
    attributes=b'{"a":"\xc3\xbc","n":1.5,"deep":{"er":[1,null]}}',
    small='{"a":"ü","n":1.5}',
    events=b'[{"name":"exception","timestamp":1,"attributes":{}}]',
    envelope=b'{"resource":{"service.name":"x"}}',
)


@pytest.mark.parametrize(
    "span",
    [
        new_span(1),
        FULL,
        FULL._replace(input=None, output=None, small=None, events=None, envelope=None),
        FULL._replace(input="", events=b"", envelope=b"", name="", status_message=""),
        FULL._replace(input="x" * 3_000_000),
    ],
    ids=["plain", "full", "bare", "empty", "large"],
)
def test_a_span_comes_back_as_it_was_added(store: Storage, span: NewSpan) -> None:
    assert store.spans.add([span]) == 1
    [found] = store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 10)
    assert found == as_stored(span, found.id)


def test_spans_with_and_without_each_part_of_a_body_do_not_mix(store: Storage) -> None:
    parts = [None, "", "x", "y" * 500]
    added = [
        new_span(
            number,
            input=parts[number % 4],
            output=parts[number // 4 % 4],
            events=None if number % 3 else b"[]",
            envelope=None if number % 5 else b"{}",
        )
        for number in range(1, 200)
    ]
    store.spans.add(added)
    found = store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 1000)
    rows = {span.span_id: span.id for span in found}
    assert found[::-1] == sorted((as_stored(span, rows[span.span_id]) for span in added), key=lambda span: span.id)


def test_adding_makes_the_project_the_trace_and_the_session(store: Storage) -> None:
    with pytest.raises(NotFound):
        store.projects.get(PROJECT)
    store.spans.add([new_span(1, session_id="chat")])
    project = store.projects.get(PROJECT)
    assert store.spans.exists_in(project.id, TargetKind.SPAN, [span_id(1)])
    assert store.spans.exists_in(project.id, TargetKind.TRACE, [trace_id(1)])
    assert store.spans.exists_in(project.id, TargetKind.SESSION, [b"chat"])


def test_nothing_is_fine(store: Storage) -> None:
    assert store.spans.add([]) == 0
    assert store.projects.page() == []


def test_a_span_twice_in_one_call_is_stored_once_as_the_first(store: Storage) -> None:
    assert store.spans.add([new_span(1, name="first"), new_span(1, name="second"), new_span(2)]) == 2
    assert all_of(store) == {span_id(1): "first", span_id(2): "span 2"}


def test_a_span_that_is_stored_is_left_as_it_is(store: Storage) -> None:
    store.spans.add([new_span(1, name="first", input="one")])
    assert store.spans.add([new_span(1, name="second", input="two"), new_span(2)]) == 1
    found = store.spans.find(SpanQuery(store.projects.get(PROJECT).id, span_ids=(span_id(1),)), 10)
    assert [(span.name, span.body.input) for span in found] == [("first", "one")]


def test_adding_everything_again_adds_nothing(store: Storage) -> None:
    added = spans(300, session_id="chat")
    assert [store.spans.add(added), store.spans.add(added)] == [300, 0]
    assert len(all_of(store)) == 300


def test_a_span_id_is_known_in_every_project(store: Storage) -> None:
    store.spans.add([new_span(1)])
    assert store.spans.add([new_span(1, project="other", trace_id=trace_id(99))]) == 0
    assert all_of(store) == {span_id(1): "span 1"}


def test_a_trace_stays_with_the_project_of_its_first_span(store: Storage) -> None:
    store.spans.add([new_span(1)])
    store.spans.add([new_span(2, project="other", trace_id=trace_id(1))])
    assert set(all_of(store)) == {span_id(1), span_id(2)}


def test_a_trace_stays_with_the_project_of_its_first_span_within_a_call(store: Storage) -> None:
    store.spans.add([new_span(1, trace_id=trace_id(9)), new_span(2, project="other", trace_id=trace_id(9))])
    assert set(all_of(store)) == {span_id(1), span_id(2)}


def test_one_call_may_bring_spans_of_many_projects(store: Storage) -> None:
    store.spans.add([new_span(number, project=f"project {number % 3}") for number in range(30)])
    assert [len(all_of(store, f"project {number}")) for number in range(3)] == [10, 10, 10]


def test_a_trace_gets_its_session_from_whichever_span_names_one(store: Storage) -> None:
    store.spans.add([new_span(1, trace_id=trace_id(9))])
    store.spans.add([new_span(2, trace_id=trace_id(9), session_id="chat")])
    assert store.spans.exists_in(store.projects.get(PROJECT).id, TargetKind.SESSION, [b"chat"])


def test_a_trace_keeps_its_first_session(store: Storage) -> None:
    store.spans.add([new_span(1, trace_id=trace_id(9), session_id="first")])
    store.spans.add([new_span(2, trace_id=trace_id(9), session_id="second")])
    project = store.projects.get(PROJECT)
    assert store.spans.exists_in(project.id, TargetKind.SESSION, [b"first"])
    assert not store.spans.exists_in(project.id, TargetKind.SESSION, [b"second"])


def test_all_or_nothing(store: Storage) -> None:
    # Arguments are trusted, so only what breaks the promise to send text can fail late, in the middle of a batch.
    broken = new_span(150, name=object())
    letter = DeadLetter(PROJECT, "why", b"bytes", "json")
    with pytest.raises(Exception, match=r"."):
        store.spans.add([*spans(149), broken, *spans(50, 151)], [letter])
    assert store.projects.page() == []
    assert store.spans.rows_of([span_id(number) for number in range(1, 201)]) == {}
    assert store.spans.dead_letters(10) == []
    assert store.spans.add([new_span(1)]) == 1


def test_rejected_spans_are_kept_newest_first(store: Storage) -> None:
    letters = [
        DeadLetter(PROJECT, "no span id", b"\x00\xff", "protobuf"),
        DeadLetter(None, "no trace id", b"{}", "json"),
    ]
    assert store.spans.add([new_span(1)], letters) == 1
    assert store.spans.add([], [DeadLetter(None, "third", b"", "json")]) == 0
    assert [letter.reason for letter in store.spans.dead_letters(2)] == ["third", "no trace id"]
    assert store.spans.dead_letters(10)[1:] == letters[::-1]


def test_without_rejected_spans_there_are_no_dead_letters(store: Storage) -> None:
    assert store.spans.dead_letters(10) == []


def test_rows_of_answers_the_stored_ones(store: Storage) -> None:
    store.spans.add(spans(3))
    rows = store.spans.rows_of([span_id(2), span_id(77), span_id(3)])
    found = store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 10)
    assert rows == {span.span_id: span.id for span in found if span.span_id != span_id(1)}
    assert store.spans.rows_of([]) == {}


def test_rows_of_takes_as_many_ids_as_a_large_request_brings(store: Storage) -> None:
    store.spans.add(spans(3))
    assert set(store.spans.rows_of([span_id(number) for number in range(50_000)])) == {span_id(n) for n in (1, 2, 3)}


def test_a_row_leads_back_to_its_span_id(store: Storage) -> None:
    store.spans.add(spans(3))
    rows = store.spans.rows_of([span_id(2)])
    assert store.spans.span_id_of(rows[span_id(2)]) == span_id(2)
    with pytest.raises(NotFound):
        store.spans.span_id_of(10**6)


def test_exists_in_asks_one_project_for_any_of_the_targets(store: Storage) -> None:
    store.spans.add([new_span(1, session_id="chat"), new_span(2, project="other")])
    shop, other = (store.projects.get(name).id for name in (PROJECT, "other"))
    exists = store.spans.exists_in
    assert exists(shop, TargetKind.SPAN, [span_id(77), span_id(1)])
    assert exists(shop, TargetKind.DOCUMENT, [span_id(1)])
    assert not exists(other, TargetKind.SPAN, [span_id(1)])
    assert not exists(other, TargetKind.TRACE, [trace_id(1)])
    assert not exists(other, TargetKind.SESSION, [b"chat"])
    assert not exists(shop, TargetKind.SPAN, [])


def test_row_ids_are_not_given_twice(store: Storage) -> None:
    store.spans.add(spans(2))
    last = store.spans.rows_of([span_id(2)])[span_id(2)]
    store.spans.delete(span_id(2))
    store.spans.add([new_span(3)])
    assert store.spans.rows_of([span_id(3)])[span_id(3)] > last
