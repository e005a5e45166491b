"""Parameters of the operations. Query criteria have the names they have in ModelQuery.

One default differs from the library: `available` is false, because the API keys in the server's
environment are not those of its callers.
"""

import difflib
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from modeldex.changes import KINDS
from modeldex.errors import InvalidQuery
from modeldex.fields import BY_NAME, NAMES
from modeldex.picks import GROUPS
from modeldex.queries import criteria_of, query_of
from modeldex.search import REQUIRED_FLAGS
from modeldex.server import wire
from modeldex.server.wire import MOST, PAGE
from modeldex.values import ModelQuery
from modeldex.workloads import Workload

P = TypeVar("P", bound="Parameters")

LATELY = "7d"


class InvalidParameter(InvalidQuery):
    """An unknown parameter or an invalid value, detected without reading the catalog."""


class Parameters(BaseModel):
    """What an operation takes; what is not named here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


_TYPES: Mapping[Any, Any] = {
    str | None: wire.Text | None,
    frozenset[str]: wire.Words,
    int | None: wire.Count | None,
    float | None: wire.Amount | None,
}
_MEANINGS = {
    "requires_params": "request parameters that must be accepted",
    "min_context": "at least this window, in tokens",
    "max_context": "at most this window, in tokens",
    "min_output_tokens": "can generate at least so many tokens",
    "max_cost_per_1m_input": "at most this price, in USD per 1M prompt tokens",
    "max_cost_per_1m_output": "at most this price, in USD per 1M generated tokens",
    "quality_tier": "exactly this quality",
    "min_quality_tier": "at least this quality",
    "cost_tier": "by the blended price, (3 x input + output) / 4",
    "min_speed_tps": "decodes at least so many tokens per second",
    "provider": "of this provider, or an alias of it",
    "providers": "of one of these providers",
    "family": "of this line of models, such as gpt-mini",
    "mode": "what it is for; chat by default",
    "price_basis": "why its price is what it is; metered, self_hosted or unknown by default",
    "available": "only what the server itself can call; false is everything known",
    "include_deprecated": "also what is deprecated or retired",
    **{name: BY_NAME[column].meaning for name, column in REQUIRED_FLAGS.items()},
}
_TIERS = {"quality_tier": wire.Tier | Literal["any"] | None, "min_quality_tier": wire.Tier | None}
_DEFAULTS = {"available": False}
_PAGED = ("limit", "offset")


def _criterion(name: str, field: FieldInfo) -> tuple[Any, Any]:
    kind = _TIERS.get(name) or _TYPES.get(field.annotation, field.annotation)
    default = _DEFAULTS.get(name, () if kind is wire.Words else field.default)
    return kind, Field(default=default, description=_MEANINGS[name])


def _option(kind: Any, default: object, meaning: str) -> tuple[Any, Any]:
    return kind, Field(default=default, description=meaning)


CRITERIA = {
    name: _criterion(name, field)
    for name, field in ModelQuery.model_fields.items()
    if name not in _PAGED
}
_AS_OF = {
    "as_of": _option(wire.Moment | None, None, "as it stood then: 7d ago, a day, a time; UTC")
}
_WORKLOAD = {
    "input_tokens": _option(wire.Tokens, 0, "rank by what prompts of this size cost"),
    "output_tokens": _option(wire.Tokens, 0, "and answers of this size"),
    "cached_fraction": _option(wire.Share, 0.0, "share of the prompt that the cache serves"),
    "requests": _option(wire.Requests, 1, "so many requests"),
    "batch": _option(bool, default=False, meaning="at the price for answers that may come later"),
}
_DISTINCT = {"distinct": _option(Literal[GROUPS] | None, None, "the best of each only")}
_PAGE = {
    "limit": _option(wire.Page, PAGE, "at most so many"),
    "offset": _option(wire.Offset, 0, "without the first so many"),
}


def _made(name: str, **options: Any) -> type[Parameters]:
    made: type[Parameters] = create_model(name, __base__=Parameters, __module__=__name__, **options)
    return made


FindBest = _made(
    "FindBest",
    **CRITERIA,
    n=_option(wire.Few, 1, "so many, best first, for fail-over"),
    **_DISTINCT, **_WORKLOAD, **_AS_OF,
)  # fmt: skip
Query = _made("Query", **CRITERIA, **_DISTINCT, **_WORKLOAD, **_AS_OF, **_PAGE)
ExplainQuery = _made("ExplainQuery", **CRITERIA, **_WORKLOAD, **_AS_OF)


class Nothing(Parameters):
    """No parameters."""


class OneModel(Parameters):
    """One model, by the name that its provider's API expects, or by an alias."""

    provider: wire.Text = Field(description="provider id, or an alias of it")
    name: wire.Text = Field(description="name or alias of the model; may contain slashes")


class FindModel(OneModel):
    """One model, now or as it stood at a moment."""

    as_of: wire.Moment | None = _AS_OF["as_of"][1]


class ChangesSince(Parameters):
    """Two moments, and what to narrow the difference to."""

    since: wire.Moment = Field(
        default=LATELY, description="7d, 24h, 2026-11-22, 2026-11-22T09:30Z; UTC"
    )
    until: wire.Moment | None = Field(default=None, description="the same; now by default")
    kinds: tuple[Literal[KINDS], ...] = Field(  # type: ignore[valid-type]
        default=(), max_length=len(KINDS), description="only these kinds of change"
    )
    providers: wire.Words = Field(default=(), description="only of these providers")
    limit: wire.LongPage = Field(default=MOST, description="at most so many")
    offset: wire.Offset = Field(default=0, description="without the first so many")


class ExpiringWithin(Parameters):
    """How far to look ahead."""

    within: wire.Span = Field(default="30d", description="90m, 24h, 7d, 2w")
    available: bool = Field(default=False, description=_MEANINGS["available"])
    limit: wire.LongPage = Field(default=MOST, description="at most so many")


class DriftOf(Parameters):
    """What to narrow the disagreements to."""

    provider: wire.Text | None = Field(default=None, description="of this provider")
    name: wire.Text | None = Field(default=None, description="of the model of this name")
    field: Literal[NAMES] | None = Field(  # type: ignore[valid-type]
        default=None, description="only this field"
    )
    min_ratio: wire.Factor | None = Field(
        default=None, description="only numbers that differ at least by this factor"
    )
    acknowledged: bool = Field(default=False, description="those too that somebody has looked at")
    limit: wire.LongPage = Field(default=MOST, description="at most so many")
    offset: wire.Offset = Field(default=0, description="without the first so many")


class Sample(Parameters):
    """One sample of a perf lab; what was not measured is left out. A score needs its suite."""

    provider: wire.Text
    name: wire.Text
    measured_at: wire.Time | None = Field(
        default=None, description="UTC; the time of arrival if absent"
    )
    tokens_per_second: wire.Rate | None = Field(
        default=None, description="decode rate, first excluded"
    )
    ttft_ms: wire.Duration | None = Field(default=None, description="time to the first token")
    input_cost_per_1m: wire.Cost | None = Field(default=None, description="USD really paid")
    output_cost_per_1m: wire.Cost | None = Field(default=None, description="USD really paid")
    supports_tools: bool | None = Field(default=None, description="what a test found")
    supports_vision: bool | None = Field(default=None, description="what a test found")
    supports_json_mode: bool | None = Field(default=None, description="what a test found")
    supports_structured_outputs: bool | None = Field(default=None, description="what a test found")
    quality_score: wire.Score | None = Field(
        default=None, description="on the scale of quality_suite"
    )
    quality_suite: wire.Text | None = None
    suite_version: wire.Text | None = None
    error: wire.Complaint | None = Field(default=None, description="why a test could not tell")
    samples: wire.Number = Field(default=1, description="requests that this one stands for")
    host: wire.Text | None = Field(default=None, description="where it was measured")
    run_id: wire.Text | None = Field(
        default=None, description="the job; one that is tried again adds nothing twice"
    )


class Record(Parameters):
    """Measurements to keep, all or none."""

    measurements: list[Sample] = Field(min_length=1, max_length=10_000)


def query(given: Parameters) -> ModelQuery:
    """Return the criteria, `limit` and `offset` as a ModelQuery."""
    wanted = {name: value for name, value in given if name in CRITERIA or name in _PAGED}
    return query_of(wanted)


def criteria(given: Parameters) -> dict[str, object]:
    """Return the same as a mapping for modeldex.search."""
    return criteria_of(query(given))


def workload(given: Parameters) -> Workload | None:
    """Return the workload; None without token counts.

    Raises InvalidQuery if another workload parameter is set without a token count.
    """
    values = {name: value for name, value in given if name in _WORKLOAD}
    if values["input_tokens"] or values["output_tokens"]:
        return Workload(**values)
    others = values.keys() - {"input_tokens", "output_tokens"}
    for name in sorted(others & given.model_fields_set):
        raise InvalidQuery(name, values[name], "needs input_tokens or output_tokens above 0")
    return None


def parsed(kind: type[P], given: Mapping[str, object]) -> P:
    """Validate parameters. Raises InvalidParameter for the first invalid one."""
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise _invalid(kind, error) from None


def parsed_json(kind: type[P], body: bytes) -> P:
    """Validate a JSON body without type coercion. Raises InvalidParameter."""
    try:
        return kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _invalid(kind, error) from None


def _invalid(kind: type[Parameters], error: ValidationError) -> InvalidParameter:
    first = error.errors(include_url=False, include_context=False)[0]
    name, *place = [str(step) for step in first["loc"]] or ["body"]
    if first["type"] == "extra_forbidden" and not place:
        return InvalidParameter(name, _short(first["input"]), unknown(name, kind.model_fields))
    where = f"{'.'.join(place)}: " if place else ""
    return InvalidParameter(name[:80], _short(first["input"]), f"{where}{first['msg']}")


def _short(value: object) -> object:
    """Shorten a value for an error; values that are not short scalars become their type's name."""
    if isinstance(value, str):
        return value[:80]
    plain = value is None or isinstance(value, bool | float) or type(value) is int
    return value if plain and len(repr(value)) <= 80 else type(value).__name__  # noqa: PLR2004


def unknown(name: str, known: Mapping[str, object]) -> str:
    """Error text for an unknown parameter, with similar names."""
    near = difflib.get_close_matches(name, known, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no such parameter{hint}"
