"""The figures of docs/benchmarks.md about what ingest, readers and upkeep take from each other.

python benchmarks/bench_sharing.py [--rounds 3] [--spans 100000] [--only ingest|delete]

Ingest alone and beside four readers who never pause, in turns, so that a noisy machine disturbs both; then what writers
wait while a project of so many spans is deleted.
"""

import argparse
import asyncio
import gzip
import os
import random
import statistics
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import NamedTuple

from bench_core import annotate, get, post_spans, report
from corpus import PROJECT, Corpus, request
from meter import Call, Connection, Server, cpu_s, disk_bytes, fresh_server, latencies, percentile, percentiles

BATCH = 512
READERS = 4
ROUND_BATCHES = 60
"""Export requests of a round: some five seconds of ingest alone."""
KNOWN_SPANS = 20 * BATCH
"""Stored before anything is measured; what readers read, and people annotate."""
DOOMED = "doomed"
WRITERS_BATCHES = 150
"""At most, of those who send spans while the project is deleted."""
BEFORE_S = 5.0
"""So long writers are measured before the project is deleted."""
FEWEST_DOOMED = 20 * BATCH
"""Of fewer spans nothing is given back, because the server keeps 4 MB of free space: there would be no end to see."""
SETTLED_S = 2.0
"""The delete is over when the file has not shrunk for so long."""


def exports(corpus: Corpus, batches: int, project: str = PROJECT) -> Iterator[Call]:
    """Export requests of full batches, compressed as exporters do."""
    for batch in corpus.batches(batches * BATCH, BATCH):
        yield post_spans(gzip.compress(request(batch, project), 1), content_encoding="gzip")


async def known_spans(server: Server, corpus: Corpus) -> list[tuple[str, str]]:
    """Store some spans; their (trace, span) ids."""
    batches = list(corpus.batches(KNOWN_SPANS, BATCH))
    await latencies(server, [post_spans(request(batch)) for batch in batches], 1)
    return [(span.trace_id.hex(), span.span_id.hex()) for batch in batches for span in batch]


# --- ingest beside readers --------------------------------------------------------------------------------------------


def share(rounds: int) -> None:
    """What ingest keeps of its pace beside readers, and how long they wait."""
    corpus = Corpus()
    pace: tuple[list[float], list[float]] = [], []
    spans_per_cpu_s: tuple[list[float], list[float]] = [], []
    reads: list[float] = []
    with fresh_server() as server:
        known = asyncio.run(known_spans(server, corpus))
        for _ in range(rounds):
            for readers in (0, READERS):
                calls = list(exports(corpus, ROUND_BATCHES))
                used, begun = cpu_s(server), time.perf_counter()
                took = asyncio.run(ingest_beside(server, calls, known, readers))
                wall, used = time.perf_counter() - begun, cpu_s(server) - used
                pace[readers > 0].append(len(calls) * BATCH / wall)
                spans_per_cpu_s[readers > 0].append(len(calls) * BATCH / used)
                reads += took
                what = f"  {readers} readers, {len(took) / wall:.0f} reads/s" if readers else "  alone"
                report(what, f"{pace[readers > 0][-1]:,.0f} durable spans/s, {used / wall:.2f} cores")
    for what, values in (("durable spans/s", pace), ("spans per CPU second of the server", spans_per_cpu_s)):
        alone, beside = map(statistics.median, values)
        report(f"{what}: alone; beside {READERS} readers", f"{alone:,.0f}; {beside:,.0f}: {beside / alone:.0%} kept")
    waits = ", ".join(f"p{share} {percentile(reads, share) * 1000:.0f} ms" for share in (50, 95, 99))
    report("  reads meanwhile", waits)


async def ingest_beside(
    server: Server, calls: Sequence[Call], known: Sequence[tuple[str, str]], readers: int
) -> list[float]:
    """Send all; the seconds that each read took meanwhile."""
    took: list[float] = []

    async def read(seed: int) -> None:
        async with Connection(server.port) as connection:
            for call in pages(known, seed):
                begun = time.perf_counter()
                await call(connection)
                took.append(time.perf_counter() - begun)

    reading = [asyncio.create_task(read(seed)) for seed in range(readers)]
    await latencies(server, calls, 4)
    for task in reading:
        task.cancel()
    await asyncio.wait(reading) if reading else None
    return took


def pages(known: Sequence[tuple[str, str]], seed: int) -> Iterator[Call]:
    """What a busy page asks, without end: newest spans, a trace, annotations of a page, an old page."""
    old = b64encode(f"Span:{KNOWN_SPANS // 2}".encode()).decode()
    drawn = random.Random(seed)
    while True:
        at = drawn.randrange(len(known) - 100)
        ids = "&".join(f"span_ids={span_id}" for _, span_id in known[at : at + 100])
        yield get("spans?limit=100")
        yield get(f"spans?limit=1000&trace_id={known[at][0]}")
        yield get(f"span_annotations?limit=1000&{ids}")
        yield get(f"spans?limit=100&cursor={old}")


# --- a project deleted beside writers ---------------------------------------------------------------------------------


class Waits(NamedTuple):
    """Seconds that the requests of a writer took."""

    before: list[float]
    meanwhile: list[float]


def delete(spans: int) -> None:
    """How long it takes until a project is gone, what writers wait meanwhile, and what of its space comes back."""
    corpus = Corpus()
    with fresh_server() as server:
        known = asyncio.run(known_spans(server, corpus))
        server.restart()  # folds the write-ahead log into the file, so that its size says something
        small = disk_bytes(server)
        doomed = list(exports(corpus, spans // BATCH, DOOMED))
        asyncio.run(latencies(server, doomed, 4))
        server.restart()
        large = disk_bytes(server)
        batches = list(exports(corpus, WRITERS_BATCHES))
        annotations, sent, seconds, cpu = asyncio.run(delete_beside(server, batches, [span_id for _, span_id in known]))
        server.restart()
        expected = large + (large - small) * (len(sent.before) + len(sent.meanwhile)) / len(doomed)
        back = (expected - disk_bytes(server)) / (large - small)
    report(f"{spans // BATCH * BATCH:,} spans deleted, space given back", f"{seconds:.1f} s; {back:.1%} of the space")
    report("  CPU of the server, writers included", f"{cpu:.1f} s")
    for what, waits in (("an annotation, sync", annotations), (f"a batch of {BATCH} spans", sent)):
        report(f"  {what}, before", f"{percentiles(waits.before)}, longest {max(waits.before) * 1000:.0f} ms")
        report(f"  {what}, meanwhile", f"{percentiles(waits.meanwhile)}, longest {max(waits.meanwhile) * 1000:.0f} ms")


async def delete_beside(
    server: Server, batches: Sequence[Call], span_ids: Sequence[str]
) -> tuple[Waits, Waits, float, float]:
    """What those who annotate and those who send spans waited; seconds of the delete, CPU seconds of all."""
    annotating, sending = Waits([], []), Waits([], [])
    deleting = False

    async def write(calls: Iterable[Call], waits: Waits, pause_s: float) -> None:
        async with Connection(server.port) as connection:
            for call in calls:
                begun = time.perf_counter()
                await call(connection)
                waits[deleting].append(time.perf_counter() - begun)
                await asyncio.sleep(pause_s)

    tasks = [
        asyncio.create_task(write((annotate([each], "a") for each in cycle(span_ids)), annotating, 0.002)),
        asyncio.create_task(write(batches, sending, 0.2)),
    ]
    await asyncio.sleep(BEFORE_S)
    deleting, used, begun = True, cpu_s(server), time.perf_counter()
    async with Connection(server.port) as connection:
        await connection.send("DELETE", f"/v1/projects/{DOOMED}")
    ended = await _shrunk(server)
    used = cpu_s(server) - used
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return annotating, sending, ended - begun, used


async def _shrunk(server: Server) -> float:
    """When the database file had shrunk as far as it does."""
    file = next(server.data.glob("*.db"))
    size, shrunk_at = file.stat().st_size, 0.0
    while not shrunk_at or time.perf_counter() - shrunk_at < SETTLED_S:
        await asyncio.sleep(0.05)
        if file.stat().st_size < size:
            shrunk_at = time.perf_counter()
        size = file.stat().st_size
    return shrunk_at


def main() -> None:
    """Measure everything, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spans", type=int, default=100_000)
    parser.add_argument("--only", choices=("ingest", "delete"))
    given = parser.parse_args()
    if given.only != "ingest" and given.spans < FEWEST_DOOMED:
        parser.error(f"--spans {given.spans}: {FEWEST_DOOMED} at least, else no space is given back")
    report("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if given.only != "delete":
        share(given.rounds)
    if given.only != "ingest":
        delete(given.spans)


if __name__ == "__main__":
    main()
