"""Costs: what the sender says counts, then the price list, and what is not in it costs nothing we know."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricate_server.ingest.conventions.openinference import build_span
from rubricate_server.ingest.price import price_of
from rubricate_server.storage.contract import NewSpan

NOW_NS = 1_790_000_000 * 10**9
COUNT = "llm.token_count"


def llm(**more: Any) -> NewSpan:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "llm.provider": "openai",
        f"{COUNT}.prompt": 1000,
        f"{COUNT}.completion": 100,
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    attributes = {key: value for key, value in attributes.items() if value is not None}
    return build_span("p", b"t", b"s", None, "n", NOW_NS, NOW_NS, 0, "", attributes)


def costs(span: NewSpan) -> tuple[float | None, ...]:
    return span.cost_prompt_usd, span.cost_completion_usd, span.cost_usd


def test_a_known_model_costs_what_the_list_says() -> None:
    assert costs(llm()) == pytest.approx((0.0025, 0.001, 0.0035))


def test_attributes_stay_as_they_were_sent() -> None:
    assert b"cost" not in llm().attributes


def test_what_the_sender_says_counts() -> None:
    assert costs(llm(llm__cost__total=7.0)) == (None, None, 7.0)
    assert costs(llm(llm__cost__prompt=1.0, llm__cost__completion=2)) == (1.0, 2.0, 3.0)
    assert costs(llm(llm__cost__total=0.0)) == (None, None, 0.0)


@pytest.mark.parametrize(
    "more",
    [
        {"llm__model_name": "no-such-model"},
        {"llm__model_name": None},
        {"llm__provider": "my-own-machine"},
        {"openinference__span__kind": "AGENT"},
        {"llm__token_count__prompt": None, "llm__token_count__completion": None},
        {"llm__token_count__prompt": -5},
    ],
)
def test_no_cost_is_made_up(more: dict[str, Any]) -> None:
    assert costs(llm(**more)) == (None, None, None)


def test_cached_tokens_have_their_own_price() -> None:
    cached = costs(llm(llm__token_count__prompt_details__cache_read=800))
    assert cached == pytest.approx((200 * 2.5e-6 + 800 * 1.25e-6, 0.001, 0.0025))


def test_a_sender_that_counts_cached_tokens_apart_pays_for_both() -> None:
    cost = llm(llm__token_count__prompt_details__cache_read=5000).cost_prompt_usd
    assert cost == pytest.approx(1000 * 2.5e-6 + 5000 * 1.25e-6)


def test_what_details_cost_is_found_by_filters_and_not_among_the_attributes() -> None:
    span = llm(llm__token_count__prompt_details__cache_read=800, llm__token_count__completion_details__reasoning=40)
    small = json.loads(span.small or "{}")
    assert small["llm.cost.prompt_details.cache_read"] == pytest.approx(800 * 1.25e-6)
    assert small["llm.cost.completion_details.reasoning"] == pytest.approx(40 * 10e-6), "priced as any other token"
    assert b"llm.cost" not in span.attributes
    assert costs(span) == pytest.approx((200 * 2.5e-6 + 800 * 1.25e-6, 0.001, 0.0025))


def test_embeddings_cost_too() -> None:
    span = llm(openinference__span__kind="EMBEDDING", embedding__model_name="text-embedding-3-small")
    assert span.cost_usd == pytest.approx(1000 * 0.02e-6)


MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-audio-preview"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("perplexity", "sonar"),
    ("azure", "gpt-4o"),
    (None, "claude-3-5-sonnet-20240620"),
    ("deepseek", "deepseek-chat"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(MODELS), st.integers(1, 400_000), st.integers(0, 50_000), st.integers(0, 100), st.integers(0, 100)
)
def test_sums_are_those_of_the_library(
    model: tuple[str | None, str], prompt: int, completion: int, read: int, written: int
) -> None:
    details = {
        "cache_read": prompt * read // 200,
        "cache_write": prompt * written // 200,
    }
    ours = price_of(
        model[0],
        model[1],
        NOW_NS,
        prompt,
        completion,
        {f"{COUNT}.prompt_details.{name}": count for name, count in details.items()}.get,
    )
    usage = Usage(
        input_tokens=prompt,
        output_tokens=completion,
        cache_read_tokens=details["cache_read"],
        cache_write_tokens=details["cache_write"],
    )
    theirs = calc_price(
        usage, model[1], provider_id=model[0], genai_request_timestamp=datetime.fromtimestamp(NOW_NS / 1e9, UTC)
    )
    assert ours is not None
    assert ours[:3] == pytest.approx((float(theirs.input_price), float(theirs.output_price), float(theirs.total_price)))
