"""The figures of docs/benchmarks.md: ingest, annotations, reads, data frames, start, memory, disk.

python benchmarks/bench_core.py [--spans 200000]
"""

import argparse
import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from corpus import PROJECT, Corpus, request
from meter import Call, Server, cpu_s, disk_bytes, fresh_server, latencies, percentiles, rss_mb

PROTOBUF = "application/x-protobuf"


def report(what: str, value: str) -> None:
    """One line of the result."""
    print(f"{what:<58} {value}", flush=True)


def post_spans(body: bytes, **headers: str) -> Call:
    """A call that sends an export request."""
    return lambda connection: connection.send("POST", "/v1/traces", body, content_type=PROTOBUF, **headers)


def get(path: str) -> Call:
    """A call that reads."""
    return lambda connection: connection.send("GET", f"/v1/projects/{PROJECT}/{path}")


def annotate(span_ids: list[str], identifier: str, sync: str = "true") -> Call:
    """A call that annotates spans."""
    judged = {"label": "correct", "score": 1.0, "explanation": "It says what the documents say."}
    data = [
        {"span_id": i, "name": "correctness", "annotator_kind": "LLM", "result": judged, "identifier": identifier}
        for i in span_ids
    ]
    body = json.dumps({"data": data}).encode()
    path = f"/v1/span_annotations?sync={sync}"
    return lambda connection: connection.send("POST", path, body, content_type="application/json")


async def ingest(server: Server, corpus: Corpus, spans: int) -> list[tuple[str, str]]:
    """Fill the store in batches of 512; the (trace, span) ids sent."""
    sent, bodies, size = [], [], 0
    for batch in corpus.batches(spans, 512):
        raw = request(batch)
        size += len(raw)
        bodies.append(post_spans(gzip.compress(raw, 1), content_encoding="gzip"))
        sent += [(span.trace_id.hex(), span.span_id.hex()) for span in batch]
    before, begun, used = disk_bytes(server), time.perf_counter(), cpu_s(server)
    await latencies(server, bodies, 4)
    wall, used = time.perf_counter() - begun, cpu_s(server) - used
    report("spans, bytes of one on the wire", f"{spans}, {size // spans}")
    report("OTLP/HTTP, gzip, batches of 512 over 4 connections", f"{spans / wall:,.0f} durable spans/s")
    report("  server CPU per 1,000 spans", f"{used / spans * 1000:.3f} s")
    report("  memory after it", f"{rss_mb(server):.0f} MB")
    server.restart()  # folds the write-ahead log into the file, so that its size says something
    report("  disk per span", f"{(disk_bytes(server) - before) / spans:,.0f} bytes")
    return sent


async def single_spans(server: Server, corpus: Corpus) -> None:
    """Requests of one span over 16 connections."""
    took = await latencies(server, [post_spans(request(batch)) for batch in corpus.batches(3000, 1)], 16)
    report("requests of 1 span over 16 connections, durable", percentiles(took[200:]))


async def annotations(server: Server, sent: list[tuple[str, str]]) -> None:
    """One at a time, sixteen at a time, a hundred a request."""
    ids = [span_id for _, span_id in sent[:20_000]]
    took = await latencies(server, [annotate([span_id], "a") for span_id in ids[:400]], 1)
    report("annotation, sync", percentiles(took[50:]))
    took = await latencies(server, [annotate([span_id], "b") for span_id in ids[:2000]], 16)
    report("annotations over 16 connections, sync", percentiles(took[200:]))
    bulk = [annotate(ids[at : at + 100], "c") for at in range(0, len(ids), 100)]
    begun = time.perf_counter()
    await latencies(server, bulk, 4)
    report("annotations, 100 a request over 4 connections, sync", f"{len(ids) / (time.perf_counter() - begun):,.0f}/s")


async def reads(server: Server, sent: list[tuple[str, str]]) -> None:
    """Pages, one connection."""
    step = max(1, len(sent) // 200)
    hundreds = ["&".join(f"span_ids={span_id}" for _, span_id in sent[at : at + 100]) for at in range(0, 20_000, 200)]
    for what, calls in (
        ("page of 100 spans", [get("spans?limit=100")] * 100),
        ("one trace", [get(f"spans?limit=100&trace_id={trace_id}") for trace_id, _ in sent[::step]]),
        ("annotations of 100 spans", [get(f"span_annotations?limit=1000&{ids}") for ids in hundreds]),
        ("page of 100 spans with errors", [get("spans?limit=100&status_code=ERROR")] * 50),
        ("100 spans by an attribute", [get("spans?limit=100&attribute=metadata.release:3")] * 50),
    ):
        took = await latencies(server, calls, 1)
        report(what, percentiles(took[5:]))


_FRAME = """
import sys, time, warnings
warnings.simplefilter("ignore")
import pandas, pyarrow
from {module} import Client
client = Client(base_url=sys.argv[1])
client.spans.get_spans_dataframe(project_identifier="{project}", limit=10, timeout=60)
begun = time.perf_counter()
frame = client.spans.get_spans_dataframe(project_identifier="{project}", limit=10_000, timeout=60)
print(len(frame), time.perf_counter() - begun)
"""


def data_frames(server: Server) -> None:
    """10,000 spans, in a process of its own, as a notebook would."""
    for name, module in (("Phoenix's client", "phoenix.client"), ("ours", "rubricate.client")):
        code = _FRAME.format(module=module, project=PROJECT)
        done = subprocess.run([sys.executable, "-c", code, server.base_url], check=True, capture_output=True, text=True)
        rows, seconds = done.stdout.split()
        report(f"get_spans_dataframe of {rows} spans, {name}", f"{float(seconds):.2f} s")


def start_up(server: Server) -> None:
    """Start to healthy, and what it holds when nobody asks for anything."""
    begun = time.perf_counter()
    server.restart()
    report("stop and start again, until healthy", f"{time.perf_counter() - begun:.2f} s")
    time.sleep(2)
    report("idle memory", f"{rss_mb(server):.0f} MB")


def main() -> None:
    """Measure everything, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=50_000)
    spans: int = parser.parse_args().spans
    begun = time.perf_counter()
    with fresh_server() as server:
        report("start to healthy, empty directory", f"{time.perf_counter() - begun:.2f} s")
        corpus = Corpus()
        asyncio.run(latencies(server, [post_spans(request(batch)) for batch in corpus.batches(200, 20)], 1))
        sent = asyncio.run(ingest(server, corpus, spans))
        steps: list[Callable[[], object]] = [
            partial(asyncio.run, single_spans(server, corpus)),
            partial(asyncio.run, annotations(server, sent)),
            partial(asyncio.run, reads(server, sent)),
            partial(data_frames, server),
            partial(start_up, server),
        ]
        for step in steps:
            step()


if __name__ == "__main__":
    main()
