"""Tasks and evaluators: functions whose parameters say what they want to be given, and what their results mean."""

import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from rubricate.client.transport import is_awaited
from rubricate.errors import InvalidInput
from rubricate.records.base import JsonObject

Task = Callable[..., Any]
EvaluatorKind = Literal["CODE", "LLM"]
OF_TASKS = ("input", "expected", "reference", "metadata", "example")
"""Parameters that a task may have. `reference` is another word for `expected`."""
OF_EVALUATORS = ("output", *OF_TASKS, "trace_id")


@dataclass(frozen=True)
class Evaluator:
    """A function that judges what a task put out, and the name and kind under which its words are kept."""

    name: str
    kind: EvaluatorKind
    function: Callable[..., Any]
    scorer: Callable[[Any], Any] | None = None
    """Turns what the function returns into what an evaluator may return."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns, so that a decorated one can be called as before."""
        return self.function(*args, **kwargs)


Evaluators = Any
"""One evaluator, several, or a mapping of names to them; an evaluator is a function or an object with `evaluate`."""


class NoEvaluation(InvalidInput):
    """What an evaluator returned cannot be kept as an evaluation."""


def evaluators_of(given: Evaluators) -> list[Evaluator]:
    """Evaluators with their names. Raises InvalidInput for what is none, and for two of one name."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        found = [_evaluator(each, str(name)) for name, each in given.items()]
    elif isinstance(given, Sequence):
        found = [_evaluator(each, None) for each in given]
    else:
        found = [_evaluator(given, None)]
    names = [each.name for each in found]
    if not all(name.strip() for name in names):
        raise InvalidInput("An evaluator needs a name.")
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise InvalidInput(
            f"Two evaluators are named {sorted(repeated)[0]!r}; a mapping of names to evaluators tells them apart."
        )
    return found


def check(function: Callable[..., Any], allowed: Sequence[str], what: str, *, awaits: bool) -> None:
    """Raise InvalidInput when a function cannot be called with these parameters, or not by this client."""
    if not callable(function):
        raise InvalidInput(f"The {what} is no function: {function!r}")
    if is_awaited(function) and not awaits:
        raise InvalidInput(f"The {what} {name_of(function)} is asynchronous: run it with AsyncClient.")
    parameters = inspect.signature(function).parameters.values()
    if not parameters:
        raise InvalidInput(f"The {what} {name_of(function)} has no parameters; it may have {_listed(allowed)}.")
    if len(parameters) == 1:
        return
    for parameter in parameters:
        optional = parameter.default is not inspect.Parameter.empty or parameter.kind in (
            inspect.Parameter.VAR_KEYWORD,
            inspect.Parameter.VAR_POSITIONAL,
        )
        if parameter.name not in allowed and not optional:
            raise InvalidInput(
                f"The {what} {name_of(function)} has a parameter {parameter.name!r}, which nothing is known for; they"
                f" may be {_listed(allowed)}."
            )


def bound(function: Callable[..., Any], values: Mapping[str, Any], only: str) -> Callable[[], Any]:
    """The function with what its parameters are named after; a single parameter of another name is given `only`.

    It is given copies: what it changes, it changes for itself.
    """
    parameters = inspect.signature(function).parameters
    single = next(iter(parameters.values())) if len(parameters) == 1 else None
    if single is not None and single.kind is not inspect.Parameter.VAR_KEYWORD:
        value = deepcopy(values[single.name if single.name in values else only])
        by_name = single.kind is inspect.Parameter.KEYWORD_ONLY
        return partial(function, **{single.name: value}) if by_name else partial(function, value)
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    wanted = values if takes_all else [name for name in values if name in parameters]
    return partial(function, **{name: deepcopy(values[name]) for name in wanted})


def json_of(value: Any) -> Any:
    """The value as JSON can hold it: data classes and models as objects, arrays as lists, all else as text.

    Raises ValueError for what cannot be sent: half of a surrogate pair, or something that holds itself.
    """
    plain = to_jsonable_python(value, fallback=_plain, inf_nan_mode="null", bytes_mode="base64", by_alias=True)
    json.dumps(plain, ensure_ascii=False).encode()
    return plain


def evaluations_of(returned: Any) -> list[JsonObject]:
    """What an evaluator returned, as `score`, `label`, `explanation`, and `name` and `metadata` where it says so.

    Raises NoEvaluation.
    """
    if isinstance(returned, Sequence) and not isinstance(returned, str) and not _is_scored(returned):
        if not returned:
            raise NoEvaluation(f"It returned {returned!r}: not one evaluation.")
        return [_evaluation(each) for each in returned]
    return [_evaluation(returned)]


def name_of(function: Any) -> str:
    """What a function is called."""
    inner = function.func if isinstance(function, partial) else function
    name: str = getattr(inner, "__qualname__", None) or type(inner).__name__
    return name.rpartition("<locals>.")[2]


def _listed(allowed: Sequence[str]) -> str:
    return ", ".join(allowed)


def _evaluator(given: Any, name: str | None) -> Evaluator:
    if isinstance(given, Evaluator):
        return given if name is None else replace(given, name=name)
    method = getattr(given, "async_evaluate", None) if not hasattr(given, "evaluate") else given.evaluate
    if method is not None and hasattr(given, "name"):
        kind = str(getattr(given, "kind", None) or getattr(given, "source", "CODE")).upper()
        return Evaluator(
            str(given.name) if name is None else name, "LLM" if kind == "LLM" else "CODE", _of_object(given, method)
        )
    return Evaluator(name_of(given) if name is None else name, "CODE", given)


def _of_object(given: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method; that of `phoenix.evals` takes all in one dict."""
    if not hasattr(given, "input_schema"):
        return method
    if is_awaited(method):

        async def awaited(**values: Any) -> Any:
            return await method(values)

        return awaited
    return lambda **values: method(values)


def _is_scored(returned: Sequence[Any]) -> bool:
    """Whether it is a tuple of score, label and explanation rather than several evaluations."""
    return (
        isinstance(returned, tuple)
        and len(returned) in (2, 3)
        and (returned[0] is None or isinstance(returned[0], Real))
        and all(each is None or isinstance(each, str) for each in returned[1:])
    )


def _evaluation(returned: Any) -> JsonObject:
    plain = _plain(returned) if type(returned).__module__ == "numpy" else returned
    match plain:
        case bool():
            return {"score": float(plain), "label": str(plain)}
        case str():
            return {"label": plain}
        case Real():
            return _finite({"score": float(plain)})
        case Mapping():
            return _finite(_named(plain))
        case tuple() if _is_scored(plain):
            fields = zip(("score", "label", "explanation"), plain, strict=False)
            return _finite({name: value for name, value in fields if value is not None})
    fields_of = {name: getattr(plain, name, None) for name in ("score", "label", "explanation", "name", "metadata")}
    if all(value is None for value in fields_of.values()):
        raise NoEvaluation(
            f"It returned {returned!r:.200}. An evaluation is a bool, a number (score), a text (label), a tuple"
            " (score, label, explanation), or a dict with some of score, label, explanation, metadata."
        )
    return _finite(_named(fields_of))


def _named(fields: Mapping[str, Any]) -> JsonObject:
    known = ("score", "label", "explanation", "name", "metadata")
    found = {name: fields[name] for name in known if fields.get(name) is not None}
    if not found.keys() & {"score", "label", "explanation"}:
        raise NoEvaluation(f"It returned {dict(fields)!r:.200}, which has neither score, label nor explanation.")
    for name in ("label", "explanation", "name"):
        if name in found:
            found[name] = str(found[name])
    if "metadata" in found:
        found["metadata"] = json_of(found["metadata"])
    return found


def _finite(fields: JsonObject) -> JsonObject:
    if "score" not in fields:
        return fields
    try:
        score = float(fields["score"])
    except (TypeError, ValueError):
        raise NoEvaluation(f"Its score is {fields['score']!r:.200}, which is no number.") from None
    if not math.isfinite(score):
        raise NoEvaluation(f"Its score is {score}, which is no number that can be kept.")
    return {**fields, "score": score}


def _plain(value: Any) -> Any:
    for method in ("tolist", "to_dict", "model_dump"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(value)
