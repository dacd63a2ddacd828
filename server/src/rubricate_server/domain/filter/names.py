"""Names as they are written: dotted, subscripted, and those of the elements of comprehensions."""

import ast
from collections.abc import Iterator

from rubricate_server.domain.filter.source import SourceText


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as it is written; None for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            parent = dotted(value)
            return f"{parent}.{name}" if parent is not None else None
        case _:
            return None


def chain(node: ast.expr) -> Iterator[ast.expr]:
    """The node, and what stands before its last dot or bracket, and so on to the first name."""
    while True:
        yield node
        if not isinstance(node, ast.Attribute | ast.Subscript):
            return
        node = node.value


def first_name(node: ast.expr) -> str | None:
    """The first name of the chain."""
    *_, last = chain(node)
    return last.id if isinstance(last, ast.Name) else None


def element_names(source: SourceText, element: str) -> ast.NodeTransformer:
    """What turns expressions about an element of this name into expressions of the element's own language."""
    return _ElementNames(source, element)


class _ElementNames(ast.NodeTransformer):
    """Takes the name of the element away: `x.name` becomes `name`, a field of the element. Nothing else has a name."""

    def __init__(self, source: SourceText, element: str) -> None:
        self._source = source
        self._element = element

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self._element:
            return ast.copy_location(ast.Name(node.attr, ast.Load()), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self._element:
            self._source.fail(node, f"`{node.id}` is an element; test one of its fields: `{node.id}.name`")
        self._source.fail(node, f"`{node.id}` is not of the element; write `{self._element}.{node.id}` if it is")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        arguments = [self.visit(argument) for argument in node.args]
        return ast.copy_location(ast.Call(node.func, arguments, node.keywords), node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._inner(node)

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._inner(node)

    def _inner(self, node: ast.GeneratorExp | ast.ListComp) -> ast.AST:
        """A comprehension inside has an element of its own; only what it goes over is ours."""
        first, *others = node.generators
        over = ast.comprehension(first.target, self.visit(first.iter), first.ifs, first.is_async)
        return ast.copy_location(type(node)(node.elt, [over, *others]), node)
