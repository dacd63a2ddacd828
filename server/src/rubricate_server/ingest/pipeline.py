"""From a request's body to durable spans: bounded in memory, and answered only when the store has them."""

import logging
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import zstandard

from rubricate_server.ingest.errors import Busy, Corrupt, TooLarge, UnsupportedEncoding
from rubricate_server.ingest.otlp import Decoded, decode, decode_json
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.storage.contract import SpanStore
from rubricate_server.storage.errors import QueueFull

log = logging.getLogger(__name__)

ENCODINGS: Final = ("identity", "gzip", "deflate", "zstd")

_CHUNK: Final = 1 << 20
_MAX_REASONS: Final = 10


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """How much is taken at once. A batch of 512 long chats is about 3 MB, compressed about 0.5 MB."""

    max_body_bytes: int = 64 * 2**20
    """As sent. Room for a batch of 512 spans of 128 kB each."""
    max_decompressed_bytes: int = 256 * 2**20
    """Text compresses about sixfold; what compresses much further is an attack or a mistake."""
    max_pending_bytes: int = 512 * 2**20
    """Bodies in work at once, decompressed. Decoding needs about three times as much memory on top."""
    decode: DecodeLimits = field(default_factory=DecodeLimits)


class Outcome(NamedTuple):
    """What became of a request."""

    received: int
    """Spans in it."""
    stored: int
    """Spans that are durable now and were not before; a span sent twice counts once."""
    rejected: list[str]
    """One reason for each span that was refused. They are kept as dead letters."""
    warnings: Sequence[str] = ()
    """Why feedback that came with a span became no annotation. Nothing is lost: it stays with the span's attributes."""

    def summary(self) -> str:
        """The reasons in a few lines, each once, for whoever reads the sender's log."""
        return "\n".join(_in_brief(self.rejected, "reasons") + _in_brief(self.warnings, "warnings"))


def _in_brief(reasons: Sequence[str], what: str) -> list[str]:
    counted = Counter(reasons).most_common()
    lines = [reason if count == 1 else f"{reason} ({count} spans)" for reason, count in counted[:_MAX_REASONS]]
    if len(counted) > _MAX_REASONS:
        lines.append(f"… and {len(counted) - _MAX_REASONS} other {what}")
    return lines


class Room:
    """What one request holds of the memory that all requests share."""

    def __init__(self, ingest: "Ingest") -> None:
        self._ingest = ingest
        self.held = 0

    def grow(self, size: int) -> None:
        """Hold more. Raises Busy when all requests together would hold too much."""
        self._ingest._hold(size)
        self.held += size

    def release(self) -> None:
        """Give everything back."""
        self._ingest._hold(-self.held)
        self.held = 0


class Ingest:
    """The way in for spans, shared by all doors (HTTP, gRPC) and all threads."""

    def __init__(self, store: SpanStore, limits: IngestLimits = IngestLimits()) -> None:
        self.limits = limits
        self._store = store
        self._lock = threading.Lock()
        self._pending_bytes = 0
        self._counts = {"requests": 0, "received": 0, "stored": 0, "rejected": 0, "malformed": 0, "refused": 0}
        self._counts |= {"annotations": 0, "warnings": 0}

    @contextmanager
    def room(self) -> Iterator[Room]:
        """Memory for one request, given back at the end. Take it before the body is read."""
        room = Room(self)
        try:
            yield room
        finally:
            room.release()

    def accept(
        self,
        body: bytes,
        *,
        project: str | None = None,
        encoding: str | None = None,
        form: Literal["protobuf", "json"] = "protobuf",
        room: Room | None = None,
    ) -> Outcome:
        """Store the spans of an OTLP request, and the annotations they bring; blocks until they are durable.

        `room` is given when it holds the body already. Raises MalformedRequest, UnsupportedEncoding, TooLarge or Busy.
        """
        with self.room() as own:
            try:
                if room is None:
                    own.grow(len(body))
                plain = decompressed(body, encoding, self.limits.max_decompressed_bytes, own)
                read = decode_json if form == "json" else decode
                decoded = read(plain, project=project, limits=self.limits.decode)
                stored = self._add(decoded) if decoded.spans or decoded.rejected else 0
            except Busy:
                self._count(requests=1, refused=1)
                raise
            except ValueError:
                self._count(requests=1, malformed=1)
                raise
            spans, rejected, feedback = decoded
            received = len(spans) + len(rejected)
            self._count(requests=1, received=received, stored=stored, rejected=len(rejected))
            if feedback.annotations or feedback.warnings:
                written = sum(map(len, feedback.annotations.values()))
                self._count(annotations=written, warnings=len(feedback.warnings))
            return Outcome(received, stored, [letter.reason for letter in rejected], feedback.warnings)

    def _add(self, decoded: Decoded) -> int:
        spans, rejected, feedback = decoded
        try:
            if feedback.annotations:
                return self._store.add(spans, rejected, feedback.annotations)
            return self._store.add(spans, rejected)
        except QueueFull as full:
            raise Busy(str(full), full.retry_after_s) from full
        except Exception as error:
            # A full disk or a locked file may pass, and senders repeat only what they are told to repeat.
            log.exception("spans could not be stored")
            raise Busy("the spans could not be stored; the server's log says why") from error

    def count_refused(self) -> None:
        """Count a request that was turned away before its body was read."""
        self._count(requests=1, refused=1)

    def counts(self) -> dict[str, int]:
        """What has happened since the start.

        requests; of them malformed and refused; spans received, stored and rejected; annotations that came with them,
        and warnings, each a piece of feedback that became none.
        """
        with self._lock:
            return dict(self._counts)

    @property
    def pending_bytes(self) -> int:
        """How much is held by requests in work."""
        with self._lock:
            return self._pending_bytes

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, number in more.items():
                self._counts[name] += number

    def _hold(self, size: int) -> None:
        with self._lock:
            if size > 0 and self._pending_bytes + size > self.limits.max_pending_bytes:
                raise Busy("the server works on as many spans as its memory allows; try again in a moment")
            self._pending_bytes += size


def decompressed(body: bytes, encoding: str | None, limit: int, room: Room) -> bytes:
    """The plain body. The limit is checked on the way, so that a bomb is never unpacked."""
    match (encoding or "identity").strip().lower():
        case "identity":
            return body
        case "gzip" | "x-gzip" if body:
            return _inflated(body, 16 + zlib.MAX_WBITS, limit, room)
        case "deflate" if body:
            # The standard means zlib; some senders leave its header out. The header is 2 bytes, a multiple of 31.
            has_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            return _inflated(body, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, limit, room)
        case "zstd" if body:
            return _unpacked(body, limit, room)
        case "gzip" | "x-gzip" | "deflate" | "zstd":
            return b""
        case unknown:
            raise UnsupportedEncoding(f"content encoding {unknown!r} is not known; use one of {', '.join(ENCODINGS)}")


def _inflated(body: bytes, wbits: int, limit: int, room: Room) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest.strip(b"\0"):  # gzip allows several members, and zeros behind the last
        member = zlib.decompressobj(wbits)
        while not member.eof:
            try:
                part = member.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise Corrupt(f"the body cannot be decompressed: {error}") from error
            rest = member.unconsumed_tail
            if not part and not rest and not member.eof:
                raise Corrupt("the body cannot be decompressed: it ends too early")
            size += len(part)
            _check_size(size, limit)
            room.grow(len(part))
            parts.append(part)
        rest = member.unused_data
    return b"".join(parts)


# The standard's own bound for what a receiver must take. A frame may ask for a window of gigabytes.
_ZSTD_WINDOW: Final = 8 << 20
# A block takes 4 bytes at least and is 128 KiB at most, so one step makes no more than 8 MiB before it is counted.
_ZSTD_SLICE: Final = 256


def _unpacked(body: bytes, limit: int, room: Room) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    try:
        while rest:  # several frames may follow each other
            frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            at = 0
            while not frame.eof and at < len(rest):
                part = frame.decompress(rest[at : at + _ZSTD_SLICE])
                at += _ZSTD_SLICE
                size += len(part)
                _check_size(size, limit)
                room.grow(len(part))
                parts.append(part)
            if not frame.eof:
                raise Corrupt("the body cannot be decompressed: it ends too early")
            rest = frame.unused_data + rest[at:]
    except zstandard.ZstdError as error:
        raise Corrupt(f"the body cannot be decompressed: {error}") from error
    return b"".join(parts)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(
            f"the body is more than {limit} bytes when decompressed; send less at once, or raise"
            " RUBRICATE_MAX_DECOMPRESSED_BYTES"
        )
