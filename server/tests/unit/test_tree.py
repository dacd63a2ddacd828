"""The order in which the steps of a trace are read."""

from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.tree import tree_order


def ordered(*spans: tuple[int, int | None]) -> list[int]:
    parents = {bytes([n]): None if parent is None else bytes([parent]) for n, parent in spans}
    return [span[0] for span in tree_order(list(parents), lambda span: span, parents.__getitem__)]


def test_children_follow_their_parent_in_the_order_given() -> None:
    assert ordered((1, None), (2, 1), (3, 1), (4, 2), (5, 3)) == [1, 2, 4, 3, 5]


def test_orphans_are_roots() -> None:
    assert ordered((2, 9), (3, 2), (1, None)) == [2, 3, 1]


def test_circles_come_last() -> None:
    assert ordered((1, 2), (2, 1), (3, None), (4, 4)) == [3, 1, 2, 4]


@given(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)), unique_by=lambda span: span[0]))
def test_every_span_comes_once_and_after_its_parent(spans: list[tuple[int, int | None]]) -> None:
    order = ordered(*spans)
    assert sorted(order) == sorted(n for n, _ in spans)
    parents = dict(spans)

    def reaches_a_root(n: int | None) -> bool:
        seen = set()
        while n is not None and n in parents and n not in seen:
            seen.add(n)
            n = parents[n]
        return n not in seen

    for n, parent in spans:
        if parent in parents and reaches_a_root(n):
            assert order.index(parent) < order.index(n)


def test_a_deep_trace_is_no_trouble() -> None:
    ids = [n.to_bytes(4, "big") for n in range(50_000)]
    parents = dict(zip(ids, [None, *ids[:-1]], strict=True))
    assert tree_order(ids, lambda span: span, parents.__getitem__) == ids
