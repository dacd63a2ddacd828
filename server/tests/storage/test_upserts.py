"""Any sequence of writes leaves what a plain dict would hold, and a history that tells how it came to it."""

import os
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.authorship import Author, Reach
from rubricate_server.storage.contract import (
    AnnotationKey,
    AnnotationQuery,
    AnnotationUpdate,
    NewAnnotation,
    SpanQuery,
    Storage,
)
from rubricate_server.storage.errors import NotFound

from .engines import ENGINES, Engine
from .spans import PROJECT, content, new_span, span_id, trace_id

# Small worlds collide: six spans in three traces and two sessions, few names.
NUMBERS = st.integers(1, 6)
NAMES = ("tone", "length")
IDENTIFIERS = ("", "ada")


def trace_of(number: int) -> bytes:
    return trace_id(number % 3)


def session_of(number: int) -> str | None:
    return (None, "chat", "chat")[number % 3]


@st.composite
def keys(draw: st.DrawFn) -> AnnotationKey:
    kind = draw(st.sampled_from(TargetKind))
    number = draw(NUMBERS)
    target = {TargetKind.TRACE: trace_of(number), TargetKind.SESSION: b"chat"}.get(kind, span_id(number))
    position = draw(st.integers(0, 1)) if kind == TargetKind.DOCUMENT else -1
    return AnnotationKey(kind, target, position, draw(st.sampled_from(NAMES)), draw(st.sampled_from(IDENTIFIERS)))


annotations = st.builds(
    NewAnnotation,
    key=keys(),
    annotator_kind=st.sampled_from(AnnotatorKind),
    label=st.none() | st.sampled_from(["good", "bad", ""]),
    score=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    explanation=st.none() | st.text(st.characters(codec="utf-8"), max_size=8),
    metadata=st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=3),
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
        max_size=2,
    ),
    source=st.sampled_from(AnnotationSource),
    user_id=st.none() | st.sampled_from(["ada", "bob"]),
)


CHANGEABLE = ("annotator_kind", "label", "score", "explanation", "metadata")


class Upserts(RuleBasedStateMachine):
    """The store beside a model of it. A deleted annotation is forgotten by the model, but its history is not."""

    engine: Engine

    @initialize()
    def open(self) -> None:
        # In memory where that is to be had: nobody pulls the plug here.
        self.place = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.store: Storage = self.engine.open(Path(self.place.name))
        self.spans: set[int] = set()
        self.model: dict[AnnotationKey, NewAnnotation] = {}
        self.row_of: dict[AnnotationKey, int] = {}
        self.actions: dict[int, list[tuple[str, dict[str, Any]]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.place.cleanup()

    @rule(batch=st.lists(annotations, min_size=1, max_size=5), must_exist=st.booleans())
    def put(self, batch: list[NewAnnotation], must_exist: bool) -> None:
        if must_exist and not all(self.stored(item.key) for item in batch):
            with pytest.raises(NotFound):
                self.store.annotations.put(batch, must_exist=True)
            return
        ids = self.store.annotations.put(batch, must_exist=must_exist)
        last = {item.key: item for item in batch}
        for item, row in zip(batch, ids, strict=True):
            assert self.row_of.setdefault(item.key, row) == row
        for key, item in last.items():
            done = "replaced" if key in self.model else "created"
            self.model[key] = item
            self.actions.setdefault(self.row_of[key], []).append((done, said(item)))

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=4))
    def add_spans(self, numbers: list[int]) -> None:
        added = [new_span(number, trace_id=trace_of(number), session_id=session_of(number)) for number in numbers]
        assert self.store.spans.add(added) == len(set(numbers) - self.spans)
        self.spans |= set(numbers)

    @precondition(lambda self: self.spans)
    @rule(data=st.data())
    def delete_span(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.spans)))
        before = {key for key in self.model if self.stored(key)}
        self.store.spans.delete(span_id(number))
        self.spans.discard(number)
        self.forget({key for key in before if not self.stored(key)})

    @rule(number=NUMBERS)
    def delete_missing_span(self, number: int) -> None:
        if number not in self.spans:
            with pytest.raises(NotFound):
                self.store.spans.delete(span_id(number))

    @precondition(lambda self: self.spans)
    @rule(kind=st.sampled_from(TargetKind), name=st.none() | st.sampled_from(NAMES))
    def delete_annotations(self, kind: TargetKind, name: str | None) -> None:
        query = AnnotationQuery(self.store.projects.get(PROJECT).id, kind, names=(name,) if name else ())
        doomed = {
            key for key in self.model if self.stored(key) and key.target_kind == kind and (not name or key.name == name)
        }
        assert self.store.annotations.delete(query).count == len(doomed)
        self.forget(doomed)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), wanted=annotations, fields=st.sets(st.sampled_from(CHANGEABLE)))
    def update(self, data: st.DataObject, wanted: NewAnnotation, fields: set[str]) -> None:
        key = data.draw(st.sampled_from(sorted(self.model)))
        update = {field: getattr(wanted, field) for field in fields}
        changed = self.model[key]._replace(**update, user_id=wanted.user_id)
        stored = self.store.annotations.update(
            self.row_of[key], cast(AnnotationUpdate, update), by=Author(wanted.user_id, Reach.ALL)
        )
        assert content(stored) == changed
        self.model[key] = changed
        self.actions[self.row_of[key]].append(("replaced", said(changed)))

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model)))
        self.store.annotations.remove(self.row_of[key])
        self.forget({key})

    @rule()
    def tidy(self) -> None:
        while self.store.maintenance.step():
            pass

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.engine.open(Path(self.place.name))

    @invariant()
    def spans_are_those_of_the_model(self) -> None:
        if self.project() is None:
            assert not self.spans
            return
        found = self.store.spans.find(SpanQuery(self.project() or 0), 100)
        assert {span.span_id for span in found} == {span_id(number) for number in self.spans}
        assert all(span.body.input == f"question {int.from_bytes(span.span_id, 'big')}" for span in found)

    @invariant()
    def annotations_are_those_of_the_model(self) -> None:
        found = {}
        for kind in TargetKind:
            for stored in self.store.annotations.find(AnnotationQuery(self.project() or 0, kind), 1000):
                assert stored.key not in found
                assert stored.id == self.row_of[stored.key]
                found[stored.key] = stored
        expected = {key: item for key, item in self.model.items() if self.stored(key)}
        assert {key: content(stored) for key, stored in found.items()} == expected
        for stored in found.values():
            changes = self.store.annotations.history(stored.id)
            assert (changes[0].at_us, changes[-1].at_us) == (stored.created_us, stored.updated_us)

    @invariant()
    def history_tells_all(self) -> None:
        for row, actions in self.actions.items():
            changes = self.store.annotations.history(row)
            assert [(change.action, change.state) for change in changes] == actions
            assert [change.at_us for change in changes] == sorted(change.at_us for change in changes)

    def project(self) -> int | None:
        try:
            return self.store.projects.get(PROJECT).id
        except NotFound:
            return None

    def stored(self, key: AnnotationKey) -> bool:
        """Whether what the key is about is there; an annotation of anything else waits."""
        if key.target_kind == TargetKind.TRACE:
            return any(trace_of(number) == key.target_id for number in self.spans)
        if key.target_kind == TargetKind.SESSION:
            return any(session_of(number) == key.target_id.decode() for number in self.spans)
        return int.from_bytes(key.target_id, "big") in self.spans

    def forget(self, keys: set[AnnotationKey]) -> None:
        for key in keys:
            last = said(self.model.pop(key)) | about(key)
            self.actions[self.row_of.pop(key)].append(("deleted", last))


def said(item: NewAnnotation) -> dict[str, Any]:
    return {
        "annotator_kind": item.annotator_kind,
        "label": item.label,
        "score": item.score,
        "explanation": item.explanation,
        "metadata": item.metadata,
        "source": item.source,
        "rubric_version": None,
    }


def about(key: AnnotationKey) -> dict[str, Any]:
    """What the history of a deleted annotation tells on top."""
    is_session = key.target_kind == TargetKind.SESSION
    return key._asdict() | {"target_id": key.target_id.decode() if is_session else key.target_id.hex()}


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_any_sequence_of_writes_leaves_what_the_model_holds(engine: Engine) -> None:
    machine = type("UpsertsOn", (Upserts,), {"engine": engine})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
