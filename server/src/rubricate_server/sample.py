"""The sample project: what a week of a support chat looks like, with what people and judges say of it.

It is sent as OTLP, as an application would, so that it shows what the server really makes of spans. Ids and contents
are the same every time; times are counted back from the moment of loading.
"""

import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from rubricate.records.annotation import NOTE, AnnotationSource, AnnotatorKind, TargetKind
from rubricate.records.rubric import (
    CategoricalRubric,
    ContinuousRubric,
    FreeformRubric,
    Rubric,
    RubricLabel,
    rubric_body,
)
from rubricate_server.actions.annotate import NOT_A_DOCUMENT
from rubricate_server.actions.furnish import USER_FEEDBACK
from rubricate_server.domain.attributes import flatten
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.sample_conversations import (
    ARTICLES,
    CONVERSATIONS,
    PROMPT_TEMPLATE,
    SYSTEM_PROMPT,
    TOOLS,
    Conversation,
    Turn,
    Verdict,
)
from rubricate_server.storage.contract import AnnotationKey, NewAnnotation, Storage
from rubricate_server.storage.errors import Conflict, NotFound

PROJECT: Final = "support-bot"

JUDGE: Final = "judge-v1"
JUDGE_MODEL: Final = "gpt-4.1"
CITATION_CHECK: Final = "has-citation-v1"

RUBRICS: Final[tuple[Rubric, ...]] = (
    CategoricalRubric(
        type="CATEGORICAL",
        name="correctness",
        description="Is everything in the answer true, according to the articles?",
        optimization_direction="MAXIMIZE",
        values=[
            RubricLabel(label="correct", score=1.0),
            RubricLabel(label="partial", score=0.5),
            RubricLabel(label="incorrect", score=0.0),
        ],
    ),
    ContinuousRubric(
        type="CONTINUOUS",
        name="helpfulness",
        description="Would this answer have helped you? From 1, not at all, to 5, completely.",
        optimization_direction="MAXIMIZE",
        lower_bound=1,
        upper_bound=5,
    ),
    FreeformRubric(
        type="FREEFORM",
        name="reviewer_comment",
        description="Anything that the labels do not say.",
        optimization_direction="NONE",
    ),
)

_SCORES: Final = {"correct": 1.0, "partial": 0.5, "incorrect": 0.0}
_MODELS: Final = {"2.3.1": ("gpt-4.1-mini", "openai", 0.40, 1.60), "2.4.0": ("claude-haiku-4-5", "anthropic", 1.0, 5.0)}
"""Model, provider, and dollars for a million tokens of prompt and of completion."""
_SCOPE: Final = "openinference.instrumentation.support_bot"
_MS: Final = 1_000_000
_DAY_NS: Final = 86_400 * 1_000_000_000
_CITATION: Final = re.compile(r"\[kb-\d+\]")


def load_sample(storage: Storage, ingest: Ingest, *, now_ns: int | None = None) -> None:
    """Load the sample project, unless there is a project of its name. Blocks until it is durable."""
    try:
        storage.projects.get(PROJECT)
        return
    except NotFound:
        pass
    rubrics = [_rubric(storage, each) for each in (*RUBRICS, USER_FEEDBACK)]
    takes = list(_takes(time.time_ns() if now_ns is None else now_ns))
    _trace(ingest, takes)
    storage.rubrics.assign(storage.projects.get(PROJECT).id, rubrics)
    for annotations in _annotations(takes):
        storage.annotations.put(annotations)


def _rubric(storage: Storage, rubric: Rubric) -> int:
    try:
        return storage.rubrics.create(rubric_body(rubric)).id
    except Conflict:
        return storage.rubrics.get_by_name(rubric.name).id


def _made_from(what: str, size: int) -> bytes:
    """An id that is the same every time."""
    return blake2b(f"{PROJECT}: {what}".encode(), digest_size=size).digest()


# --- spans ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Take:
    """One turn on its way to becoming a trace."""

    conversation: Conversation
    number: int
    now_ns: int
    """Where the clock of this turn stands."""
    random: random.Random
    spans: list[Span] = field(default_factory=list)

    @property
    def turn(self) -> Turn:
        return self.conversation.turns[self.number]

    @property
    def trace_id(self) -> bytes:
        return _made_from(f"trace {self.conversation.session} {self.number}", 16)

    def span_id(self, place: int) -> bytes:
        return _made_from(f"span {self.conversation.session} {self.number} {place}", 8)

    @property
    def root_id(self) -> bytes:
        return self.span_id(0)

    @property
    def retriever_id(self) -> bytes | None:
        return next((span.span_id for span in self.spans if span.name == "search_articles"), None)

    def begin(self, name: str, kind: str, parent: Span | None = None) -> Span:
        """A span that starts now; what all spans of a session carry is on it."""
        span_id = self.span_id(len(self.spans))
        span = Span(trace_id=self.trace_id, span_id=span_id, name=name, kind=Span.SPAN_KIND_INTERNAL)
        if parent is not None:
            span.parent_span_id = parent.span_id
        self.now_ns += self.random.randint(1, 4) * _MS
        span.start_time_unix_nano = self.now_ns
        talk = self.conversation
        _say(
            span,
            {
                "openinference.span.kind": kind,
                "session.id": talk.session,
                "user.id": talk.user,
                "metadata": json.dumps({"tier": talk.tier, "version": talk.version}),
                "tag.tags": ["support", talk.tier, *self.turn.tags],
            },
        )
        self.spans.append(span)
        return span

    def end(self, span: Span, lasts_ms: float = 0, failed: str = "") -> None:
        """Let so much time pass, then close the span."""
        self.now_ns += int(lasts_ms * self.random.uniform(0.8, 1.3)) * _MS
        span.end_time_unix_nano = self.now_ns
        span.status.CopyFrom(
            Status(code=Status.STATUS_CODE_ERROR, message=failed) if failed else Status(code=Status.STATUS_CODE_OK)
        )


def _takes(now_ns: int) -> Iterator[_Take]:
    for conversation in CONVERSATIONS:
        chance = random.Random(f"{PROJECT} {conversation.session}")
        clock = now_ns - int(conversation.days_ago * _DAY_NS)
        for number in range(len(conversation.turns)):
            take = _Take(conversation, number, clock, chance)
            _play(take)
            yield take
            clock = take.now_ns + chance.randint(20, 150) * 1000 * _MS


def _trace(ingest: Ingest, takes: Sequence[_Take]) -> None:
    """Send the spans, one resource for each version of the application."""
    request = ExportTraceServiceRequest()
    for version in _MODELS:
        group = request.resource_spans.add()
        _pair(group.resource.attributes.add(), "service.name", PROJECT)
        _pair(group.resource.attributes.add(), "service.version", version)
        _pair(group.resource.attributes.add(), "openinference.project.name", PROJECT)
        scope = group.scope_spans.add()
        scope.scope.name, scope.scope.version = _SCOPE, "1.4.0"
        for take in takes:
            if take.conversation.version == version:
                scope.spans.extend(take.spans)
    ingest.accept(request.SerializeToString())


def _play(take: _Take) -> None:
    """The spans of one turn: guard, search, ask the model, call a tool if it wants to, answer."""
    turn = take.turn
    root = take.begin("support_turn", "AGENT" if turn.tool else "CHAIN")
    _say(root, {"input.value": turn.question, "input.mime_type": "text/plain"})
    _guard(take, root)
    failed = ""
    if turn.incident != "blocked":
        _search(take, root)
        articles = _rerank(take, root) if take.conversation.version == "2.4.0" else [key for key, _ in turn.found]
        prompt = _prompt(take, root, articles[:3])
        failed = _answer(take, root, prompt)
    if not failed:
        _say(root, {"output.value": turn.answer, "output.mime_type": "text/plain"})
    take.end(root, 2, failed)


def _guard(take: _Take, root: Span) -> None:
    blocked = take.turn.incident == "blocked"
    guard = take.begin("check_input", "GUARDRAIL", root)
    verdict = {"action": "block" if blocked else "pass", "reason": "other people's data" if blocked else None}
    _say(guard, {"input.value": take.turn.question, **_json_value("output", verdict)})
    take.end(guard, 35)


def _search(take: _Take, root: Span) -> None:
    question = take.turn.question
    retriever = take.begin("search_articles", "RETRIEVER", root)
    embedding = take.begin("embed_question", "EMBEDDING", retriever)
    vector = [round(take.random.gauss(0, 0.3), 4) for _ in range(8)]
    _say(
        embedding,
        {
            "input.value": question,
            "embedding.model_name": "text-embedding-3-small",
            "embedding.embeddings": [{"embedding": {"text": question, "vector": vector}}],
            "llm.token_count.prompt": _tokens(question),
            "llm.token_count.total": _tokens(question),
        },
    )
    take.end(embedding, 60)
    documents = [_document(key, score) for key, score in take.turn.found]
    _say(retriever, {"input.value": question, "retrieval.documents": documents})
    take.end(retriever, 25)


def _rerank(take: _Take, root: Span) -> list[str]:
    found = take.turn.found
    better = {key: round(score**2 * take.random.uniform(0.9, 1.1), 4) for key, score in found}
    order = sorted(better, key=better.__getitem__, reverse=True)
    reranker = take.begin("rerank_articles", "RERANKER", root)
    _say(
        reranker,
        {
            "input.value": take.turn.question,
            "reranker.query": take.turn.question,
            "reranker.model_name": "rerank-v3.5",
            "reranker.top_k": 3,
            "reranker.input_documents": [_document(key, score) for key, score in found],
            "reranker.output_documents": [_document(key, better[key]) for key in order[:3]],
        },
    )
    take.end(reranker, 240)
    return order


def _document(key: str, score: float) -> dict[str, Any]:
    article = ARTICLES[key]
    about = {"title": article.title, "section": article.section, "updated": article.updated}
    return {"document": {"id": key, "score": score, "content": article.text, "metadata": json.dumps(about)}}


def _prompt(take: _Take, root: Span, articles: Sequence[str]) -> str:
    shown = "\n\n".join(f"[{key}] {ARTICLES[key].title}\n{ARTICLES[key].text}" for key in articles)
    variables = {"articles": shown, "tier": take.conversation.tier, "question": take.turn.question}
    prompt = PROMPT_TEMPLATE.format(**variables)
    step = take.begin("fill_template", "PROMPT", root)
    _say(
        step,
        {
            **_json_value("input", {"articles": list(articles), "question": take.turn.question}),
            "output.value": prompt,
            "llm.prompt_template.template": PROMPT_TEMPLATE,
            "llm.prompt_template.variables": json.dumps(variables, ensure_ascii=False),
            "llm.prompt_template.version": "7" if take.conversation.version == "2.3.1" else "8",
        },
    )
    take.end(step)
    return prompt


def _answer(take: _Take, root: Span, prompt: str) -> str:
    """Ask the model until it answers. The answer is the trouble that ended the turn, if any."""
    turn = take.turn
    messages = [_message("system", SYSTEM_PROMPT)]
    for earlier in take.conversation.turns[: take.number]:
        messages += [_message("user", earlier.question), _message("assistant", earlier.answer)]
    messages.append(_message("user", prompt))
    if turn.incident == "rate limit":
        return _refused(take, root, messages)
    if turn.tool:
        call = {
            "id": f"call_{take.span_id(99).hex()[:10]}",
            "function": {"name": turn.tool.name, "arguments": json.dumps(dict(turn.tool.arguments))},
        }
        asking = _message("assistant", "") | {"message.tool_calls": [{"tool_call": call}]}
        _ask(take, root, messages, asking, "tool_calls")
        result = _call_tool(take, root)
        messages += [asking, _message("tool", result) | {"message.tool_call_id": call["id"]}]
    _ask(take, root, messages, _message("assistant", turn.answer), "stop")
    return ""


def _ask(take: _Take, root: Span, messages: list[dict[str, Any]], answer: dict[str, Any], finish_reason: str) -> None:
    span = _model_call(take, root, messages)
    model, _, prompt_price, completion_price = _MODELS[take.conversation.version]
    prompt = _tokens(json.dumps(messages, ensure_ascii=False))
    completion = _tokens(json.dumps(answer, ensure_ascii=False))
    prompt_cost, completion_cost = prompt * prompt_price / 1e6, completion * completion_price / 1e6
    _say(
        span,
        {
            "output.value": answer["message.content"] or json.dumps(answer["message.tool_calls"]),
            "llm.output_messages": [answer],
            "llm.response.model_name": f"{model}-2026-04",
            "llm.finish_reason": finish_reason,
            "llm.token_count": {"prompt": prompt, "completion": completion, "total": prompt + completion},
            "llm.token_count.prompt_details.cache_read": prompt // 3 if take.number else 0,
            "llm.cost": {
                "prompt": prompt_cost,
                "completion": completion_cost,
                "total": prompt_cost + completion_cost,
            },
        },
    )
    slow = take.turn.incident == "slow stream"
    first_token_ms = 38_000 if slow else 400 if take.conversation.version == "2.3.1" else 900
    first = span.events.add(name="First Token Stream Event", time_unix_nano=take.now_ns + first_token_ms * _MS // 2)
    _pair(first.attributes.add(), "attempt", 3 if slow else 1)
    take.end(span, first_token_ms + completion * (80 if slow else 9))


def _refused(take: _Take, root: Span, messages: list[dict[str, Any]]) -> str:
    span = _model_call(take, root, messages)
    message = "RateLimitError: 429, more than 400 000 tokens in this minute; try again in 7 s"
    take.end(span, 210, message)
    _exception(span, "anthropic.RateLimitError", message, ("answer", "model.ask(messages, tools=TOOLS)"))
    return message


def _model_call(take: _Take, root: Span, messages: list[dict[str, Any]]) -> Span:
    model, provider, _, _ = _MODELS[take.conversation.version]
    span = take.begin("ask_model", "LLM", root)
    span.kind = Span.SPAN_KIND_CLIENT
    tools = [
        {"tool": {"json_schema": json.dumps({"type": "function", "function": {"name": name, **tool}})}}
        for name, tool in TOOLS.items()
    ]
    _say(
        span,
        {
            **_json_value("input", {"messages": len(messages), "last": messages[-1]["message.content"]}),
            "llm.model_name": model,
            "llm.provider": provider,
            "llm.system": provider,
            "llm.invocation_parameters": json.dumps({"temperature": 0.2, "max_tokens": 1200, "stream": True}),
            "llm.input_messages": messages,
            "llm.tools": tools,
        },
    )
    return span


def _call_tool(take: _Take, root: Span) -> str:
    """What the tool answers, or that it did not."""
    tool = take.turn.tool
    assert tool is not None
    span = take.begin(tool.name, "TOOL", root)
    schema = TOOLS[tool.name]
    _say(
        span,
        {
            **_json_value("input", dict(tool.arguments)),
            "tool.name": tool.name,
            "tool.description": schema["description"],
            "tool.parameters": json.dumps(dict(tool.arguments)),
        },
    )
    if take.turn.incident == "tool timeout":
        message = "TimeoutError: orders.internal did not answer within 10 s"
        take.end(span, 10_000, message)
        _exception(span, "TimeoutError", message, (tool.name, "orders.post('/returns', json=arguments, timeout=10)"))
        return json.dumps({"error": message})
    _say(span, _json_value("output", dict(tool.result)))
    take.end(span, 130)
    return json.dumps(dict(tool.result))


def _exception(span: Span, kind: str, message: str, place: tuple[str, str]) -> None:
    function, line = place
    trace = (
        "Traceback (most recent call last):\n"
        '  File "/app/support_bot/turn.py", line 88, in support_turn\n'
        "    return step(state)\n"
        f'  File "/app/support_bot/steps.py", line 141, in {function}\n'
        f"    {line}\n"
        f"{kind}: {message.partition(': ')[2]}\n"
    )
    event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
    about = {"type": kind, "message": message, "stacktrace": trace, "escaped": "False"}
    for name, value in about.items():
        _pair(event.attributes.add(), f"exception.{name}", value)


def _message(role: str, content: str) -> dict[str, Any]:
    return {"message.role": role, "message.content": content}


def _json_value(side: Literal["input", "output"], value: Any) -> dict[str, str]:
    return {f"{side}.value": json.dumps(value, ensure_ascii=False), f"{side}.mime_type": "application/json"}


def _tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _say(span: Span, attributes: dict[str, Any]) -> None:
    for key, value in flatten(attributes).items():
        _pair(span.attributes.add(), key, value)


def _pair(pair: KeyValue, key: str, value: Any) -> None:
    pair.key = key
    pair.value.CopyFrom(_any_value(value))


def _any_value(value: Any) -> AnyValue:
    match value:
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))


# --- annotations ------------------------------------------------------------------------------------------------------


def _annotations(takes: Sequence[_Take]) -> Iterator[list[NewAnnotation]]:
    """First what everybody said, then what somebody changed: so there is a history to look at."""
    yield [annotation for take in takes for annotation in _of_turn(take)] + list(_of_sessions())
    root = AnnotationKey(TargetKind.SPAN, _made_from("span hl-chat-3b08 2 0", 8), NOT_A_DOCUMENT, "correctness", "bo")
    yield [_said(root, AnnotatorKind.HUMAN, "partial", 0.5, "On second thoughts: it cites no article.")]


def _of_turn(take: _Take) -> Iterator[NewAnnotation]:
    turn = take.turn
    for annotator, verdict in turn.verdicts.items():
        yield from _of_verdict(take, annotator, verdict)
    if turn.answer and turn.incident != "blocked":
        cited = _CITATION.search(turn.answer) is not None
        key = _key(take, "has_citation", CITATION_CHECK)
        yield _said(key, AnnotatorKind.CODE, "yes" if cited else "no", float(cited), None)
    if turn.feedback:
        score = 1.0 if turn.feedback == "positive" else 0.0
        key = _key(take, USER_FEEDBACK.name, take.conversation.user)
        yield _said(key, AnnotatorKind.HUMAN, turn.feedback, score, None, {"channel": "thumbs"})
    if turn.note:
        key = _key(take, NOTE, f"px-span-note:{take.root_id.hex()}")
        yield _said(key, AnnotatorKind.HUMAN, None, None, turn.note)
    if turn.incident:
        key = AnnotationKey(TargetKind.TRACE, take.trace_id, NOT_A_DOCUMENT, "triage", "chen")
        label = {"blocked": "expected", "slow stream": "provider", "rate limit": "capacity", "tool timeout": "orders"}
        yield _said(key, AnnotatorKind.HUMAN, label[turn.incident], None, None)
    yield from _of_documents(take)


def _of_verdict(take: _Take, annotator: str, verdict: Verdict) -> Iterator[NewAnnotation]:
    key = _key(take, "correctness", annotator)
    score = _SCORES[verdict.label]
    if annotator == JUDGE:
        about = {"model": JUDGE_MODEL, "prompt_version": 1}
        why = verdict.why or f"The answer is {verdict.label} according to the articles."
        yield _said(key, AnnotatorKind.LLM, verdict.label, score, why, about)
        return
    yield _said(key, AnnotatorKind.HUMAN, verdict.label, score, verdict.why)
    if verdict.helpful is not None:
        key = _key(take, "helpfulness", annotator)
        yield _said(key, AnnotatorKind.HUMAN, None, float(verdict.helpful), None)
    if verdict.why and annotator == "alice":
        yield _said(_key(take, "reviewer_comment", annotator), AnnotatorKind.HUMAN, None, None, verdict.why)


def _of_documents(take: _Take) -> Iterator[NewAnnotation]:
    """Relevance of what was found: by a judge where a person looked as well; they differ on the second best."""
    retriever = take.retriever_id
    if retriever is None or take.turn.relevant is None:
        return
    for position, (key, score) in enumerate(take.turn.found):
        by_person, by_judge = key in take.turn.relevant, score > 0.65
        for identifier, kind, relevant in (
            ("alice", AnnotatorKind.HUMAN, by_person),
            (JUDGE, AnnotatorKind.LLM, by_judge),
        ):
            target = AnnotationKey(TargetKind.DOCUMENT, retriever, position, "relevance", identifier)
            about = {"model": JUDGE_MODEL} if identifier == JUDGE else {}
            yield _said(target, kind, "relevant" if relevant else "irrelevant", float(relevant), None, about)


def _of_sessions() -> Iterator[NewAnnotation]:
    for conversation in CONVERSATIONS:
        resolved = conversation.resolved
        if resolved is None:
            continue
        session = conversation.session.encode()
        key = AnnotationKey(TargetKind.SESSION, session, NOT_A_DOCUMENT, "resolved", "alice")
        yield _said(key, AnnotatorKind.HUMAN, "yes" if resolved else "no", float(resolved), None)
    greta = AnnotationKey(TargetKind.SESSION, b"hl-chat-aa17", NOT_A_DOCUMENT, NOTE, "px-session-note:sample")
    yield _said(greta, AnnotatorKind.HUMAN, None, None, "Sent to the team of 2.4.0: language is lost between turns.")


def _key(take: _Take, name: str, identifier: str) -> AnnotationKey:
    return AnnotationKey(TargetKind.SPAN, take.root_id, NOT_A_DOCUMENT, name, identifier)


def _said(
    key: AnnotationKey,
    kind: AnnotatorKind,
    label: str | None,
    score: float | None,
    explanation: str | None,
    metadata: dict[str, Any] | None = None,
) -> NewAnnotation:
    in_the_page = kind == AnnotatorKind.HUMAN and key.name != USER_FEEDBACK.name
    source = AnnotationSource.APP if in_the_page else AnnotationSource.API
    return NewAnnotation(key, kind, label, score, explanation, metadata or {}, source, None)
