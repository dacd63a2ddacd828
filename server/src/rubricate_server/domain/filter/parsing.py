"""From text to a condition: Python's own parser reads it, and what the language does not have is refused."""

import ast
from collections.abc import Callable
from typing import NoReturn

from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    AnnotationField,
    Arithmetic,
    AsNumber,
    AsText,
    AsTruth,
    Attribute,
    Comparison,
    Condition,
    Constant,
    Containment,
    Count,
    Every,
    Field,
    Instant,
    Items,
    Joined,
    Kind,
    Literal,
    LooseComparison,
    Membership,
    Missing,
    Negative,
    NoParent,
    Not,
    Operation,
    Or,
    Order,
    Reduced,
    Some,
    Test,
    Value,
    chosen_sources,
    kind_of,
)
from rubricate_server.domain.filter.functions import FUNCTIONS, annotation_function
from rubricate_server.domain.filter.instants import instant
from rubricate_server.domain.filter.names import dotted, element_names
from rubricate_server.domain.filter.naming import Naming, field_of, has_surrogates
from rubricate_server.domain.filter.source import MAX_LENGTH, SourceText
from rubricate_server.domain.filter.vocabulary import ANNOTATION_FIELDS, ELEMENTS, SPANS, Language
from rubricate_server.domain.filter.wording import either, near, search_for, written_as

MAX_NAMES = 24
"""Annotation names: each is a join, and SQLite allows 64."""
MAX_COMPUTED_OPTIONS = 50
"""Elements of a list that are not literals."""


def parse(text: str, language: Language = SPANS) -> Condition:
    """The condition that the text expresses; blank text is always true. Raises FilterError."""
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the expression is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    if not text.strip():
        return Condition(text, Constant(True), language.record)
    source = SourceText(text, language.text)
    tree = source.tree()
    test = _Parser(source, language).condition(tree)
    if len(chosen_sources(test)) > MAX_NAMES:
        raise FilterError(f"the expression uses more than {MAX_NAMES} annotation names", 1)
    return Condition(text, test, language.record)


def parse_name(text: str, language: Language = SPANS) -> Field | Attribute | AnnotationField:
    """What a name of the language stands for, such as `llm.model_name` or `annotations['q'].label`.

    Raises FilterError when it is no single name.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the name is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    source = SourceText(text)
    tree = source.tree()
    value = _Parser(source, language).value(tree)
    if not isinstance(value, Field | Attribute | AnnotationField):
        source.fail(tree, f"{source.shown(tree)} is not a name")
    return value


_ORDERS: dict[type[ast.cmpop], Order] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
}
_MIRRORED: dict[Order, Order] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATIONS: dict[type[ast.operator], Operation] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
}
_CASTS = ("float", "int", "str")
_REDUCERS = ("any", "all", "len", "sum", "min", "max")


class _Parser:
    """Reads the nodes of one expression."""

    def __init__(self, source: SourceText, language: Language) -> None:
        self._source = source
        self._language = language
        self._names = Naming(source, language)

    # Tests

    def condition(self, node: ast.expr) -> Test:
        """The whole expression."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            self._fail(node, f"`{node.value}` is not a condition on its own; it can stand beside `and`, `or` and `not`")
        return self._test(node)

    def value(self, node: ast.expr) -> Value:
        """The whole expression, where a value is wanted."""
        return self._value(node)

    def _test(self, node: ast.expr) -> Test:
        test = self._test_or_none(node)
        if test is None:
            self._refuse_plain_word(node)
            self._value(node)  # what is wrong with it as a value is the better message
            shown = self._source.shown(node)
            self._fail(node, f"{shown} is not a condition; compare it with something, such as `... is not None`")
        return test

    def _refuse_plain_word(self, node: ast.expr) -> None:
        """Say how to look for text to who wrote a word, or a text in quotes, and no more."""
        match node:
            case ast.Name(id=word) if not self._names.is_known(word):
                pass
            case ast.Constant(value=str() as word) if not has_surrogates(word):
                pass
            case _:
                return
        if self._language.text is not None:
            shown, search = self._source.shown(node), search_for(word, self._language.text)
            self._fail(node, f"{shown} is not a condition; to look for text, write {search}")

    def _test_or_none(self, node: ast.expr) -> Test | None:
        """The test that the node is; None if it is a value."""
        match node:
            case ast.BoolOp(op=op, values=values):
                tests = tuple(self._test(value) for value in values)
                return And(tests) if isinstance(op, ast.And) else Or(tests)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self._test(operand))
            case ast.Compare():
                return self._comparisons(node)
            case ast.Constant(value=bool() as value):
                return Constant(value)
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS and self._language.own_annotations is not None:
                return annotation_function(name, node, self._language.own_annotations, self._fail)
            case ast.Call(func=ast.Name(id="any" | "all" as reducer)):
                return self._quantified(reducer, node)
            case ast.Subscript():
                source = self._names.annotation_source(node)
                return Annotated(source) if source else None
            case ast.Name(id=name) if name in self._language.fields:
                field = field_of(self._language.fields[name])
                return Comparison("==", field, Literal(True)) if field.kind is Kind.TRUTH else None
            case _:
                return None

    # Comprehensions

    def _quantified(self, reducer: str, node: ast.Call) -> Test:
        inner, items, element = self._comprehension(reducer, node)
        test = inner._test(element)
        if reducer == "any":
            return Some(Items(items.collection, test if items.of == Constant(True) else And((items.of, test))))
        return Every(items, test)

    def _reduced(self, reducer: str, node: ast.Call) -> Value:
        inner, items, element = self._comprehension(reducer, node)
        if reducer == "len":
            return Count(items)
        value = inner._value(element)
        if chosen_sources(value):
            inner._fail(
                element, "of the annotations of an element, one cannot be chosen here; iterate over annotations"
            )
        if kind_of(value) is Kind.TIME and reducer != "sum":
            return Reduced("min" if reducer == "min" else "max", items, value)
        number = inner._number(value, element)
        match reducer:
            case "sum" | "min" | "max":
                return Reduced(reducer, items, number)
        raise ValueError(reducer)

    def _comprehension(self, reducer: str, node: ast.Call) -> tuple["_Parser", Items, ast.expr]:
        """A parser of the element's language, the elements, and what stands before `for`."""
        if not self._language.collections:
            self._fail(node, f"`{reducer}` does not work here; an element of this collection has none of its own")
        known = tuple(self._language.collections)
        shape = f"[x for x in {known[0]}]" if reducer == "len" else f"x.… for x in {known[0]}"
        match node:
            case ast.Call(args=[ast.GeneratorExp() | ast.ListComp() as each], keywords=[]):
                pass
            case _:
                self._fail(node, f"`{reducer}` takes a comprehension over {either(known)}: `{reducer}({shape})`")
        if reducer == "len" and isinstance(each, ast.GeneratorExp):
            self._fail(each, f"`len` takes a list: `len({shape})`")
        if len(each.generators) != 1:
            self._fail(each, "a comprehension has one `for`; put another comprehension inside to go deeper")
        (generator,) = each.generators
        if not isinstance(generator.target, ast.Name):
            self._fail(generator.target, "the element has a plain name: `for x in …`")
        collection = dotted(generator.iter)
        if collection is None or collection not in self._language.collections:
            shown = self._source.shown(generator.iter)
            hint = near(collection, known) or f"; there are {either(known)}"
            self._fail(generator.iter, f"{shown} is no collection of a {self._language.record}{hint}")
        inner = _Parser(self._source, ELEMENTS[self._language.collections[collection]])
        stripped = element_names(self._source, generator.target.id)
        conditions = [inner._test(stripped.visit(condition)) for condition in generator.ifs]
        of = Constant(True) if not conditions else conditions[0] if len(conditions) == 1 else And(tuple(conditions))
        if reducer == "len":
            return inner, Items(collection, of), each.elt
        return inner, Items(collection, of), stripped.visit(each.elt)

    def _comparisons(self, node: ast.Compare) -> Test:
        operands = [node.left, *node.comparators]
        tests = tuple(
            self._comparison(left, op, right) for left, op, right in zip(operands, node.ops, operands[1:], strict=False)
        )
        return tests[0] if len(tests) == 1 else And(tests)

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Test:
        match op:
            case ast.In():
                return self._membership(left, right)
            case ast.NotIn():
                return Not(self._membership(left, right))
        order = _ORDERS[type(op)]
        for constant, other in ((right, left), (left, right)):
            if isinstance(constant, ast.Constant) and constant.value is None:
                return self._compared_with_none(other, order, constant)
        if isinstance(op, ast.Is | ast.IsNot) and not _is_bool(right):
            self._fail(right, "`is` takes only None, True or False; use `==`")
        for node in (left, right):
            if self._names.is_parent(node):
                self._fail(node, "`parent_span` can only be compared with None: `parent_span is None`")
        return self._compared_test(left, order, right) or self._compared(
            self._value(left), order, self._value(right), left, right
        )

    def _compared_with_none(self, node: ast.expr, order: Order, none: ast.expr) -> Test:
        if order not in ("==", "!="):
            self._fail(none, "None has no order; use `is None` or `is not None`")
        test = self._test_or_none(node) if isinstance(node, ast.Subscript) else None
        if self._names.is_parent(node):
            missing: Test = NoParent()
        elif test is not None:
            missing = Not(test)  # annotations['n'] is None: there is none
        else:
            missing = Missing(self._value(node))
        return missing if order == "==" else Not(missing)

    def _compared_test(self, left: ast.expr, order: Order, right: ast.expr) -> Test | None:
        """A condition compared with True or False, such as `annotations['n'] == True`; None for values."""
        for node, constant in ((left, right), (right, left)):
            test = None if isinstance(node, ast.Constant) else self._test_or_none(node)
            if test is None:
                continue
            wanted = constant.value if isinstance(constant, ast.Constant) else None
            if order not in ("==", "!=") or not isinstance(wanted, bool):
                shown = self._source.shown(node)
                self._fail(node, f"{shown} is a condition; it can only be equal to True or False")
            return test if wanted == (order == "==") else Not(test)
        return None

    def _compared(self, left: Value, order: Order, right: Value, left_node: ast.expr, right_node: ast.expr) -> Test:
        if isinstance(left, Literal) and not isinstance(right, Literal):
            # The field first: what is wrong with a literal is said of the literal, and plans read better.
            return self._compared(right, _MIRRORED[order], left, right_node, left_node)
        if isinstance(left, Attribute) and isinstance(right, Attribute):
            return LooseComparison(order, left, right)
        left, right = self._alike(left, right, right_node)
        if kind_of(left) is Kind.TRUTH and order not in ("==", "!="):
            self._fail(right_node, "True and False have no order; use `==` or `!=`")
        return Comparison(order, left, right)

    def _alike(self, left: Value, right: Value, right_node: ast.expr) -> tuple[Value, Value]:
        """Both in one kind: a loose one is read as what the other is, a literal is spelt as the field wants it."""
        right = self._spelt(right, left, right_node)
        kinds = kind_of(left), kind_of(right)
        if kinds[0] is Kind.LOOSE and (loose := _READINGS.get(kinds[1])):
            return loose(left), right
        if kinds[1] is Kind.LOOSE and (loose := _READINGS.get(kinds[0])):
            return left, loose(right)
        if kinds[0] is not kinds[1]:
            self._fail(right_node, f"cannot compare {kinds[0]} and {kinds[1]}{written_as(kinds[0], right)}")
        return left, right

    def _spelt(self, literal: Value, field: Value, node: ast.expr) -> Value:
        if not isinstance(literal, Literal) or not isinstance(literal.value, str):
            return literal
        if kind_of(field) is Kind.TIME:
            try:
                return Instant(instant(literal.value))
            except ValueError as error:
                self._fail(node, str(error))
        match self._spelling(field):
            case "upper":
                return Literal(ascii_upper(literal.value))
            case "lower":
                return Literal(literal.value.lower())
            case _:
                return literal

    def _spelling(self, field: Value) -> str | None:
        """In which case literals are put that are compared with this field."""
        match field:
            case AnnotationField(field=name):
                return ANNOTATION_FIELDS[name].spelling
            case Field(name=name) if name in self._language.fields:
                return self._language.fields[name].spelling
            case _:
                return None

    def _membership(self, left: ast.expr, right: ast.expr) -> Test:
        if self._names.is_parent(left):
            self._fail(left, "`parent_span` can only be compared with None: `parent_span is None`")
        if isinstance(right, ast.List | ast.Tuple):
            return self._in_list(left, right.elts)
        if isinstance(right, ast.Constant):
            self._fail(right, f"`in` takes a list or a text field on its right, not {self._source.shown(right)}")
        searched = self._language.searched.get(right.id) if isinstance(right, ast.Name) else None
        if searched is not None:
            return self._searched(left, searched)
        part, whole = self._value(left), self._value(right)
        for value, node in ((whole, right), (part, left)):
            if kind_of(value) not in (Kind.TEXT, Kind.LOOSE):
                hint = written_as(Kind.TEXT, value)
                self._fail(node, f"`in` looks for text in text; {self._source.shown(node)} is a {kind_of(value)}{hint}")
        return Containment(_as_text(part), _as_text(whole))

    def _searched(self, part: ast.expr, field: str) -> Test:
        """Whether any root span's input, or output, contains the text."""
        if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
            self._fail(part, f"here `in` looks for a text in quotes, not for {self._source.shown(part)}")
        return Some(Items("root_spans", Containment(self._literal(part), Field(field, Kind.TEXT))))

    def _in_list(self, left: ast.expr, elements: list[ast.expr]) -> Test:
        value = self._value(left)
        tests: list[Test] = []
        by_reading: dict[Value, list[str | int | float | bool]] = {}
        for element in elements:
            if isinstance(element, ast.Constant) and element.value is None:
                self._fail(element, "None in a list never matches; test it apart with `is None` or `is not None`")
            if isinstance(element, ast.List | ast.Tuple | ast.Starred):
                self._fail(element, "a list here holds plain values")
            equal = self._compared(value, "==", self._value(element), left, element)
            if isinstance(equal, Comparison) and isinstance(equal.right, Literal):
                by_reading.setdefault(equal.left, []).append(equal.right.value)
            else:
                tests.append(equal)
                if len(tests) > MAX_COMPUTED_OPTIONS:
                    self._fail(element, f"a list may hold at most {MAX_COMPUTED_OPTIONS} values that are no literals")
        tests[:0] = [Membership(reading, tuple(options)) for reading, options in by_reading.items()]
        return tests[0] if len(tests) == 1 else Or(tuple(tests)) if tests else Constant(False)

    # Values

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self._signed(operand, minus=isinstance(node.op, ast.USub))
            case ast.BinOp():
                return self._computed(node)
            case ast.Call():
                return self._call(node)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._names.value(node)
            case ast.List() | ast.Tuple():
                self._fail(node, "a list can only stand on the right of `in` and `not in`")
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                self._fail(node, f"{self._source.shown(node)} is a condition, and a value was expected")
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
                self._fail(node, f"a comprehension stands in {either(_REDUCERS)}")
            case _:
                self._fail(node, f"{self._source.shown(node)} is not supported in filters")

    def _literal(self, node: ast.Constant) -> Literal:
        match node.value:
            case bool() | str():
                if isinstance(node.value, str) and has_surrogates(node.value):
                    self._fail(node, "the string holds half a character (a lone surrogate)")
                return Literal(node.value)
            case int() | float():
                return Literal(self._bounded(node, node.value))
            case None:
                self._fail(node, "None can only be tested with `is None` and `is not None`")
            case _:
                self._fail(node, f"{self._source.shown(node)} is not a literal that filters know")

    def _bounded(self, node: ast.AST, number: int | float) -> int | float:
        if not -(1 << 63) <= number < 1 << 63 and (isinstance(number, int) or number in (float("inf"), float("-inf"))):
            self._fail(node, f"{self._source.shown(node)} is out of range")
        return number

    def _signed(self, operand: ast.expr, *, minus: bool) -> Value:
        if isinstance(operand, ast.Constant) and type(operand.value) in (int, float):
            number = operand.value
            assert isinstance(number, int | float)
            return Literal(self._bounded(operand, -number if minus else number))
        value = self._number(self._value(operand), operand)
        return Negative(value) if minus else value

    def _computed(self, node: ast.BinOp) -> Value:
        operation = _OPERATIONS.get(type(node.op))
        if operation is None:
            sign = ast.unparse(ast.BinOp(ast.Name("a"), node.op, ast.Name("b"))).split()[1]
            hint = {"&": "; write `and`", "|": "; write `or`"}.get(sign, "")
            self._fail(node, f"the operator `{sign}` is not supported{hint}")
        left, right = self._value(node.left), self._value(node.right)
        kinds = {kind_of(left), kind_of(right)}
        if operation == "+" and Kind.TEXT in kinds and kinds <= {Kind.TEXT, Kind.LOOSE}:
            return Joined(_as_text(left), _as_text(right))
        return Arithmetic(operation, self._number(left, node.left), self._number(right, node.right))

    def _number(self, value: Value, node: ast.expr) -> Value:
        match kind_of(value):
            case Kind.NUMBER:
                return value
            case Kind.LOOSE:
                return AsNumber(value)
            case kind:
                hint = written_as(Kind.NUMBER, value)
                self._fail(node, f"cannot calculate with {self._source.shown(node)}, a {kind}{hint}")

    def _call(self, node: ast.Call) -> Value:
        name = dotted(node.func)
        if name in ("any", "all") or (name in FUNCTIONS and self._language.own_annotations is not None):
            self._fail(node, f"{self._source.shown(node)} is a condition, and a value was expected")
        if name is not None and name in _REDUCERS:
            return self._reduced(name, node)
        if name is None or name not in _CASTS:
            hint = near(name, (*_CASTS, *_REDUCERS, *FUNCTIONS))
            self._fail(node, f"the call of {self._source.shown(node.func)} is not supported{hint}")
        if len(node.args) != 1 or node.keywords:
            self._fail(node, f"`{name}` takes one value")
        return self._cast(name, node.args[0])

    def _cast(self, name: str, node: ast.expr) -> Value:
        value = self._value(node)
        match name, kind_of(value):
            case "str", Kind.TEXT | Kind.LOOSE:
                return _as_text(value)
            case "float" | "int", Kind.NUMBER:
                return value
            case "float" | "int", Kind.TEXT | Kind.LOOSE:
                return AsNumber(value)
            case _, kind:
                self._fail(node, f"`{name}` cannot read a {kind}")

    def _fail(self, node: ast.AST, message: str) -> NoReturn:
        self._source.fail(node, message)


_READINGS: dict[Kind, Callable[[Value], Value]] = {Kind.TEXT: AsText, Kind.NUMBER: AsNumber, Kind.TRUTH: AsTruth}


def ascii_upper(text: str) -> str:
    """The text with ASCII letters in upper case, which is what every database can do."""
    return "".join(character.upper() if character.isascii() else character for character in text)


def _as_text(value: Value) -> Value:
    return AsText(value) if kind_of(value) is Kind.LOOSE else value


def _is_bool(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)
