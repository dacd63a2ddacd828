"""The functions that ask who annotated, and whether annotators differ: `annotated(…)` and `disagree(…)`."""

import ast
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, NoReturn, Protocol

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.filter.expressions import AnnotatedBy, Disagreement, Source

FUNCTIONS: Final = ("annotated", "disagree")
_NARROWING: Final = ("kind", "identifier", "label")
_SHAPE: Final = {
    "annotated": "`annotated('correctness', kind='HUMAN', identifier='app:Ada')`",
    "disagree": "`disagree('correctness')`",
}
_MOST_KINDS: Final = 2


class Fail(Protocol):
    """Refuses a node, which knows where it stands."""

    def __call__(self, node: ast.AST, message: str) -> NoReturn:
        """Raise FilterError."""


def annotation_function(function: str, call: ast.Call, target: TargetKind, fail: Fail) -> AnnotatedBy | Disagreement:
    """What a call of one of `FUNCTIONS` means where targets of that kind are asked for."""
    match call.args:
        case [ast.Constant(value=str()) as name, *_]:
            source = Source(target, _text(name, "", fail))
        case _:
            fail(call, f"`{function}` takes the name of an annotation: {_SHAPE[function]}")
    if function == "annotated":
        return _annotated(source, call, fail)
    return _disagree(source, call, fail)


def _annotated(source: Source, call: ast.Call, fail: Fail) -> AnnotatedBy:
    if len(call.args) > 1:
        fail(call.args[1], f"what narrows `annotated` has a name: {_SHAPE['annotated']}")
    given: dict[str, str] = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg not in _NARROWING:
            hint = _near(keyword.arg or "", _NARROWING) or "; it takes `kind`, `identifier` and `label`"
            fail(keyword, f"`annotated` has no `{keyword.arg or '**'}`{hint}")
        given[keyword.arg] = _text(keyword.value, f"`{keyword.arg}` takes a text in quotes", fail)
        if keyword.arg == "kind":
            given["kind"] = _kind(keyword.value, given["kind"], fail)
    return AnnotatedBy(source, given.get("kind"), given.get("identifier"), given.get("label"))


def _disagree(source: Source, call: ast.Call, fail: Fail) -> Disagreement:
    if call.keywords:
        fail(
            call.keywords[0],
            "`disagree` takes kinds of annotators as they are: `disagree('correctness', 'HUMAN', 'LLM')`",
        )
    kinds = call.args[1:]
    if len(kinds) > _MOST_KINDS:
        fail(kinds[_MOST_KINDS], "`disagree` compares two kinds of annotators at most")
    found = [_kind(node, _text(node, "a kind of annotator is a text in quotes", fail), fail) for node in kinds]
    if len(found) == 1 or (len(found) == _MOST_KINDS and found[0] == found[1]):
        return Disagreement(source, (found[0],))
    return Disagreement(source, tuple(found))


def _text(node: ast.expr, refusal: str, fail: Fail) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        fail(node, refusal)
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        fail(node, "the string holds half a character (a lone surrogate)")
    return node.value


def _kind(node: ast.expr, text: str, fail: Fail) -> str:
    known = [kind.value for kind in AnnotatorKind]
    # Only ASCII, because some letters beyond it have ASCII letters as their upper case.
    kind = text.upper() if text.isascii() else text
    if kind not in known:
        fail(node, f"'{text}' is no kind of annotator{_near(kind, known) or '; there are `HUMAN`, `LLM` and `CODE`'}")
    return kind


def _near(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
