"""The capability vocabulary: one row per field.

Columns, CHECK constraints, views, attributes of ModelCapabilities, JSON output and the docs table
derive from FIELDS. A new one is a row here, a migration, and its type by scripts/build_stub.py.

Money is USD per one million tokens, limits are tokens, dates are ISO 8601 (`YYYY-MM` if the
day is unknown), sets are words separated by commas. NULL means unknown: no opinion.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from modeldex.vocabulary import efforts, endpoints, quantizations
from modeldex.vocabulary.prices import PRICE_WORD
from modeldex.vocabulary.text import clean_text

MAX_TOKENS = 1_000_000_000
MAX_PRICE = 1_000_000
MAX_ITEMS = 200

TIERS = ("best", "balanced", "cheap")
MODES = (
    "chat", "completion", "embedding", "rerank", "image", "audio", "video",
    "moderation", "ocr", "realtime", "other",
)  # fmt: skip
PRICE_BASES = ("metered", "free", "subscription", "self_hosted", "dynamic")
LIFECYCLES = ("active", "preview", "deprecated", "retired")
ADAPTER = "adapter"
"""The variant of an offer whose weights are tuned by an adapter, unlike those of its target."""
QUALITY_BASES = ("user", "measured", "benchmark", "curated", "price", "size", "inferred")

_WORD = re.compile(r"[!-+\--~]+")
_DATE = re.compile(r"(\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)([T ]\d\d:\d\d.*)?", re.ASCII)


class Field(NamedTuple):
    """One capability: its column, unit, meaning and valid values.

    `kind` is one of flag, count, price, rate, choice, text, date, set. `low` and `high` are
    the inclusive bounds of numbers, `choices` the words of a choice, `pattern` the regex that
    each word of a set must match; `since` is the schema that has the column; `spelling` gives
    the one spelling of a text, or of each word of a set.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    pattern: re.Pattern[str] = _WORD
    since: int = 1
    spelling: Callable[[str], str | None] = str

    @property
    def column_type(self) -> str:
        """The STRICT SQLite type of the column."""
        return {"flag": "INTEGER", "count": "INTEGER", "price": "REAL", "rate": "REAL"}.get(
            self.kind, "TEXT"
        )

    def clean(self, value: object) -> int | float | str | None:
        """The value as stored, or None if it is unknown (None, empty, "unknown").

        Raises ValueError with the reason for an invalid value.
        """
        if isinstance(value, Enum):
            value = value.value
        if value is None:
            return None
        return _CLEANERS[self.kind](self, value)

    def restore(self, stored: float | str | None) -> object:
        """The Python value of a stored value: flags become bool, sets become frozenset."""
        if stored is None:
            return None
        if self.kind == "flag":
            return bool(self.stored(stored))
        if self.kind == "set":
            return frozenset(str(stored).split(","))
        return self.stored(stored)

    def stored(self, shared: float | str | None) -> object:
        """A value in the type of the field's own column, from a column shared by all fields.

        Views such as `provenance` have such a column; in PostgreSQL its values are text.
        """
        return None if shared is None else _OF_COLUMN[self.column_type](shared)


_OF_COLUMN: dict[str, Callable[[Any], object]] = {"INTEGER": int, "REAL": float, "TEXT": str}


def _flag(_field: Field, value: object) -> int:
    if value is True or value is False or (type(value) is int and value in (0, 1)):
        return int(value)
    raise ValueError("expected true or false")


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"expected a number, got {type(value).__name__}")
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return float(value)


def _bounded(field: Field, number: float) -> float:
    if number < field.low:
        raise ValueError(f"below {field.low:g}")
    if number > field.high:
        raise ValueError(f"above {field.high:g}")
    return number


def _count(field: Field, value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("expected a whole number")
    return int(_bounded(field, number))


def _real(field: Field, value: object) -> float:
    return float(_bounded(field, _number(value)))


def _choice(field: Field, value: object) -> str | None:
    word = clean_text(value).lower()
    if word in ("", "unknown"):
        return None
    if word not in field.choices:
        raise ValueError(f"expected one of {', '.join(field.choices)}")
    return word


def _text(field: Field, value: object) -> str | None:
    return field.spelling(clean_text(value)) or None


def _date(_field: Field, value: object) -> str | None:
    text = clean_text(value.isoformat() if hasattr(value, "isoformat") else value)
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("expected a date, YYYY-MM-DD or YYYY-MM")
    return found[1]


def _set(field: Field, value: object) -> str | None:
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        raise ValueError(f"expected a set of words, got {type(value).__name__}")
    words = sorted({field.spelling(clean_text(item, 100)) or "" for item in value} - {""})
    if len(words) > MAX_ITEMS:
        raise ValueError(f"more than {MAX_ITEMS} items")
    if not all(map(field.pattern.fullmatch, words)):
        raise ValueError(
            "expected words without blanks and commas"
            if field.pattern is _WORD
            else "expected words such as input/batch>200000:1.25"
        )
    return ",".join(words) or None


_CLEANERS: dict[str, Callable[[Field, object], int | float | str | None]] = {
    "flag": _flag,
    "count": _count,
    "price": _real,
    "rate": _real,
    "choice": _choice,
    "text": _text,
    "date": _date,
    "set": _set,
}


def _tokens(name: str, meaning: str, since: int = 1) -> Field:
    return Field(name, "count", "tokens", meaning, 1, MAX_TOKENS, since=since)


def _flagged(name: str, meaning: str, since: int = 1) -> Field:
    return Field(name, "flag", "0 or 1", meaning, 0, 1, since=since)


def _label(name: str, unit: str, meaning: str, since: int) -> Field:
    return Field(name, "text", unit, meaning, since=since)


def _price(name: str, meaning: str) -> Field:
    return Field(name, "price", "USD per 1M tokens", meaning, 0, MAX_PRICE)


def _words(name: str, meaning: str, since: int = 1) -> Field:
    return Field(name, "set", "words separated by commas", meaning, since=since)


def _score(name: str, meaning: str) -> Field:
    return Field(name, "rate", "points of 100", meaning, 0, 100, since=7)


def _one_of(name: str, choices: tuple[str, ...], meaning: str) -> Field:
    return Field(name, "choice", "word", meaning, choices=choices)


def _day(name: str, meaning: str, since: int = 1) -> Field:
    return Field(name, "date", "YYYY-MM-DD or YYYY-MM", meaning, since=since)


FIELDS: tuple[Field, ...] = (
    _tokens("max_context", "largest window, prompt plus output, that the offer documents"),
    _tokens("max_input_tokens", "cap on the prompt alone, where it is smaller than the window"),
    _tokens("max_output_tokens", "cap on generated tokens"),
    _tokens("served_context", "window that a running local server really allocates"),
    _flagged("supports_tools", "accepts tool definitions"),
    _flagged("supports_parallel_tools", "may call several tools in one turn"),
    _flagged("supports_vision", "accepts images as input"),
    _flagged("supports_audio", "accepts audio as input"),
    _flagged("supports_pdf", "accepts PDF documents as input"),
    _flagged("supports_json_mode", "can be held to any valid JSON"),
    _flagged("supports_structured_outputs", "can be held to a given JSON Schema"),
    _flagged("supports_streaming", "sends its answer in pieces"),
    _flagged("supports_system_messages", "takes a system message"),
    _flagged("supports_reasoning", "can think before it answers"),
    _flagged("supports_prompt_cache", "charges less for a repeated prompt prefix"),
    _words("known_params", "request parameters that are accepted"),
    _words("unsupported_params", "request parameters that are refused"),
    _words("input_modalities", "kinds of input: text, image, audio, video, pdf"),
    _words("output_modalities", "kinds of output: text, image, audio, video, embedding"),
    _one_of("mode", MODES, "what the model is for"),
    _price("input_cost_per_1m", "prompt tokens: standard tier, text, smallest prompt size"),
    _price("output_cost_per_1m", "generated tokens: standard tier, text, smallest prompt size"),
    _price("cache_read_cost_per_1m", "prompt tokens served from the cache"),
    _price("cache_write_cost_per_1m", "prompt tokens written to the cache, shortest lifetime"),
    Field(
        "other_prices",
        "set",
        "USD per 1M tokens",
        "what batches, long prompts and the like cost; words such as input>200000:2.5, "
        "output/batch:5, cache_write_1h:6, input@eu-west-2:2.2, input@1630-0030:1",
        pattern=PRICE_WORD,
    ),
    _one_of("price_basis", PRICE_BASES, "why the price is what it is; a zero needs a reason"),
    _one_of("quality_tier", TIERS, "quality class, not a price"),
    _one_of("quality_basis", QUALITY_BASES, "evidence behind quality_tier"),
    Field("speed_hint_tps", "rate", "tokens per second", "median decode rate", 0, 1_000_000),
    Field("ttft_ms", "rate", "milliseconds", "median time to the first token", 0, 10_000_000),
    _day("release_date", "day the model was released"),
    _day("knowledge_cutoff", "end of the training data"),
    _one_of("lifecycle", LIFECYCLES, "what its maker says of its state"),
    _day("deprecated_at", "day from which its maker advises against it"),
    _day("retires_at", "day on which it stops answering"),
    Field("replacement", "text", "model name", "what its maker recommends instead"),
    _flagged("open_weights", "its weights can be downloaded"),
    Field("param_count", "count", "parameters", "total number of weights", 1, 1e15),
    _label("quantization", "label", "number format of the served weights", 1)._replace(
        spelling=quantizations.spelling
    ),
    Field("embedding_dims", "count", "dimensions", "length of an embedding vector", 1, 1_000_000),
    _label("base", "maker/name", "trained model that it offers; see table bases", 4),
    _label("snapshot", "date or digits", "dated release of the base as named", 4),
    # No commas: DROP COLUMN of SQLite takes one in a comment for the end of the column before.
    _label("variant", "words", "precision or effort or adapter it is offered with", 4),
    _label("target", "provider/name", "offer that it stands for and has the facts of", 4),
    _flagged("suspicious", "its facts are not plausible; see view suspicious_offers", 4),
    _day(
        "presumed_gone",
        "day from which those who would know no longer list it; nobody has said that it ended",
        6,
    ),
    _flagged("supports_video", "accepts video as input", 7),
    _tokens("min_cacheable_tokens", "shortest prompt that the cache takes", 7),
    _words("endpoints", "paths of the API that take it such as /v1/responses", 7)._replace(
        spelling=endpoints.spelling
    ),
    _words("effort_levels", "levels of reasoning effort that it accepts", 7)._replace(
        spelling=efforts.spelling
    ),
    _score("quality_score", "standing in benchmarks of at least two families; see docs/benchmarks"),
    _score("quality_low", "lower end of what quality_score may really be"),
    _score("quality_high", "upper end of what quality_score may really be"),
    _tokens("quality_families", "suites of one vote are one", 7)._replace(unit="families"),
    _score("coding_score", "standing in programming half of which is quality_score"),
    _score("vision_score", "standing with images half of which is quality_score"),
    _score("documents_score", "standing with documents half of which is quality_score"),
    _label("superseded_by", "model name", "newer version there of no less use for its price", 7),
    _tokens("newer_versions", "of its tier and band which supersede it", 7)._replace(unit="offers"),
)

BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
