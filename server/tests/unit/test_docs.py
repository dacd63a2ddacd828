"""The reference pages are complete, and links lead somewhere. That the guides run is tested in e2e/docs."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import zstandard

from rubricate import errors
from rubricate_server.api.export_rows import ANNOTATION_COLUMNS, ITEM_COLUMNS
from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.parsing import MAX_NAMES, parse
from rubricate_server.domain.filter.source import MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH
from rubricate_server.domain.filter.vocabulary import ANNOTATION_FIELDS, SESSIONS, SPANS, TRACES
from rubricate_server.settings import Settings
from rubricate_server.storage.schema import metadata
from rubricate_server.storage.sqlite.block import pack, unpack
from rubricate_server.storage.sqlite.sieve import sieve_of

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def read(page: str) -> str:
    return (DOCS / page).read_text()


def rows(text: str) -> Iterator[list[str]]:
    """The cells of all rows of all tables."""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named(text: str) -> set[str]:
    """What stands in code style."""
    return set(re.findall(r"`([^`\n]+)`", text))


def shown(default: Any) -> str:
    match default:
        case bool():
            return str(default).lower()
        case _:
            return str(default)


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_a_setting_has_its_row(setting: Any) -> None:
    [row] = [row for row in rows(read("reference/settings.md")) if row[0] == f"`{setting.name}`"]
    _, variables, _, default, reason = row

    assert variables == ", ".join(f"`{name}`" for name in setting.metadata["names"])
    assert default == f"`{shown(setting.default)}`"
    assert reason == setting.metadata["reason"]


def test_no_setting_is_described_that_does_not_exist() -> None:
    table = read("reference/settings.md").split("\n## ")[0]
    assert [row[0].strip("`") for row in rows(table)][1:] == [setting.name for setting in fields(Settings)]


def error_classes() -> list[type[Exception]]:
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.RubricateError) and value.__module__ == errors.__name__
    ]


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_an_error_has_its_row(error: type[Exception]) -> None:
    [row] = [row for row in rows(read("reference/errors.md")) if row[0] == f"`{error.__name__}`"]
    parents = {parent.__name__ for parent in error.__mro__} | {
        f"httpx.{parent.__name__}" for parent in error.__mro__ if parent.__module__.startswith("httpx")
    }
    assert named(row[1]) <= parents


def test_every_name_of_the_filter_language_is_described() -> None:
    said = named(read("reference/filter-language.md"))

    of_parents = {name.removeprefix("parent_span.") for name in SPANS.fields}  # told in one row, for all of them
    assert of_parents | set(SPANS.attributes) <= said
    assert {f".{field}" for field in ANNOTATION_FIELDS} <= said
    assert {f"{source}['n']" for source in SPANS.annotations} <= said


def test_the_limits_of_the_filter_language_are_right() -> None:
    limits = (
        f"{MAX_LENGTH:,} characters, {MAX_DEPTH} levels, {MAX_CONDITIONS} comparisons, {MAX_NAMES} annotation names"
    )
    assert limits.replace(",", " ", 1) in read("reference/filter-language.md")


def test_the_error_of_the_filter_language_is_right() -> None:
    [said] = re.findall(r"^    Invalid query: (.*)$", read("reference/filter-language.md"), re.MULTILINE)
    with pytest.raises(FilterError) as refused:
        parse("annotations['q'].lable == 'bad'")
    assert str(refused.value) == said


REFUSED = {"latency_ms == 'x'", "annotations['q'].lable == 'bad'"}
CONDITIONS = sorted(
    text
    for text in (
        " ".join(each.split())
        for each in re.findall(r"`([^`]+)`", read("reference/filter-language.md").split("## Names")[1])
    )
    if re.search(r" (==|!=|<|>|>=|in|is) ", text)
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_that_is_shown_can_be_read(condition: str) -> None:
    if condition in REFUSED:
        with pytest.raises(FilterError):
            parse(condition)
    else:
        parse(condition)


GROUPS = {"## Filtering traces": TRACES, "## Filtering sessions": SESSIONS}


@pytest.mark.parametrize("heading", GROUPS)
def test_the_languages_of_traces_and_sessions_are_told_whole(heading: str) -> None:
    language = GROUPS[heading]
    section = read("reference/traces-and-sessions.md").split(heading)[1].split("\n## ")[0]
    assert {*language.fields, *language.collections, *language.searched} <= named(section)
    for condition in re.findall(r"^    (\S.*)$", section, re.MULTILINE):
        parse(condition, language)


def test_every_column_of_an_export_is_described() -> None:
    said = named(read("reference/export-api.md"))
    columns = [*(column for of_kind in ITEM_COLUMNS.values() for column in of_kind), *ANNOTATION_COLUMNS]
    assert {column.name for column in columns} <= said


def bytes_of_the_block_format() -> list[bytes]:
    """The examples of that page."""
    examples = re.findall(r"(?:^    (?:[0-9a-f]{2} ?)+\n)+", read("reference/block-format.md"), re.MULTILINE)
    return [bytes.fromhex(" ".join(match.split())) for match in examples]


def test_the_example_of_a_sieve_is_right() -> None:
    *_, sieve = bytes_of_the_block_format()
    assert sieve == sieve_of("Ordered: Straße, order".encode())
    bits = int.from_bytes(sieve[8:], "little")
    assert bits >> crc32(b"orde") % 48 & 1


def test_the_example_of_the_block_format_is_right() -> None:
    values = [b"hi", None, b"", b"ok"]
    whole, inner, _ = bytes_of_the_block_format()

    frame = unpack(whole)
    assert [frame.get(index) for index in range(4)] == values
    assert zstandard.ZstdDecompressor().decompress(whole[8:]) == inner
    ours = pack(values)
    assert ours is not None
    assert ours[:8] == whole[:8]
    assert zstandard.ZstdDecompressor().decompress(ours[8:]) == inner


def test_every_table_is_in_the_architecture() -> None:
    assert set(metadata.tables) <= named(read("architecture.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_index() -> None:
    index = read("README.md")
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES if page.parent.name != "decisions"]
    assert [page for page in pages if f"({page})" not in index and page != "README.md"] == []
