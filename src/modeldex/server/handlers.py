"""Handlers of the operations: each takes validated parameters and returns a response model."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from modeldex.history import drift as drifting
from modeldex.query import benchmarks as of_scores
from modeldex.query import offers as of_bases
from modeldex.query import search as by_name
from modeldex.query.catalog import Catalog
from modeldex.query.explain_choice import explain_choice
from modeldex.query.facts_age import dated
from modeldex.query.lasting import best_entries
from modeldex.query.lookup import find, resolve
from modeldex.query.rows import TableRow
from modeldex.query.selection import Selection, fitting, select_entries
from modeldex.refresh import health
from modeldex.server import parameters, sample_parameters
from modeldex.server import responses_schema as schema
from modeldex.server.json_types import ResponseModel
from modeldex.server.parameters import Parameters
from modeldex.server.registry import ServedRegistry
from modeldex.server.responses_schema import Model, Models, models_of, to_response
from modeldex.vocabulary import providers as hosts
from modeldex.vocabulary.providers import canonical

T = TypeVar("T")

_PER_PROVIDER = (
    "SELECT provider, count(*), sum(live) FROM catalog WHERE retired_at IS NULL "
    "GROUP BY provider ORDER BY provider"
)


async def find_best(registry: ServedRegistry, given: Any) -> Models:
    """Return the `n` best models; an empty list if none meets the criteria."""
    criteria = {**parameters.criteria(given), "limit": given.n}
    how = parameters.selection(given)

    def read_models(catalog: Catalog) -> Models:
        then = catalog.as_of(given.as_of)
        found, met = best_entries(criteria, lambda wanted: select_entries(then, wanted, how))
        choice = explain_choice(then, met, how) if given.why else None
        return Models(
            models=models_of(catalog.path, dated(then, found)),
            scope=_scope(criteria),
            why=choice and to_response(catalog.path, schema.Choice, choice),
        )

    return await registry.run_read(read_models)


async def query(registry: ServedRegistry, given: Any) -> Models:
    """Return one page of the matching models, and the number of matches."""
    criteria = parameters.criteria(given)
    how = parameters.selection(given)

    def read_page(catalog: Catalog) -> Models:
        then = catalog.as_of(given.as_of)
        found = select_entries(then, criteria, how)
        total = _total(then, fitting(criteria, how.workload), how.distinct, found)
        models = models_of(catalog.path, dated(then, found))
        return Models(models=models, total=total, scope=_scope(criteria))

    return await registry.run_read(read_page)


def _scope(criteria: Mapping[str, object]) -> Literal["callable", "known"]:
    return "callable" if criteria["available"] else "known"


def _total(
    catalog: Catalog, criteria: Mapping[str, object], distinct: str | None, page: Sequence[object]
) -> int:
    # A first page that is not full holds every match: no second statement is needed.
    if not criteria["offset"] and len(page) < int(str(criteria["limit"])):
        return len(page)
    if distinct is None:
        return catalog.count(criteria)
    return len(
        select_entries(
            catalog, {**criteria, "limit": None, "offset": 0}, Selection(distinct=distinct)
        )
    )


async def search(registry: ServedRegistry, given: parameters.SearchText) -> schema.Hits:
    """Return one page of the models that are named so; an empty one if there are none."""

    def read_hits(catalog: Catalog) -> schema.Hits:
        found = by_name.search(catalog, given.text, given.limit, given.offset)
        return to_response(catalog.path, schema.Hits, found)

    return await registry.run_read(read_hits)


async def find_model(registry: ServedRegistry, given: parameters.FindModel) -> Model:
    """Return one model. Raises ModelNotFound, which lists similar names, and AmbiguousName."""

    def read_model(catalog: Catalog) -> Model:
        then = catalog.as_of(given.as_of)
        at = given.provider
        found = resolve(then, given.name) if at is None else find(then, at, given.name)
        return models_of(catalog.path, dated(then, [found]))[0]

    return await registry.run_read(read_model)


async def explain(registry: ServedRegistry, given: parameters.OneModel) -> schema.Explained:
    """Return every opinion, sighting and price of one model. Raises ModelNotFound."""
    found = await registry.explain(given.provider, given.name)
    return to_response(registry.path, schema.Explained, found)


async def explain_query(registry: ServedRegistry, given: Any) -> schema.QueryExplained:
    """Return why each model was or was not selected by a query."""
    found = await registry.explain_query(
        parameters.query(given), workload=parameters.workload(given), as_of=given.as_of
    )
    more = {"only_unknown": found.only_unknown, "summary": list(found.lines())}
    return to_response(registry.path, schema.QueryExplained, {**found._asdict(), **more})


async def changes(registry: ServedRegistry, given: parameters.ChangesSince) -> schema.Changes:
    """Return the differences between two times. Raises InvalidQuery."""
    found = await registry.changes(
        given.since, given.until, kinds=given.kinds, providers=given.providers
    )
    page = _page(found, given.limit, given.offset)
    return to_response(registry.path, schema.Changes, {"changes": page, "total": len(found)})


async def expiring(
    registry: ServedRegistry, given: parameters.ExpiringWithin
) -> schema.ExpiringModels:
    """Return models that retire or become deprecated soon, the nearest day first."""
    found = await registry.expiring(given.within, available=given.available, past=given.past)
    shown = {"expiring": _page(found, given.limit), "total": len(found)}
    return to_response(registry.path, schema.ExpiringModels, shown)


async def offers(registry: ServedRegistry, given: parameters.OffersOf) -> schema.Offers:
    """Return who offers a base model. Raises ModelNotFound, which lists similar ids."""

    def read_offers(catalog: Catalog) -> schema.Offers:
        then = catalog.as_of(given.as_of)
        found = of_bases.offers(then, given.base)
        base = of_bases.base_of(then, given.base)
        result = {"base": base, "offers": found, "total": len(found)}
        return to_response(catalog.path, schema.Offers, result)

    return await registry.run_read(read_offers)


async def bases(registry: ServedRegistry, given: parameters.Bases) -> schema.BaseModels:
    """Return one page of the base models."""
    found = await registry.run_read(
        lambda catalog: of_bases.bases(catalog, unreviewed=given.unreviewed)
    )
    page = _page(found, given.limit, given.offset)
    return to_response(registry.path, schema.BaseModels, {"bases": page, "total": len(found)})


async def scored_bases(
    registry: ServedRegistry, given: parameters.ScoredBases
) -> schema.ScoredBases:
    """Return one page of the base models that have scores."""
    found = await registry.run_read(of_scores.scored_bases)
    page = _page(found, given.limit, given.offset)
    return to_response(registry.path, schema.ScoredBases, {"bases": page, "total": len(found)})


async def benchmarks(registry: ServedRegistry, given: parameters.ScoresOf) -> schema.ScoresOf:
    """Return the scores of a base model. Raises ModelNotFound, which lists similar ids."""
    found = await registry.run_read(lambda catalog: of_scores.benchmarks_of(catalog, given.base))
    return to_response(registry.path, schema.ScoresOf, found)


async def drift(registry: ServedRegistry, given: parameters.DriftOf) -> schema.Drift:
    """Return the fields on which resolvers disagree."""
    wanted = given.model_dump(exclude={"limit", "offset"})
    if given.provider is not None:
        wanted["provider"] = canonical(given.provider)
    found = await registry.run_read(lambda catalog: drifting.drift(catalog, **wanted))
    page = _page(found, given.limit, given.offset)
    return to_response(registry.path, schema.Drift, {"drift": page, "total": len(found)})


def _page(found: Sequence[T], limit: int, offset: int = 0) -> list[T]:
    return list(found[offset : offset + limit])


async def providers(registry: ServedRegistry, _given: Parameters) -> schema.Providers:
    """Return every provider, including those that only occur in the models of the catalog."""

    def read_providers(catalog: Catalog) -> dict[str, Any]:
        counts = {str(name): tuple(numbers) for name, *numbers in catalog.rows(_PER_PROVIDER)}
        table = hosts.providers()
        listed = sorted(table.keys() | counts.keys())
        return {"providers": [_provider(each, counts, catalog.scope.keyed) for each in listed]}

    return to_response(registry.path, schema.Providers, await registry.run_read(read_providers))


def _provider(
    name: str, counts: dict[str, tuple[object, ...]], keyed: Sequence[str]
) -> dict[str, object]:
    row = hosts.providers().get(name)
    known, live = counts.get(name, (0, 0))
    return {
        "id": name,
        "name": row.name if row else name,
        "aliases": row.aliases if row else (),
        "local": bool(row and row.local),
        "keyed": name in keyed,
        "known": known,
        "live": live,
        "docs": row.docs if row else None,
    }


async def status(registry: ServedRegistry, _given: Parameters) -> schema.Status:
    """Return counts and refresh health, without file paths or names of environment variables."""
    report = await registry.run_read(lambda catalog: health.status(catalog, registry.environ))
    # Named keys only: the report also holds paths and settings of the server's machine.
    shown = {
        "modeldex": report["modeldex"],
        "storage": "sqlite" if "journal_mode" in report else "postgresql",
        "schema_version": report["schema"],
        **report["models"],
        "last_refresh": report["last_refresh"],
        "clock": report["clock"],
        "oldest_answer": _only(schema.OldestAnswer, report["oldest_answer"]),
        "sources": [_named(schema.SourceHealth, *item) for item in report["sources"].items()],
        "resolvers": [_named(schema.ResolverHealth, *item) for item in report["resolvers"].items()],
        "runs": [
            {**run, "errors": [_only(schema.RunError, e) for e in run["errors"]]}
            for run in report["runs"]
        ],
    }
    return to_response(registry.path, schema.Status, shown)


def _named(shape: type[ResponseModel], name: str, row: TableRow) -> TableRow:
    return {"name": name, **_only(shape, row)}


def _only(shape: type[ResponseModel], row: TableRow) -> TableRow:
    return {key: row[key] for key in shape.model_fields if key in row}


async def record(registry: ServedRegistry, given: sample_parameters.Record) -> schema.RecordedRows:
    """Store measurements, all or none. Raises InvalidMeasurements."""
    rows = [each.model_dump(exclude_none=True) for each in given.measurements]
    report = await registry.record_many(rows, strict=True, new_models=registry.new_models)
    return to_response(registry.path, schema.RecordedRows, report)
