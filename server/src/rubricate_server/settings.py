"""Every setting, its default and its reason: environment variables, some of them options of `rubricate serve` too.

Ports and host are also read from their `PHOENIX_*` names, so that an existing deployment moves as it is.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from rubricate.records.user import FEWEST_PASSWORD_CHARACTERS, MOST_PASSWORD_CHARACTERS
from rubricate_server.domain.address import Network

FEWEST_SECRET_CHARACTERS = 32
"""Of a key that the settings name: nobody can guess so many random ones."""


class InvalidSetting(ValueError):
    """A setting whose value means nothing; the message says what would."""


def _count(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError("a number above 0")
    return value


def _days(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 36500:
        raise ValueError("a number of days, 0 to 36500 (0: for ever)")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise ValueError("a number of seconds above 0, 3600 at most")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise ValueError("a port, 0 to 65535 (0: any free one)")
    return value


def _flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in words:
        raise ValueError("true or false")
    return words[text.lower()]


def _attempts(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise ValueError("a number from 1 to 1000")
    return value


def _session_days(text: str) -> float:
    value = float(text)
    if not 0 < value <= 400:
        raise ValueError("a number of days above 0, 400 at most")
    return value


def _password(text: str) -> str:
    if not FEWEST_PASSWORD_CHARACTERS <= len(text) <= MOST_PASSWORD_CHARACTERS:
        raise ValueError(f"{FEWEST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS} characters long")
    return text


def _secret(text: str) -> str:
    if len(text) < FEWEST_SECRET_CHARACTERS:
        raise ValueError(f"at least {FEWEST_SECRET_CHARACTERS} characters long, and random")
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(each.strip().rstrip("/") for each in text.split(",") if each.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != origin or not parts.netloc:
            raise ValueError("origins such as https://rubricate.example.com, with commas between them")
    return origins


def _origins_or_any(text: str) -> tuple[str, ...]:
    return ("*",) if text.strip() == "*" else _origins(text)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        raise ValueError("addresses or networks such as 10.0.0.5, 10.0.0.0/8, with commas between them") from None


def _compression(text: str) -> str:
    if text not in ("remote", "always", "never"):
        raise ValueError("remote, always or never")
    return text


DEFAULT_DATA = Path("~/.rubricate")


def _setting(default: Any, names: str, parse: Callable[[str], Any], reason: str, *, is_secret: bool = False) -> Any:
    about = {"names": names.split(), "parse": parse, "reason": reason, "is_secret": is_secret}
    return field(default=default, metadata=about, repr=not is_secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server was told. `docs/reference/settings.md` is checked against this list."""

    host: str = _setting(
        "127.0.0.1",
        "RUBRICATE_HOST PHOENIX_HOST",
        str,
        "Address to listen on. Only this machine by default, because nobody is asked to sign in by default.",
    )
    port: int = _setting(
        6006, "RUBRICATE_PORT PHOENIX_PORT", _port, "HTTP: the API, the page, OTLP/HTTP. Phoenix's default."
    )
    grpc_port: int = _setting(
        4317, "RUBRICATE_GRPC_PORT PHOENIX_GRPC_PORT", _port, "OTLP/gRPC. OpenTelemetry's default."
    )
    data: Path = _setting(DEFAULT_DATA, "RUBRICATE_DATA", Path, "Directory of the embedded store.")  # noqa: RUF009  # a field()
    sample: bool = _setting(False, "RUBRICATE_SAMPLE", _flag, "Load the sample project at start, if it is not there.")
    auth: bool = _setting(
        False,
        "RUBRICATE_AUTH PHOENIX_ENABLE_AUTH",
        _flag,
        "Have people sign in and programs send keys. Off: whoever reaches the server may do everything.",
    )
    admin_password: str | None = _setting(
        None,
        "RUBRICATE_ADMIN_PASSWORD PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD",
        _password,
        "First password of the user `admin`, who is made with the first start that has `auth`. None: one is made up and"
        " printed once.",
        is_secret=True,
    )
    admin_secret: str | None = _setting(
        None,
        "RUBRICATE_ADMIN_SECRET PHOENIX_ADMIN_SECRET",
        _secret,
        "A key with the rights of an admin, 32 characters at least, for scripts that make users and keys.",
        is_secret=True,
    )
    session_days: float = _setting(
        14.0, "RUBRICATE_SESSION_DAYS", _session_days, "Days after which somebody has to sign in again."
    )
    login_attempts: int = _setting(
        10,
        "RUBRICATE_LOGIN_ATTEMPTS",
        _attempts,
        "Failed attempts to sign in with one name from one address in five minutes; then one waits. After ten times as"
        " many with one name, or from one address, it is one attempt.",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (),
        "RUBRICATE_TRUSTED_PROXIES",
        _networks,
        "Addresses or networks of proxies in front of the server, with commas between them: from them alone,"
        " `X-Forwarded-For` is believed. None by default, so that nobody can say to come from elsewhere.",
    )
    trusted_origins: tuple[str, ...] = _setting(
        (),
        "RUBRICATE_TRUSTED_ORIGINS PHOENIX_CSRF_TRUSTED_ORIGINS",
        _origins,
        "Addresses of the page, with commas between them, where a proxy changes the Host header: changes by a cookie"
        " are taken from pages of this server only.",
    )
    allowed_origins: tuple[str, ...] = _setting(
        (),
        "RUBRICATE_ALLOWED_ORIGINS PHOENIX_ALLOWED_ORIGINS",
        _origins_or_any,
        "Other sites whose pages may call the API in a browser (CORS), such as an application that sends feedback, with"
        " commas between them; `*`: all. Cookies do not count there: where accounts are on, they send a key.",
    )
    allow_unauthenticated: bool = _setting(
        False,
        "RUBRICATE_ALLOW_UNAUTHENTICATED",
        _flag,
        "Listen on an address that other machines reach, although anybody who reaches it may read and write.",
    )
    max_body_bytes: int = _setting(
        64 << 20, "RUBRICATE_MAX_BODY_BYTES", _count, "Largest request, as sent. Above it: 413, or RESOURCE_EXHAUSTED."
    )
    max_decompressed_bytes: int = _setting(
        256 << 20, "RUBRICATE_MAX_DECOMPRESSED_BYTES", _count, "Largest request when unpacked: stops compression bombs."
    )
    max_pending_bytes: int = _setting(
        512 << 20,
        "RUBRICATE_MAX_PENDING_BYTES",
        _count,
        "Unpacked bytes in work at once. Above it: 503 with Retry-After.",
    )
    reads_beside_ingest: int = _setting(
        1,
        "RUBRICATE_READS_BESIDE_INGEST",
        _count,
        "Short reads that run at once while spans come in; the others take turns. More: faster reads, slower ingest.",
    )
    max_spans: int = _setting(100_000, "RUBRICATE_MAX_SPANS", _count, "Spans of one request. Each takes some 4 kB.")
    max_attributes: int = _setting(4096, "RUBRICATE_MAX_ATTRIBUTES", _count, "Attributes of one span.")
    max_span_bytes: int = _setting(16 << 20, "RUBRICATE_MAX_SPAN_BYTES", _count, "Bytes of one span.")
    max_depth: int = _setting(32, "RUBRICATE_MAX_DEPTH", _count, "Levels of nested values in one attribute.")
    retention_days: float = _setting(
        0.0,
        "RUBRICATE_RETENTION_DAYS PHOENIX_DEFAULT_RETENTION_POLICY_DAYS",
        _days,
        "Days after which traces are deleted, unless their project follows a policy of its own. 0: never.",
    )
    retention_seconds: float = _setting(
        60.0,
        "RUBRICATE_RETENTION_SECONDS",
        _seconds,
        "Seconds between looks for traces that are kept no longer.",
    )
    undo_days: float = _setting(
        30.0,
        "RUBRICATE_UNDO_DAYS",
        _days,
        "Days for which a deletion of annotations can be undone; then it is forgotten. 0: for ever.",
    )
    max_count: int = _setting(
        100_000, "RUBRICATE_MAX_COUNT", _count, "Items up to which the items that fit a filter are counted."
    )
    max_count_seconds: float = _setting(
        2.0, "RUBRICATE_MAX_COUNT_SECONDS", _seconds, "Seconds after which counting the items that fit a filter stops."
    )
    max_examples: int = _setting(
        50_000, "RUBRICATE_MAX_EXAMPLES", _count, "Examples that one request may bring into a dataset."
    )
    compression: Literal["remote", "always", "never"] = _setting(
        "remote",
        "RUBRICATE_COMPRESSION",
        _compression,
        "Answer with gzip when asked: only other machines (within one it costs more than it saves), always, never.",
    )
    log_level: str = _setting("info", "RUBRICATE_LOG_LEVEL", str.lower, "debug, info, warning or error.")


def load_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from what was given (None: not given), else from the environment, else the defaults.

    Raises InvalidSetting, which names the variable and what would be right.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for setting in fields(Settings):
        if setting.name in values:
            continue
        for name in setting.metadata["names"]:
            if environment.get(name):
                values[setting.name] = _parse(name, environment[name], setting.metadata)
                break
    settings = Settings(**values)
    object.__setattr__(settings, "data", Path(settings.data).expanduser())
    return settings


def _parse(name: str, text: str, about: Mapping[str, Any]) -> Any:
    try:
        return about["parse"](text)
    except ValueError as error:
        wanted = "a whole number" if "invalid literal" in str(error) else str(error)
        given = "not right" if about["is_secret"] else repr(text)
        raise InvalidSetting(f"{name} is {given}; it must be {wanted}.") from error
