"""The figures of docs/benchmarks.md about a large experiment: its runs and evaluations written, read, deleted.

python benchmarks/bench_experiments.py [--examples 10000] [--connections 8]

CPU is the server's: on a machine that others use, only that can be compared.
"""

import argparse
import asyncio
import json
import time
from typing import Any
from urllib.parse import quote

from meter import Call, Connection, cpu_s, disk_bytes, fresh_server, latencies, percentiles, rss_mb
from server import Server

JSON = {"content_type": "application/json"}
WHEN = {"start_time": "2026-03-01T12:00:00.123456Z", "end_time": "2026-03-01T12:00:01.5Z"}
ANSWER = "The parcel is at the depot, which opens at eight. " * 10


async def measure(server: Server, examples: int, connections: int) -> None:
    """Everything, once."""
    inputs = [{"question": f"Where is parcel {number}?", "context": ANSWER} for number in range(examples)]
    await ask(server, "upload of the examples", "POST", "/v1/datasets/upload?sync=true", name="bench", inputs=inputs)
    path = "/v1/datasets/bench/experiments"
    made = json.loads(await ask(server, "experiment made", "POST", path, repetitions=1))["data"]
    path = f"/v1/experiments/{quote(made['id'], safe='')}"
    listed = json.loads(await get(server, "/v1/datasets/bench/examples"))["data"]["examples"]
    run: dict[str, Any] = {"repetition_number": 1, "output": {"answer": ANSWER}, **WHEN}
    runs = [post(f"{path}/runs", dataset_example_id=each["node_id"], **run) for each in listed]
    await load(server, f"runs, {connections} connections", runs, connections)
    await ask(
        server,
        "first page of runs without an evaluation",
        "GET",
        f"{path}/incomplete-evaluations?evaluation_name=a",
    )
    stored = json.loads(await get(server, f"{path}/runs"))["data"]
    said: dict[str, Any] = {
        "annotator_kind": "CODE",
        "result": {"score": 0.5, "label": "l", "explanation": "So."},
        **WHEN,
    }
    evaluations = [
        post("/v1/experiment_evaluations", experiment_run_id=each["id"], name=name, **said)
        for each in stored
        for name in ("a", "b")
    ]
    await load(server, f"evaluations, {connections} connections", evaluations, connections)
    for what, rest in (
        ("the experiment", ""),
        ("all runs", "/runs"),
        ("a page of 100 runs", "/runs?limit=100"),
        ("runs that are missing, none", "/incomplete-runs"),
        ("runs without an evaluation, none", "/incomplete-evaluations?evaluation_name=a&evaluation_name=b"),
        ("summary", "/summary"),
        ("/json", "/json"),
        ("/csv", "/csv"),
    ):
        await ask(server, what, "GET", path + rest)
    print(f"resident {rss_mb(server):.0f} MB, on disk {disk_bytes(server) >> 20} MB")
    await ask(server, "experiment deleted", "DELETE", path)
    await until_quiet(server)


async def ask(server: Server, what: str, method: str, path: str, **body: Any) -> bytes:
    """One request, and what it cost."""
    began, used = time.perf_counter(), cpu_s(server)
    async with Connection(server.port) as connection:  # the server closes those that are idle
        answer = await connection.send(method, path, json.dumps(body).encode() if body else b"", **JSON)
    took = time.perf_counter() - began
    print(
        f"{what:<50} {took * 1000:8.1f} ms, CPU {(cpu_s(server) - used) * 1000:6.0f} ms, {len(answer) / 1e6:.2f} MB",
        flush=True,
    )
    return answer


async def get(server: Server, path: str) -> bytes:
    """An answer, whatever it costs."""
    async with Connection(server.port) as connection:
        return await connection.send("GET", path)


def post(path: str, **body: Any) -> Call:
    """A request of a load."""
    written = json.dumps(body).encode()
    return lambda connection: connection.send("POST", path, written, **JSON)


async def load(server: Server, what: str, calls: list[Call], connections: int) -> None:
    """Many requests, and what they cost."""
    began, used = time.perf_counter(), cpu_s(server)
    took = await latencies(server, calls, connections)
    seconds, cpu = time.perf_counter() - began, cpu_s(server) - used
    print(
        f"{len(calls)} {what}: {len(calls) / seconds:.0f} a second, {percentiles(took)}, CPU"
        f" {cpu / len(calls) * 1e3:.2f} ms each",
        flush=True,
    )


async def until_quiet(server: Server) -> None:
    """Until upkeep has removed what was deleted."""
    began, used, before = time.perf_counter(), cpu_s(server), -1.0
    while cpu_s(server) != before:
        before = cpu_s(server)
        await asyncio.sleep(1)
    print(f"removed within {time.perf_counter() - began - 1:.0f} s, CPU {(cpu_s(server) - used) * 1000:.0f} ms")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    with fresh_server() as server:
        asyncio.run(measure(server, given.examples, given.connections))


if __name__ == "__main__":
    main()
