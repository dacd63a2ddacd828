"""Items: spans, traces and sessions in one shape, with what is said of them."""

from typing import Any

import pytest

from rubricate.records.annotation import NOTE, AnnotatorKind, TargetKind
from rubricate_server.domain.filter import SPANS, TRACES, Language, parse
from rubricate_server.storage.contract import (
    ItemCount,
    ItemMark,
    ItemQuery,
    NewAnnotation,
    ProjectFigures,
    SaidBy,
    Storage,
    StoredItem,
)
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, SECOND_NS, START_NS, annotation, new_span, span_id, spans, trace_id

SPAN, TRACE, SESSION = TargetKind.SPAN, TargetKind.TRACE, TargetKind.SESSION
FOREVER_S = 600.0


def query(store: Storage, kind: TargetKind, project: str = PROJECT, **wanted: Any) -> ItemQuery:
    return ItemQuery(kind, store.projects.get(project).id, **wanted)


def find(store: Storage, kind: TargetKind, limit: int = 100, **wanted: Any) -> list[StoredItem]:
    return store.items.find(query(store, kind, **wanted), limit)


def names(items: list[StoredItem]) -> list[str]:
    return [item.name for item in items]


def numbers(items: list[StoredItem]) -> list[int]:
    return [int.from_bytes(item.key, "big") for item in items]


def where(text: str, language: Language) -> Any:
    return parse(text, language)


@pytest.fixture
def chat(store: Storage) -> Storage:
    """A session of two traces: 1 (spans 1, 2) and 3 (span 3); and trace 4 outside of it."""
    inside = {"trace_id": trace_id(1), "session_id": "s"}
    store.spans.add(
        [
            new_span(1, **inside, user_id="ada", kind="CHAIN"),
            new_span(2, **inside, parent_id=span_id(1), status=2, tokens_prompt=3, tokens_completion=4, cost_usd=0.5),
            new_span(3, session_id="s", tokens_prompt=1, end_ns=START_NS + 9 * SECOND_NS),
            new_span(4, model="m", tokens_total=9),
        ]
    )
    return store


# --- one page ---------------------------------------------------------------------------------------------------------


def test_a_span_is_an_item_of_its_session(chat: Storage) -> None:
    *_, child, root = find(chat, SPAN)
    assert (root.key, root.trace_id, root.session_id, root.parent_id) == (span_id(1), trace_id(1), "s", None)
    assert (root.name, root.span_kind, root.status, root.user_id) == ("span 1", "CHAIN", 1, "ada")
    assert (root.input, root.output) == ("question 1", "answer 1")
    assert (root.tokens_prompt, root.tokens_total, root.span_count, root.trace_count) == (None, None, None, None)
    assert (child.parent_id, child.root_id, child.session_id) == (span_id(1), span_id(2), "s")
    assert (child.tokens_prompt, child.tokens_completion, child.tokens_total, child.cost_usd) == (3, 4, 7, 0.5)


def test_a_root_span_knows_what_its_trace_took(chat: Storage) -> None:
    alone, cheap, child, root = find(chat, SPAN)
    assert (root.trace_tokens, root.trace_cost_usd) == (7, 0.5)
    assert (child.trace_tokens, child.trace_cost_usd) == (None, None)
    assert (cheap.trace_tokens, cheap.trace_cost_usd) == (1, None)
    assert (alone.session_id, alone.trace_tokens, alone.trace_cost_usd) == (None, None, None)


def test_a_trace_looks_like_its_root(chat: Storage) -> None:
    *_, trace = find(chat, TRACE)
    assert (trace.key, trace.trace_id, trace.session_id, trace.root_id) == (trace_id(1), trace_id(1), "s", span_id(1))
    assert (trace.name, trace.span_kind, trace.status, trace.user_id) == ("span 1", "CHAIN", 1, "ada")
    assert (trace.input, trace.output) == ("question 1", "answer 1")
    assert (trace.tokens_total, trace.cost_usd, trace.span_count, trace.error_count) == (7, 0.5, 2, 1)
    assert find(chat, TRACE)[0].cost_usd is None


def test_a_trace_whose_root_has_not_arrived_looks_like_its_first_span(store: Storage) -> None:
    store.spans.add([new_span(n, trace_id=trace_id(1), parent_id=span_id(9)) for n in (3, 2)])
    [trace] = find(store, TRACE)
    assert (trace.name, trace.root_id) == ("span 2", None)


def test_of_several_roots_the_first_counts(store: Storage) -> None:
    store.spans.add([new_span(n, trace_id=trace_id(1)) for n in (3, 2)])
    assert find(store, TRACE)[0].root_id == span_id(2)


def test_a_session_goes_from_its_first_question_to_its_last_answer(chat: Storage) -> None:
    [session] = find(chat, SESSION)
    assert (session.key, session.name, session.session_id, session.trace_id) == (b"s", "s", "s", None)
    assert (session.input, session.output) == ("question 1", "answer 3")
    assert (session.trace_count, session.span_count, session.error_count) == (2, 3, 1)
    assert (session.tokens_prompt, session.tokens_completion, session.tokens_total) == (4, 4, 8)
    assert (session.start_ns, session.end_ns) == (START_NS + SECOND_NS, START_NS + 9 * SECOND_NS)
    assert (session.status, session.span_kind, session.cost_usd) == (None, None, 0.5)


def test_items_are_narrowed(chat: Storage) -> None:
    assert numbers(find(chat, SPAN)) == [4, 3, 2, 1]
    assert numbers(find(chat, SPAN, roots=True)) == [4, 3, 1]
    assert numbers(find(chat, SPAN, start_ns=START_NS + 2 * SECOND_NS, end_ns=START_NS + 4 * SECOND_NS)) == [3, 2]
    assert numbers(find(chat, SPAN, condition=where("status_code == 'ERROR'", SPANS))) == [2]
    assert numbers(find(chat, TRACE, condition=where("error_count > 0", TRACES))) == [1]
    assert numbers(find(chat, TRACE, keys=(trace_id(4), trace_id(3), trace_id(99)))) == [4, 3]
    assert find(chat, SPAN, keys=()) == []
    [session_row] = chat.sessions.rows_of(["s"]).values()
    assert numbers(find(chat, TRACE, session_row=session_row, descending=False)) == [1, 3]
    assert names(find(chat, SESSION, keys=(b"s", b"t"))) == ["s"]


def test_items_are_sorted(chat: Storage) -> None:
    assert numbers(find(chat, SPAN, descending=False)) == [1, 2, 3, 4]
    assert numbers(find(chat, TRACE, order="latency")) == [3, 1, 4]
    assert numbers(find(chat, TRACE, order="latency", descending=False)) == [4, 1, 3]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(("kind", "order"), [(SPAN, "start_time"), (TRACE, "start_time"), (TRACE, "latency")])
def test_pages_meet_every_item_once_whatever_is_alike(
    store: Storage, kind: TargetKind, order: str, descending: bool
) -> None:
    store.spans.add([new_span(n, start_ns=START_NS + n // 5, end_ns=START_NS + n // 5 + n // 7) for n in range(1, 24)])
    whole = find(store, kind, order=order, descending=descending)
    seen: list[StoredItem] = []
    after = None
    while page := find(store, kind, 4, order=order, descending=descending, after=after):
        seen += page
        value = page[-1].start_ns if order == "start_time" else page[-1].end_ns - page[-1].start_ns
        after = ItemMark(value, page[-1].row)
    assert len(whole) == 23
    assert seen == whole


def test_one_item_is_found_in_any_project(chat: Storage) -> None:
    chat.spans.add([new_span(5, project="other", session_id="t")])
    assert chat.items.get(SPAN, span_id(5)).name == "span 5"
    assert chat.items.get(TRACE, trace_id(5)).session_id == "t"
    assert chat.items.get(SESSION, b"t").project_id == chat.projects.get("other").id
    for kind, key in ((SPAN, span_id(9)), (TRACE, trace_id(9)), (SESSION, b"u")):
        with pytest.raises(NotFound, match=f"no {kind}"):
            chat.items.get(kind, key)


def test_items_of_a_deleted_project_are_gone(chat: Storage) -> None:
    project_id = chat.projects.get(PROJECT).id
    chat.projects.delete(project_id)
    assert chat.items.find(ItemQuery(SPAN, project_id), 10) == []
    assert chat.items.count(ItemQuery(SPAN, project_id), 10, FOREVER_S) == ItemCount(0, True)
    with pytest.raises(NotFound):
        chat.items.get(SPAN, span_id(1))


# --- counting ---------------------------------------------------------------------------------------------------------


def count(store: Storage, most: int, **wanted: Any) -> tuple[int, bool]:
    found = store.items.count(query(store, SPAN, **wanted), most, FOREVER_S)
    return found.count, found.exact


def test_counting_is_exact_up_to_its_limit(store: Storage) -> None:
    store.spans.add([new_span(n, start_ns=START_NS + n // 70) for n in range(1, 1201)])
    assert count(store, 1200) == (1200, True)
    assert count(store, 1199) == (1199, False)
    assert count(store, 5000) == (1200, True)
    assert count(store, 10) == (10, False)
    assert count(store, 600, condition=where("name == 'span 7' or name == 'span 999'", SPANS)) == (2, True)
    assert count(store, 5000, start_ns=START_NS + 3, descending=False) == (1200 - 209, True)


def test_counting_stops_when_its_time_is_up(store: Storage) -> None:
    for part in range(5):
        store.spans.add(spans(1000, first=1 + 1000 * part))
    found = store.items.count(query(store, SPAN, condition=where("'no such' in input", SPANS)), 5000, -1.0)
    assert found == ItemCount(0, False)
    # The connection serves others as before.
    assert count(store, 10_000) == (5000, True)


# --- what is said -----------------------------------------------------------------------------------------------------


def human(target: bytes, name: str, identifier: str, **changes: Any) -> NewAnnotation:
    return annotation(target, name, identifier=identifier, **changes)


def test_an_item_has_its_newest_annotations_and_counts_all(chat: Storage) -> None:
    ids = chat.annotations.put([annotation(span_id(1), identifier=f"{n}") for n in range(5)])
    chat.annotations.put([annotation(span_id(1), NOTE, identifier=f"{n}") for n in range(2)])
    chat.annotations.put([annotation(span_id(1), kind=TargetKind.DOCUMENT, position=3)])
    chat.annotations.put([annotation(trace_id(1), kind=TRACE), annotation(b"s", kind=SESSION)])
    first, second = chat.items.get(SPAN, span_id(1)), chat.items.get(SPAN, span_id(2))
    said = chat.items.said_of([first, second], 3)
    assert [each.id for each in said[first.row].newest] == ids[:1:-1]
    assert (said[first.row].annotation_count, said[first.row].note_count) == (6, 2)
    assert (list(said[second.row].newest), said[second.row].annotation_count) == ([], 0)
    trace = chat.items.get(TRACE, trace_id(1))
    assert [each.key.target_id for each in chat.items.said_of([trace], 9)[trace.row].newest] == [trace_id(1)]
    session = chat.items.get(SESSION, b"s")
    assert [each.key.target_id for each in chat.items.said_of([session], 9)[session.row].newest] == [b"s"]
    assert chat.items.said_of([], 9) == {}


def test_what_i_say_is_told_apart_from_what_others_say(chat: Storage) -> None:
    mine = chat.annotations.put(
        [
            human(span_id(1), "tone", "app:Ada"),
            human(span_id(1), "tone", "app:Ada", kind=TargetKind.DOCUMENT, position=0),
            human(span_id(1), NOTE, "app:Ada"),
        ]
    )
    chat.annotations.put(
        [
            human(span_id(1), "tone", "app:Bo"),
            human(span_id(1), "tone", "judge", annotator_kind=AnnotatorKind.LLM),
            human(span_id(1), "style", "app:Ada", annotator_kind=AnnotatorKind.LLM),
        ]
    )
    item, other = chat.items.get(SPAN, span_id(1)), chat.items.get(SPAN, span_id(4))
    said = chat.items.said_by([item, other], "app:Ada")
    assert [each.id for each in said[item.row].own] == mine[::-1]
    assert said[item.row].others == {"tone": 2, "style": 1}
    assert said[other.row] == SaidBy([], {})


# --- steps and figures ------------------------------------------------------------------------------------------------


def test_the_steps_of_a_trace_come_by_start_with_their_counts(chat: Storage) -> None:
    chat.annotations.put([annotation(span_id(2)), annotation(span_id(2), kind=TargetKind.DOCUMENT, position=0)])
    steps = chat.items.steps([trace_id(1), trace_id(4), trace_id(9)], 10)
    assert [(step.span_id, step.parent_id, step.annotation_count) for step in steps[trace_id(1)]] == [
        (span_id(1), None, 0),
        (span_id(2), span_id(1), 2),
    ]
    assert [(step.tokens_total, step.cost_usd) for step in steps[trace_id(1)]] == [(None, None), (7, 0.5)]
    assert [step.tokens_total for step in steps[trace_id(4)]] == [9]
    assert steps[trace_id(9)] == []
    assert [step.span_id for step in chat.items.steps([trace_id(1)], 1)[trace_id(1)]] == [span_id(1)]


def test_figures_tell_what_each_project_holds(chat: Storage) -> None:
    chat.spans.add([new_span(5, project="other", status=2)])
    chat.annotations.put([annotation(span_id(1)), annotation(b"s", kind=SESSION), annotation(span_id(99))])
    shop, other = chat.projects.get(PROJECT).id, chat.projects.get("other").id
    assert chat.items.figures(START_NS) == [
        ProjectFigures(shop, 3, 4, 1, 2, 1, START_NS + 4 * SECOND_NS),
        ProjectFigures(other, 1, 1, 0, 0, 1, START_NS + 5 * SECOND_NS),
    ]
    assert [each.error_count for each in chat.items.figures(START_NS + 3 * SECOND_NS)] == [0, 1]
    empty = chat.projects.create("empty", None)
    chat.projects.delete(other)
    assert [each.project_id for each in chat.items.figures(0)] == [shop, empty.id]
    assert chat.items.figures(0)[1] == ProjectFigures(empty.id, 0, 0, 0, 0, 0, None)
