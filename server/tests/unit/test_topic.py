"""Topics: who listens hears of every change, and nobody waits."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.topic import TooManyListeners, Topic, Topics

PROJECTS, SPANS = Topic("projects"), Topic("spans", 1)


def test_a_listener_is_told_what_was_and_then_what_changes() -> None:
    topics = Topics()
    topics.bump([PROJECTS])
    woken: list[int] = []
    listener = topics.listen(lambda: woken.append(1))
    first = listener.take()
    assert list(first) == [PROJECTS]
    assert first[PROJECTS] > topics.started
    assert listener.take() == {}

    topics.bump([SPANS])
    topics.bump([SPANS, PROJECTS])
    assert woken == [1]  # once until it takes
    second = listener.take()
    assert second.keys() == {SPANS, PROJECTS}
    assert min(second.values()) > first[PROJECTS]

    listener.leave()
    listener.leave()
    topics.bump([SPANS])
    assert woken == [1]


def test_only_so_many_listen() -> None:
    topics = Topics(most_listeners=1)
    first = topics.listen(lambda: None)
    with pytest.raises(TooManyListeners):
        topics.listen(lambda: None)
    first.leave()
    topics.listen(lambda: None)


def test_the_end_wakes_everybody() -> None:
    topics, woken = Topics(), threading.Event()
    topics.listen(woken.set).take()
    topics.close()
    assert topics.closed
    assert woken.is_set()


@given(st.lists(st.lists(st.integers(0, 5)) | st.none(), max_size=30))
def test_whoever_puts_together_what_it_takes_knows_the_last_versions(steps: list[list[int] | None]) -> None:
    topics = Topics()
    listener = topics.listen(lambda: None)
    known: dict[Topic, int] = {}
    for step in steps:
        if step is None:
            known |= listener.take()
        else:
            topics.bump([Topic("spans", number) for number in step])
    known |= listener.take()
    assert known == topics.listen(lambda: None).take()
    assert {topic.project_id for topic in known} == {number for step in steps if step for number in step}


def test_no_change_is_missed_between_threads() -> None:
    topics, woken = Topics(), threading.Event()
    listener = topics.listen(woken.set)
    known = listener.take()

    def write(kind: int) -> None:
        for _ in range(300):
            topics.bump([Topic("spans", kind)])

    threads = [threading.Thread(target=write, args=(kind,)) for kind in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or woken.is_set():
        if woken.wait(0.01):
            woken.clear()
            known |= listener.take()
    assert known == topics.listen(lambda: None).take()
