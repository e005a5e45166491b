"""Parse measurements as users write them: one mapping each, with the usual synonyms as keys.

A row with an invalid value is rejected whole, with the field's name. An empty string is unknown.
A capability is true or false as tested; if a test could not decide, the reason belongs in
`error`.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypedDict

from modeldex.measurements.sample_fields import PARSERS, moment
from modeldex.vocabulary import clock
from modeldex.vocabulary.normalize import clean_name, clean_provider
from modeldex.vocabulary.providers import canonical, providers


class Measurement(NamedTuple):
    """One measurement, a row of the table `measurements`; None is unknown.

    `measured_at` is a datetime, ISO 8601 text (UTC without a zone) or seconds since 1970;
    default: the time of recording. `tokens_per_second` is the decode rate after the first token,
    `ttft_ms` the time to the first token, costs are USD paid per 1M tokens. Capabilities are
    test results; `error` is why a test could not decide. `quality_score` is on the scale of its
    `quality_suite`. `samples` is the number of requests in the row, `host` the machine,
    `run_id` the job: repeating a job with its `run_id` adds no duplicates.
    """

    provider: str
    name: str
    measured_at: str | float | date | None = None
    tokens_per_second: float | None = None
    ttft_ms: float | None = None
    input_cost_per_1m: float | None = None
    output_cost_per_1m: float | None = None
    supports_tools: bool | None = None
    supports_vision: bool | None = None
    supports_json_mode: bool | None = None
    supports_structured_outputs: bool | None = None
    quality_score: float | None = None
    quality_suite: str | None = None
    suite_version: str | None = None
    error: str | None = None
    samples: int = 1
    host: str | None = None
    run_id: str | None = None


class Figures(TypedDict, total=False):
    """What a Measurement has beside provider and name, as keywords."""

    measured_at: str | float | date | None
    tokens_per_second: float | None
    ttft_ms: float | None
    input_cost_per_1m: float | None
    output_cost_per_1m: float | None
    supports_tools: bool | None
    supports_vision: bool | None
    supports_json_mode: bool | None
    supports_structured_outputs: bool | None
    quality_score: float | None
    quality_suite: str | None
    suite_version: str | None
    error: str | None
    samples: int
    host: str | None
    run_id: str | None


class RefusedSample(NamedTuple):
    """A rejected row: its number, the invalid field (may be empty) and the reason.

    The number is the line in a file, the position in a list from 1, or the id in another
    catalog.
    """

    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (f"row {self.row}", self.field, self.reason)))


class InvalidSample(ValueError):
    """The error of a rejected row: the invalid field (may be empty) and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}" if field else reason)


SYNONYMS = {
    "tps": "tokens_per_second",
    "measured_tps": "tokens_per_second",
    "speed_hint_tps": "tokens_per_second",
    "ttft": "ttft_ms",
    "input_cost": "input_cost_per_1m",
    "actual_cost": "input_cost_per_1m",
    "output_cost": "output_cost_per_1m",
    "tools": "supports_tools",
    "vision": "supports_vision",
    "json_mode": "supports_json_mode",
    "structured_outputs": "supports_structured_outputs",
    "score": "quality_score",
    "suite": "quality_suite",
    "timestamp": "measured_at",
    "time": "measured_at",
    "n": "samples",
    "run": "run_id",
}
"""Alternative key: field name."""

_AHEAD = timedelta(minutes=5)  # tolerated clock difference, as in the trigger of the table
COLUMNS = Measurement._fields
_PLACE = {name: place for place, name in enumerate(COLUMNS)}
KEYS = {
    key: (_PLACE[name], name, PARSERS[name])
    for key, name in {**{name: name for name in PARSERS}, **SYNONYMS}.items()
}
MODEL_KEYS = ("provider", "name", "model")
_TIME = _PLACE["measured_at"]
_FIRST, _LAST = _PLACE["tokens_per_second"], _PLACE["error"]
_SCORE, _SUITE, _SAMPLES = map(_PLACE.__getitem__, ("quality_score", "quality_suite", "samples"))
STATED = [
    at for at in range(_FIRST, _LAST + 1) if COLUMNS[at] not in ("quality_suite", "suite_version")
]
_MAX_IGNORED = 20


class SampleParser:
    """Parses rows; rejects times more than five minutes after its creation.

    `ignored` has the unknown keys, at most _MAX_IGNORED of them.
    """

    def __init__(self) -> None:
        self.ignored: set[str] = set()
        self.latest = moment(clock.now() + _AHEAD)

    def parse(self, row: Mapping[str, object]) -> Measurement:
        """Return the validated measurement of a row. Raises InvalidSample."""
        values: list[Any] = [None] * len(COLUMNS)
        values[_SAMPLES] = 1
        for key, value in row.items():
            if value is None or value == "":
                continue
            known = KEYS.get(key)
            if known is None:
                self.note_ignored(key)
                continue
            place, name, reader = known
            try:
                values[place] = reader(value)
            except ValueError as error:
                raise InvalidSample(name, str(error)) from None
        values[0], values[1] = model_of_row(row)
        self._check(values)
        return Measurement(*values)

    def note_ignored(self, key: object) -> None:
        """Add a key to `ignored`, unless it is one of a model's."""
        if key not in MODEL_KEYS and len(self.ignored) < _MAX_IGNORED:
            self.ignored.add(str(key)[:40])

    def _check(self, values: list[Any]) -> None:
        when = values[_TIME]
        if when is not None and when > self.latest:
            raise InvalidSample("measured_at", f"{when} lies in the future")
        if all(values[at] is None for at in STATED):
            raise InvalidSample("", "needs at least one figure, or an error")
        if values[_SCORE] is not None and values[_SUITE] is None:
            raise InvalidSample("quality_suite", "a score needs the name of its suite")


def model_of_row(row: Mapping[str, object]) -> tuple[str, str]:
    """Return provider and name of the model of a row. Raises InvalidSample.

    `model`, or `name` without `provider`, may be `provider/name`, or `provider:name` for a known
    provider.
    """
    provider, name = row.get("provider") or "", row.get("name") or row.get("model") or ""
    if not isinstance(provider, str) or not isinstance(name, str):
        raise InvalidSample("name" if isinstance(provider, str) else "provider", "expected a text")
    return model_key(provider, name)


# Cached, as a file has many rows of few models.
@lru_cache(maxsize=65536)
def model_key(provider: str, name: str) -> tuple[str, str]:
    """Return provider and name of a model as stored; as `model_of_row`, of texts."""
    if not name:
        raise InvalidSample("name", "missing")
    if not provider:
        provider, name = _split(name)
    try:
        provider = clean_provider(canonical(provider))
    except ValueError as error:
        raise InvalidSample("provider", str(error)) from None
    try:
        return provider, clean_name(name)
    except ValueError as error:
        raise InvalidSample("name", str(error)) from None


def _split(text: str) -> tuple[str, str]:
    provider, slash, name = text.partition("/")
    if slash:
        return provider, name
    provider, colon, name = text.partition(":")
    if colon and canonical(provider) in providers():
        return provider, name
    raise InvalidSample("provider", "missing: state it, or give the model as provider/name")
