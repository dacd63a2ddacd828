"""Retention: policies, who follows them, and what they delete."""

import pytest

from rubricate_server.actions.retire import NS_PER_DAY, retire_traces
from rubricate_server.storage.contract import RetentionRule, Storage, TraceQuery
from rubricate_server.storage.errors import Conflict, NotFound

from ..spans import PROJECT, SECOND_NS, START_NS, spans

FOR_EVER = RetentionRule(None, None)
TEN_SECONDS_LATER = START_NS + 10 * SECOND_NS


def kept(store: Storage) -> list[int]:
    """The traces that are left, by the second of their start."""
    found = store.traces.find(TraceQuery(store.projects.get(PROJECT).id), 100)
    return [(trace.start_ns - START_NS) // SECOND_NS for trace in found]


def retire(store: Storage, default: RetentionRule = FOR_EVER) -> list[int]:
    while retire_traces(store, default, TEN_SECONDS_LATER):
        pass
    return kept(store)


def days(seconds: float) -> float:
    return seconds * SECOND_NS / NS_PER_DAY


def test_a_policy_is_made_changed_and_deleted(store: Storage) -> None:
    made = store.retention.create("week", RetentionRule(7, None))
    assert store.retention.get(made.id) == made
    changed = store.retention.update(made.id, "fortnight", RetentionRule(14, 100))
    assert store.retention.page() == [changed]
    store.retention.delete(made.id)
    assert store.retention.page() == []
    for missing in (store.retention.get, store.retention.delete):
        with pytest.raises(NotFound):
            missing(made.id)


def test_a_name_is_given_once(store: Storage) -> None:
    first = store.retention.create("a", RetentionRule(7, None))
    second = store.retention.create("b", RetentionRule(7, None))
    with pytest.raises(Conflict):
        store.retention.create("a", FOR_EVER)
    with pytest.raises(Conflict):
        store.retention.update(second.id, "a", FOR_EVER)
    store.retention.update(first.id, "a", FOR_EVER)


def test_without_a_rule_everything_stays(store: Storage) -> None:
    store.spans.add(spans(5))
    assert retire(store) == [5, 4, 3, 2, 1]


def test_the_default_acts_on_all_projects(store: Storage) -> None:
    store.spans.add(spans(5))
    assert retire(store, RetentionRule(days(7), None)) == [5, 4, 3]


def test_a_policy_of_its_own_overrules_the_default(store: Storage) -> None:
    store.spans.add(spans(5))
    project_id = store.projects.get(PROJECT).id
    policy = store.retention.create("two", RetentionRule(None, 2))
    store.retention.assign(project_id, policy.id)
    assert retire(store, RetentionRule(days(1), None)) == [5, 4]
    store.retention.assign(project_id, None)
    assert retire(store, RetentionRule(days(6), None)) == [5, 4]
    assert retire(store, RetentionRule(days(5.5), None)) == [5]


def test_of_two_bounds_the_narrower_counts(store: Storage) -> None:
    store.spans.add(spans(5))
    policy = store.retention.create("both", RetentionRule(days(7), 4))
    store.retention.assign(store.projects.get(PROJECT).id, policy.id)
    assert retire(store) == [5, 4, 3]


def test_a_project_without_its_policy_follows_the_default(store: Storage) -> None:
    store.spans.add(spans(2))
    project_id = store.projects.get(PROJECT).id
    policy = store.retention.create("none", RetentionRule(days(1), None))
    store.retention.assign(project_id, policy.id)
    store.retention.delete(policy.id)
    assert store.retention.rules(FOR_EVER)[project_id] == FOR_EVER
    with pytest.raises(NotFound):
        store.retention.assign(project_id, policy.id)
