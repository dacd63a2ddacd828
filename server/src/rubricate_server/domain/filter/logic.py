"""What holds of conditions in three-valued logic, whatever they speak of."""

from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    Comparison,
    Constant,
    Missing,
    Not,
    Or,
    Source,
    Test,
    chosen_sources,
)


def negations_inward(test: Test, *, negated: bool = False) -> Test:
    """The same condition, with `not` only before comparisons and the like; de Morgan's laws hold of unknown as well."""
    match test:
        case Not(inner):
            return negations_inward(inner, negated=not negated)
        case And(tests) | Or(tests):
            parts = tuple(negations_inward(part, negated=negated) for part in tests)
            return And(parts) if isinstance(test, And) != negated else Or(parts)
        case Constant(value):
            return Constant(value != negated)
        case Comparison("==" | "!=" as order, left, right) if negated:
            return Comparison("!=" if order == "==" else "==", left, right)
        case _:
            return Not(test) if negated else test


def can_hold_without(test: Test, source: Source) -> bool:
    """Whether a condition, its negations inward, can be true where the source has no annotation."""
    match test:
        case And(tests):
            return all(can_hold_without(part, source) for part in tests)
        case Or(tests):
            return any(can_hold_without(part, source) for part in tests)
        case Missing() | Not(Annotated()):
            return True
        case _:
            # Any other comparison with a missing value is unknown, and so is its negation.
            return source not in chosen_sources(test)


def independent_parts(tests: tuple[Test, ...]) -> list[tuple[Test, ...]]:
    """Conditions grouped so that those which choose from the same annotations stay together, in their order."""
    groups: list[tuple[frozenset[Source], tuple[Test, ...]]] = []
    for test in tests:
        sources = chosen_sources(test)
        members: tuple[Test, ...] = (test,)
        apart: list[tuple[frozenset[Source], tuple[Test, ...]]] = []
        for group_sources, group in groups:
            if group_sources & sources:
                sources, members = sources | group_sources, group + members
            else:
                apart.append((group_sources, group))
        groups = [*apart, (sources, members)]
    return [members for _, members in groups]
