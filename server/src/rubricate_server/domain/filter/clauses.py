"""The parts of a condition that all must hold, as they stand in its text."""

import ast
import io
import tokenize
from typing import Final, NamedTuple

_OPENING: Final = ("(", "[", "{")
_CLOSING: Final = (")", "]", "}")
_SILENT: Final = frozenset(
    (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)


class Clause(NamedTuple):
    """A part of a text: the characters from `start` to before `end`, counted from 0."""

    text: str
    start: int
    end: int


def clauses(text: str) -> list[Clause]:
    """The parts that `and` joins at the top; the whole where there is none, nothing of a text that is no expression.

    A part keeps its parentheses, so that parts may be taken away, changed and joined again.

    >>> [each.text for each in clauses("a == 1 and (b == 2 or c == 3)")]
    ['a == 1', '(b == 2 or c == 3)']
    >>> [each.text for each in clauses("a == 1 and b == 2 or c == 3")]
    ['a == 1 and b == 2 or c == 3']
    """
    skipped = len(text) - len(text.lstrip())
    stripped = text.strip()
    try:
        tree = ast.parse(stripped, mode="eval").body
        tokens = [token for token in _tokens(stripped) if token.type not in _SILENT]
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return []
    is_joined = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    lines = [0, *(place + 1 for place, character in enumerate(stripped) if character == "\n")]
    found, depth, part = [], 0, list[tokenize.TokenInfo]()
    for token in tokens:
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        if is_joined and depth == 0 and token.string == "and":
            found.append(_clause(stripped, lines, part, skipped))
            part = []
        else:
            part.append(token)
    return [*found, _clause(stripped, lines, part, skipped)]


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _clause(text: str, lines: list[int], tokens: list[tokenize.TokenInfo], skipped: int) -> Clause:
    (first_line, first), (last_line, last) = tokens[0].start, tokens[-1].end
    start, end = lines[first_line - 1] + first, lines[last_line - 1] + last
    return Clause(text[start:end], start + skipped, end + skipped)
