"""Large data frames: what server and client pay for 50,000 spans with annotations, by our client and by Phoenix's.

python benchmarks/bench_frame.py [--spans 50000] [--rounds 2] [--emoji] [--data DIR --project NAME]

DIR is a data directory, not in use. With `--emoji`, one more span has one in its name: an answer with that in it takes
Python four bytes a character. The ways take turns. "One Arrow stream" is what our client asked for before there were
parts, and what others ask for who read Arrow.

Gives seconds of the clock next to those of CPU: on a machine that others use, only the latter can be compared.
"""

import argparse
import asyncio
import gzip
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench_core import annotate, post_spans, report
from corpus import PROJECT, Corpus, request
from meter import Server, cpu_s, latencies, rss_mb

_PROGRAM = """
import resource, sys, time, warnings
warnings.simplefilter("ignore")
import pandas, pyarrow
{client}
begun, used = time.perf_counter(), time.process_time()
frame = {call}
took, used = time.perf_counter() - begun, time.process_time() - used
print(len(frame), took, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_CLIENT = """
from {module} import Client
client = Client(base_url=sys.argv[1])
"""
_CALL = 'client.spans.get_spans_dataframe(project_identifier="{project}", limit={spans}, timeout=600{more})'
_ONE_STREAM = """
import httpx
from rubricate.client.frame import ARROW, frames
client = httpx.Client(base_url=sys.argv[1], headers={"accept": ARROW, "accept-encoding": "identity"}, timeout=600)
"""
_ONE_STREAM_CALL = (
    'frames(client.post("/v1/spans?project_name={project}", json={{"queries": [{{}}], "limit": {spans}}}))[0]'
)
_OURS = _CLIENT.format(module="rubricate.client")
_WAYS = (
    ("ours", _OURS, _CALL, ""),
    ("ours, with annotations in it", _OURS, _CALL, ", include_annotations=True"),
    ("one Arrow stream", _ONE_STREAM, _ONE_STREAM_CALL, ""),
    ("Phoenix's client", _CLIENT.format(module="phoenix.client"), _CALL, ""),
)


async def fill(server: Server, spans: int, *, emoji: bool) -> None:
    """Spans of the corpus, an annotation for each and a second for every other."""
    calls, ids = [], []
    for batch in Corpus().batches(spans, 512):
        if emoji and not calls:
            batch[0].name += " 🎉"
        calls.append(post_spans(gzip.compress(request(batch), 1), content_encoding="gzip"))
        ids += [span.span_id.hex() for span in batch]
    await latencies(server, calls, 4)
    said = [annotate(ids[at : at + 100], "a") for at in range(0, len(ids), 100)]
    said += [annotate(ids[at : at + 100 : 2], "b") for at in range(0, len(ids), 100)]
    await latencies(server, said, 4)


class Peak:
    """The most memory that the server has in use while it lasts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.mb = rss_mb(server)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.mb = max(self.mb, rss_mb(self._server))


def read(server: Server, client: str, call: str) -> tuple[str, float, float]:
    """One frame in a process of its own, as a notebook would: what it printed, CPU and peak memory of the server."""
    code = _PROGRAM.format(client=client, call=call)
    used = cpu_s(server)
    with Peak(server) as peak:
        done = subprocess.run([sys.executable, "-c", code, server.base_url], check=True, capture_output=True, text=True)
    return done.stdout, cpu_s(server) - used, peak.mb


def main() -> None:
    """Measure all ways in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--emoji", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--project", default=PROJECT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Server(Path(directory), data=given.data) as server:
        if given.data is None:
            asyncio.run(fill(server, given.spans, emoji=given.emoji))
            server.restart()
        for _ in range(given.rounds):
            for what, client, call, more in _WAYS:
                # pyarrow is loaded with the first
                read(server, client, call.format(project=given.project, spans=10, more=""))
                time.sleep(1)
                before = rss_mb(server)
                said, cpu, peak = read(server, client, call.format(project=given.project, spans=given.spans, more=more))
                rows, clock, own, memory = said.split()
                report(
                    f"{rows} spans, {what}",
                    f"{float(clock):5.2f} s; CPU of server {cpu:.2f} s, of client {float(own):.2f} s;"
                    f" memory of server +{peak - before:.0f} MB, of client {memory} MB",
                )


if __name__ == "__main__":
    main()
