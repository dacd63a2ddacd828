"""What a server costs, and how to put load on it. Linux only: CPU and memory are read from /proc."""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from server import Server  # the one that the tests use

_TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def fresh_server(*options: str) -> Iterator[Server]:
    """A server on an empty directory, gone afterwards."""
    with tempfile.TemporaryDirectory() as directory, Server(Path(directory), *options) as server:
        yield server


def cpu_s(server: Server) -> float:
    """CPU seconds that the process has used."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mb(server: Server) -> float:
    """Resident memory."""
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def disk_bytes(server: Server) -> int:
    """Bytes of the data directory."""
    return sum(path.stat().st_size for path in server.data.iterdir())


class Connection:
    """One keep-alive connection, with as little of a client as possible: the server is to be measured."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The body of the answer. Raises RuntimeError unless the server says 2xx."""
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if "transfer-encoding: chunked" in head:
            answer = b"".join([chunk async for chunk in self._chunks()])
        else:
            length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
            answer = await self._reader.readexactly(int(length))
        if head.split()[1][0] != "2":
            raise RuntimeError(f"{method} {path}: {head.splitlines()[0]} {answer[:200]!r}")
        return answer

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()


Call = Callable[[Connection], Awaitable[object]]


async def latencies(server: Server, calls: Sequence[Call], connections: int) -> list[float]:
    """Seconds that each call took, over so many connections."""
    waiting = iter(calls)
    took: list[float] = []

    async def work() -> None:
        async with Connection(server.port) as connection:
            for call in waiting:
                begun = time.perf_counter()
                await call(connection)
                took.append(time.perf_counter() - begun)

    await asyncio.gather(*(work() for _ in range(connections)))
    return took


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def percentiles(seconds: Sequence[float]) -> str:
    """p50 and p99 in milliseconds."""
    return f"p50 {percentile(seconds, 50) * 1000:.1f} ms, p99 {percentile(seconds, 99) * 1000:.1f} ms"
