"""What the SDK reads from the environment, and in which order. Standard library only.

Every variable exists as `RUBRICATE_X`; where Phoenix has the same one, `PHOENIX_X` is the fallback, so that an
application changes servers without changing its deployment.

| what | names, first one set wins |
|---|---|
| server | `*_ENDPOINT`, `*_COLLECTOR_ENDPOINT`, (`OTEL_EXPORTER_OTLP_ENDPOINT`), `*_BASE_URL`, `*_HOST` and `*_PORT` |
| API key | `*_API_KEY` |
| headers | `*_CLIENT_HEADERS`: `key=value,other=value` (URL-encoded) or a JSON object |
| project | `*_PROJECT`, `*_PROJECT_NAME` |
| gRPC port | `*_GRPC_PORT` |
| a line that tells how far a long transfer is | `RUBRICATE_PROGRESS` (`0`: none) |
"""

import json
import logging
import os
from typing import Literal, NamedTuple
from urllib.parse import unquote

DEFAULT_PORT = 6006
DEFAULT_GRPC_PORT = 4317
DEFAULT_PROJECT = "default"
TRACES_PATH = "/v1/traces"

log = logging.getLogger("rubricate")


class Setting(NamedTuple):
    """A value, and the variable that it came from ("default" when from none)."""

    value: str
    source: str


def read(*names: str, prefixes: tuple[str, ...] = ("RUBRICATE_", "PHOENIX_")) -> Setting | None:
    """The first of the variables that is set and not blank: all names of one prefix before those of the next."""
    for prefix in prefixes:
        for name in names:
            if value := os.environ.get(prefix + name, "").strip():
                return Setting(value, prefix + name)
    return None


def server(prefer: Literal["api", "collector"] = "api") -> Setting:
    """Where the server is, as it was written; `http://127.0.0.1:6006` when nobody says.

    The REST client prefers `*_ENDPOINT` to `*_COLLECTOR_ENDPOINT`, tracing the other way round.
    """
    names = ("ENDPOINT", "COLLECTOR_ENDPOINT") if prefer == "api" else ("COLLECTOR_ENDPOINT", "ENDPOINT")
    ours = read(*names, "BASE_URL", prefixes=("RUBRICATE_",)) or _host_and_port("RUBRICATE_")
    theirs = (
        read(*names, prefixes=("PHOENIX_",))
        or read("OTEL_EXPORTER_OTLP_ENDPOINT", prefixes=("",))
        or read("BASE_URL", prefixes=("PHOENIX_",))
        or _host_and_port("PHOENIX_")
    )
    return ours or theirs or Setting(f"http://127.0.0.1:{DEFAULT_PORT}", "default")


def base_url() -> Setting:
    """The URL under which `/v1/…` of the REST API is found; a trailing `/v1/traces` is taken off."""
    value, source = server()
    return Setting(without_traces_path(with_scheme(value)), source)


def api_key() -> str | None:
    """The key that is sent as `Authorization: Bearer`."""
    found = read("API_KEY")
    return found.value if found else None


def project_name() -> str:
    """The project that is meant when none is named."""
    found = read("PROJECT", "PROJECT_NAME")
    return found.value if found else DEFAULT_PROJECT


def wants_progress() -> bool:
    """Whether long transfers may show how far they are; `RUBRICATE_PROGRESS=0` says no."""
    found = read("PROGRESS", prefixes=("RUBRICATE_",))
    return found is None or found.value.lower() not in ("0", "false", "no", "off")


def http_port() -> int:
    """The port of the server's HTTP door on this machine (6006)."""
    return _port("PORT", DEFAULT_PORT)


def grpc_port() -> int:
    """The port of the server's gRPC door (4317): it tells a gRPC endpoint from an HTTP one."""
    return _port("GRPC_PORT", DEFAULT_GRPC_PORT)


def headers(explicit: dict[str, str] | None = None, key: str | None = None) -> dict[str, str]:
    """The headers of every request, names in lower case.

    The closest word wins: explicit headers, then the explicit key, then the environment's headers and key.
    """
    merged = client_headers()
    if key:
        merged["authorization"] = f"Bearer {key}"
    elif "authorization" not in merged and (found := api_key()):
        merged["authorization"] = f"Bearer {found}"
    return merged | {name.lower(): value for name, value in (explicit or {}).items()}


def client_headers() -> dict[str, str]:
    """The headers of `*_CLIENT_HEADERS`, in either spelling. What cannot be read is logged and left out."""
    found = read("CLIENT_HEADERS")
    if found is None:
        return {}
    return _json_headers(found) if found.value.startswith("{") else _listed_headers(found)


def without_traces_path(url: str) -> str:
    """The base URL of the URL at which traces are taken."""
    return url.rstrip("/").removesuffix(TRACES_PATH).rstrip("/")


def with_scheme(url: str) -> str:
    """The URL with `http://` in front when it has no scheme, as in `localhost:6006`."""
    return url if "://" in url else f"http://{url}"


def _json_headers(found: Setting) -> dict[str, str]:
    try:
        parsed = json.loads(found.value)
        return {str(name).lower(): str(value) for name, value in parsed.items()}
    except ValueError as error:
        log.warning("%s starts like JSON but is none (%s); no header is taken from it.", found.source, error)
        return {}


def _listed_headers(found: Setting) -> dict[str, str]:
    result = {}
    for entry in filter(None, (part.strip() for part in found.value.split(","))):
        name, equals, value = (unquote(part).strip() for part in entry.partition("="))
        if equals and name:
            result[name.lower()] = value
        else:  # The entry is not shown: it may be a secret.
            log.warning("%s has an entry that is not name=value; it is left out.", found.source)
    return result


def _host_and_port(prefix: str) -> Setting | None:
    host = read("HOST", prefixes=(prefix,))
    port = read("PORT", prefixes=(prefix,))
    if host is None and port is None:
        return None
    name = host.value if host else "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # Everywhere to bind is nowhere to call.
    name = f"[{name}]" if ":" in name and not name.startswith("[") else name
    source = " and ".join(found.source for found in (host, port) if found)
    return Setting(f"http://{name}:{port.value if port else DEFAULT_PORT}", source)


def _port(name: str, default: int) -> int:
    found = read(name)
    if found is None:
        return default
    if not found.value.isdecimal() or not 0 < int(found.value) < 65536:
        raise ValueError(f"{found.source}={found.value!r} is not a port; it must be a number from 1 to 65535.")
    return int(found.value)
