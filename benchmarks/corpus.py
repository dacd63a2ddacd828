"""Spans to measure with: OTLP requests of RAG chats, the same for the same seed, some 5 KB a span."""

import json
import random
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROJECT = "bench"
START_NS = 1_790_000_000 * 10**9
_STEP_NS = 40 * 10**6

_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ten",
    "ra",
    "vu",
    "si",
    "del",
    "or",
    "en",
    "pa",
    "sto",
    "ri",
    "qua",
    "ne",
    "fi",
    "lam",
    "ost",
    "er",
    "bi",
]


class Corpus:
    """An endless row of traces: CHAIN, RETRIEVER with four documents, EMBEDDING, two LLM calls."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        fixed = random.Random(0)
        self._words = ["".join(fixed.choices(_SYLLABLES, k=fixed.randint(1, 4))) for _ in range(4000)]
        self._system = self._text(1500)
        self._documents = [self._text(fixed.randint(300, 1500)) for _ in range(500)]
        self._turn = 0

    def batches(self, spans: int, size: int) -> Iterator[list[Span]]:
        """`spans` spans in batches of `size`."""
        batch: list[Span] = []
        while spans > 0:
            batch += self._trace()
            while len(batch) >= size or len(batch) >= spans:
                part = batch[: min(size, spans)]
                batch = batch[len(part) :]
                spans -= len(part)
                yield part
                if spans <= 0:
                    return

    def _trace(self) -> list[Span]:
        self._turn += 1
        trace_id = self._random.randbytes(16)
        question, answer = self._text(120), self._text(900)
        documents = self._random.sample(self._documents, 4)
        context = {"session.id": f"session-{self._turn // 5}", "user.id": f"user-{self._turn % 97}"}
        root = self._span(
            trace_id, b"", "rag.chat", "CHAIN", {**context, "input.value": question, "output.value": answer}
        )
        parent = root.span_id
        found = {
            f"retrieval.documents.{rank}.document.{key}": value
            for rank, text in enumerate(documents)
            for key, value in (("content", text), ("score", 0.9 - rank / 10), ("metadata", json.dumps({"page": rank})))
        }
        return [
            root,
            self._span(trace_id, parent, "retrieve", "RETRIEVER", {**context, "input.value": question, **found}),
            self._span(trace_id, parent, "embed", "EMBEDDING", {**context, "input.value": question}),
            self._llm(trace_id, parent, context, question, "\n\n".join(documents), self._text(200)),
            self._llm(trace_id, parent, context, question, "\n\n".join(documents), answer),
        ]

    def _llm(
        self, trace_id: bytes, parent: bytes, context: dict[str, str], question: str, evidence: str, answer: str
    ) -> Span:
        messages = {"system": self._system, "user": f"{evidence}\n\n{question}"}
        tokens = self._random.randint(500, 3000)
        return self._span(
            trace_id,
            parent,
            "llm.chat",
            "LLM",
            {
                **context,
                "input.value": json.dumps([{"role": role, "content": text} for role, text in messages.items()]),
                "input.mime_type": "application/json",
                "output.value": answer,
                "llm.model_name": self._random.choice(("gpt-4o", "gpt-4o-mini", "claude-sonnet")),
                "llm.provider": "openai",
                "llm.invocation_parameters": '{"temperature": 0.2, "max_tokens": 512}',
                "llm.token_count.prompt": tokens,
                "llm.token_count.completion": tokens // 7,
                "llm.token_count.total": tokens + tokens // 7,
                "metadata": json.dumps({"tier": self._random.choice(("free", "pro")), "release": self._turn % 9}),
                **{
                    f"llm.input_messages.{place}.message.{key}": value
                    for place, (role, text) in enumerate(messages.items())
                    for key, value in (("role", role), ("content", text))
                },
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": answer,
            },
        )

    def _span(
        self, trace_id: bytes, parent: bytes, name: str, kind: str, attributes: dict[str, str | int | float]
    ) -> Span:
        start = START_NS + self._turn * _STEP_NS
        span = Span(
            trace_id=trace_id,
            span_id=self._random.randbytes(8),
            parent_span_id=parent,
            name=name,
            start_time_unix_nano=start,
            end_time_unix_nano=start + self._random.randint(10**6, 3 * 10**9),
        )
        span.status.code = 2 if self._random.random() < 0.04 else 1
        for key, value in {"openinference.span.kind": kind, **attributes}.items():
            field = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
            setattr(span.attributes.add(key=key).value, field, value)
        return span

    def _text(self, characters: int) -> str:
        words: list[str] = []
        length = 0
        while length < characters:
            word = self._random.choice(self._words)
            words.append(word)
            length += len(word) + 1
        return " ".join(words)


def request(spans: list[Span], project: str = PROJECT) -> bytes:
    """An OTLP export request of these spans."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="openinference.project.name").value.string_value = project
    resource.scope_spans.add().spans.extend(spans)
    return message.SerializeToString()
