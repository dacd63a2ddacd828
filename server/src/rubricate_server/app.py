"""The composition root: the only place that knows every part."""

import ipaddress
import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute

from rubricate_server import process
from rubricate_server.actions.credentials import Credentials
from rubricate_server.actions.first_admin import NAME, make_first_admin
from rubricate_server.actions.furnish import furnish
from rubricate_server.actions.sign_in import Door, open_door
from rubricate_server.api import (
    annotation,
    annotation_matrix,
    annotation_shares,
    annotation_summary,
    annotation_write,
    any_annotation,
    api_key,
    dataframe,
    dataset,
    dataset_export,
    dataset_items,
    dataset_label,
    dataset_split,
    dataset_upload,
    disagreement,
    evaluation,
    event,
    experiment,
    experiment_evaluation,
    experiment_export,
    experiment_run,
    experiment_tag,
    export,
    export_items,
    filter,
    item,
    note,
    otlp,
    project,
    project_figures,
    prompt,
    redirect,
    retention,
    retrieval,
    retrieval_ranks,
    review_item,
    rubric,
    score_distribution,
    session,
    session_turn,
    sign_in,
    span,
    span_series,
    status,
    system,
    trace,
    user,
    waiting,
    whole,
)
from rubricate_server.api.errors import install_errors
from rubricate_server.api.guard import Guard
from rubricate_server.api.middleware import (
    BodyLimit,
    Compression,
    HeadAsGet,
    ReadGate,
    ReadVersion,
    VersionHeaders,
    other_origins,
)
from rubricate_server.api.page import install_page
from rubricate_server.domain.address import Network
from rubricate_server.domain.topic import Topic, Topics
from rubricate_server.ingest.grpc import PortUnavailable, serve_grpc
from rubricate_server.ingest.http import TraceDoor
from rubricate_server.ingest.otlp_limits import DecodeLimits
from rubricate_server.ingest.pipeline import Ingest, IngestLimits
from rubricate_server.jobs.forgetting import Forgetting
from rubricate_server.jobs.key_use import KeyUse
from rubricate_server.jobs.retention import Retention
from rubricate_server.jobs.upkeep import Upkeep
from rubricate_server.settings import Settings
from rubricate_server.storage.contract import RetentionRule, Storage
from rubricate_server.storage.errors import StorageError
from rubricate_server.storage.sqlite.store import open_storage
from rubricate_server.version import VERSION

log = logging.getLogger("rubricate_server")

CANNOT_START = 1

_PARTS = (
    system,
    project,
    project_figures,
    item,
    review_item,
    whole,
    span,
    otlp,
    trace,
    session,
    session_turn,
    dataframe,
    export,
    export_items,
    filter,
    annotation,
    waiting,  # before a path that takes any word for an id
    any_annotation,
    annotation_write,
    annotation_summary,
    score_distribution,
    span_series,
    disagreement,
    annotation_matrix,
    annotation_shares,
    retrieval,
    retrieval_ranks,
    note,
    evaluation,
    rubric,
    prompt,
    dataset_upload,
    dataset,
    dataset_items,
    dataset_export,
    dataset_split,
    dataset_label,
    experiment,
    experiment_run,
    experiment_evaluation,
    experiment_export,
    experiment_tag,
    retention,
    sign_in,
    api_key,  # before users, whose path takes any word for a name
    user,
    status,
    event,
    redirect,
)
"""The API in the order in which it is documented."""


class CannotStart(Exception):
    """The server cannot start; the message says why and what to do."""


def build_app(
    storage: Storage,
    ingest: Ingest,
    *,
    topics: Topics | None = None,
    credentials: Credentials | None = None,
    door: Door | None = None,
    trusted_proxies: Sequence[Network] = (),
    compression: str = "remote",
    max_body_bytes: int = 64 << 20,
    max_count: int = 100_000,
    max_count_seconds: float = 2.0,
    max_examples: int = 50_000,
) -> FastAPI:
    """The API and the page over an open store; spans come in by another door.

    `credentials` and `door` are there where people sign in; `Guard` then has to stand in front.
    """
    app = FastAPI(
        title="Rubricate",
        version=VERSION,
        description="Traces in, annotations on, data out. Where accounts are on, every call but those that sign in or"
        " ask whether the server is there needs a key or a session: 401 without one, 403 for what it may not do.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        generate_unique_id_function=_operation_id,
    )
    app.state.storage = storage
    app.state.ingest = ingest
    app.state.topics = topics = topics or Topics()
    app.state.credentials = credentials
    app.state.door = door
    app.state.trusted_proxies = trusted_proxies
    app.state.max_count = max_count
    app.state.max_count_seconds = max_count_seconds
    app.state.max_examples = max_examples
    app.state.started_ns = time.time_ns()
    install_errors(app)
    app.add_middleware(Compression, policy=compression)
    app.add_middleware(BodyLimit, most=max_body_bytes)
    app.add_middleware(ReadVersion, topics=topics)
    for part in _PARTS:
        app.include_router(part.router)
    install_page(app)
    return app


def serve(settings: Settings) -> int:
    """Serve until told to stop (SIGINT, SIGTERM); the exit code. What was taken is finished first."""
    process.keep_freed_memory()
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    try:
        _refuse_exposure(settings)
        with _listening(settings.host, settings.port) as listener:
            topics = Topics()
            storage = open_storage(settings.data, max_pending_bytes=settings.max_pending_bytes, on_change=topics.bump)
            try:
                _serve(settings, storage, topics, listener)
            finally:
                storage.close()
    except (CannotStart, StorageError, PortUnavailable) as error:
        print(f"rubricate: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


def _serve(settings: Settings, storage: Storage, topics: Topics, listener: socket.socket) -> None:
    furnish(storage)
    ingest = Ingest(storage.spans, _limits(settings))
    if settings.sample:
        # Imported here, because only who asks for it pays for it.
        from rubricate_server.sample import load_sample

        load_sample(storage, ingest)
    credentials = _accounts(settings, storage, topics) if settings.auth else None
    grpc = serve_grpc(
        ingest,
        settings.host,
        settings.grpc_port,
        max_message_bytes=settings.max_body_bytes,
        credentials=credentials,
    )
    upkeep = Upkeep(storage.maintenance)
    upkeep.start()
    retention_job = Retention(storage, RetentionRule(settings.retention_days or None, None), settings.retention_seconds)
    retention_job.start()
    forgetting = Forgetting(storage.annotations, settings.undo_days)
    forgetting.start()
    key_use = KeyUse(credentials, storage.accounts) if credentials is not None else None
    if key_use is not None:
        key_use.start()
    api = build_app(
        storage,
        ingest,
        topics=topics,
        credentials=credentials,
        door=open_door(storage.accounts, session_days=settings.session_days, attempts=settings.login_attempts)
        if credentials is not None
        else None,
        trusted_proxies=settings.trusted_proxies,
        compression=settings.compression,
        max_body_bytes=settings.max_body_bytes,
        max_count=settings.max_count,
        max_count_seconds=settings.max_count_seconds,
        max_examples=settings.max_examples,
    )
    gate = ReadGate(api, is_busy=lambda: ingest.pending_bytes > 0, at_once=settings.reads_beside_ingest)
    inside = TraceDoor(HeadAsGet(gate), ingest=ingest)
    guarded = inside if credentials is None else Guard(inside, credentials, frozenset(settings.trusted_origins))
    app = VersionHeaders(other_origins(guarded, settings.allowed_origins) if settings.allowed_origins else guarded)
    process.settle()
    port = listener.getsockname()[1]
    print(f"Rubricate {VERSION} on http://{settings.host}:{port} (OTLP/gRPC on {grpc.port}), data in {settings.data}")
    sys.stdout.flush()
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn ends by raising the signal that stopped it once more, when our own end is still to come.
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    try:
        _Server(config, topics).run(sockets=[listener])
    finally:
        grpc.stop()
        if key_use is not None:
            key_use.stop()
        forgetting.stop()
        retention_job.stop()
        upkeep.stop()


def _accounts(settings: Settings, storage: Storage, topics: Topics) -> Credentials:
    """What tells users and keys; the first start makes the first admin."""
    password = make_first_admin(storage.accounts, settings.admin_password)
    if password is not None:
        print(f"First sign-in: name {NAME}, password {password} (shown this once; change it after signing in)")
    accounts_topic = Topic("accounts")
    return Credentials(storage.accounts, lambda: topics.version(accounts_topic), admin_secret=settings.admin_secret)


class _Server(uvicorn.Server):
    """Ends the streams of live updates when it is told to stop; they would be waited for otherwise."""

    def __init__(self, config: uvicorn.Config, topics: Topics) -> None:
        super().__init__(config)
        self._topics = topics

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._topics.close()
        await super().shutdown(sockets)


def _limits(settings: Settings) -> IngestLimits:
    return IngestLimits(
        max_body_bytes=settings.max_body_bytes,
        max_decompressed_bytes=settings.max_decompressed_bytes,
        max_pending_bytes=settings.max_pending_bytes,
        decode=DecodeLimits(
            max_spans_per_request=settings.max_spans,
            max_attributes_per_span=settings.max_attributes,
            max_span_bytes=settings.max_span_bytes,
            max_depth=settings.max_depth,
        ),
    )


def _refuse_exposure(settings: Settings) -> None:
    """Without accounts, who can reach the server can read and write everything."""
    if settings.auth or settings.allow_unauthenticated or _is_loopback(settings.host):
        return
    raise CannotStart(
        f"{settings.host} is reachable from other machines, and accounts are off: anybody there could read and write"
        " everything. Turn them on with --auth (RUBRICATE_AUTH=true), serve on 127.0.0.1, or accept that with"
        " --allow-unauthenticated."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is told before anything is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"cannot listen on http://{host}:{port}: {error.strerror}. If another program has the port (often Phoenix),"
            " stop it, or choose another: `rubricate serve --port N`, or RUBRICATE_PORT=N in the environment"
            " (RUBRICATE_PORT=N make run)."
        ) from error
    return listener


def _operation_id(route: APIRoute) -> str:
    return route.name
