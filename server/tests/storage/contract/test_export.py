"""Items as they are taken out: whole, each once, whatever their number."""

from dataclasses import replace

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.domain.filter import SESSIONS, SPANS, TRACES, parse
from rubricate_server.storage.contract import AnnotationKey, ExportedItem, ExportQuery, NewSpan, Storage, TargetPreview

from ..spans import PROJECT, SECOND_NS, START_NS, new_span, span_id, spans, trace_id

NOT_A_DOCUMENT = -1


def items(store: Storage, kind: ItemKind = "span", **wanted: object) -> list[ExportedItem]:
    query = ExportQuery(store.projects.get(PROJECT).id, kind)
    query = replace(query, **wanted)  # type: ignore[arg-type]  # of the right kinds
    return [item for batch in store.export.items(query) for item in batch]


def test_a_span_is_taken_out_whole(store: Storage) -> None:
    store.spans.add(
        [
            new_span(
                1,
                parent_id=span_id(7),
                session_id="s",
                model="m",
                user_id="u",
                tokens_prompt=1,
                tokens_completion=2,
                cost_usd=0.5,
                status=2,
                status_message="Boom",
            )
        ]
    )
    [found] = items(store)
    assert found == ExportedItem(
        row=found.row,
        key=span_id(1),
        trace_id=trace_id(1),
        session_id="s",
        parent_id=span_id(7),
        name="span 1",
        kind="LLM",
        status=2,
        status_message="Boom",
        start_ns=START_NS + SECOND_NS,
        end_ns=START_NS + SECOND_NS + 5_000_000,
        input="question 1",
        output="answer 1",
        model="m",
        user_id="u",
        tokens_prompt=1,
        tokens_completion=2,
        tokens_total=3,
        cost_usd=0.5,
        span_count=None,
        error_count=None,
        trace_count=None,
        attributes=b'{"number": 1}',
    )


def test_a_trace_is_told_by_its_first_root_and_its_sums(store: Storage) -> None:
    of_trace = {"trace_id": trace_id(1), "session_id": "s"}
    store.spans.add(
        [
            new_span(3, **of_trace, name="later root", user_id="b"),
            new_span(1, **of_trace, name="first root", user_id="a"),
            new_span(2, **of_trace, parent_id=span_id(1), status=2, tokens_prompt=5, tokens_completion=7, cost_usd=0.5),
            new_span(4, parent_id=span_id(99)),
        ]
    )
    orphan, found = items(store, "trace")
    assert (orphan.key, orphan.name, orphan.input, orphan.span_count) == (trace_id(4), None, None, 1)
    assert (found.key, found.trace_id, found.session_id, found.name) == (trace_id(1), trace_id(1), "s", "first root")
    assert (found.input, found.output, found.user_id) == ("question 1", "answer 1", "a")
    assert (found.start_ns, found.end_ns) == (START_NS + SECOND_NS, START_NS + 3 * SECOND_NS + 5_000_000)
    assert (found.span_count, found.error_count, found.trace_count) == (3, 1, None)
    assert (found.tokens_prompt, found.tokens_completion, found.tokens_total, found.cost_usd) == (5, 7, 12, 0.5)
    assert found.attributes == b'{"number": 1}'


def test_a_session_is_told_by_its_first_and_last_turn(store: Storage) -> None:
    store.spans.add(
        [
            new_span(2, session_id="s"),
            new_span(1, session_id="s", tokens_prompt=5, cost_usd=0.5, user_id="ada"),
            new_span(3, session_id="s", status=2),
            new_span(4, trace_id=trace_id(3), session_id="s", parent_id=span_id(3), tokens_completion=7),
        ]
    )
    [found] = items(store, "session")
    assert (found.key, found.session_id, found.trace_id, found.user_id) == (b"s", "s", None, "ada")
    assert (found.input, found.output) == ("question 1", "answer 3")
    assert (found.trace_count, found.span_count, found.error_count) == (3, 4, 1)
    assert (found.tokens_prompt, found.tokens_completion, found.tokens_total, found.cost_usd) == (5, 7, 12, 0.5)


def test_all_come_once_the_newest_first_over_many_batches(store: Storage) -> None:
    """Some start together, so that a batch ends among them."""
    many = [new_span(n, start_ns=START_NS + n // 7, session_id=f"s{n}") for n in range(1, 1203)]
    store.spans.add(many)
    in_order = [span.span_id for span in sorted(many, key=lambda span: (span.start_ns, span.span_id), reverse=True)]
    assert [item.key for item in items(store)] == in_order
    assert [item.key[-8:] for item in items(store, "trace")] == in_order
    assert sorted(item.input or "" for item in items(store, "session")) == sorted(span.input or "" for span in many)


def test_items_can_be_narrowed(store: Storage) -> None:
    store.spans.add([*spans(4, session_id="s"), new_span(5, project="other"), new_span(6, session_id="t", status=2)])
    store.spans.add([new_span(7, trace_id=trace_id(6), parent_id=span_id(6), session_id="t", status=2)])
    assert [item.key for item in items(store, keys=(span_id(1), span_id(3), span_id(5), span_id(99)))] == [
        span_id(3),
        span_id(1),
    ]
    assert [item.key for item in items(store, "session", keys=(b"t", b"nothing"))] == [b"t"]
    between = {"start_ns": START_NS + 2 * SECOND_NS, "end_ns": START_NS + 4 * SECOND_NS}
    assert [item.key for item in items(store, **between)] == [span_id(3), span_id(2)]
    assert [item.key for item in items(store, "trace", **between)] == [trace_id(3), trace_id(2)]
    assert [item.key for item in items(store, condition=parse("status_code == 'ERROR'", SPANS))] == [
        span_id(7),
        span_id(6),
    ]
    assert [item.key for item in items(store, condition=parse("status_code == 'ERROR'", SPANS), roots=True)] == [
        span_id(6)
    ]
    assert [item.key for item in items(store, "trace", condition=parse("error_count > 0", TRACES))] == [trace_id(6)]
    assert [item.key for item in items(store, "session", condition=parse("num_traces > 1", SESSIONS))] == [b"s"]


def test_nothing_is_taken_out_of_a_deleted_project(store: Storage) -> None:
    store.spans.add(spans(1, session_id="s"))
    project_id = store.projects.get(PROJECT).id
    store.projects.delete(project_id)
    for kind in ("span", "trace", "session"):
        assert list(store.export.items(ExportQuery(project_id, kind))) == []  # type: ignore[arg-type]  # it is one


def shown(number: int, **changes: object) -> NewSpan:
    return new_span(number, input_preview=f"Q {number}", output_preview=f"A {number}", **changes)


def test_previews_of_what_annotations_are_about(store: Storage) -> None:
    store.spans.add(
        [
            shown(1, session_id="s", name="root"),
            shown(2, session_id="s", trace_id=trace_id(1), parent_id=span_id(1)),
            shown(3, session_id="s"),
        ]
    )
    keys = [
        AnnotationKey(TargetKind.SPAN, span_id(2), NOT_A_DOCUMENT, "n", ""),
        AnnotationKey(TargetKind.DOCUMENT, span_id(2), 0, "n", ""),
        AnnotationKey(TargetKind.TRACE, trace_id(1), NOT_A_DOCUMENT, "n", ""),
        AnnotationKey(TargetKind.SESSION, b"s", NOT_A_DOCUMENT, "n", ""),
        AnnotationKey(TargetKind.SPAN, span_id(99), NOT_A_DOCUMENT, "n", ""),
    ]
    of_span = TargetPreview("span 2", trace_id(1), "Q 2", "A 2")
    assert store.export.previews(keys) == {
        (TargetKind.SPAN, span_id(2)): of_span,
        (TargetKind.DOCUMENT, span_id(2)): of_span,
        (TargetKind.TRACE, trace_id(1)): TargetPreview("root", trace_id(1), "Q 1", "A 1"),
        (TargetKind.SESSION, b"s"): TargetPreview(None, None, "Q 1", "A 3"),
    }


def test_spans_that_meet_a_condition(store: Storage) -> None:
    store.spans.add([*spans(2), new_span(3, status=2)])
    failed = parse("status_code == 'ERROR'", SPANS)
    assert store.export.spans_that_meet(failed, [span_id(n) for n in (1, 3, 99)]) == {span_id(3)}
