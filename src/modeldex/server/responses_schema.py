"""Response models of the operations, built from values of the library."""

from collections.abc import Iterable
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from modeldex.errors import CatalogDamaged
from modeldex.history.changes import CatalogChange
from modeldex.history.drift import Disagreement
from modeldex.history.expiring import Expiring
from modeldex.measurements.record import RecordReport
from modeldex.query import benchmarks, explain_choice, offers, search
from modeldex.query.explain_model import Explanation
from modeldex.query.explain_query import QueryExplanation
from modeldex.server.json_types import ResponseModel, Value, response_model
from modeldex.storage.location import Place
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.values import ModelWithCapabilities
from modeldex.vocabulary.workloads import WorkloadCost

S = TypeVar("S", bound=BaseModel)


class Model(ModelWithCapabilities):
    """One model with its effective capabilities.

    `id`: `provider/name`. `live`: a live source (provider API or local server) lists it now.
    `usable_context`: window in tokens, or the prompt cap where that is smaller, used for ranking
    and `min_context`. `blended_cost`: price in USD per 1M tokens, used for ranking. `cost`: present
    if a workload was given. `matched_alias`: the alias by which it was found. `retired_at`: present
    if it is retired. `facts_from`: day of the older of the facts that decide about it: that it is
    offered, and at which price. `days_left`: days until it stops answering, below 0 after its
    announced end.
    """

    cost: response_model(WorkloadCost) | None = None  # type: ignore[valid-type]
    facts_from: str | None = None


Choice = response_model(explain_choice.Choice)
"""What decided between the best model and the runner-up, and what else its price would buy."""


class Models(ResponseModel):
    """Models, best first. `total`: number of models that meet the criteria, on all pages.

    `scope`: callable (by this server) or known (all). `why`: present if it was asked for.
    """

    models: list[Model]
    total: int | None = None
    scope: Literal["callable", "known"]
    why: Choice | None = None  # type: ignore[valid-type]


class Hit(response_model(search.SearchHit)):  # type: ignore[misc]
    """A model that is named so, and whether this server can call it."""


class Hits(ResponseModel):
    """One page of the models that are named so, the likeliest first. `total`: on all pages."""

    hits: list[Hit]
    total: int


class Explained(response_model(Explanation)):  # type: ignore[misc]
    """All facts about one model: opinions with resolver and date, sightings, prices."""


class QueryExplained(response_model(QueryExplanation)):  # type: ignore[misc]
    """Result of a query for all known models: matches, and exclusions by criterion.

    `only_unknown`: number of models excluded only because values are unknown. `summary`: the
    result in sentences.
    """

    only_unknown: int
    summary: list[str]


class Change(response_model(CatalogChange)):  # type: ignore[misc]
    """A new or removed model, or one value of a model before and after."""


class Changes(ResponseModel):
    """Differences, sorted by kind, model and field. `total`: their number without the limit."""

    changes: list[Change]
    total: int


class ExpiringModel(response_model(Expiring)):  # type: ignore[misc]
    """A model with the date on which it retires or becomes deprecated."""


class ExpiringModels(ResponseModel):
    """Models that retire or become deprecated, by date. `total`: their number without the limit."""

    expiring: list[ExpiringModel]
    total: int


class Differing(response_model(Disagreement)):  # type: ignore[misc]
    """One field of one model with conflicting opinions, and its effective value."""

    effective: Value | None = None


class Drift(ResponseModel):
    """Fields with conflicting opinions, by model. `total`: their number without the limit."""

    drift: list[Differing]
    total: int


class Offer(response_model(offers.Offer)):  # type: ignore[misc]
    """One provider's offer of a base model, and its price as a multiple of the lab's."""


class Offers(ResponseModel):
    """Who offers a base model, metered ones first, by price."""

    base: str
    offers: list[Offer]
    total: int


class BaseModels(ResponseModel):
    """One page of the base models, those with most offers first. `total`: on all pages."""

    bases: list[response_model(offers.KnownBase)]  # type: ignore[valid-type]
    total: int


class ScoredBases(ResponseModel):
    """One page of the base models that have scores, the best first. `total`: on all pages."""

    bases: list[response_model(benchmarks.ScoredBase)]  # type: ignore[valid-type]
    total: int


class ScoresOf(response_model(benchmarks.ScoresOf)):  # type: ignore[misc]
    """The scores of a base model, and how their sources want to be named."""


class Provider(ResponseModel):
    """One provider.

    `known`: number of its models. `live`: number of those that a live source lists now. `keyed`:
    this server has an API key for it. `local`: it is self-hosted software.
    """

    id: str
    name: str
    aliases: list[str]
    local: bool
    keyed: bool
    known: int
    live: int
    docs: str | None = None


class Providers(ResponseModel):
    """All built-in providers, and others that occur in the catalog, by id."""

    providers: list[Provider]


class SourceHealth(ResponseModel):
    """One source: models it lists, time of its last success, date of its data, last problem.

    `outside`: it should answer from outside, as this server is configured; `last_answer` is when it
    last did. `answered` are the paths of an API that its list was made of; `remark` names those
    that this server's key may not read.
    """

    name: str
    kind: str | None = None
    models: int
    last_success: str | None = None
    outside: bool
    last_answer: str | None = None
    as_of: str | None = None
    answered: str | None = None
    remark: str | None = None
    problem: str | None = None
    error: str | None = None
    problem_at: str | None = None
    retry_at: str | None = None


class ResolverHealth(ResponseModel):
    """One resolver: its precedence (the highest wins) and the number of its opinions."""

    name: str
    precedence: int
    models: int


class RunError(ResponseModel):
    """A source or resolver that failed in a run, and the reason."""

    kind: str
    name: str
    problem: str | None = None
    error: str | None = None


class Run(ResponseModel):
    """One refresh, or one load of shipped data."""

    id: int
    kind: str
    status: str
    started_at: str
    finished_at: str | None = None
    version: str
    errors: list[RunError]


class OldestAnswer(ResponseModel):
    """The source whose last answer from outside is the oldest; without `at` it never answered.

    Empty if this server is configured for no source that answers from outside.
    """

    source: str | None = None
    at: str | None = None


class Status(ResponseModel):
    """Number of models, age of the data, and results of the last refreshes; times are UTC."""

    modeldex: str
    storage: str = Field(description="sqlite or postgresql")
    schema_version: int
    known: int = Field(description="known models, with retired ones")
    available: int = Field(description="models this server can call, with retired ones")
    last_refresh: str | None = None
    clock: str | None = Field(default=None, description="what is wrong with this server's clock")
    oldest_answer: OldestAnswer
    sources: list[SourceHealth]
    resolvers: list[ResolverHealth]
    runs: list[Run]


class RecordedRows(response_model(RecordReport)):  # type: ignore[misc]
    """Result of storing measurements; `created`: models that were not in the catalog before."""


def models_of(place: Place, entries: Iterable[CatalogEntry]) -> list[Model]:
    """Convert entries of the catalog to response models."""
    return [to_response(place, Model, entry) for entry in entries]


def to_response(place: Place, shape: type[S], value: object) -> S:
    """Convert a value of the library to a response model.

    Raises CatalogDamaged if the value does not fit: then a stored value is invalid.
    """
    try:
        return shape.model_validate(value)
    except ValidationError:
        reason = "a row holds an invalid value; to find it, run: modeldex doctor"
        raise CatalogDamaged(place, reason) from None
