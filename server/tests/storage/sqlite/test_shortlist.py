"""What is found along the blocks that may have a text is what looking at everything finds, in the same order."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.domain.filter import SPANS, TRACES, contains_text, parse
from rubricate_server.storage.contract import ItemCount, ItemMark, ItemQuery, NewSpan, Storage, StoredItem
from rubricate_server.storage.sqlite import item_search, shortlist, sift
from rubricate_server.storage.sqlite.block import Column, unpack
from rubricate_server.storage.sqlite.store import open_storage

from ..spans import PROJECT, START_NS, annotation, new_span, span_id, trace_id

TRACES_MADE = 320
WORDS = ("zebra", "horse", "camel", "Straße", "otter", "lynx", "ab")
RARE = ("quagga", "okapi", "tapir")
NOWHERE = ("unicorn", "basilisk")


class Kept(NamedTuple):
    """A span that is stored, and what queries ask of it."""

    trace: int
    start_ns: int
    is_root: bool
    input: str | None
    output: str | None
    label: str | None
    """Of its annotation."""


class Zoo:
    """A store, and what it holds."""

    def __init__(self, store: Storage, kept: dict[int, Kept]) -> None:
        self.store = store
        self.kept = kept
        self.project_id = store.projects.get(PROJECT).id
        self.items = {
            kind: store.items.find(ItemQuery(TargetKind(kind), self.project_id), 5000) for kind in ("span", "trace")
        }


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    """Traces whose spans lie in several blocks, most of which have sieves; some spans are gone."""
    drawn = random.Random(3)
    store = open_storage(tmp_path_factory.mktemp("zoo"))

    def text() -> str | None:
        words = [*drawn.choices(WORDS[:3], k=2), *drawn.choices(WORDS, k=1)]
        words += [drawn.choice(RARE)] if drawn.random() < 0.004 else []
        return None if drawn.random() < 0.1 else " ".join(words)

    kept: dict[int, Kept] = {}
    for number in range(1, 961):
        root, place = (number - 1) % TRACES_MADE + 1, (number - 1) // TRACES_MADE
        start_ns = START_NS + root * 7 % 40 + place * drawn.randrange(20)
        kept[number] = Kept(root, start_ns, place == 0, text(), text(), drawn.choice((None, "good", "bad")))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sift, "QUIET_S", 0)
        for first in range(1, 961, 64):
            store.spans.add([stored(number, kept[number]) for number in range(first, first + 64)])
            store.annotations.put(
                [
                    annotation(span_id(number), label=kept[number].label)
                    for number in range(first, first + 64)
                    if kept[number].label
                ]
            )
            store.spans.add([new_span(100_000 + first, project="other", input="okapi unicorn")])
            while first < 800 and store.maintenance.step():
                pass
    for number in drawn.sample(sorted(kept), 100):
        store.spans.delete(span_id(number))
        del kept[number]
    yield Zoo(store, kept)
    store.close()


def stored(number: int, span: Kept) -> NewSpan:
    parent = None if span.is_root else span_id(span.trace)
    texts = {"input": span.input, "output": span.output, "trace_id": trace_id(span.trace)}
    return new_span(number, start_ns=span.start_ns, end_ns=span.start_ns + 5, parent_id=parent, **texts)


def has(part: str) -> Callable[[Kept, str], bool]:
    return lambda span, word: bool(contains_text(getattr(span, part), word))


OF_SPANS: dict[str, Callable[[Kept, str, str], bool]] = {
    "'{0}' in input": lambda span, one, _: has("input")(span, one),
    "'{0}' in output.value": lambda span, one, _: has("output")(span, one),
    "'{0}' in input and '{1}' in output": lambda span, one, two: has("input")(span, one) and has("output")(span, two),
    "'{0}' in input or '{1}' in output": lambda span, one, two: has("input")(span, one) or has("output")(span, two),
    "'{0}' in input and not '{1}' in input": lambda span, one, two: (
        has("input")(span, one) and not has("input")(span, two)
    ),
    "not ('{0}' not in input or parent_id is not None)": lambda span, one, _: has("input")(span, one) and span.is_root,
    "'{0}' in input and annotations['quality'].label == 'good'": lambda span, one, _: (
        has("input")(span, one) and span.label == "good"
    ),
    "('{0}' in input or '{1}' in output) and (annotations['quality'].label == 'bad' or '{1}' in input)": (
        lambda span, one, two: (
            (has("input")(span, one) or has("output")(span, two)) and (span.label == "bad" or has("input")(span, two))
        )
    ),
    "'{0}' in input and not annotated('quality', label='good')": lambda span, one, _: (
        has("input")(span, one) and span.label != "good"
    ),
    "'{0}' in input or name == 'nothing'": lambda span, one, _: has("input")(span, one),
}


def shown(spans: Sequence[Kept]) -> Kept:
    """The root of a trace; its first span, if the root is gone."""
    return min(spans, key=lambda span: (not span.is_root, span.start_ns))


OF_TRACES: dict[str, Callable[[Sequence[Kept], str, str], bool]] = {
    "'{0}' in input": lambda spans, one, _: has("input")(shown(spans), one),
    "any('{0}' in s.input for s in spans)": lambda spans, one, _: any(has("input")(span, one) for span in spans),
    "any('{0}' in s.input and '{1}' in s.output for s in spans)": lambda spans, one, two: any(
        has("input")(span, one) and has("output")(span, two) for span in spans
    ),
    "any('{0}' in s.input for s in spans) and any('{1}' in s.output for s in spans)": lambda spans, one, two: (
        any(has("input")(span, one) for span in spans) and any(has("output")(span, two) for span in spans)
    ),
    "any('{0}' in s.input and s.annotations['quality'].label == 'good' for s in spans)": lambda spans, one, _: any(
        has("input")(span, one) and span.label == "good" for span in spans
    ),
    "any('{0}' in s.input for s in root_spans) or '{1}' in output": lambda spans, one, two: (
        any(has("input")(span, one) for span in spans if span.is_root) or has("output")(shown(spans), two)
    ),
}
NEEDLES = st.sampled_from((*WORDS, *RARE, *NOWHERE))
EDGES = st.none() | st.integers(-1, 70).map(lambda number: START_NS + number)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.sampled_from([*(("span", text) for text in OF_SPANS), *(("trace", text) for text in OF_TRACES)]),
    needles=st.tuples(NEEDLES, NEEDLES),
    edges=st.tuples(EDGES, EDGES),
    near=st.sampled_from((1, 5, 300)),
    short=st.sampled_from((1, 4)),
    at_once=st.sampled_from((1, 3, 100)),
    limit=st.sampled_from((1, 4, 20, 5000)),
    behind=st.none() | st.integers(0, 30),
)
def test_it_makes_no_difference_how_texts_are_looked_for(
    zoo: Zoo,
    asked: tuple[ItemKind, str],
    needles: tuple[str, str],
    edges: tuple[int | None, int | None],
    near: int,
    short: int,
    at_once: int,
    limit: int,
    behind: int | None,
) -> None:
    store = zoo.store
    kind, written = asked
    condition = parse(written.format(*needles), SPANS if kind == "span" else TRACES)
    query = ItemQuery(TargetKind(kind), zoo.project_id, *edges, condition=condition)
    begin, end = edges
    fitting = [
        item
        for item in zoo.items[kind]
        if begin is None or item.start_ns >= begin
        if end is None or item.start_ns < end
        if fits(item, zoo.kept, written, needles)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(item_search, "NEAR", near)
        patched.setattr(item_search, "NEAR_TRACES", near)
        patched.setattr(item_search, "BLOCKS_AT_ONCE", at_once)
        patched.setattr(shortlist, "SHORT", short)
        assert store.items.count(query, 5000, 600.0) == ItemCount(len(fitting), True)
        if behind is not None and behind < len(fitting):
            last = fitting[behind]
            query, fitting = replace(query, after=ItemMark(last.start_ns, last.row)), fitting[behind + 1 :]
        assert [item.key for item in store.items.find(query, limit)] == [item.key for item in fitting[:limit]]


def fits(item: StoredItem, kept: dict[int, Kept], written: str, needles: tuple[str, str]) -> bool:
    number = int.from_bytes(item.key, "big")
    if item.kind == TargetKind.SPAN:
        return OF_SPANS[written](kept[number], *needles)
    return OF_TRACES[written]([span for span in kept.values() if span.trace == number], *needles)


def test_blocks_that_lack_a_word_are_not_unpacked_and_others_no_more_than_needed(
    zoo: Zoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = zoo.store
    unpacked: list[bytes] = []

    def counted(frame: bytes) -> Column:
        unpacked.append(frame)
        return unpack(frame)

    monkeypatch.setattr(item_search, "NEAR", 10)
    monkeypatch.setattr("rubricate_server.storage.sqlite.body.unpack", counted)

    def looked_into(text: str, limit: int) -> int:
        unpacked.clear()
        query = ItemQuery(TargetKind.SPAN, zoo.project_id, condition=parse(text, SPANS))
        store.items.find(query, limit)
        return len(unpacked)

    without_sieves = 5
    assert looked_into("'unicorn' in input", 100) <= without_sieves
    assert looked_into("'okapi' in input", 100) <= without_sieves + 6
