"""Response models of the operations, built from values of the library."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import Field, ValidationError

from modeldex.catalog import Record
from modeldex.changes import CatalogChange
from modeldex.drift import Disagreement
from modeldex.errors import CatalogDamaged
from modeldex.expiring import Expiring
from modeldex.explain import Explanation
from modeldex.explain_query import QueryExplanation
from modeldex.fields import NAMES
from modeldex.measurements import RecordReport
from modeldex.places import Place
from modeldex.server.shapes import Capabilities, Shape, Value, shaped
from modeldex.workloads import Charge, Workload

S = TypeVar("S", bound=Shape)


class WorkloadCost(Shape):
    """What the workload that was asked about costs on a model: USD for all requests."""

    usd: float | None = None
    breakdown: list[shaped(Charge)]  # type: ignore[valid-type]


class Model(Shape):
    """One model: who it is, what it effectively can do, whether a live source sees it now.

    `id` is `provider/name`. `usable_context` is the window, in tokens, that ranks and meets
    `min_context`; `blended_cost` the price, in USD per 1M tokens, that ranks. `cost` is there
    where a workload was asked about, `retired_at` where the model is retired.
    """

    id: str
    provider: str
    name: str
    family: str | None = None
    display_name: str | None = None
    aliases: list[str]
    live: bool
    retired_at: str | None = None
    usable_context: int | None = None
    blended_cost: float | None = None
    cost: WorkloadCost | None = None
    capabilities: Capabilities


class Models(Shape):
    """Models, best first. `total` is how many meet the criteria, on this page or not."""

    models: list[Model]
    total: int | None = None


class Explained(shaped(Explanation)):  # type: ignore[misc]
    """Everything known of one model: who says what since when, who sees it, what it costs."""


class QueryExplained(shaped(QueryExplanation)):  # type: ignore[misc]
    """What became of every known model under a query.

    `only_unknown` would match if what is unknown of them were known and would do; `summary`
    says it all in sentences.
    """

    only_unknown: int
    summary: list[str]


class Change(shaped(CatalogChange)):  # type: ignore[misc]
    """A model that came or went, or one value of a model before and after."""

    id: str


class Changes(Shape):
    """What is different, by kind, model and field. `total` counts also what the limit left out."""

    changes: list[Change]
    total: int


class ExpiringModel(shaped(Expiring)):  # type: ignore[misc]
    """A model with the day on which it stops answering, or is deprecated."""

    id: str


class ExpiringModels(Shape):
    """Models that stop answering, or are deprecated, by day. `total` counts all of them."""

    expiring: list[ExpiringModel]
    total: int


class Differing(shaped(Disagreement)):  # type: ignore[misc]
    """One field of one model of which resolvers say different things; `effective` counts."""

    id: str
    effective: Value | None = None


class Drift(Shape):
    """Fields on which resolvers disagree, by model and field. `total` counts all of them."""

    drift: list[Differing]
    total: int


class Provider(Shape):
    """One host of models. `known` are its models, `live` those that a live source sees now.

    `keyed` says that the server has its key; `local` that people run it themselves.
    """

    id: str
    name: str
    aliases: list[str]
    local: bool
    keyed: bool
    known: int
    live: int
    docs: str | None = None


class Providers(Shape):
    """Every provider of the vocabulary, and every other one of which a model is known, by id."""

    providers: list[Provider]


class SourceHealth(Shape):
    """One source: what it sees, when it last answered, of which day its data is, what is wrong."""

    name: str
    kind: str | None = None
    models: int
    last_success: str | None = None
    as_of: str | None = None
    problem: str | None = None
    error: str | None = None
    problem_at: str | None = None
    retry_at: str | None = None


class ResolverHealth(Shape):
    """One resolver: its precedence, the highest wins, and of how many models it has an opinion."""

    name: str
    precedence: int
    models: int


class RunError(Shape):
    """One source or resolver that failed in a run, and why."""

    kind: str
    name: str
    problem: str | None = None
    error: str | None = None


class Run(Shape):
    """One refresh, or one load of shipped data."""

    id: int
    kind: str
    status: str
    started_at: str
    finished_at: str | None = None
    version: str
    errors: list[RunError]


class Status(Shape):
    """How much is known, how old it is, and how the last refreshes went; times are UTC."""

    modeldex: str
    storage: str = Field(description="sqlite or postgresql")
    schema_version: int
    known: int = Field(description="models, retired ones included")
    available: int = Field(description="models that the server can call, retired ones included")
    last_refresh: str | None = None
    sources: list[SourceHealth]
    resolvers: list[ResolverHealth]
    runs: list[Run]


class RecordedRows(shaped(RecordReport)):  # type: ignore[misc]
    """What became of measurements; `created` are models of which nobody had known."""


def models_of(
    place: Place, records: Iterable[Record], workload: Workload | None = None
) -> list[Model]:
    """Convert records of the catalog to response models, each with its cost for the workload."""
    return [_model(place, record, workload) for record in records]


def _model(place: Place, record: Record, workload: Workload | None) -> Model:
    capabilities = {name: record[name] for name in NAMES}
    known = {name: value for name, value in record.items() if name not in capabilities}
    cost = workload.cost_of(record) if workload else None
    priced = cost and {"usd": cost.usd, "breakdown": cost.breakdown}
    return read(place, Model, {**known, "cost": priced, "capabilities": capabilities})


def read(place: Place, shape: type[S], value: object) -> S:
    """Convert a value of the library to a response model.

    Raises CatalogDamaged if the value does not fit: then a stored value is invalid.
    """
    try:
        return shape.model_validate(value)
    except ValidationError:
        reason = "a row holds a value that means nothing; run: modeldex doctor"
        raise CatalogDamaged(place, reason) from None
