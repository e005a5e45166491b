"""Parameters of the operations. Query criteria have the names they have in ModelQuery.

A server with keys or addresses of providers answers for what it can call, as the library does, and
`known` gives all; one without any answers for all known models.
"""

import os
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from modeldex.errors import InvalidQuery
from modeldex.history.changes import KINDS
from modeldex.query.rank import SORTS
from modeldex.query.search import FEW
from modeldex.query.selection import GROUPS, Selection
from modeldex.query.typed import criteria_of, query_of
from modeldex.server import parameter_types as types
from modeldex.server.json_keys import key_given_twice
from modeldex.server.parameter_types import MAX_PAGE, PAGE
from modeldex.upstream.outside import calls_providers
from modeldex.vocabulary.criteria import BY_CRITERION, TABLE, near
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.model_query import ModelQuery
from modeldex.vocabulary.workloads import Workload

P = TypeVar("P", bound="Parameters")


class InvalidParameter(InvalidQuery):
    """An unknown parameter or an invalid value, detected without reading the catalog."""


class Parameters(BaseModel):
    """What an operation takes; what is not named here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


_TYPES: Mapping[str, Any] = {
    "flag": bool, "tokens": types.Count | None, "number": types.Amount | None,
    "days": types.Count | None, "words": types.Words,
    "none_of": types.Words,
}  # fmt: skip
FOR_ITSELF = calls_providers(os.environ)
"""Whether questions are about what this server can call, unless they ask for all known models."""
_DEFAULTS = {"available": FOR_ITSELF}


def _option(kind: Any, default: object, meaning: str) -> tuple[Any, Any]:
    return kind, Field(default, description=meaning)


def _criterion(row: Criterion) -> tuple[Any, Any]:
    kind = _TYPES.get(row.kind) or (Literal[row.choices] if row.choices else types.Text) | None
    if row.is_set and row.choices:
        kind = tuple[Literal[row.choices], ...]  # type: ignore[name-defined]
    default = () if row.is_set else _DEFAULTS.get(row.name, row.default)
    return _option(kind, default, row.meaning)


CRITERIA = {
    **{row.name: _criterion(row) for row in TABLE},
    "known": _option(bool, default=False, meaning="all known models, whoever can call them"),
}
_AS_OF = {
    "as_of": _option(
        types.Moment | None, None,
        "state of the catalog at a past time: 7d (ago), a date or a time, UTC",
    ),
}  # fmt: skip
_WORKLOAD = {
    "input_tokens": _option(
        types.Tokens, 0, "prompt size in tokens; ranks by the cost of this workload"
    ),
    "output_tokens": _option(types.Tokens, 0, "output size in tokens, part of the workload"),
    "cached_fraction": _option(
        types.Share, 0.0, "fraction of the prompt read from the provider's cache, 0 to 1"
    ),
    "requests": _option(types.Requests, 1, "number of requests in the workload"),
    "batch": _option(bool, default=False, meaning="use batch prices (delayed responses)"),
    "region": _option(types.Text | None, None, "use the prices of this region, such as eu-west-2"),
    "at": _option(
        types.Moment | None, None,
        "use the prices of this time, also ahead: a date or a time, UTC; now by default",
    ),
}  # fmt: skip
WORKLOAD_PARAMETERS = tuple(_WORKLOAD)
_SELECTION = {
    "distinct": _option(Literal[GROUPS] | None, None, "only the best model of each"),
    "sort": _option(Literal[SORTS], "quality", "what decides first"),
}
_SAME_MODEL = {
    "same_model": _option(bool, default=False, meaning="offers of the best model, for fail-over")
}
_PAGE = {
    "limit": _option(types.PageLimit, PAGE, "maximum number of results"),
    "offset": _option(types.Offset, 0, "number of results to skip"),
}


def _made(name: str, **options: Any) -> type[Parameters]:
    made: type[Parameters] = create_model(name, __base__=Parameters, __module__=__name__, **options)
    return made


FindBest = _made(
    "FindBest",
    **CRITERIA,
    n=_option(types.Few, 1, "number of models, best first, for fail-over"),
    why=_option(
        bool, default=False,
        meaning="also say what decided against the runner-up, and what else the price would buy",
    ),
    **_SELECTION, **_SAME_MODEL, **_WORKLOAD, **_AS_OF,
)  # fmt: skip
Query = _made("Query", **CRITERIA, **_SELECTION, **_WORKLOAD, **_AS_OF, **_PAGE)
ExplainQuery = _made("ExplainQuery", **CRITERIA, **_WORKLOAD, **_AS_OF)


class Nothing(Parameters):
    """No parameters."""


class OneModel(Parameters):
    """One model, by its name in the provider's API or by an alias."""

    provider: types.Text = Field(description="provider id or alias")
    name: types.Text = Field(description="model name or alias; may contain slashes")


class FindModel(Parameters):
    """One model, now or at a past time."""

    provider: types.Text | None = Field(
        default=None, description="provider id or alias; without it, the offer that is meant"
    )
    name: types.Text = Field(
        description="model name or alias; may contain slashes; without provider also "
        "provider/name, or any spelling of a base model, such as claude-sonnet-4.5"
    )
    as_of: types.Moment | None = _AS_OF["as_of"][1]


class SearchText(Parameters):
    """A part of a name."""

    text: types.Text = Field(description="words of its names; one with * or ? fits a whole name")
    limit: types.PageLimit = Field(default=FEW, description="maximum number of results")
    offset: types.Offset = _PAGE["offset"][1]


class ChangesSince(Parameters):
    """Two times to compare, and filters."""

    since: types.Moment = Field(
        "7d", description="start: 7d, 24h (ago), 2026-11-22 or 2026-11-22T09:30Z; UTC"
    )
    until: types.Moment | None = Field(None, description="end, in the same formats; default now")
    kinds: tuple[Literal[KINDS], ...] = Field(  # type: ignore[valid-type]
        default=(), max_length=len(KINDS), description="only these kinds of change"
    )
    providers: types.Words = Field(default=(), description="only these providers")
    limit: types.LongPageLimit = Field(default=MAX_PAGE, description="maximum number of results")
    offset: types.Offset = Field(default=0, description="number of results to skip")


class ExpiringWithin(Parameters):
    """A period from now, and filters."""

    within: types.Span = Field(default="30d", description="length of the period: 24h, 7d, 2w")
    available: bool = Field(default=False, description=BY_CRITERION["available"].meaning)
    past: bool = Field(default=False, description="also dates that have been reached, after these")
    limit: types.LongPageLimit = Field(default=MAX_PAGE, description="maximum number of results")


class ScoresOf(Parameters):
    """A base model."""

    base: types.Text = Field(
        description="id or name of a base model, such as anthropic/claude-sonnet-4.5"
    )


class OffersOf(ScoresOf):
    """A base model, now or at a past time."""

    as_of: types.Moment | None = _AS_OF["as_of"][1]


class ScoredBases(Parameters):
    """Which page of the base models."""

    limit: types.LongPageLimit = Field(default=MAX_PAGE, description="maximum number of results")
    offset: types.Offset = Field(default=0, description="number of results to skip")


class Bases(ScoredBases):
    """Which base models."""

    unreviewed: bool = Field(default=False, description="only those that nobody has reviewed yet")


class DriftOf(Parameters):
    """Filters on disagreements."""

    provider: types.Text | None = Field(default=None, description="only this provider")
    name: types.Text | None = Field(default=None, description="only models of this name")
    field: Literal[NAMES] | None = Field(  # type: ignore[valid-type]
        default=None, description="only this field"
    )
    min_ratio: types.Factor | None = Field(
        default=None,
        description="only numbers whose highest value is at least this many times the lowest",
    )
    acknowledged: bool = Field(default=False, description="include acknowledged disagreements")
    limit: types.LongPageLimit = Field(default=MAX_PAGE, description="maximum number of results")
    offset: types.Offset = Field(default=0, description="number of results to skip")


def query(given: Parameters) -> ModelQuery:
    """Return the criteria, `limit` and `offset` as a ModelQuery."""
    named = {name: value for name, value in given if name in ModelQuery.model_fields}
    return query_of({**named, "available": False} if getattr(given, "known", False) else named)


def criteria(given: Parameters) -> dict[str, object]:
    """Return the same as a mapping by criterion."""
    return criteria_of(query(given))


def selection(given: Any) -> Selection:
    """Return how to select from the matching models. Raises InvalidQuery as `workload` does."""
    return Selection(
        workload(given), given.distinct, given.sort, getattr(given, "same_model", False)
    )


def workload(given: Parameters) -> Workload | None:
    """Return the workload; None without token counts.

    Raises InvalidQuery if another workload parameter is not its default without a token count.
    """
    values = {name: value for name, value in given if name in _WORKLOAD}
    if values["input_tokens"] or values["output_tokens"]:
        return Workload(**values)
    usual = type(given).model_fields
    # A generated client sends every default.
    for name in sorted(name for name, value in values.items() if value != usual[name].default):
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
    if twice := key_given_twice(body):
        raise InvalidParameter(twice[:80], "", "given twice")
    try:
        return kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _invalid(kind, error) from None


def _invalid(kind: type[Parameters], error: ValidationError) -> InvalidParameter:
    first = error.errors(include_url=False, include_context=False)[0]
    name, *place = [str(step) for step in first["loc"]] or ["body"]
    if first["type"] == "extra_forbidden" and not place:
        return InvalidParameter(name, _short(first["input"]), unknown(name, kind.model_fields))
    if first["type"] == "missing":
        return InvalidParameter(name, "", "is required")
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
    meant = near(name, known)
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    return f"no such parameter{hint}"
