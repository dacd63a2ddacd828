"""OTLP over gRPC: TraceService/Export on a port of its own, with the standard health service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import grpc  # type: ignore[import-untyped]  # has no stubs
from google.protobuf.any_pb2 import Any as AnyMessage  # type: ignore[import-untyped]  # has no stubs
from google.protobuf.duration_pb2 import Duration  # type: ignore[import-untyped]  # has no stubs
from grpc_health.v1 import health  # type: ignore[import-untyped]  # has no stubs
from grpc_health.v1.health_pb2 import HealthCheckResponse  # type: ignore[import-untyped]  # has no stubs
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server  # type: ignore[import-untyped]  # has no stubs

from rubricate_server.actions.credentials import Credentials, Refused, key_in
from rubricate_server.domain.access import EXPORT, denial
from rubricate_server.ingest.errors import Busy, MalformedRequest, TooLarge
from rubricate_server.ingest.otlp import export_response
from rubricate_server.ingest.pipeline import Ingest

SERVICE: Final = "opentelemetry.proto.collector.trace.v1.TraceService"


class PortUnavailable(OSError):
    """The port cannot be listened on; the message says what to do."""


class GrpcServer:
    """A running server. `port` is the one it listens on, which matters when 0 was asked for."""

    def __init__(self, server: Any, checks: Any, port: int) -> None:
        self.port = port
        self._server = server
        self._checks = checks

    def stop(self, grace_s: float = 5.0) -> None:
        """Take no more requests, let those in work finish for so long, then return."""
        self._checks.enter_graceful_shutdown()
        self._server.stop(grace_s).wait()


def serve_grpc(
    ingest: Ingest,
    host: str,
    port: int,
    *,
    max_message_bytes: int = 64 * 2**20,
    threads: int = 16,
    max_requests: int = 64,
    credentials: Credentials | None = None,
) -> GrpcServer:
    """Listen for OTLP/gRPC in threads of its own. Raises PortUnavailable.

    gRPC reads a message whole before anybody sees it, so at most `max_requests` are let in at once; more get
    RESOURCE_EXHAUSTED, which exporters repeat. With `credentials`, messages are read from those only who may send them.
    """
    server = grpc.server(
        ThreadPoolExecutor(threads, thread_name_prefix="otlp-grpc"),
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            # Otherwise two servers share a port without a word, and each gets half of the spans.
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=max_requests,
    )
    server.add_generic_rpc_handlers([_trace_service(ingest, credentials)])
    checks = health.HealthServicer()
    add_HealthServicer_to_server(checks, server)
    for service in ("", SERVICE):
        checks.set(service, HealthCheckResponse.SERVING)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        bound = server.add_insecure_port(address)
    except RuntimeError as error:
        raise PortUnavailable(
            f"cannot listen for OTLP/gRPC on {address}: another program has the port (often a collector or Phoenix). "
            "Stop it, or choose another: `rubricate serve --grpc-port N`, or RUBRICATE_GRPC_PORT=N in the"
            " environment (RUBRICATE_GRPC_PORT=N make run)."
        ) from error
    server.start()
    return GrpcServer(server, checks, bound)


def _trace_service(ingest: Ingest, credentials: Credentials | None) -> Any:
    # Without a deserialiser the handler gets the bytes, so one bad string costs a span and not the message.
    if credentials is None:
        handler = grpc.unary_unary_rpc_method_handler(partial(_export, ingest))
    else:
        handler = grpc.stream_unary_rpc_method_handler(partial(_export_with_key, ingest, credentials))
    return grpc.method_handlers_generic_handler(SERVICE, {"Export": handler})


def _export_with_key(ingest: Ingest, credentials: Credentials, bodies: Iterator[bytes], context: Any) -> bytes:
    """To gRPC, a stream of one message: it reads none before it is asked for, so strangers cannot fill memory."""
    _refuse_strangers(credentials, context)
    return _export(ingest, next(bodies, b""), context)


def _refuse_strangers(credentials: Credentials, context: Any) -> None:
    key = key_in({name: value for name, value in context.invocation_metadata() if isinstance(value, str)})
    try:
        if key is None:
            raise Refused("Invalid token")
        principal = credentials.known(key) or credentials.find(key)
    except Refused as refused:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, str(refused))
    if principal.role not in EXPORT:
        context.abort(grpc.StatusCode.PERMISSION_DENIED, denial(principal.role))


def _export(ingest: Ingest, body: bytes, context: Any) -> bytes:
    try:
        outcome = ingest.accept(body, project=_project(context))
    except (MalformedRequest, TooLarge) as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except Busy as busy:
        details = _retry_after(grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], str(busy), busy.retry_after_s)
        context.set_trailing_metadata([("grpc-status-details-bin", details)])
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(busy))
    return export_response(len(outcome.rejected), outcome.summary())


def _project(context: Any) -> str | None:
    for key, value in context.invocation_metadata():
        if key == "x-project-name":
            return str(value).strip() or None
    return None


def _retry_after(code: int, message: str, seconds: float) -> bytes:
    """A google.rpc.Status {code = 1, message = 2, details = 3} that holds a RetryInfo {retry_delay = 1}.

    Written by hand: two small messages are not worth the package that defines them.
    """
    delay = Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9)).SerializeToString()
    info = AnyMessage(type_url="type.googleapis.com/google.rpc.RetryInfo", value=_field(1, delay))
    return b"\x08" + bytes([code]) + _field(2, message.encode()) + _field(3, info.SerializeToString())


def _field(number: int, value: bytes) -> bytes:
    length = len(value)
    prefix = bytearray([number << 3 | 2])
    while length >= 0x80:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*prefix, length]) + value
