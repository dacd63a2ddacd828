"""What annotations of spans, traces, sessions and documents share: how they are checked, written and read."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.calls import Request, Steps, data, page, pages, path
from rubricate.client.progress import Progress
from rubricate.errors import InvalidInput, NotFound, RubricateError, UnreadableAnswer
from rubricate.records.annotation import (
    NOTE,
    AnnotationResult,
    DocumentAnnotationCreate,
    SessionAnnotationCreate,
    SessionNoteCreate,
    SpanAnnotationCreate,
    SpanNoteCreate,
    TraceAnnotationCreate,
    TraceNoteCreate,
)
from rubricate.records.base import Input, JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

Kind = Literal["HUMAN", "LLM", "CODE"]
TargetKind = Literal["span", "trace", "session", "document"]
AnyAnnotation = SpanAnnotationCreate | TraceAnnotationCreate | SessionAnnotationCreate | DocumentAnnotationCreate
I = TypeVar("I", bound=Input)  # noqa: E741 - an input

BATCH = 100
"""Annotations in a request, and ids in a question: servers and proxies in between are happy with that."""
LARGEST_PAGE = 1000
FEW_BATCHES = 5

log = logging.getLogger("rubricate")


class Target(NamedTuple):
    """A kind of target."""

    noun: str
    """In the paths of its annotations."""
    record: type[AnyAnnotation]
    note: type[SpanNoteCreate | TraceNoteCreate | SessionNoteCreate] | None
    ids: dict[str, tuple[str, ...]]
    """For each field that names the target: the columns or index levels that may hold it."""

    @property
    def id_field(self) -> str:
        """The field that holds the id."""
        return next(iter(self.ids))


SPAN_ID_NAMES = ("span_id", "context.span_id")
TRACE_ID_NAMES = ("trace_id", "context.trace_id")

SPAN = Target("span", SpanAnnotationCreate, SpanNoteCreate, {"span_id": SPAN_ID_NAMES})
TRACE = Target("trace", TraceAnnotationCreate, TraceNoteCreate, {"trace_id": TRACE_ID_NAMES})
SESSION = Target("session", SessionAnnotationCreate, SessionNoteCreate, {"session_id": ("session_id", "session.id")})
DOCUMENT = Target(
    "document",
    DocumentAnnotationCreate,
    None,
    {"span_id": SPAN_ID_NAMES, "document_position": ("document_position", "position")},
)
_TARGETS = {target.record: target for target in (SPAN, TRACE, SESSION, DOCUMENT)}


class Selection(NamedTuple):
    """Which annotations of some targets are asked for."""

    project_identifier: str | None
    include: Sequence[str] | None
    exclude: Sequence[str] | None
    limit: int
    timeout: float | None
    progress: bool


# --- writing ----------------------------------------------------------------------------------------------------------


def add(
    target: Target,
    ids: Mapping[str, Any],
    *,
    name: str,
    kind: Kind,
    label: str | None,
    score: float | None,
    explanation: str | None,
    metadata: JsonObject | None,
    identifier: str | None,
    sync: bool,
) -> Steps[JsonObject | None]:
    """One annotation; its `{"id"}` if `sync`."""
    annotation = {
        **ids,
        "name": name,
        "annotator_kind": kind,
        "result": {"label": label, "score": score, "explanation": explanation},
        "metadata": metadata,
        "identifier": identifier or "",
    }
    answer = yield from write(target.record, [annotation], sync=sync)
    return answer[0] if answer else None


def write(
    kind: type[AnyAnnotation],
    annotations: Iterable[Mapping[str, Any] | AnyAnnotation],
    *,
    sync: bool,
    progress: bool = True,
) -> Steps[list[JsonObject] | None]:
    """Check all annotations, then send them in batches. Repeating is harmless: the same key is the same annotation."""
    target = _TARGETS[kind]
    wire = [_wire(_judgement(target, each, f"annotation {number}")) for number, each in enumerate(annotations)]
    ids: list[JsonObject] = []
    with Progress("Sending annotations", len(wire), wanted=progress) as line:
        for start in range(0, len(wire), BATCH):
            batch = {"data": wire[start : start + BATCH]}
            try:
                response = yield Request("POST", f"v1/{target.noun}_annotations", _sync(sync), batch)
            except RubricateError as error:
                if start:
                    error.add_note(
                        f"{start} of {len(wire)} annotations were sent before this; sending all again is safe."
                    )
                raise
            ids += data(response)
            line.at(min(start + BATCH, len(wire)))
    return ids if sync else None


def write_frame(
    target: Target,
    dataframe: "pd.DataFrame",
    *,
    name: str | None,
    kind: Kind | None,
    sync: bool,
    progress: bool,
) -> Steps[list[JsonObject] | None]:
    """The rows of a frame as annotations; `name` and `kind` hold for rows that do not say."""
    rows = frames.annotation_rows(
        dataframe,
        ids=target.ids,
        defaults=given(name=name, annotator_kind=kind),
        what=f"log_{target.noun}_annotations_dataframe",
    )
    return (yield from write(target.record, with_a_result(rows), sync=sync, progress=progress))


def write_note(target: Target, target_id: str, note: str, identifier: str | None) -> Steps[JsonObject]:
    """A note on a span, trace or session."""
    assert target.note is not None, "documents have no notes"
    new = checked(target.note, {target.id_field: target_id, "note": note, "identifier": identifier or ""}, "the note")
    response = yield Request("POST", f"v1/{target.noun}_notes", json={"data": _wire(new)}, repeatable=bool(identifier))
    answer: JsonObject = data(response)
    return answer


def with_a_result(rows: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """The rows that say something; how many do not is logged."""
    silent = 0
    for row in rows:
        if row["result"]:
            yield row
        else:
            silent += 1
    if silent:
        log.warning("Rows with neither label, score nor explanation are not sent: %d.", silent)


# --- reading ----------------------------------------------------------------------------------------------------------


def read(target: Target, ids: Iterable[str], selection: Selection) -> Steps[list[JsonObject]]:
    """The annotations of the targets, a hundred targets at a time."""
    if isinstance(ids, str):
        raise InvalidInput(f"{target.id_field}s must be a list of ids; for one, write [{target.id_field}].")
    wanted = list(dict.fromkeys(ids))
    url = _url(selection, f"/{target.noun}_annotations")
    found: list[JsonObject] = []
    missed: list[NotFound] = []
    starts = range(0, len(wanted), BATCH)
    with Progress(f"Reading annotations, {target.noun}s", len(wanted), wanted=selection.progress) as line:
        for start in starts:
            params = {
                f"{target.id_field}s": wanted[start : start + BATCH],
                "include_annotation_names": list(selection.include or ()),
                "exclude_annotation_names": _excluded(selection),
            }
            try:
                found += yield from pages(
                    Request("GET", url, params, timeout_s=selection.timeout), page_size=selection.limit
                )
            except NotFound as error:  # Servers say so when they know none of the batch; the next may be better.
                missed.append(error)
            line.at(min(start + BATCH, len(wanted)))
    if missed and len(missed) == len(starts):
        raise missed[-1]
    return found


def read_frame(target: Target, ids: Iterable[str], selection: Selection) -> Steps["pd.DataFrame"]:
    """The same as a frame, indexed by what names the target."""
    pd = frames.pandas()
    rows = [flat(annotation) for annotation in (yield from read(target, ids, selection))]
    columns = None if rows else [*COLUMNS, *target.ids]
    return pd.DataFrame(rows, columns=columns).set_index(list(target.ids) if len(target.ids) > 1 else target.id_field)


def cells_of(target: Target, ids: Sequence[str], selection: Selection) -> Steps[dict[str, list[JsonObject]]]:
    """The annotations of many spans, traces or sessions, by target, newest first, as `cell` makes them.

    Targets without any are missing. Few targets are asked for by id. For many it is mostly faster to read all
    annotations of the project, a thousand a page, so that is tried first; but for no more pages than there would be
    questions by id.
    """
    wanted = dict.fromkeys(ids)
    questions = -(-len(wanted) // BATCH)
    found = None
    if questions > FEW_BATCHES:
        found = yield from _all_of_project(target, questions, selection)
    if found is None:
        try:
            found = yield from read(target, wanted, selection)
        except NotFound:  # None of them is in the project any more.
            found = []
    cells: dict[str, list[JsonObject]] = {}
    for annotation in found:
        own = annotation[target.id_field] if target.id_field in annotation else annotation["target"]["id"]
        if own in wanted:
            cells.setdefault(own, []).append(cell(annotation))
    return cells


def annotated(target: Target, records: list[JsonObject], ids: Sequence[str], selection: Selection) -> Steps[None]:
    """Give each record a list `annotations`; `ids` are theirs, in order."""
    cells = (yield from cells_of(target, ids, selection)) if records else {}
    for record, own in zip(records, ids, strict=True):
        record["annotations"] = cells.get(own, [])


def _all_of_project(target: Target, most_pages: int, selection: Selection) -> Steps[list[JsonObject] | None]:
    """All annotations of such targets of the project; None if they are more pages, or the server cannot say."""
    params = {"target_kind": target.noun, "name": list(selection.include or ()), "exclude_name": _excluded(selection)}
    request = Request("GET", _url(selection, "/annotations"), params, timeout_s=selection.timeout)
    found: list[JsonObject] = []
    cursor = None
    with Progress("Reading annotations", wanted=selection.progress) as line:
        for _ in range(most_pages):
            try:
                items, cursor = yield from page(request, LARGEST_PAGE, cursor)
            except (NotFound, UnreadableAnswer):  # Phoenix has no such call, and answers with its web page.
                return None
            found += items
            line.at(len(found))
            if cursor is None:
                return found
    return None


def flat(annotation: JsonObject) -> JsonObject:
    """An annotation as a row."""
    result = annotation.get("result") or {}
    rest = {("annotation_name" if key == "name" else key): item for key, item in annotation.items() if key != "result"}
    return {**rest, **{f"result.{key}": result.get(key) for key in ("label", "score", "explanation")}}


COLUMNS = [
    "id",
    "created_at",
    "updated_at",
    "source",
    "user_id",
    "annotation_name",
    "annotator_kind",
    "metadata",
    "identifier",
    "result.label",
    "result.score",
    "result.explanation",
]


def cell(annotation: JsonObject) -> JsonObject:
    """An annotation beside what it is about: in the cell of a frame, or in a dict."""
    result = annotation.get("result") or {}
    return {
        "name": annotation["name"],
        "annotator_kind": annotation["annotator_kind"],
        "label": result.get("label"),
        "score": result.get("score"),
        "explanation": result.get("explanation"),
        "identifier": annotation["identifier"],
        "metadata": annotation["metadata"],
        "user_id": annotation["user_id"],
        "source": annotation["source"],
        "created_at": datetime.fromisoformat(annotation["created_at"]),
        "updated_at": datetime.fromisoformat(annotation["updated_at"]),
        "id": annotation["id"],
    }


def _url(selection: Selection, rest: str) -> str:
    return path("v1/projects", selection.project_identifier or environment.project_name(), rest)


def _excluded(selection: Selection) -> list[str]:
    if selection.exclude is None:
        return [] if NOTE in (selection.include or ()) else [NOTE]
    return list(selection.exclude)


# --- checking ---------------------------------------------------------------------------------------------------------


def checked(kind: type[I], value: Mapping[str, Any] | I, what: str) -> I:
    """The value as a record; `InvalidInput` with every field that is wrong, and why."""
    if isinstance(value, kind):
        return value
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise InvalidInput(f"{what}: {explained(error)}") from error


def explained(error: ValidationError) -> str:
    """What pydantic says, as `field: reason (got value)`."""
    reasons = []
    for each in error.errors(include_url=False):
        field = ".".join(str(part) for part in each["loc"]) or "value"
        got = "" if each["type"] == "missing" else f" (got {each['input']!r:.200})"
        reasons.append(f"{field}: {each['msg']}{got}")
    return "; ".join(reasons)


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _judgement(target: Target, value: Mapping[str, Any] | AnyAnnotation, what: str) -> AnyAnnotation:
    new = checked(target.record, value, what)
    result: AnnotationResult | None = new.result
    if result is None or (result.label is None and result.score is None and result.explanation is None):
        raise InvalidInput(f"{what}: result: at least one of label, score and explanation must be given.")
    if new.name == NOTE and target.note is not None:
        raise InvalidInput(f"{what}: name: {NOTE!r} is reserved; use add_{target.noun}_note.")
    return new


def _wire(value: Input) -> JsonObject:
    try:
        content = value.model_dump(mode="json", exclude_none=True)
    except PydanticSerializationError as error:
        raise InvalidInput(f"The value cannot be written as JSON: {error}") from error
    return {key: item for key, item in content.items() if key not in ("metadata", "identifier") or item}


def _sync(sync: bool) -> dict[str, str]:
    return {"sync": "true"} if sync else {}
