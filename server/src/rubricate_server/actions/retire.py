"""Deleting what retention policies no longer keep."""

from rubricate_server.storage.contract import RetentionRule, Storage

NS_PER_DAY = 86_400_000_000_000
AT_ONCE = 1000
"""Traces deleted before the caller has its say again."""


def retire_traces(storage: Storage, default: RetentionRule, now_ns: int) -> int:
    """Delete a bounded number of traces that no rule keeps, and say how many; 0 when there are none. Safe to repeat."""
    deleted = 0
    for project_id, rule in storage.retention.rules(default).items():
        before_ns = _kept_from(storage, project_id, rule, now_ns)
        if before_ns is not None:
            deleted += storage.traces.delete_range(project_id, None, before_ns, AT_ONCE - deleted)
        if deleted >= AT_ONCE:
            break
    return deleted


def _kept_from(storage: Storage, project_id: int, rule: RetentionRule, now_ns: int) -> int | None:
    """The moment from which on traces are kept; None when all are. Traces that started together share their fate."""
    by_age = None if rule.max_days is None else now_ns - int(rule.max_days * NS_PER_DAY)
    by_count = None if rule.max_traces is None else storage.traces.oldest_kept(project_id, rule.max_traces)
    return max((bound for bound in (by_age, by_count) if bound is not None), default=None)
