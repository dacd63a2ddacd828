"""Text is looked for in whole blocks, and found exactly where the text of each span has it."""

import sqlite3  # noqa: TID251  # the engine

from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.filter import contains_text
from rubricate_server.storage.contract import SpanBody
from rubricate_server.storage.sqlite.body import CACHED_COLUMNS, pack_block, register_functions

# Few letters, so that texts often have the needle, and the end of one with the start of the next often seems to.
TEXTS = st.text(alphabet="abAB\u212a\u0131é\0", max_size=6)
BLOCKS = st.lists(st.lists(st.none() | TEXTS, min_size=1, max_size=4), min_size=1, max_size=CACHED_COLUMNS + 3)
NEEDLES = st.lists(st.text(alphabet="abABk", max_size=3), min_size=1, max_size=3)


@given(BLOCKS, NEEDLES)
def test_a_block_is_searched_as_each_text_would_be(blocks: list[list[str | None]], needles: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    register_functions(connection)
    connection.execute("create table span_block (id integer primary key, inputs blob, outputs blob)")
    for number, texts in enumerate(blocks):
        inputs, *_ = pack_block([SpanBody(text, None, b"{}", None, None) for text in texts])
        connection.execute("insert into span_block (id, inputs) values (?, ?)", (number, inputs))
    places = [(number, offset, text) for number, texts in enumerate(blocks) for offset, text in enumerate(texts)]

    # Back and forth, with each needle in turn, so that what is kept from before has to be right as well.
    for number, offset, text in [*places, *places[::-1]]:
        for needle in needles:
            sql = "select body_contains(?, ?, 'input', ?), body_contains(?, ?, 'output', ?)"
            found, in_output = connection.execute(sql, (number, offset, needle.lower()) * 2).fetchone()
            expected = contains_text(text, needle)
            assert (None if found is None else bool(found)) == expected
            assert in_output is None
