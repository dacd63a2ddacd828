"""Rubricate: find out whether your LLM application is any good, from labels that you can trust.

What you need is here; nothing heavy is imported before you use it.

    >>> import rubricate
    >>> provider = rubricate.register(project_name="my-app")          # trace the application
    >>> client = rubricate.Client()                                   # ask the server
    >>> spans = client.get_spans_dataframe("span_kind == 'LLM'", project_name="my-app")
    >>> spans["score"] = spans["attributes.output.value"].str.contains("2 years").astype(int)
    >>> client.log_evaluations(rubricate.SpanEvaluations("correctness", spans))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openinference.instrumentation import capture_span_context

    from rubricate import errors
    from rubricate.client import AsyncClient, Client
    from rubricate.otel import register
    from rubricate.trace import DocumentEvaluations, SpanEvaluations, TraceEvaluations

    __version__: str

__all__ = [
    "AsyncClient",
    "Client",
    "DocumentEvaluations",
    "SpanEvaluations",
    "TraceEvaluations",
    "capture_span_context",
    "errors",
    "register",
]

_HOME = {
    "AsyncClient": "rubricate.client",
    "Client": "rubricate.client",
    "DocumentEvaluations": "rubricate.trace",
    "SpanEvaluations": "rubricate.trace",
    "TraceEvaluations": "rubricate.trace",
    "capture_span_context": "openinference.instrumentation",
    "register": "rubricate.otel",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import rubricate` alone takes a millisecond."""
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name == "errors":
        value = import_module("rubricate.errors")
    elif name == "__version__":
        from importlib.metadata import version

        value = version("rubricate")
    else:
        raise AttributeError(f"module 'rubricate' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
