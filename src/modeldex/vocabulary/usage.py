"""The cost of one response, from the usage that OpenAI, Anthropic or Google report with it.

    cost = model.cost_of(response.usage)

Usage is read by attributes or keys, of OpenAI's chat completions, responses and embeddings, of
Anthropic's messages and of Google's `usage_metadata`; a whole response is as good. Prices are those
of `modeldex.vocabulary.price_rule`: the whole prompt, cached tokens included, decides about a price
by size. A kind of tokens without a known price makes the cost unknown, never 0: `Cost.unknown`
names it. Tokens of audio have prices of their own, which no catalog has.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from modeldex.errors import InvalidQuery
from modeldex.vocabulary import clock, timestamps
from modeldex.vocabulary.price_rule import Occasion, used
from modeldex.vocabulary.prices import STANDARD, Price, price_list
from modeldex.vocabulary.timestamps import When
from modeldex.vocabulary.workloads import NOT_CACHED, Charge, Cost, fields_of

M = TypeVar("M")

NOT_WRITTEN = "the price of uncached tokens, as that of writing to the cache is unknown"
NOT_PROCESSED = "the standard price, as its own is not counted"
NOT_FOR_AN_HOUR = "the price of the shortest lifetime, as that of one hour is unknown"
_AUDIO = "audio"
_BATCH = "batch"
_RESPONSES = ("usage", "usage_metadata", "usageMetadata")


class UsedTokens(NamedTuple):
    """The tokens of one response by the price they have; `searches` are paid for beside them.

    `processing` is standard, batch, or the word of the provider for another way.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0
    audio: int = 0
    processing: str = STANDARD
    searches: int = 0

    @property
    def prompt(self) -> int:
        """The tokens of the whole prompt but those of audio."""
        return self.input + self.cache_read + self.cache_write + self.cache_write_1h


class _Line(NamedTuple):
    kind: str
    tokens: int
    price: Price | None
    assumed: tuple[str, ...] = ()


def cost_of(
    model: M,
    usage: object,
    *,
    batch: bool | None = None,
    region: str | None = None,
    at: When | None = None,
) -> Cost[M]:
    """The cost of one response on a model, a catalog entry, or a mapping of fields to values.

    `batch` is whether it was processed in a batch, by default what the usage says; `region` where,
    `at` when, by default now. Raises InvalidQuery for an object that is no usage.
    """
    tokens = tokens_of(usage)
    moment = clock.now() if at is None else datetime.fromisoformat(timestamps.any_moment("at", at))
    in_batch = tokens.processing == _BATCH if batch is None else batch
    occasion = Occasion(tokens.prompt, moment, in_batch, region)
    prices = price_list(fields_of(model))
    lines = [line for line in _lines(tokens, prices, occasion) if line.tokens]
    total = sum((_amount(line) or Decimal(0) for line in lines), Decimal(0))
    known = all(line.price for line in lines)
    return Cost(
        model,
        float(total) if known else None,
        tuple(map(_charge, lines)),
        notes=tuple(_notes(tokens, lines, prices, occasion)),
    )


def _lines(tokens: UsedTokens, prices: Sequence[Price], occasion: Occasion) -> Iterator[_Line]:
    fresh = occasion.price(prices, "input")
    read = occasion.price(prices, "cache_read")
    written = occasion.price(prices, "cache_write")
    hour = occasion.price(prices, "cache_write_1h")
    yield _Line("input", tokens.input, fresh)
    yield _Line("cached", tokens.cache_read, read or fresh, () if read else (NOT_CACHED,))
    unwritten = () if written else (NOT_WRITTEN,)
    yield _Line("cache_write", tokens.cache_write, written or fresh, unwritten)
    shorter = (NOT_FOR_AN_HOUR, *unwritten)
    yield _Line(
        "cache_write_1h", tokens.cache_write_1h, hour or written or fresh, () if hour else shorter
    )
    yield _Line("output", tokens.output, occasion.price(prices, "output"))
    yield _Line(_AUDIO, tokens.audio, None)


def _amount(line: _Line) -> Decimal | None:
    return None if line.price is None else (line.tokens * line.price.usd_per_1m).scaleb(-6)


def _charge(line: _Line) -> Charge:
    usd = _amount(line)
    assumed = line.assumed if line.price else ()
    return Charge(line.kind, line.tokens, line.price, None if usd is None else float(usd), assumed)


def _notes(
    tokens: UsedTokens, lines: Sequence[_Line], prices: Sequence[Price], occasion: Occasion
) -> Iterator[str]:
    applied = [line.price for line in lines if line.price]
    yield from dict.fromkeys(filter(None, (used(each, prices, occasion) for each in applied)))
    if tokens.processing not in (STANDARD, _BATCH):
        yield f"{tokens.processing} processing: {NOT_PROCESSED}"
    if tokens.searches:
        yield f"{tokens.searches} web searches are not counted"


def tokens_of(usage: object) -> UsedTokens:
    """The tokens that a usage, or the response that has it, reports. Raises InvalidQuery."""
    found = next((inner for name in _RESPONSES if (inner := _get(usage, name))), usage)
    if _has(found, "prompt_tokens", "completion_tokens"):
        return _of_chat(found)
    if _has(found, "prompt_token_count", "promptTokenCount"):
        return _of_google(found)
    if _has(found, "input_tokens", "output_tokens"):
        is_messages = _has(found, "cache_read_input_tokens", "cache_creation_input_tokens")
        return _of_messages(found) if is_messages else _of_responses(found)
    reason = "expected the usage of a response of OpenAI, Anthropic or Google"
    raise InvalidQuery("usage", type(usage).__name__, reason)


def _of_chat(usage: object) -> UsedTokens:
    """Of OpenAI's chat completions and embeddings: the prompt includes what the cache had."""
    details, answer = _get(usage, "prompt_tokens_details"), _get(usage, "completion_tokens_details")
    cached = _count(details, "cached_tokens") or _count(usage, "prompt_cache_hit_tokens")
    written = _count(details, "cache_write_tokens", "cache_creation_tokens")
    heard, spoken = _count(details, "audio_tokens"), _count(answer, "audio_tokens")
    return UsedTokens(
        input=_rest(_count(usage, "prompt_tokens"), cached, written, heard),
        cache_read=cached, cache_write=written,
        output=_rest(_count(usage, "completion_tokens"), spoken), audio=heard + spoken,
    )  # fmt: skip


def _of_responses(usage: object) -> UsedTokens:
    """Of OpenAI's responses: the input includes what the cache had."""
    details = _get(usage, "input_tokens_details")
    cached, written = _count(details, "cached_tokens"), _count(details, "cache_write_tokens")
    return UsedTokens(
        input=_rest(_count(usage, "input_tokens"), cached, written),
        cache_read=cached, cache_write=written, output=_count(usage, "output_tokens"),
    )  # fmt: skip


def _of_messages(usage: object) -> UsedTokens:
    """Of Anthropic's messages: the input is what the cache neither had nor took."""
    hour = _count(_get(usage, "cache_creation"), "ephemeral_1h_input_tokens")
    return UsedTokens(
        input=_count(usage, "input_tokens"),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write=_rest(_count(usage, "cache_creation_input_tokens"), hour),
        cache_write_1h=hour,
        output=_count(usage, "output_tokens"),
        processing=_processing(usage),
        searches=_count(_get(usage, "server_tool_use"), "web_search_requests"),
    )


def _processing(usage: object) -> str:
    """How Anthropic processed a request; its `speed` is dearer where it is not standard."""
    words = (_get(usage, "service_tier"), _get(usage, "speed"))
    return next((str(word) for word in words if word not in (None, STANDARD)), STANDARD)


def _of_google(usage: object) -> UsedTokens:
    """Of Google: the prompt includes what the cache had, thoughts are beside the candidates."""
    cached = _count(usage, "cached_content_token_count", "cachedContentTokenCount")
    heard = _heard(_get(usage, "prompt_tokens_details", "promptTokensDetails"))
    spoken = _heard(_get(usage, "candidates_tokens_details", "candidatesTokensDetails"))
    prompt = _count(usage, "prompt_token_count", "promptTokenCount")
    tools = _count(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount")
    answer = _count(usage, "candidates_token_count", "candidatesTokenCount")
    thoughts = _count(usage, "thoughts_token_count", "thoughtsTokenCount")
    return UsedTokens(
        input=_rest(prompt, cached, heard) + tools, cache_read=cached,
        output=_rest(answer, spoken) + thoughts, audio=heard + spoken,
    )  # fmt: skip


def _heard(details: Any) -> int:
    """The tokens of audio in Google's list of modalities."""
    audio = (each for each in details or () if str(_get(each, "modality")).endswith("AUDIO"))
    return sum(_count(each, "token_count", "tokenCount") for each in audio)


def _rest(whole: int, *parts: int) -> int:
    return max(0, whole - sum(parts))


def _has(source: object, *names: str) -> bool:
    return _get(source, *names) is not None


def _get(source: object, *names: str) -> Any:
    """The first known value of a key or an attribute; None if there is none."""
    if isinstance(source, Mapping):
        found = map(source.get, names)
    else:
        found = (getattr(source, name, None) for name in names)  # type: ignore[assignment]
    return next((each for each in found if each is not None), None)


def _count(source: object, *names: str) -> int:
    """The first known number of tokens; 0 if there is none. Raises InvalidQuery."""
    found = _get(source, *names)
    if found is None:
        return 0
    # Not isinstance: a boolean is an int.
    if type(found) is not int or found < 0:
        raise InvalidQuery("usage", found, f"{names[0]} is not a number of tokens")
    return found
