"""The figures of docs/benchmarks.md about large stores: series, summaries, filters, counts, deleting a project.

python benchmarks/bench_insight.py [--spans 200000] [--data DIR]     with --data it is kept, and used again

It asks the store itself, without HTTP, and gives seconds of CPU next to those of the clock: on a machine that others
use, only the first can be compared.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import corpus
from corpus import PROJECT, START_NS, Corpus, request

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.filter import parse
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import (
    AnnotationKey,
    DisagreementQuery,
    NewAnnotation,
    SpanQuery,
    Storage,
    SummaryQuery,
)
from rubricate_server.storage.sqlite.store import open_storage

HOUR_NS = 3_600_000_000_000
DAYS = 30


def report(what: str, value: str) -> None:
    """One line of the result."""
    print(f"{what:<72} {value}", flush=True)


def timed(what: str, work: Callable[[], object], times: int = 3) -> None:
    """The best of some times."""
    clock, cpu = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    report(what, f"{min(clock) * 1000:8.1f} ms, CPU {min(cpu) * 1000:8.1f} ms")


def fill(store: Storage, spans: int) -> None:
    """Spans over 30 days, and 1.1 annotations for each."""
    corpus._STEP_NS = DAYS * 24 * HOUR_NS * 5 // spans
    ingest, annotations, cpu, sent = Ingest(store.spans), 0, 0.0, 0
    drawn = random.Random(1)
    for batch in Corpus().batches(spans, 512):
        body = request(batch)
        began = time.process_time()
        ingest.accept(body)
        cpu += time.process_time() - began
        sent += len(batch)
        said = [each for span in batch for each in judgements(span.span_id, span.name, drawn)]
        for start in range(0, len(said), 100):
            store.annotations.put(said[start : start + 100])
        annotations += len(said)
    report(f"spans and annotations stored: {sent}, {annotations}", f"{cpu / sent * 1000:.3f} s of CPU per 1,000 spans")


def judgements(span_id: bytes, name: str, drawn: random.Random) -> Iterator[NewAnnotation]:
    """What a judge, a program and now and then a person say of a span."""

    def said(name: str, kind: AnnotatorKind, label: str | None, score: float | None, who: str = "") -> NewAnnotation:
        key = AnnotationKey(TargetKind.SPAN, span_id, -1, name, who)
        return NewAnnotation(key, kind, label, score, None, {}, AnnotationSource.API, None)

    if name == "llm.chat":
        correct = drawn.random() < 0.5
        yield said("correctness", AnnotatorKind.LLM, "correct" if correct else "incorrect", float(correct))
        yield said("toxicity", AnnotatorKind.CODE, None, round(drawn.random(), 3))
        if drawn.random() < 0.1:
            yield said("correctness", AnnotatorKind.HUMAN, drawn.choice(("correct", "incorrect")), None, "ada")
    elif name == "retrieve":
        yield said("relevance", AnnotatorKind.LLM, drawn.choice(("relevant", "partly", "irrelevant")), drawn.random())


def ask(store: Storage) -> None:
    """What the pages ask."""
    project_id = store.projects.get(PROJECT).id
    start, end = START_NS - HOUR_NS // 2, START_NS + (DAYS + 1) * 24 * HOUR_NS
    insight, whole = store.insight, SummaryQuery(project_id)
    ranged = SummaryQuery(project_id, start_ns=start, end_ns=end)
    timed(
        "spans by the hour: count, errors, p50, p99, tokens, cost",
        lambda: insight.span_series(project_id, start, end, HOUR_NS),
    )
    timed("the same by the day", lambda: insight.span_series(project_id, start, end, 24 * HOUR_NS))
    timed(
        "the same in 15 minutes of a day, exact",
        lambda: insight.span_series(project_id, START_NS, START_NS + 24 * HOUR_NS, HOUR_NS // 4),
    )
    timed("summaries of annotations, all just written", lambda: insight.summaries(whole), 1)
    time.sleep(3)  # until upkeep thinks that they are quiet
    began, used = time.perf_counter(), time.process_time()
    while store.maintenance.step():
        pass
    report(
        "upkeep sums them up, and makes sieves of blocks",
        f"{time.perf_counter() - began:.1f} s, CPU {time.process_time() - used:.1f} s",
    )
    timed("summaries of annotations", lambda: insight.summaries(whole))
    timed("the same by the day", lambda: insight.summaries(ranged, 24 * HOUR_NS))
    timed("first page of disagreements", lambda: insight.disagreements(DisagreementQuery(project_id), 51))
    for condition, limit in (
        ("metadata['release'] == 3", 100),
        ("annotations['correctness'].label == 'incorrect'", 50),
        ("annotations['correctness'].label == 'nobody says this'", 50),
        ("name == 'nobody says this'", 100),
    ):
        query = SpanQuery(project_id, condition=parse(condition), order="start_time")
        timed(f"latest {limit}: {condition}", lambda query=query, limit=limit: store.spans.find(query, limit))  # type: ignore[misc]


def look_for_words(store: Storage) -> None:
    """Words that no text has, others each time, because a connection remembers which blocks lack a word."""
    project_id = store.projects.get(PROJECT).id
    drawn = random.Random(2)

    def look(part: str, letters: int) -> None:
        word = "".join(drawn.choices("bcdfghjklmnpqrstvwxz", k=letters))
        query = SpanQuery(project_id, condition=parse(f"'{word}' in {part}"), order="start_time")
        assert store.spans.find(query, 100) == []

    for part in ("input.value", "output.value"):
        timed(f"latest 100: nine letters that no {part} has", partial(look, part, 9))
    timed("latest 100: four letters that no input.value has", partial(look, "input.value", 4))
    timed("latest 100: three letters that no input.value has, so that all is unpacked", partial(look, "input.value", 3))


def delete(store: Storage) -> None:
    """The project, until its space is given back."""
    began, used, steps = time.perf_counter(), time.process_time(), 0
    store.projects.delete(store.projects.get(PROJECT).id)
    longest = 0.0
    while True:
        step = time.perf_counter()
        more = store.maintenance.step()
        longest = max(longest, time.perf_counter() - step)
        if not more:
            break
        steps += 1
    report(
        "the project deleted, its space given back",
        f"{time.perf_counter() - began:.1f} s, CPU {time.process_time() - used:.1f} s, {steps} steps, longest"
        f" {longest * 1000:.0f} ms",
    )


def main() -> None:
    """Measure everything, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        store = open_storage(given.data or Path(directory))
        if not any(each.name == PROJECT for each in store.projects.page()):
            fill(store, given.spans)
        ask(store)
        look_for_words(store)
        if given.data is None:
            delete(store)
        store.close()


if __name__ == "__main__":
    main()
