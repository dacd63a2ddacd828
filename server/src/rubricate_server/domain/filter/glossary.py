"""The languages in words, for those who help people to write conditions: every name, function and operator."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter.expressions import Kind
from rubricate_server.domain.filter.vocabulary import ANNOTATION_FIELDS, PARENT, Language


class Term(NamedTuple):
    """A name or function, how it is written, and what it means."""

    name: str
    kind: str
    """Of a name its kind of value; of a function, what its call looks like."""
    description: str


class Example(NamedTuple):
    """A condition and what it finds."""

    filter: str
    description: str


_TEXT, _NUMBER = Kind.TEXT.value, Kind.NUMBER.value

_FIELDS: Final = {
    "span_id": "OpenTelemetry id of the span, in hexadecimal",
    "context.span_id": "the same as span_id",
    "trace_id": "OpenTelemetry id of the trace, in hexadecimal",
    "context.trace_id": "the same as trace_id",
    "parent_id": "id of the parent; `parent_id is None`: a root",
    "name": "name of the span",
    "span_kind": "LLM, CHAIN, AGENT, TOOL, RETRIEVER, RERANKER, EMBEDDING …, in either case",
    "status_code": "OK, ERROR or UNSET, in either case",
    "status_message": "what an error said",
    "events": "events of the span as JSON, for `'Timeout' in events`",
    "start_time": "when it started: ISO 8601 with an offset",
    "end_time": "when it ended: ISO 8601 with an offset",
    "latency_ms": "end minus start, in milliseconds",
    "duration_ms": "last end minus first start, in milliseconds",
    "prompt_cost": "what the tokens given to models cost, in US dollars; 0 when not known",
    "completion_cost": "what the tokens made by models cost, in US dollars; 0 when not known",
    "total_cost": "cost in US dollars; 0 when not known",
    "num_spans": "spans of the trace",
    "num_traces": "traces of the session",
    "num_traces_with_error": "traces of the session in which a span failed",
    "error_count": "spans that failed",
    "cumulative_error_count": "spans that failed, among this one and all below it",
    "tool_span_count": "spans of kind TOOL",
    "llm_span_count": "spans of kind LLM",
    "input": "the input; of a trace, that of its root span (of its first, if no root has arrived)",
    "output": "the output; of a trace, that of its root span (of its first, if no root has arrived)",
    "first_input": "input of the first root span",
    "last_output": "output of the last root span",
    "session_id": "what the application calls the session",
    "session.id": "what the application calls the session",
    "user.id": "what the application calls the user",
}
_OF_PARENT: Final = {"input": "the whole input", "output": "the whole output"}
_TOKENS: Final = {"prompt": "given to models", "completion": "made by models", "total": "given to and made by models"}

_ATTRIBUTES: Final = {
    "llm.model_name": "name of the model",
    "llm.provider": "who runs the model",
    "input.value": "the whole input",
    "output.value": "the whole output",
    "session.id": "what the application calls the session",
    "user.id": "what the application calls the user",
    "metadata": "metadata of the application; one of them is `metadata['tier']`",
    "tag.tags": "tags, a list: `'refund' in tag.tags`",
    "openinference.span.kind": "the same as span_kind",
}
_ANNOTATIONS: Final = {
    "annotations": "annotations of the span",
    "evals": "the same as annotations",
    "trace_annotations": "annotations of the trace",
    "session_annotations": "annotations of the session",
    "document_annotations": "annotations of the documents that the span retrieved",
}
_ANNOTATION_FIELDS: Final = {
    "score": "the score",
    "label": "the label",
    "explanation": "the explanation",
    "identifier": "who annotated; of people in the web page `app:` and their name",
    "annotator_kind": "HUMAN, LLM or CODE, in either case",
    "user": "the account that wrote it",
    "created_at": "when it was first written",
}
_COLLECTIONS: Final = {
    "spans": "all spans",
    "root_spans": "spans without a parent",
    "traces": "the traces of the session",
    "trace_annotations": "annotations of the trace, or of the session's traces",
    "session_annotations": "annotations of the session",
    "span_annotations": "annotations of all spans",
    "cost_details": "what the tokens of the span cost, by kind of token",
    "span_cost_details": "what the tokens of all spans cost, by kind of token",
}
_SEARCHED: Final = {
    "any_input": "inputs of all root spans: `'refund' in any_input`",
    "any_output": "outputs of all root spans: `'refund' in any_output`",
}

OPERATORS: Final = (
    Term("==", "comparison", "equal"),
    Term("!=", "comparison", "not equal"),
    Term("<", "comparison", "less, or earlier"),
    Term("<=", "comparison", "at most"),
    Term(">", "comparison", "more, or later"),
    Term(">=", "comparison", "at least"),
    Term("in", "comparison", "one of a list, or text in text without regard to case"),
    Term("not in", "comparison", "none of a list, or no such text"),
    Term("is None", "presence", "there is no value"),
    Term("is not None", "presence", "there is a value"),
    Term("and", "logic", "both"),
    Term("or", "logic", "any"),
    Term("not", "logic", "the opposite; of an unknown value unknown"),
    Term("+", "arithmetic", "sum; of texts, one after the other"),
    Term("-", "arithmetic", "difference"),
    Term("*", "arithmetic", "product"),
    Term("/", "arithmetic", "quotient; missing when divided by zero"),
    Term("%", "arithmetic", "remainder"),
)

_FUNCTIONS: Final = (
    Term(
        "annotated",
        "annotated('name', kind='HUMAN', identifier='app:Ada', label='good')",
        "somebody annotated; all but the name may be left out",
    ),
    Term(
        "disagree",
        "disagree('name', 'HUMAN', 'LLM')",
        "annotators differ; with one kind, among themselves, with two, one from the other",
    ),
    Term("float", "float(x)", "read as a number"),
    Term("int", "int(x)", "read as a number; does not cut"),
    Term("str", "str(x)", "read as text"),
)
_COMPREHENSIONS: Final = (
    Term("any", "any(x.… for x in {0})", "true of some element"),
    Term("all", "all(x.… for x in {0})", "true of every element"),
    Term("len", "len([x for x in {0} if x.…])", "how many elements there are"),
    Term("sum", "sum(x.… for x in {0})", "sum over the elements; 0 without any"),
    Term("min", "min(x.… for x in {0})", "smallest over the elements"),
    Term("max", "max(x.… for x in {0})", "largest over the elements"),
)

EXAMPLES: Final = {
    "span": (
        Example("span_kind == 'LLM' and latency_ms > 1000", "slow calls of models"),
        Example("status_code == 'ERROR'", "what failed"),
        Example("'refund' in input.value", "inputs about refunds"),
        Example("annotations['correctness'].label == 'incorrect'", "what somebody called incorrect"),
        Example("not annotated('correctness', kind='HUMAN')", "not yet judged by people"),
        Example("disagree('correctness', 'HUMAN', 'LLM')", "a person and a judge differ"),
        Example("metadata['tier'] == 'gold' and llm.model_name is not None", "calls of models for one tier"),
    ),
    "trace": (
        Example("error_count > 0", "traces in which a span failed"),
        Example("any(s.name == 'search' and s.latency_ms > 500 for s in spans)", "traces with a slow search"),
        Example("total_cost > 0.05", "traces that cost more than 5 cents"),
        Example("not annotated('helpfulness', identifier='app:Ada')", "not yet judged by Ada"),
    ),
    "session": (
        Example("num_traces > 5", "long conversations"),
        Example("'refund' in any_input", "conversations about refunds"),
        Example("disagree('helpfulness', 'HUMAN')", "people differ"),
    ),
}


def fields(language: Language) -> Iterator[Term]:
    """What has a value: fields, well-known attributes, and what is only searched."""
    for name, field in sorted(language.fields.items(), key=lambda item: item[0].startswith(PARENT)):
        own = name.removeprefix(PARENT)
        description = (_OF_PARENT.get(own) if own != name else None) or _FIELDS.get(own) or _tokens(own)
        yield Term(name, field.kind.value, f"of the parent: {description}" if own != name else description)
    for name in language.attributes:
        written = name if not language.strict else f"attributes['{name}']"
        yield Term(written, language.attributes[name].kind.value, _ATTRIBUTES.get(name) or _tokens(name))
    for name, description in _ATTRIBUTES.items():
        if name not in language.attributes and name not in language.fields:
            bare = not language.strict or name == "metadata"
            yield Term(name if bare else f"attributes['{name}']", Kind.LOOSE.value, description)
    for name in language.searched:
        yield Term(name, _TEXT, _SEARCHED[name])


def annotation_sources(language: Language) -> Iterator[tuple[Term, TargetKind]]:
    """What is subscripted with the name of an annotation."""
    for name, target in language.annotations.items():
        yield Term(name, f"{name}['name']", _ANNOTATIONS[name]), target


def annotation_fields() -> Iterator[Term]:
    """What an annotation has."""
    for name, field in ANNOTATION_FIELDS.items():
        yield Term(name, field.kind.value, _ANNOTATION_FIELDS[name])


def collections(language: Language) -> Iterator[Term]:
    """What comprehensions go over, with what their elements are."""
    for name, element in language.collections.items():
        yield Term(name, element, _COLLECTIONS[name])


def functions(language: Language) -> Iterator[Term]:
    """What is called."""
    yield from _FUNCTIONS
    first = next(iter(language.collections))
    for term in _COMPREHENSIONS:
        yield term._replace(kind=term.kind.format(first))


def _tokens(name: str) -> str:
    """Of fields of tokens and costs, whose names say what they are."""
    part = name.replace(".", "_").rpartition("_")[2]
    if "cost" in name:
        return f"cost of the tokens {_TOKENS[part]}, in US dollars; missing when not sent"
    whose = " by the LLM spans among the span and all below it" if name.startswith("cumulative") else ""
    return f"tokens {_TOKENS[part]}{whose}"
