"""Help with the filter language: what it knows, what stands in the data, what is wrong with a condition."""

import keyword
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.filter import FilterCheck, FilterValues, FilterVocabulary
from rubricate.records.item import ItemKind
from rubricate_server.actions.hint import hints
from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.domain.filter import SESSIONS, SPANS, TRACES, FilterError, Language, glossary, parse, parse_name
from rubricate_server.domain.filter.clauses import clauses
from rubricate_server.domain.filter.expressions import AnnotationField, Attribute, Field, Kind
from rubricate_server.storage.contract import ExploreStore, FoundValue, FoundValues

router = APIRouter(prefix="/v1", tags=["filter"])

LANGUAGES: Final[dict[ItemKind, Language]] = {"span": SPANS, "trace": TRACES, "session": SESSIONS}

AboutItems = Annotated[ItemKind, Query(description="What the condition is about.")]

_RESERVED: Final = ("attributes", "parent_span")
_KEY_PREFIXES: Final = {"attributes": "", "metadata": "metadata."}
_LONG_TEXTS: Final = frozenset(
    ("input", "output", "first_input", "last_output", "events", "input.value", "output.value")
)
"""What nobody picks from a list, and what would have to be unpacked to be looked at."""

MOST_NAMES: Final = 1000
"""Names of annotations that are looked through."""


@router.get("/filter/vocabulary", response_model=FilterVocabulary, responses=refusals(422))
def get_filter_vocabulary(target_kind: AboutItems = "span") -> Response:
    """All that conditions about one kind of record can be made of, each with a description."""
    language = LANGUAGES[target_kind]
    return json_answer(
        {
            "fields": [_field(term) for term in glossary.fields(language)],
            "annotations": [
                {"name": term.name, "target_kind": target, "description": term.description}
                for term, target in glossary.annotation_sources(language)
            ],
            "annotation_fields": [_field(term) for term in glossary.annotation_fields()],
            "collections": [
                {"name": term.name, "element": term.kind, "description": term.description}
                for term in glossary.collections(language)
            ],
            "functions": [
                {"name": term.name, "signature": term.kind, "description": term.description}
                for term in glossary.functions(language)
            ],
            "operators": [_field(term) for term in glossary.OPERATORS],
            "examples": [each._asdict() for each in glossary.EXAMPLES[target_kind]],
        }
    )


@router.get("/filter/check", response_model=FilterCheck, responses=refusals(404, 422))
def check_filter(
    request: Request,
    filter: Annotated[str, Query(description="A condition, perhaps a wrong or unfinished one.")],
    target_kind: AboutItems = "span",
    project: Annotated[
        str | None, Query(description="Name or id of a project: names that nothing in it has are told as hints.")
    ] = None,
) -> Response:
    """The parts of a condition, and what is wrong with it. A wrong condition is answered with 200, too."""
    storage = storage_of(request)
    project_id = None if project is None else project_of(storage, project).id
    error, told = None, []
    try:
        condition = parse(filter, LANGUAGES[target_kind])
        if project_id is not None:
            told = hints(storage, project_id, condition, LANGUAGES[target_kind])
    except FilterError as problem:
        error = {"message": problem.message, "position": problem.column - 1, "suggestion": problem.suggestion}
    return json_answer(
        {
            "clauses": [each._asdict() for each in clauses(filter)],
            "error": error,
            "hints": [each.model_dump() for each in told],
        }
    )


@router.get(
    "/projects/{project_identifier}/filter/values", response_model=FilterValues, responses=refusals(400, 404, 422)
)
def list_filter_values(
    request: Request,
    project_identifier: str,
    field: Annotated[
        str,
        Query(
            description="A name as it is written in a condition: `span_kind`, `llm.model_name`, "
            "`annotations['correctness'].label`; or what has names: `annotations`, `attributes`, `metadata`."
        ),
    ],
    prefix: Annotated[str, Query(max_length=1000, description="How the value begins, in either case.")] = "",
    target_kind: AboutItems = "span",
    limit: Annotated[int, Query(gt=0, le=200, description="Values, the commonest.")] = 20,
) -> Response:
    """What a field says in the data of a project: to complete what somebody types.

    Of times, of numbers other than scores, and of whole inputs and outputs nothing is told.
    """
    storage = storage_of(request)
    project_id = project_of(storage, project_identifier).id
    language = LANGUAGES[target_kind]
    name = field.strip()
    if name in _KEY_PREFIXES:
        return _answer(_keys(storage.explore, project_id, language, _KEY_PREFIXES[name], prefix, limit))
    if name in language.annotations:
        names = storage.explore.annotation_names(project_id, language.annotations[name], MOST_NAMES)
        begun = [each for each in names if each.lower().startswith(prefix.lower())]
        values = [{"value": each, "count": None} for each in begun[:limit]]
        return json_answer({"values": values, "sampled": False})
    return _answer(_values(storage.explore, project_id, target_kind, _name_of(name, language), prefix, limit))


def _field(term: glossary.Term) -> dict[str, Any]:
    return {"name": term.name, "type": term.kind, "description": term.description}


def _answer(found: FoundValues) -> Response:
    return json_answer(
        {"values": [{"value": value, "count": times} for value, times in found.values], "sampled": found.sampled}
    )


def _name_of(text: str, language: Language) -> Field | Attribute | AnnotationField:
    try:
        return parse_name(text, language)
    except FilterError as error:
        raise ApiError(400, f"field: {error}") from None


def _values(
    explore: ExploreStore,
    project_id: int,
    target_kind: ItemKind,
    name: Field | Attribute | AnnotationField,
    prefix: str,
    limit: int,
) -> FoundValues:
    match name:
        case Field(name=known, kind=kind) if kind is not Kind.TEXT or known.removeprefix("parent_span.") in _LONG_TEXTS:
            return FoundValues((), False)
        case AnnotationField(field="created_at" | "explanation"):
            return FoundValues((), False)
        case AnnotationField(source, field=column):
            column = {"user": "user_id"}.get(column, column)
            return explore.annotation_values(project_id, source.target, source.name, column, prefix, limit)
        case Attribute(key) if key in _LONG_TEXTS:
            return FoundValues((), False)
        case _:
            return explore.values(project_id, target_kind, name, prefix, limit)


def _keys(
    explore: ExploreStore, project_id: int, language: Language, below: str, prefix: str, limit: int
) -> FoundValues:
    """Attributes as they are written; what was typed may be the key or what is written."""
    found = explore.attribute_keys(project_id)
    typed = prefix.lower()
    written = (
        FoundValue(shown, count)
        for key, count in found.values
        if isinstance(key, str) and key.startswith(below)
        for shown in [written_key(key, language)]
        if key.lower().startswith(typed) or shown.lower().startswith(typed)
    )
    return FoundValues(tuple(islice(written, limit)), found.sampled)


def written_key(key: str, language: Language) -> str:
    """An attribute as it is written in a condition.

    >>> written_key("llm.model_name", SPANS), written_key("metadata.tier", SPANS), written_key("my-key", SPANS)
    ('llm.model_name', "metadata['tier']", "attributes['my-key']")
    """
    if key.startswith("metadata.") and key != "metadata.":
        return f"metadata[{key.removeprefix('metadata.')!r}]"
    parts = key.split(".")
    # Python reads other letters than ASCII in their normal form, which may be another key.
    is_plain = all(part.isascii() and part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    means_something_else = key in language.fields or parts[0] in _RESERVED or parts[0] in language.annotations
    is_bare = is_plain and not language.strict and not means_something_else and key not in language.collections
    return key if is_bare else f"attributes[{key!r}]"
