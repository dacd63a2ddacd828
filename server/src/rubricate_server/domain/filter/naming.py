"""What the names of an expression mean in a language, and what is said of those that mean nothing."""

import ast
from typing import Final, NoReturn

from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.expressions import AnnotationField, Attribute, Field, Source, Value
from rubricate_server.domain.filter.names import chain, dotted, first_name
from rubricate_server.domain.filter.source import SourceText
from rubricate_server.domain.filter.vocabulary import ANNOTATION_FIELDS, Language, Name
from rubricate_server.domain.filter.wording import listed, near

PARENT: Final = "parent_span"


class Naming:
    """The names of one expression. Its methods raise FilterError."""

    def __init__(self, source: SourceText, language: Language) -> None:
        self._source = source
        self._language = language

    def is_parent(self, node: ast.expr) -> bool:
        """Whether it is the parent itself, which can only be there or not."""
        return dotted(node) == PARENT and self._language.has_parent

    def is_known(self, name: str) -> bool:
        """Whether the language has a plain name, or one that looks like it."""
        language = self._language
        own = (*language.fields, *language.collections, *language.searched, *language.annotations, PARENT)
        known = (*own, "attributes", "metadata")
        return name in known or (language.strict and near(name, known) != "")

    def value(self, node: ast.Name | ast.Attribute | ast.Subscript) -> Value:
        """What stands under a name: a field, an attribute, or a field of annotations."""
        path = dotted(node)
        if first_name(node) == PARENT and self._language.has_parent and path not in self._language.fields:
            self._fail_parent(node, path)
        if path in self._language.searched:
            self._fail(node, f"`{path}` can only stand on the right of `in` and `not in`")
        if path in self._language.collections and path not in self._language.annotations:
            self._fail(node, f"`{path}` is a collection: `any(x.… for x in {path})`")
        if path is not None and path in self._language.fields:
            return field_of(self._language.fields[path])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Subscript):
            source = self.annotation_source(node.value)
            if source is not None:
                return self._annotation_field(node, source)
        if isinstance(node, ast.Subscript) and self.annotation_source(node) is not None:
            self._fail(node, f"{self._source.shown(node)} is a condition; its values are {listed(ANNOTATION_FIELDS)}")
        if self._language.strict and first_name(node) not in ("attributes", "metadata", *self._language.annotations):
            self._fail_unknown(node)
        key = self._attribute_key(node)
        if key is None:
            self._fail_unnamed(node)
        return field_of(self._language.attributes[key]) if key in self._language.attributes else Attribute(key)

    def annotation_source(self, node: ast.Subscript) -> Source | None:
        """The annotations that `annotations['n']` means; None if it is something else."""
        if not isinstance(node.value, ast.Name) or node.value.id not in self._language.annotations:
            return None
        if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
            self._fail(node.slice, f"the name of an annotation is a string: `{node.value.id}['correctness']`")
        if has_surrogates(node.slice.value):
            self._fail(node.slice, "the string holds half a character (a lone surrogate)")
        return Source(self._language.annotations[node.value.id], node.slice.value)

    def _annotation_field(self, node: ast.Attribute, source: Source) -> AnnotationField:
        known = ANNOTATION_FIELDS.get(node.attr)
        if known is None:
            hint = near(node.attr, ANNOTATION_FIELDS) or f"; it has {listed(ANNOTATION_FIELDS)}"
            raise FilterError(f"an annotation has no `.{node.attr}`{hint}", self._source.column_of_attr(node))
        return AnnotationField(source, known.field, known.kind)

    def _attribute_key(self, node: ast.expr) -> str | None:
        """The flat key of an attribute: bare and dotted, or with names in brackets after attributes and metadata."""
        match node:
            case ast.Name(id=name):
                return None if name in self._language.annotations or name == "attributes" else name
            case ast.Attribute(value=value, attr=name):
                parent = self._attribute_key(value)
                return f"{parent}.{name}" if parent is not None else None
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as name)) if not has_surrogates(name):
                if isinstance(value, ast.Name):
                    return {"attributes": name, "metadata": f"metadata.{name}"}.get(value.id)
                parent = self._attribute_key(value) if first_name(value) in ("attributes", "metadata") else None
                return f"{parent}.{name}" if parent is not None else None
            case _:
                return None

    def _fail_parent(self, node: ast.expr, path: str | None) -> NoReturn:
        if path == PARENT:
            self._fail(node, "`parent_span` can only be compared with None: `parent_span is None`")
        fields = tuple(name for name in self._language.fields if name.startswith(f"{PARENT}."))
        hint = near(path, fields) or "; of the parent there are plain fields only, such as `parent_span.name`"
        self._fail(node, f"{self._source.shown(node)} cannot be read{hint}")

    def _fail_unknown(self, node: ast.expr) -> NoReturn:
        """Say that a strict language has no such name, and what it has."""
        language, shown = self._language, self._source.shown(node)
        bracketed = () if language.record in ("annotation", "cost") else ("attributes", "metadata")
        known = (*language.fields, *language.collections, *language.searched, *language.annotations, *bracketed)
        path = dotted(node)
        hint = near(path, known)
        if not hint and path is not None and bracketed:
            hint = f"; read an attribute as `attributes[{path!r}]`"
        elif not hint:
            hint = f"; it has {', '.join(f'`{name}`' for name in language.fields)}"
        article = "an" if language.record[0] in "aeiou" else "a"
        self._fail(node, f"{shown} is not a field of {article} {language.record}{hint}")

    def _fail_unnamed(self, node: ast.expr) -> NoReturn:
        """Say why this names nothing."""
        root, shown = first_name(node), self._source.shown(node)
        if root in self._language.annotations:
            for part in chain(node):
                if isinstance(part, ast.Subscript) and self.annotation_source(part):
                    self._fail(node, f"{shown}: the values of an annotation are {listed(ANNOTATION_FIELDS)}")
            self._fail(node, f"`{root}` needs the name of an annotation: `{root}['correctness'].label`")
        for part in chain(node):
            if isinstance(part, ast.Subscript) and not _is_text(part.slice):
                self._fail(
                    part.slice,
                    f"{shown}: only names in quotes can stand in brackets; "
                    "name a place in a list in full: `attributes['llm.input_messages.0.message.role']`",
                )
        if root == "attributes":
            self._fail(node, "`attributes` needs the name of an attribute: `attributes['llm.model_name']`")
        if root is not None:
            bracketed = ("attributes", "metadata", *self._language.annotations)
            self._fail(node, f"`{root}` takes no name in brackets{near(root, bracketed)}")
        self._fail(node, f"{shown} is not supported in filters")

    def _fail(self, node: ast.AST, message: str) -> NoReturn:
        self._source.fail(node, message)


def has_surrogates(text: str) -> bool:
    """Whether there is half a character in it, which no database takes."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def field_of(name: Name) -> Field:
    """The field that a name of the vocabulary stands for."""
    return Field(name.field, name.kind)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
