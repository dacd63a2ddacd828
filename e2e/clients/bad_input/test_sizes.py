"""Too much of everything."""

import gzip
import json
import os
import socket
import zlib
from typing import Any

import httpx
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ...server import Server
from ..helpers import HTTP, spans_in
from .requests import BODIES, JSON_TYPE, PROTOBUF, a_sent_span, otlp, raw_field, raw_otlp, refused

LARGE = "x" * 30_000


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_too_large(strict: Server, name: str, chunked: bool) -> None:
    method, url, body = BODIES[name]
    wire = json.dumps(body | {"unknown": LARGE}).encode()
    content: Any = iter([wire[:10_000], wire[10_000:]]) if chunked else wire

    response = HTTP.request(method, strict.base_url + url, content=content, headers=JSON_TYPE)

    refused(response, "20000", status=413)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_traces_that_are_too_large(strict: Server, project: str, path: str, chunked: bool) -> None:
    span = a_sent_span("large", LARGE)
    wire = otlp(project, span)
    content: Any = iter([wire[:10_000], wire[10_000:]]) if chunked else wire

    refused(HTTP.post(strict.base_url + path, content=content, headers=PROTOBUF), "20000", status=413)
    assert spans_in(strict, project) == []


def test_a_length_that_is_a_lie(strict: Server) -> None:
    for length in ("9" * 30, "-1", "x", "1, 2"):
        with socket.create_connection(("127.0.0.1", strict.port), timeout=5) as connection:
            head = ["POST /v1/traces HTTP/1.1", "host: x", f"content-type: {PROTOBUF['content-type']}"]
            connection.sendall("\r\n".join([*head, f"content-length: {length}", "", ""]).encode())
            assert connection.recv(100).split()[1] in (b"400", b"413"), length


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_a_compression_bomb(strict: Server, path: str, encoding: str) -> None:
    plain = b"\0" * 10_000_000
    raw = zlib.compressobj(9, wbits=-15)
    packed = {
        "gzip": gzip.compress(plain),
        "x-gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain, 9),
        "raw deflate": raw.compress(plain) + raw.flush(),
    }[encoding]
    assert len(packed) < 20_000

    response = HTTP.post(
        strict.base_url + path, content=packed, headers=PROTOBUF | {"content-encoding": encoding.removeprefix("raw ")}
    )

    refused(response, "1000000", status=413)


def test_a_bomb_of_many_members(strict: Server) -> None:
    packed = gzip.compress(b"\0" * 500_000) * 15
    assert len(packed) < 20_000

    response = HTTP.post(
        f"{strict.base_url}/v1/traces", content=packed, headers=PROTOBUF | {"content-encoding": "gzip"}
    )

    refused(response, status=413)


@pytest.mark.parametrize("encoding", ["br", "zstd1", "gzip, gzip", "nonsense", "gzip;q=1"])
def test_an_unknown_encoding(http: httpx.Client, encoding: str) -> None:
    refused(http.post("/v1/traces", content=b"x", headers=PROTOBUF | {"content-encoding": encoding}), status=415)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"no archive", gzip.compress(b"x" * 1000)[:-12], b"\x1f\x8b", b"\x78\x9c\xff\xff"])
def test_a_corrupt_archive(http: httpx.Client, encoding: str, body: bytes) -> None:
    refused(http.post("/v1/traces", content=body, headers=PROTOBUF | {"content-encoding": encoding}), status=400)


def test_compressed_json_is_refused_or_understood(http: httpx.Client, project: str) -> None:
    response = http.post(
        "/v1/projects",
        content=gzip.compress(json.dumps({"name": project}).encode()),
        headers=JSON_TYPE | {"content-encoding": "gzip"},
    )

    assert response.status_code == 200 or 400 <= response.status_code < 500, response.text


@pytest.mark.parametrize(
    "wire", [b"\xff" * 50, b"nonsense", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x80", os.urandom(5000), b"{}"]
)
def test_bytes_that_are_no_protobuf(http: httpx.Client, wire: bytes) -> None:
    refused(http.post("/v1/traces", content=wire, headers=PROTOBUF), status=400)


def test_an_address_that_is_too_long(http: httpx.Client) -> None:
    for length in (10_000, 60_000):
        response = http.get(f"/v1/projects/{'x' * length}")
        assert response.status_code in (400, 404, 414, 431)


def test_otlp_texts_and_names_of_a_megabyte(http: httpx.Client, server: Server, project: str) -> None:
    long = "x" * (1 << 20)
    odd = a_sent_span(long, long)
    odd.attributes.append(KeyValue(key=long, value=AnyValue(string_value="v")))

    response = http.post("/v1/traces", content=otlp(project, a_sent_span("good"), odd), headers=PROTOBUF)

    assert response.status_code == 200
    names = {span["name"] for span in spans_in(server, project)}
    assert "good" in names
    assert (len(names) == 1) == bool(response.content), "stored, or rejected with a reason"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"a\0b", b"\xed\xa0\x80"])
def test_bytes_over_otlp_that_are_no_text(http: httpx.Client, server: Server, project: str, value: bytes) -> None:
    attribute = raw_field(1, b"any.key") + raw_field(2, raw_field(1, value))
    spans = [a_sent_span("good").SerializeToString(), a_sent_span("odd").SerializeToString() + raw_field(9, attribute)]

    response = http.post("/v1/traces", content=raw_otlp(project, spans), headers=PROTOBUF)

    assert response.status_code == 200, response.text
    names = {span["name"] for span in spans_in(server, project)}
    assert names == ({"good"} if response.content else {"good", "odd"})


def test_a_project_named_oddly_over_otlp(http: httpx.Client, server: Server, project: str) -> None:
    for name in ("", "  ", "x" * (1 << 20), f"a\0{project}", f"é/?#🎈{project}"):
        response = http.post("/v1/traces", content=otlp(name, a_sent_span("s")), headers=PROTOBUF)
        assert response.status_code == 200, response.text
    assert http.get("/v1/projects?limit=1000").status_code == 200
