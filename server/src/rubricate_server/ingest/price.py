"""What a call of a model cost, from its tokens and the price list that the library `genai-prices` brings along.

The library finds the model and the prices in force; the sum is ours, because its own takes 250 µs a span. It is
imported with the first span that needs it: 0.3 s and 15 MB that a server without such spans does not pay. It reads the
list in its package and asks nobody.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice

PRICED: Final = frozenset({"LLM", "EMBEDDING"})
"""Kinds of spans that are calls of a model. Agents and chains repeat the tokens of the calls inside them."""

_PROMPT_DETAILS: Final = (
    ("prompt_details.cache_read", "cache_read_mtok"),
    ("prompt_details.cache_write", "cache_write_mtok"),
    ("prompt_details.audio", "input_audio_mtok"),
)
_COMPLETION_DETAILS: Final = (
    ("completion_details.audio", "output_audio_mtok"),
    ("completion_details.reasoning", "output_reasoning_mtok"),
)

# A sender that makes up names of models must cost no memory.
_MAX_REMEMBERED: Final = 4096
_MAX_NAME: Final = 256


class Price(NamedTuple):
    """In US dollars. `total` may be more than the sum: some models cost something for each request."""

    prompt: float
    completion: float
    total: float
    details: dict[str, float]
    """What of it is for tokens that the span says more of, by attribute: `llm.cost.prompt_details.cache_read` …"""


class _Tiers(NamedTuple):
    """Dollars a token. A prompt beyond the start of a tier has that tier's rate, for all of its tokens."""

    base: float
    tiers: tuple[tuple[int, float], ...]

    def at(self, prompt_tokens: int) -> float:
        rate = self.base
        for start, tier in self.tiers:
            if prompt_tokens > start:
                rate = tier
        return rate


_Rate = float | _Tiers


class _Sheet(NamedTuple):
    """The prices of a model in force at some time, as far as spans say what was used."""

    prompt: _Rate
    completion: _Rate
    prompt_details: "tuple[_Detail, ...]"
    completion_details: "tuple[_Detail, ...]"
    request: float


class _Detail(NamedTuple):
    tokens: str
    cost: str
    rate: _Rate
    own: bool
    """Whether it is counted apart; otherwise it costs what other tokens cost."""


def price_of(
    provider: str | None,
    model: Any,
    at_ns: int,
    prompt: int,
    completion: int,
    attribute: Callable[[str], Any],
) -> Price | None:
    """What so many tokens cost; None when the model, or its provider, is not in the list.

    Tokens of a detail (read from a cache, audio …) count at their own price where there is one, the rest of the prompt
    or completion at the ordinary price.
    """
    if model.__class__ is not str or prompt < 0 or completion < 0:
        return None
    try:
        sheets = _found[provider, model]
    except KeyError:
        sheets = _sheets(provider, model)
    if sheets is None:
        return None
    if isinstance(sheets, _Sheet):
        sheet = sheets
    elif (dated := _sheet(sheets.get_prices(datetime.fromtimestamp(at_ns // 10**9, UTC)))) is not None:
        sheet = dated
    else:
        return None
    costs: dict[str, float] = {}
    prompt_usd = _side(sheet.prompt, sheet.prompt_details, prompt, prompt, attribute, costs) if prompt else 0.0
    completion_usd = _side(sheet.completion, sheet.completion_details, completion, prompt, attribute, costs)
    return Price(prompt_usd, completion_usd, prompt_usd + completion_usd + sheet.request, costs)


def _side(
    rate: _Rate,
    details: tuple[_Detail, ...],
    tokens: int,
    prompt_tokens: int,
    attribute: Callable[[str], Any],
    costs: dict[str, float],
) -> float:
    if isinstance(rate, _Tiers):
        rate = rate.at(prompt_tokens)
    cost = 0.0
    detailed = 0
    for detail in details:
        count = attribute(detail.tokens)
        if count.__class__ is int and count > 0:
            at = detail.rate
            costs[detail.cost] = part = count * (at.at(prompt_tokens) if isinstance(at, _Tiers) else at)
            if detail.own:
                detailed += count
                cost += part
    # More details than tokens: this sender does not count them among the tokens.
    return cost + (tokens - detailed if detailed <= tokens else tokens) * rate


_found: dict[tuple[str | None, str], "_Sheet | ModelInfo | None"] = {}
_finding: Final = threading.Lock()


def _sheets(provider: str | None, model: str) -> "_Sheet | ModelInfo | None":
    """The prices of a model; the model itself when its prices depend on the time."""
    if len(model) > _MAX_NAME or len(provider or "") > _MAX_NAME:
        return None
    with _finding:
        if len(_found) >= _MAX_REMEMBERED:
            _found.clear()
            _list.cache_clear()  # it remembers what it did not find
        found = _found[provider, model] = _look_up(provider, model)
    return found


def _look_up(provider: str | None, model: str) -> "_Sheet | ModelInfo | None":
    try:
        _, info = _list().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    return info if isinstance(info.prices, list) else _sheet(info.prices)


@cache
def _list() -> "DataSnapshot":
    from genai_prices.data import providers
    from genai_prices.data_snapshot import DataSnapshot

    return DataSnapshot(providers, from_auto_update=False)


_sheet_of: dict[int, _Sheet | None] = {}


def _sheet(prices: "ModelPrice") -> _Sheet | None:
    """None when tokens have no price. The list lives as long as the process, so its objects can be known by id."""
    try:
        return _sheet_of[id(prices)]
    except KeyError:
        pass
    prompt, completion = _rate(prices, "input_mtok"), _rate(prices, "output_mtok")
    sheet = None
    if prompt is not None or completion is not None:
        request = getattr(prices, "requests_kcount", None)
        sheet = _Sheet(
            prompt if prompt is not None else 0.0,
            completion if completion is not None else 0.0,
            _details(prices, _PROMPT_DETAILS, prompt),
            _details(prices, _COMPLETION_DETAILS, completion),
            float(request) / 1000 if request is not None else 0.0,
        )
    _sheet_of[id(prices)] = sheet
    return sheet


def _details(prices: "ModelPrice", details: tuple[tuple[str, str], ...], ordinary: _Rate | None) -> tuple[_Detail, ...]:
    found = ((key, _rate(prices, name)) for key, name in details)
    return tuple(
        _Detail(f"llm.token_count.{key}", f"llm.cost.{key}", (ordinary or 0.0) if own is None else own, own is not None)
        for key, own in found
    )


def _rate(prices: "ModelPrice", name: str) -> _Rate | None:
    price = getattr(prices, name)
    if price is None:
        return None
    tiers = getattr(price, "tiers", None)
    if tiers is None:
        return float(price) / 1e6
    return _Tiers(float(price.base) / 1e6, tuple((tier.start, float(tier.price) / 1e6) for tier in tiers))
