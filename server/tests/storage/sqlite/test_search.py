"""Text is looked for in whole blocks, with sieves and without, and found exactly where the text of each span has it."""

import sqlite3  # noqa: TID251  # the engine
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rubricate_server.domain.filter import contains_text, parse
from rubricate_server.storage.contract import SpanBody, SpanQuery, Storage
from rubricate_server.storage.sqlite import sift
from rubricate_server.storage.sqlite.backup import back_up, restore
from rubricate_server.storage.sqlite.block import Column, unpack
from rubricate_server.storage.sqlite.body import CACHED_COLUMNS, pack_block, register_functions
from rubricate_server.storage.sqlite.check import check_directory
from rubricate_server.storage.sqlite.sieve import codes_of, may_hold, sieve_of
from rubricate_server.storage.sqlite.store import DATABASE

from ..engines import Data
from ..spans import PROJECT, new_span, span_id

# Few letters, so that texts often have the needle, and the end of one with the start of the next often seems to.
FEW = "abAB\u212a\u0131é\0 ."
# Letters that fold to others, to several, or to ASCII; a lone surrogate, and what stands in its place when it is read.
ODD = "sSßẞſKkﬁfiİıΣςǰŉ漢\ud800\ufffd_-."


def texts(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, max_size=size)


def as_read(text: str) -> str:
    """As `body_text` gives it: half of a surrogate pair is no letter."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


BLOCKS = st.lists(
    st.lists(st.none() | texts(FEW, 6) | texts(ODD, 12), min_size=1, max_size=4),
    min_size=1,
    max_size=CACHED_COLUMNS + 3,
)
NEEDLES = st.lists(texts("abABk", 5) | texts(ODD.replace("\ud800", ""), 6), min_size=1, max_size=3)


@given(BLOCKS, NEEDLES, st.sets(st.integers(0, CACHED_COLUMNS + 3)))
@example([["ab"] * 3, [None], ["xaB", "b"]], ["ab", "bb"], {0})
@example([["die Straße", "STRASSE"]], ["straße", "strasse"], {0})
@example([["\ud800abcd"]], ["\ufffdabcd"], {0})
def test_a_block_is_searched_as_each_text_would_be(
    blocks: list[list[str | None]], needles: list[str], sifted: set[int]
) -> None:
    connection = sqlite3.connect(":memory:")
    register_functions(connection)
    connection.execute("create table span_block (id integer primary key, inputs blob, outputs blob)")
    connection.execute("create table block_sieve (block integer primary key, inputs blob, outputs blob)")
    for number, values in enumerate(blocks):
        inputs, *_ = pack_block([SpanBody(text, None, b"{}", None, None) for text in values])
        connection.execute("insert into span_block (id, inputs) values (?, ?)", (number, inputs))
        if number in sifted and inputs is not None:
            made = sieve_of(b"".join((text or "").encode("utf-8", "surrogatepass") for text in values))
            connection.execute("insert into block_sieve (block, inputs) values (?, ?)", (number, made))
    places = [(number, offset, text) for number, values in enumerate(blocks) for offset, text in enumerate(values)]

    # Back and forth, with each needle in turn, so that what is kept from before has to be right as well.
    for number, offset, text in [*places, *places[::-1]]:
        for needle in needles:
            sql = "select body_contains(?1, ?2, ?3), body_holds(?1, ?2, ?3)"
            given_needle = needle.lower() if needle.isascii() else needle
            expected = contains_text(None if text is None else as_read(text), needle)
            contains, holds = connection.execute(sql, (number, offset, f"input:{given_needle}")).fetchone()
            assert (None if contains is None else bool(contains)) == expected
            assert bool(holds) == bool(expected)
            assert connection.execute(sql, (number, offset, f"output:{given_needle}")).fetchone() == (None, 0)


LETTERS = st.text(max_size=60) | texts(ODD, 40) | texts("ab .", 40)


@given(LETTERS, LETTERS, LETTERS, st.integers(0, 60), st.integers(0, 12))
def test_a_sieve_never_loses_a_text_that_is_there(before: str, text: str, after: str, start: int, length: int) -> None:
    whole = f"{before}{text}{after}"
    made = sieve_of(whole.encode("utf-8", "surrogatepass"))
    assert made is not None
    read = as_read(whole)
    for needle in (read[start : start + length], read[start : start + length].swapcase(), text.casefold(), text):
        if contains_text(read, needle):
            assert may_hold(made, codes_of(needle))


PROSE = "The customer asks whether the order can be returned after thirty days. " * 3


@pytest.mark.parametrize("needle", ["zebra", "nobody says this", "ORDEAL", "стол", "Straßenbahn"])
def test_a_sieve_holds_back_what_is_not_there(needle: str) -> None:
    made = sieve_of(PROSE.encode())
    assert made is not None
    assert not may_hold(made, codes_of(needle))


@pytest.mark.parametrize("damage", [b"", b"RS", b"\0" * 40])
def test_a_sieve_that_cannot_be_read_lets_everything_through(damage: bytes) -> None:
    assert may_hold(damage, codes_of("zebra"))


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_in_a_sieve_loses_nothing(place: int, bit: int) -> None:
    made = bytearray(sieve_of(PROSE.encode()) or b"")
    made[place % len(made)] ^= 1 << bit
    assert may_hold(bytes(made), codes_of("customer"))


def test_no_sieve_is_made_of_what_would_fill_it() -> None:
    assert sieve_of(b" ".join(b"%d" % number for number in range(10**9, 10**9 + 100_000))) is None


# --- in a store -------------------------------------------------------------------------------------------------------


def rest(store: Storage) -> None:
    while store.maintenance.step():
        pass


def found(store: Storage, condition: str) -> set[bytes]:
    query = SpanQuery(store.projects.get(PROJECT).id, condition=parse(condition))
    return {each.span_id for each in store.spans.find(query, 10_000)}


def sieves(data: Data) -> dict[int, bytes | None]:
    connection = sqlite3.connect(data.directory / DATABASE)
    rows = connection.execute("select block, inputs from block_sieve").fetchall()
    connection.close()
    return dict(rows)


def blocks(data: Data) -> set[int]:
    connection = sqlite3.connect(data.directory / DATABASE)
    rows = connection.execute("select id from span_block").fetchall()
    connection.close()
    return {row[0] for row in rows}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upkeep does not wait until no spans come."""
    monkeypatch.setattr(sift, "QUIET_S", 0)


@pytest.mark.usefixtures("eager")
def test_blocks_that_lack_a_word_are_not_unpacked(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    store = data.open()
    for start in range(0, 640, 64):
        word = "zebra" if start == 320 else "horse"
        store.spans.add([new_span(number + 1, input=f"a {word} in {number}") for number in range(start, start + 64)])
    rest(store)
    unpacked: list[bytes] = []

    def counted(frame: bytes) -> Column:
        unpacked.append(frame)
        return unpack(frame)

    with monkeypatch.context() as patched:
        patched.setattr("rubricate_server.storage.sqlite.body.unpack", counted)
        assert found(store, "'nobody says this' in input") == set()
    assert unpacked == []
    assert found(store, "'Zebra' in input") == {span_id(number) for number in range(321, 385)}
    assert found(store, "'zebra' not in input") == {span_id(number) for number in {*range(1, 641)} - {*range(321, 385)}}


def test_no_sieves_are_made_while_spans_pour_in(data: Data) -> None:
    store = data.open()
    store.spans.add([new_span(number, input=f"a zebra in {number}") for number in range(1, 65)])
    rest(store)
    assert len(sieves(data)) == 1
    poured = [new_span(number, input=f"a camel in {number}") for number in range(65, 65 + 64 * (sift.RUSH_BLOCKS + 1))]
    store.spans.add(poured)
    store.maintenance.step()
    assert len(sieves(data)) == 1
    store.maintenance.step()  # nothing came since
    assert len(sieves(data)) == 1 + sift.BLOCKS_AT_ONCE


@pytest.mark.usefixtures("eager")
def test_repacking_and_deleting_keep_sieves_right(data: Data) -> None:
    store = data.open()
    for number in range(1, 200):  # one by one, so that they are repacked
        store.spans.add([new_span(number, input=f"horse{number} Straße" if number % 2 else None)])
    store.spans.add([new_span(number, input=f"zebra{number}") for number in range(200, 264)])
    rest(store)
    assert set(sieves(data)) <= blocks(data)
    assert found(store, "'horse77' in input") == {span_id(77)}
    assert len(found(store, "'strasse' in input")) == 0  # ASCII letters are alike in both cases, and no more
    assert len(found(store, "'STRAßE' in input")) == 100
    store.spans.delete(span_id(77))
    rest(store)
    assert found(store, "'horse77' in input") == set()
    assert found(store, "'zebra' in input") == {span_id(number) for number in range(200, 264)}
    store = data.reopen()
    store.spans.add([new_span(number, input=f"camel{number}") for number in range(300, 364)])
    rest(store)
    assert found(store, "'camel333' in input") == {span_id(333)}
    store.projects.delete(store.projects.get(PROJECT).id)
    rest(store)
    assert sieves(data) == {}
    assert blocks(data) == set()


@pytest.mark.usefixtures("eager")
def test_a_damaged_block_keeps_no_other_from_its_sieve(data: Data) -> None:
    store = data.open()
    for start in (1, 65):
        store.spans.add([new_span(number, input=f"a zebra in {number}") for number in range(start, start + 64)])
    with sqlite3.connect(data.directory / DATABASE) as connection:
        connection.execute("update span_block set inputs = x'00' where id = (select min(id) from span_block)")
    connection.close()
    rest(store)
    damaged, sound = sorted(blocks(data))
    assert sieves(data)[damaged] is None  # it is searched, and whoever does is told
    assert sieves(data)[sound] is not None


@pytest.mark.usefixtures("eager")
def test_the_doctor_finds_a_sieve_that_loses_text(data: Data) -> None:
    store = data.open()
    store.spans.add([new_span(number, input=f"a zebra in {number}") for number in range(1, 65)])
    rest(store)
    data.close()

    def said() -> list[str]:
        return [each.said for each in check_directory(data.directory, blocks=True) if not each.well]

    def damage(sieve: bytes) -> None:
        connection = sqlite3.connect(data.directory / DATABASE)
        connection.execute("update block_sieve set inputs = ?", (sieve,))
        connection.commit()
        connection.close()

    assert said() == []
    damage(sieve_of(b"of another block") or b"")
    assert ["lacks text that is there" in each for each in said()] == [True]
    damage(b"of nothing")
    assert ["cannot be read" in each for each in said()] == [True]
    back_up(data.directory, data.directory.parent / "copy.db")  # is whole without it
    assert found(data.open(), "'zebra in 7' in input") == {span_id(7)}


@pytest.mark.usefixtures("eager")
def test_a_restored_backup_is_searched_as_before(data: Data, tmp_path: Path) -> None:
    store = data.open()
    store.spans.add([new_span(number, input=f"a zebra in {number}") for number in range(1, 65)])
    rest(store)
    data.close()
    back_up(data.directory, tmp_path / "copy.db")
    restore(tmp_path / "copy.db", tmp_path / "restored")
    other = Data(data.engine, tmp_path / "restored")
    assert sieves(other) == sieves(data) != {}
    store = other.open()
    assert found(store, "'in 13' in input") == {span_id(13)}
    store.spans.add([new_span(number, input=f"a camel in {number}") for number in range(101, 165)])
    rest(store)
    assert len(sieves(other)) == 2
    assert found(store, "'CAMEL in 113' in input") == {span_id(113)}
    other.close()
