"""`rubricate doctor`: what is well, what is not, and what to do."""

import argparse
import contextlib
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rubricate.cli.terminal import Commands, add_command, add_url, port

EPILOG = """\
Nothing is changed: the database is only read, beside a running server or without one. --round-trip writes, into a
project of its own, which it deletes.

examples:
  rubricate doctor                      ports and data of a server with default settings
  rubricate doctor --data ./traces --blocks
                                        every checksum of every block as well
  rubricate doctor --round-trip --url http://127.0.0.1:6006
                                        send a span, read it, annotate it, delete it
"""

LONGEST_COMMAND = 100
"""Characters of a command line that are shown."""
FREE_WITHIN_S = 5.0


class Line(NamedTuple):
    """One thing that was looked at."""

    well: bool
    said: str
    advice: str = ""


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    doctor = add_command(commands, "doctor", "find out what is wrong: ports, data, a running server", EPILOG, run)
    doctor.add_argument("--data", metavar="DIR", help="directory of the data; RUBRICATE_DATA, else ~/.rubricate")
    doctor.add_argument("--host", metavar="H", help="address of the ports (127.0.0.1)")
    doctor.add_argument("--port", metavar="N", type=port, help="port of the server (6006)")
    doctor.add_argument("--grpc-port", metavar="N", type=port, help="port of OTLP/gRPC (4317)")
    doctor.add_argument("--blocks", action="store_true", help="check every checksum of the bodies of spans")
    doctor.add_argument("--round-trip", action="store_true", help="try a running server with one span")
    add_url(doctor)


def run(options: argparse.Namespace) -> int:
    """Tell one line after another; 1 if one of them is a problem."""
    problems = 0
    for line in _lines(options):
        problems += not line.well
        print(f"{'ok      ' if line.well else 'PROBLEM '} {line.said}", flush=True)
        if not line.well and line.advice:
            print(f"         {line.advice}", flush=True)
    if problems:
        print(f"\n{problems} problem{'' if problems == 1 else 's'}")
    return 1 if problems else 0


def _lines(options: argparse.Namespace) -> Iterator[Line]:
    try:
        from rubricate_server.settings import load_settings
        from rubricate_server.storage.sqlite.check import check_directory
    except ImportError:
        yield Line(True, "the server is not installed here: its data and ports are not looked at")
    else:
        try:
            settings = load_settings(
                data=options.data, host=options.host, port=options.port, grpc_port=options.grpc_port
            )
        except ValueError as error:
            yield Line(False, f"settings: {error}")
            return
        if not options.url or options.port is not None or options.grpc_port is not None:
            yield from _ports(settings.host, settings.port, settings.grpc_port)
        if not options.url or options.data is not None:
            for finding in check_directory(Path(settings.data), blocks=options.blocks):
                yield Line(*finding)
    if options.url or options.round_trip:
        url = options.url or (f"http://127.0.0.1:{options.port}" if options.port else None)
        yield from (_round_trip(url) if options.round_trip else _answering(url))


# --- ports ------------------------------------------------------------------------------------------------------------


def _ports(host: str, http_port: int, grpc_port: int) -> Iterator[Line]:
    ours = _product(host, http_port)
    for number, option, what in ((http_port, "--port", "HTTP"), (grpc_port, "--grpc-port", "OTLP/gRPC")):
        if _is_free(host, number):
            yield Line(True, f"port {number} ({what}) is free")
        elif ours and ours.startswith("Rubricate"):
            yield Line(True, f"port {number} ({what}) is in use{_by(number)}; {ours} answers on {http_port}")
        else:
            said = f"port {number} ({what}) is in use{_by(number)}"
            said += f"; {ours} answers there" if ours and number == http_port else ""
            yield Line(False, said, f"Stop that one, or choose another port: rubricate serve {option} N")


def _is_free(host: str, number: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
        except OSError:
            return False
    return True


def _product(host: str, number: int) -> str | None:
    """What answers there, as far as it says so."""
    import urllib.error
    import urllib.request

    name = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{f'[{name}]' if ':' in name else name}:{number}/healthz", timeout=3) as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    except (OSError, ValueError):
        return None
    except Exception:  # http.client has errors of its own for what is no HTTP
        return None
    if version := headers.get("x-rubricate-version"):
        return f"Rubricate {version}"
    if version := headers.get("x-phoenix-server-version"):
        return f"Phoenix {version}"
    return "a web server"


def _by(number: int) -> str:
    """The process that listens on a port, where the system tells (Linux, own processes)."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == number:
                    inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.readlink(each) in inodes for each in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f" by process {process.name} ({_shortened(command)})"
    return ""


def _shortened(command: str) -> str:
    """A command line cut between words, and told to be; the program's name stays whole."""
    if len(command) <= LONGEST_COMMAND:
        return command
    program, *words = command.split(" ")
    for word in words:
        if len(program) + len(word) >= LONGEST_COMMAND:
            break
        program += f" {word}"
    return f"{program} …"


# --- a running server -------------------------------------------------------------------------------------------------


def _answering(url: str | None) -> Iterator[Line]:
    from rubricate.cli.connection import Connection
    from rubricate.cli.terminal import Failed
    from rubricate.client.calls import Request

    with Connection(url) as server:
        try:
            answer = server.send(Request("GET", "healthz"))
        except Failed as error:
            yield Line(False, str(error), "Start one with `rubricate serve`, or name another with --url.")
            return
        version = answer.headers.get("x-rubricate-version")
        advice = "Is the URL that of a Rubricate server?"
        yield Line(bool(version), f"{server.url} is {f'Rubricate {version}' if version else 'no Rubricate'}", advice)


def _round_trip(url: str | None) -> Iterator[Line]:
    """One span there and back, each step a line."""
    from urllib.parse import quote

    from rubricate.cli.connection import Connection
    from rubricate.cli.spans import post_otlp
    from rubricate.cli.terminal import Failed
    from rubricate.client.calls import Request

    lines = list(_answering(url))
    yield from lines
    if not all(line.well for line in lines):
        return
    project = f"rubricate-doctor-{secrets.token_hex(4)}"
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    now = time.time_ns()
    text = "how are you? \u2695"
    span = {
        "traceId": trace_id,
        "spanId": span_id,
        "name": "round trip",
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now + 1),
        "attributes": [{"key": "input.value", "value": {"stringValue": text}}],
    }
    whole = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    path = f"v1/projects/{quote(project, safe='')}"
    with Connection(url) as server:
        step = "sent"
        try:
            post_otlp(server, json.dumps(whole).encode(), "application/json", project)
            yield Line(True, f"a span is sent and stored ({(time.time_ns() - now) / 1e6:.0f} ms)")
            step = "read"
            found = server.get(f"{path}/spans", {"span_id": span_id})["data"]
            same = len(found) == 1 and found[0]["attributes"].get("input.value") == text
            yield Line(same, "it is read back" + ("" if same else f", but as {found!r:.200}"))
            step = "annotated"
            said = {"span_id": span_id, "name": "doctor", "annotator_kind": "CODE", "result": {"label": "well"}}
            server.post("v1/span_annotations", {"data": [said]}, sync="true")
            kept = server.get(f"{path}/span_annotations", {"span_ids": span_id})["data"]
            same = [each["result"]["label"] for each in kept] == ["well"]
            yield Line(same, "it is annotated" + ("" if same else f", but read back as {kept!r:.200}"))
            step = "deleted"
            server.send(Request("DELETE", f"v1/spans/{span_id}"))
            gone = not server.get(f"{path}/spans", {"span_id": span_id})["data"]
            yield Line(gone, "it is deleted" + ("" if gone else ", but still there"))
        except (Failed, KeyError, TypeError) as error:
            yield Line(False, f"the span cannot be {step}: {error}", "The server's log says more.")
        finally:
            try:
                server.send(Request("DELETE", path))
            except Failed as error:
                print(f"{project} could not be deleted: {error}", file=sys.stderr)
