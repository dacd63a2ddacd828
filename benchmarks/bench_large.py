"""The table of large stores in docs/benchmarks.md: what pages, scripts and charts ask, over HTTP, of a real server.

python benchmarks/bench_large.py [--spans 200000] [--data DIR]     with --data it is kept, and used again

The store is filled without HTTP first. Each question is asked by one connection; seconds of the server's CPU stand next
to those of the clock, because only they can be compared on a machine that others use.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from bench_insight import DAYS, fill, report
from corpus import PROJECT, START_NS
from meter import Connection, Server, cpu_s, latencies, percentiles, rss_mb

from rubricate_server.storage.sqlite.store import open_storage

ROUNDS = 30
SLOW_ROUNDS = 5


class Question(NamedTuple):
    """What is asked, and how often."""

    what: str
    path: str
    rounds: int = ROUNDS


def moment(hours: int) -> str:
    """So many hours after the first span."""
    return datetime.fromtimestamp(START_NS / 1e9 + hours * 3600, UTC).isoformat()


def project(path: str, **query: str | int | bool) -> str:
    """A path below the project's."""
    return f"/v1/projects/{PROJECT}/{path}?{urlencode(query)}"


def items(filter: str | None = None, limit: int = 100, kind: str = "span", **query: str | int | bool) -> str:
    """Spans or traces as the page lists them, with what is said of them."""
    return project("items", target_kind=kind, limit=limit, **query, **({} if filter is None else {"filter": filter}))


def count(filter: str) -> str:
    """How many spans fit."""
    return project("items/count", target_kind="span", filter=filter)


def questions() -> list[Question]:
    """The rows of the table."""
    three = "llm.model_name == 'gpt-4o' and metadata['tier'] == 'pro' and metadata['release'] == 3"
    middle = DAYS * 12
    month = {"start_time": moment(0), "end_time": moment(DAYS * 24)}
    return [
        Question("page of 100 with annotations", items()),
        Question("page of 100 with annotations, roots", items(roots_only=True)),
        Question("the same of six hours in the middle", items(start_time=moment(middle), end_time=moment(middle + 6))),
        Question("the same, errors", items("status_code == 'ERROR'")),
        Question("Phoenix's page of 100 whole spans", project("spans", limit=100)),
        Question("… roots", project("spans", limit=100, parent_id="null")),
        Question("… of six hours", project("spans", limit=100, start_time=moment(middle), end_time=moment(middle + 6))),
        Question("… of all days but the first", project("spans", limit=100, start_time=moment(24))),
        Question("… errors", project("spans", limit=100, status_code="ERROR")),
        Question("latest 100 by an attribute", items("metadata['release'] == 3")),
        Question(
            "latest 50 by the value of an annotation", items("annotations['correctness'].label == 'incorrect'", 50)
        ),
        Question("count by three attributes", count(three), SLOW_ROUNDS),
        Question("30 days by the hour", project("span_series", bucket=3600, **month)),
        Question("annotation summaries", project("annotation_summaries")),
        Question("latest 100 with a word in the input", items("'ka' in input")),
        Question("latest 100 with a word that no input has", items("'nobody says this' in input"), SLOW_ROUNDS),
        Question("… of traces", items("'nobody says this' in input", kind="trace"), SLOW_ROUNDS),
        Question("count with a word that no input has", count("'nobody says this' in input"), SLOW_ROUNDS),
    ]


async def ask(server: Server) -> None:
    """Ask everything, and say what it took."""
    async with Connection(server.port) as connection:
        await connection.send("GET", "/v1/projects")
    for what, path, rounds in questions():
        await latencies(server, [lambda connection, path=path: connection.send("GET", path)], 1)  # type: ignore[misc]
        used = cpu_s(server)
        took = await latencies(
            server,
            [lambda connection, path=path: connection.send("GET", path)] * rounds,  # type: ignore[misc]
            1,
        )
        report(what, f"{percentiles(took)}, CPU {(cpu_s(server) - used) / rounds * 1000:.1f} ms")


def filled(directory: Path, spans: int) -> None:
    """Fill the store, and let it sum up what it took, unless that was done before."""
    store = open_storage(directory)
    if not any(each.name == PROJECT for each in store.projects.page()):
        fill(store, spans)
        time.sleep(3)  # until upkeep thinks that the hours are quiet
        while store.maintenance.step():
            pass
    store.close()


def main() -> None:
    """Measure everything, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = given.data or Path(scratch) / "data"
        data.mkdir(parents=True, exist_ok=True)
        filled(data, given.spans)
        with Server(Path(scratch), data=data) as server:
            asyncio.run(ask(server))
            report("memory after it", f"{rss_mb(server):.0f} MB")


if __name__ == "__main__":
    main()
