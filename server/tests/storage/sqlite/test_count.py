"""Counting in pieces gives what counting at once would."""

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import SPANS, parse
from rubricate_server.storage.contract import ItemCount, ItemQuery, Storage
from rubricate_server.storage.sqlite import item_count
from rubricate_server.storage.sqlite.store import open_storage

from ..spans import PROJECT, START_NS, new_span, span_id

HOUR_NS = 3_600_000_000_000


@pytest.mark.parametrize("alike", [1, 3, 50])
@pytest.mark.parametrize("piece", [1, 2, 7, 200])
def test_every_span_is_counted_once_however_the_pieces_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alike: int, piece: int
) -> None:
    monkeypatch.setattr(item_count, "PIECE", piece)
    store = open_storage(tmp_path)
    store.spans.add([new_span(n, start_ns=START_NS + n // alike, kind="LLM" if n % 3 else "TOOL") for n in range(100)])
    project_id = store.projects.get(PROJECT).id
    condition = parse("span_kind == 'LLM'", SPANS)
    for start in (None, START_NS, START_NS + 10 // alike, START_NS + 1000):
        for end in (None, START_NS, START_NS + 60 // alike):
            numbers = [n for n in range(100) if (start or 0) <= START_NS + n // alike < (end or 1 << 62) and n % 3]
            query = ItemQuery(TargetKind.SPAN, project_id, start, end, condition=condition)
            assert store.items.count(query, 1000, 60.0) == ItemCount(len(numbers), True)
            if numbers:
                assert store.items.count(query, len(numbers) - 1, 60.0) == ItemCount(len(numbers) - 1, False)
    store.close()


# --- any count gives what a plain look at each span would -------------------------------------------------------------


class Kept(NamedTuple):
    """A span that is stored, and what queries ask of it."""

    project: str
    start_ns: int
    kind: str
    is_root: bool
    failed: bool
    model: str


CONDITIONS: dict[str, Callable[[Kept], bool]] = {
    "span_kind == 'LLM'": lambda span: span.kind == "LLM",
    "status_code == 'ERROR'": lambda span: span.failed,
    "llm.model_name == 'm1' and span_kind != 'LLM'": lambda span: span.model == "m1" and span.kind != "LLM",
    "llm.model_name in ['m0', 'm2'] or status_code == 'ERROR'": lambda span: span.model != "m1" or span.failed,
    "session.id == 'nobody'": lambda _: False,
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Storage, list[Kept]]]:
    """Spans of three projects whose rows lie among each other, in another order than they started; some are gone."""
    drawn = random.Random(5)
    store = open_storage(tmp_path_factory.mktemp("mixed"))
    kept: dict[int, Kept] = {}
    for first in range(1, 401, 40):
        batch = []
        for number in range(first, first + 40):
            project = "rare" if number % 41 == 0 else drawn.choice(("shop", "bank"))
            span = Kept(
                project,
                START_NS + drawn.randrange(50) * HOUR_NS // 7,
                drawn.choice(("LLM", "TOOL")),
                drawn.random() < 0.4,
                drawn.random() < 0.1,
                f"m{number % 3}",
            )
            kept[number] = span
            parent = None if span.is_root else span_id(10_000)
            values = {"start_ns": span.start_ns, "kind": span.kind, "model": span.model, "parent_id": parent}
            batch.append(new_span(number, project=project, status=2 if span.failed else 1, **values))
        store.spans.add(batch)
    for number in drawn.sample(sorted(kept), 60):
        store.spans.delete(span_id(number))
        del kept[number]
    yield store, list(kept.values())
    store.close()


TIMES = st.none() | st.integers(-2, 60).map(lambda number: START_NS + number * HOUR_NS // 7)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    project=st.sampled_from(("shop", "bank", "rare")),
    start=TIMES,
    end=TIMES,
    roots=st.booleans(),
    text=st.sampled_from(sorted(CONDITIONS)),
    piece=st.sampled_from((1, 3, 20, 1000)),
    sparse=st.sampled_from((1, 2, 100)),
    alone_s=st.sampled_from((0.0, 60.0)),
    most=st.integers(0, 60) | st.just(1000),
)
def test_a_count_is_what_a_look_at_each_span_gives(
    mixed: tuple[Storage, list[Kept]],
    project: str,
    start: int | None,
    end: int | None,
    roots: bool,
    text: str,
    piece: int,
    sparse: int,
    alone_s: float,
    most: int,
) -> None:
    store, kept = mixed
    fitting = sum(
        span.project == project
        and (start is None or span.start_ns >= start)
        and (end is None or span.start_ns < end)
        and (span.is_root or not roots)
        and CONDITIONS[text](span)
        for span in kept
    )
    query = ItemQuery(
        TargetKind.SPAN, store.projects.get(project).id, start, end, roots=roots, condition=parse(text, SPANS)
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(item_count, "PIECE", piece)
        patched.setattr(item_count, "SPARSE", sparse)
        patched.setattr(item_count, "ALONE_S", alone_s)
        counted = store.items.count(query, most, 600.0)
    assert counted == (ItemCount(fitting, True) if fitting <= most else ItemCount(most, False))


def test_counting_beside_ingest_and_deletes_stays_between_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_count, "PIECE", 50)
    monkeypatch.setattr(item_count, "ALONE_S", 0.0)
    store = open_storage(tmp_path)
    store.spans.add([new_span(number, kind="LLM" if number % 2 else "TOOL") for number in range(1, 1001)])
    query = ItemQuery(TargetKind.SPAN, store.projects.get(PROJECT).id, condition=parse("span_kind == 'LLM'", SPANS))
    begun: dict[str, int] = {"add": 0, "delete": 0}
    done: dict[str, int] = {"add": 0, "delete": 0}
    stored = threading.Event()

    def write() -> None:
        for number in range(1001, 1201, 2):
            begun["add"] += 1
            store.spans.add([new_span(number)])
            done["add"] += 1
        for number in range(1, 101, 2):
            begun["delete"] += 1
            store.spans.delete(span_id(number))
            done["delete"] += 1
        stored.set()

    writing = threading.Thread(target=write)
    writing.start()
    while not stored.is_set():
        there, gone = 500 + done["add"], done["delete"]
        counted = store.items.count(query, 5000, 600.0)
        assert counted.exact
        assert there - begun["delete"] <= counted.count <= 500 + begun["add"] - gone
    writing.join()
    assert store.items.count(query, 5000, 600.0) == ItemCount(550, True)
    store.close()


@pytest.mark.parametrize("text", ["span_kind == 'LLM'", "'question' in input", "'no such' in input"])
def test_two_who_count_are_stopped_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(item_count, "PIECE", 50)
    monkeypatch.setattr(item_count, "ALONE_S", 0.0)
    store = open_storage(tmp_path)
    store.spans.add([new_span(number) for number in range(1, 2001)])
    query = ItemQuery(TargetKind.SPAN, store.projects.get(PROJECT).id, condition=parse(text, SPANS))
    assert store.items.count(query, 5000, -1.0) == ItemCount(0, False)
    fitting = 0 if "no such" in text else 2000
    for _ in range(20):  # more often than there are reading connections: each comes back
        assert store.items.count(query, 5000, 600.0) == ItemCount(fitting, True)
        assert store.items.count(query, 10, 600.0) == ItemCount(min(fitting, 10), fitting <= 10)
    store.close()
