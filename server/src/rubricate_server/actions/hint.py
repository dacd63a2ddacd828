"""What a condition names that nothing in a project has: it is valid, finds nothing, and perhaps a letter is wrong."""

from collections.abc import Iterator
from difflib import get_close_matches

from rubricate.records.annotation import TargetKind
from rubricate.records.filter import FilterHint
from rubricate_server.domain.filter import Condition, Language
from rubricate_server.domain.filter.asked import LabelAsked, asked, place_of
from rubricate_server.domain.filter.expressions import Attribute, Missing, Not, Source
from rubricate_server.storage.contract import ItemQuery, Storage
from rubricate_server.storage.errors import NotFound

MOST_NAMES = 1000
"""Names of annotations that are looked through; where there are more, nothing is said of names."""
MOST_LABELS = 200
SHOWN_LABELS = 12
LOOK_S = 0.03
"""How long spans are looked through for an attribute that the newest do not have among their small ones."""


def hints(storage: Storage, project_id: int, condition: Condition, language: Language) -> list[FilterHint]:
    """A hint for each name that nothing in the project has. Where that is not sure, it is said so or nothing is."""
    return list(_hints(storage, project_id, condition, language))


def _hints(storage: Storage, project_id: int, condition: Condition, language: Language) -> Iterator[FilterHint]:
    keys = [str(key) for key, _ in storage.explore.attribute_keys(project_id).values]
    any_spans = bool(keys or storage.items.count(ItemQuery(TargetKind.SPAN, project_id), 1, LOOK_S).count)
    for each in asked(condition):
        match each:
            case Attribute(key) if any_spans and key not in keys:
                told = _of_attribute(storage, project_id, key, (*language.fields, *keys))
                name = key
            case Source(target, name):
                told = _of_annotation(storage, project_id, target, name)
            case LabelAsked(source, name):
                told = _of_label(storage, project_id, source, name)
            case _:
                continue
        if told is not None:
            message, suggestion = told
            yield FilterHint(message=message, position=place_of(name, condition.text), suggestion=suggestion)


def _of_attribute(storage: Storage, project_id: int, key: str, known: tuple[str, ...]) -> tuple[str, str | None] | None:
    present = Condition("", Not(Missing(Attribute(key))))
    query = ItemQuery(TargetKind.SPAN, project_id, condition=present)
    found = storage.items.count(query, 1, LOOK_S)
    if found.count:
        return None
    near = _near(key, known)
    none = "No span of this project has" if found.exact else "None of the newest spans of this project has"
    return f"{none} '{key}'.{_proposed(near, quoted=False)}", near


def _of_annotation(storage: Storage, project_id: int, target: TargetKind, name: str) -> tuple[str, str | None] | None:
    # Of any target: a kind that only old annotations have is not always seen.
    names = storage.explore.annotation_names(project_id, None, MOST_NAMES)
    if name in names or len(names) >= MOST_NAMES or _rubric_labels(storage, name) is not None:
        return None
    near = _near(name, tuple(names))
    return f"No annotation is named '{name}' here.{_proposed(near, quoted=True)}", near


def _of_label(storage: Storage, project_id: int, source: Source, label: str) -> tuple[str, str | None] | None:
    """Labels are those of the rubric, and those that are there all the same."""
    of_rubric = _rubric_labels(storage, source.name)
    found = storage.explore.annotation_values(project_id, source.target, source.name, "label", "", MOST_LABELS)
    labels = tuple(dict.fromkeys([*(of_rubric or ()), *(str(value) for value, _ in found.values)]))
    seen_all = bool(of_rubric) or not (found.sampled or len(found.values) >= MOST_LABELS)
    if not labels or label in labels or not seen_all:
        return None
    more = " …" if len(labels) > SHOWN_LABELS else ""
    shown = ", ".join(labels[:SHOWN_LABELS])
    near = _near(label, labels)
    return f"'{source.name}' has the label{'s' * (len(labels) > 1)} {shown}{more} – not '{label}'.", near


def _rubric_labels(storage: Storage, name: str) -> list[str] | None:
    """The labels of the rubric of that name, none if it has no labels; None without a rubric."""
    try:
        body = storage.rubrics.get_by_name(name).body
    except NotFound:
        return None
    return [str(each["label"]) for each in body.get("values") or ()]


def _near(name: str, known: tuple[str, ...]) -> str | None:
    close = get_close_matches(name, known, n=1)
    return close[0] if close else None


def _proposed(near: str | None, *, quoted: bool) -> str:
    if near is None:
        return ""
    return f" Did you mean '{near}'?" if quoted else f" Did you mean {near}?"
