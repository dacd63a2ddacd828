"""The text of an expression: read by Python's own parser, within limits, and where in it everything stands."""

import ast
from typing import NoReturn

from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.wording import is_plain_text, search_for

MAX_LENGTH = 50_000
"""Characters: room for a list of two thousand span ids."""
MAX_DEPTH = 48
"""Levels of the tree, so that neither Python's nor the database's stack can be exhausted."""
COMPREHENSION_LEVELS = 12
"""Levels that a comprehension counts for: it becomes a subquery, and SQLite's parser holds only so many."""
MAX_CONDITIONS = 200
"""Comparisons and the like; databases nest them, SQLite up to a thousand."""


class SourceText:
    """The text of the expression, which knows where in it a node stands.

    `searched` is where words are looked for, for the message of a text that is no expression but words.
    """

    def __init__(self, text: str, searched: str | None = None) -> None:
        self._searched = searched
        self._text = text.strip()
        self._skipped = len(text) - len(text.lstrip())
        self._lines = self._text.splitlines(keepends=True)

    def tree(self) -> ast.expr:
        """What Python's parser makes of it, if it is not too large. Raises FilterError."""
        tree = self._parsed()
        _check_size(tree, self)
        return tree

    def _parsed(self) -> ast.expr:
        try:
            return ast.parse(self._text, mode="eval").body
        except SyntaxError as error:
            if self._searched and is_plain_text(self._text):
                message = f"this is not a condition; to look for text, write {search_for(self._text, self._searched)}"
                raise FilterError(message, self._skipped + 1) from None
            if not error.offset:
                raise FilterError("the expression ends too early", self._skipped + len(self._text) + 1) from None
            raise FilterError(_plain(error.msg), self._position(error.lineno or 1, error.offset - 1)) from None
        except ValueError as error:  # a NUL character
            raise FilterError(_plain(str(error)), 1) from None
        except (RecursionError, MemoryError):
            raise FilterError("the expression is nested too deep", 1) from None

    def fail(self, node: ast.AST, message: str) -> NoReturn:
        """Raise FilterError at the node."""
        raise FilterError(message, self.column(node))

    def column(self, node: ast.AST) -> int:
        """Where the node begins, counted from 1."""
        return self._column(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))

    def column_of_attr(self, node: ast.Attribute) -> int:
        """Where the name after the last dot begins."""
        return self._column(node.end_lineno or 1, (node.end_col_offset or 0) - len(node.attr.encode()))

    def _column(self, line: int, in_bytes: int) -> int:
        # Python counts columns in bytes of UTF-8.
        before = self._lines[line - 1].encode()[:in_bytes].decode(errors="replace") if line <= len(self._lines) else ""
        return self._position(line, len(before))

    def shown(self, node: ast.AST) -> str:
        """What stands there, shortened."""
        text = " ".join((ast.get_source_segment(self._text, node) or ast.unparse(node)).split())
        return f"`{text}`" if len(text) <= 80 else f"`{text[:77]}...`"

    def _position(self, line: int, characters: int) -> int:
        return self._skipped + sum(len(text) for text in self._lines[: line - 1]) + characters + 1


def _plain(message: str) -> str:
    if "too many nested" in message or "too deeply" in message:
        return "the expression is nested too deep"
    if "integer string conversion" in message:
        return "a number is out of range"
    return message.replace("Maybe you meant '==' or ':=' instead of '='?", "did you mean `==` instead of `=`?")


def _check_size(tree: ast.expr, source: SourceText) -> None:
    conditions = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            source.fail(node, f"the expression is nested deeper than {MAX_DEPTH} levels")
        conditions += _weight(node)
        if conditions > MAX_CONDITIONS:
            source.fail(node, f"the expression has more than {MAX_CONDITIONS} conditions")
        below = depth + (COMPREHENSION_LEVELS if isinstance(node, ast.GeneratorExp | ast.ListComp) else 1)
        waiting.extend((child, below) for child in ast.iter_child_nodes(node))


def _weight(node: ast.AST) -> int:
    match node:
        case ast.Compare(ops=ops):
            return len(ops)
        case ast.BoolOp(values=values):
            return sum(not isinstance(value, ast.Compare | ast.BoolOp) for value in values)
        case _:
            return 0
