"""Sessions: listed, read, deleted."""

import pytest

from rubricate_server.storage.contract import SessionQuery, Storage
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, SECOND_NS, START_NS, new_span, spans, trace_id


def listed(store: Storage, **wanted: int | bool) -> list[str]:
    query = SessionQuery(store.projects.get(PROJECT).id, **wanted)  # type: ignore[arg-type]  # of the right kinds
    return [session.session_id for session in store.sessions.find(query, 100)]


def test_sessions_are_listed_by_row(store: Storage) -> None:
    store.spans.add([new_span(1, session_id="b"), new_span(2, session_id="a"), new_span(3, session_id="b")])
    rows = store.sessions.rows_of(["a", "b", "c"])
    assert listed(store) == ["b", "a"]
    assert listed(store, descending=True) == ["a", "b"]
    assert listed(store, from_id=rows["a"]) == ["a"]
    assert listed(store, from_id=rows["b"], descending=True) == ["b"]


def test_a_session_has_its_traces_by_start(store: Storage) -> None:
    store.spans.add(spans(2, session_id="s"))
    store.spans.add([new_span(3, session_id="s", start_ns=START_NS)])
    session = store.sessions.get("s")
    assert [trace.trace_id for trace in session.traces] == [trace_id(3), trace_id(1), trace_id(2)]
    assert (session.start_ns, session.end_ns) == (START_NS, START_NS + 3 * SECOND_NS + 5_000_000)
    assert store.sessions.get_by_id(session.id) == session


def test_a_deleted_session_takes_its_traces_along(store: Storage) -> None:
    store.spans.add([*spans(300, session_id="s"), new_span(301, session_id="t")])
    row = store.sessions.get("s").id
    for _ in range(2):  # idempotent
        store.sessions.delete([row])
    assert listed(store) == ["t"]
    with pytest.raises(NotFound):
        store.sessions.get("s")
    with pytest.raises(NotFound):
        store.sessions.get_by_id(row)


def test_sessions_of_a_deleted_project_are_gone(store: Storage) -> None:
    store.spans.add(spans(1, session_id="s"))
    row = store.sessions.get("s").id
    store.projects.delete(store.projects.get(PROJECT).id)
    assert store.sessions.rows_of(["s"]) == {}
    with pytest.raises(NotFound):
        store.sessions.get_by_id(row)
