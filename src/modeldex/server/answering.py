"""How each operation of the table is done: parameters in, a shape out."""

from collections.abc import Sequence
from typing import Any, TypeVar

from modeldex import drift as drifting
from modeldex import moments, search
from modeldex import providers as hosts
from modeldex import status as health
from modeldex.catalog import Catalog, Record, as_record
from modeldex.lookup import not_found
from modeldex.picks import records
from modeldex.providers import canonical
from modeldex.server import parameters, results
from modeldex.server.parameters import Parameters
from modeldex.server.results import Model, Models, models_of, read
from modeldex.server.served import ServedRegistry
from modeldex.server.shapes import Shape

T = TypeVar("T")

_PER_PROVIDER = (
    "SELECT provider, count(*), sum(live) FROM catalog WHERE retired_at IS NULL "
    "GROUP BY provider ORDER BY provider"
)


async def find_best(registry: ServedRegistry, given: Any) -> Models:
    """The best models; none where nothing meets the criteria."""
    asked = {**parameters.criteria(given), "limit": given.n}
    load = parameters.workload(given)

    def question(catalog: Catalog) -> Models:
        found = records(catalog.as_of(given.as_of), asked, load, given.distinct)
        return Models(models=models_of(catalog.path, found, load))

    return await registry.consult(question)


async def query(registry: ServedRegistry, given: Any) -> Models:
    """One page of the models that match, and how many match."""
    asked = parameters.criteria(given)
    load = parameters.workload(given)

    def question(catalog: Catalog) -> Models:
        then = catalog.as_of(given.as_of)
        found = records(then, asked, load, given.distinct)
        total = _total(then, asked, given.distinct, found)
        return Models(models=models_of(catalog.path, found, load), total=total)

    return await registry.consult(question)


def _total(catalog: Catalog, asked: Record, distinct: str | None, page: Sequence[Record]) -> int:
    if not asked["offset"] and len(page) < int(str(asked["limit"])):
        return len(page)
    if distinct is None:
        return catalog.count(asked)
    return len(records(catalog, {**asked, "limit": None, "offset": 0}, None, distinct))


async def find_model(registry: ServedRegistry, given: parameters.FindModel) -> Model:
    """One model. Raises ModelNotFound, with near names."""
    provider = canonical(given.provider)

    def question(catalog: Catalog) -> Model:
        then = catalog.as_of(given.as_of)
        found = [as_record(row) for row in then.one(*search.compile_find(provider, given.name))]
        if not found:
            raise not_found(then, provider, given.name)
        return models_of(catalog.path, found)[0]

    return await registry.consult(question)


async def explain(registry: ServedRegistry, given: parameters.OneModel) -> results.Explained:
    """Everything known of one model. Raises ModelNotFound."""
    found = await registry.explain(given.provider, given.name)
    return read(registry.path, results.Explained, found)


async def explain_query(registry: ServedRegistry, given: Any) -> results.QueryExplained:
    """What became of every model."""
    found = await registry.explain_query(
        parameters.query(given), workload=parameters.workload(given), as_of=given.as_of
    )
    more = {"only_unknown": found.only_unknown, "summary": list(found.lines())}
    return read(registry.path, results.QueryExplained, {**found._asdict(), **more})


async def changes(registry: ServedRegistry, given: parameters.ChangesSince) -> results.Changes:
    """What is different between two moments. Raises InvalidQuery."""
    since = given.since if "since" in given.model_fields_set else await _lately(registry)
    found = await registry.changes(since, given.until, kinds=given.kinds, providers=given.providers)
    page = _page(found, given.limit, given.offset)
    return read(registry.path, results.Changes, {"changes": page, "total": len(found)})


async def _lately(registry: ServedRegistry) -> str:
    """What `since` is where nobody says, or the beginning of history where that is later."""
    usual = moments.read("since", parameters.LATELY)
    [[born]] = await registry.consult(lambda catalog: catalog.rows(moments.BORN))
    return max(usual, str(born))


async def expiring(
    registry: ServedRegistry, given: parameters.ExpiringWithin
) -> results.ExpiringModels:
    """What ends soon, by day."""
    found = await registry.expiring(given.within, available=given.available)
    shown = {"expiring": _page(found, given.limit), "total": len(found)}
    return read(registry.path, results.ExpiringModels, shown)


async def drift(registry: ServedRegistry, given: parameters.DriftOf) -> results.Drift:
    """Who disagrees, about what."""
    wanted = given.model_dump(exclude={"limit", "offset"})
    if given.provider is not None:
        wanted["provider"] = canonical(given.provider)
    found = await registry.consult(lambda catalog: drifting.drift(catalog, **wanted))
    page = _page(found, given.limit, given.offset)
    return read(registry.path, results.Drift, {"drift": page, "total": len(found)})


def _page(found: Sequence[T], limit: int, offset: int = 0) -> list[T]:
    return list(found[offset : offset + limit])


async def providers(registry: ServedRegistry, _given: Parameters) -> results.Providers:
    """Every host, known to the vocabulary or by a model only."""

    def question(catalog: Catalog) -> dict[str, Any]:
        counts = {str(who): tuple(numbers) for who, *numbers in catalog.rows(_PER_PROVIDER)}
        table = hosts.providers()
        listed = sorted(table.keys() | counts.keys())
        return {"providers": [_provider(each, counts, catalog.scope.keyed) for each in listed]}

    return read(registry.path, results.Providers, await registry.consult(question))


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


async def status(registry: ServedRegistry, _given: Parameters) -> results.Status:
    """Health; no path, no variable's name."""
    report = await registry.consult(health.status)
    shown = {
        "modeldex": report["modeldex"],
        "storage": "sqlite" if "journal_mode" in report else "postgresql",
        "schema_version": report["schema"],
        **report["models"],
        "last_refresh": report["last_refresh"],
        "sources": [_named(results.SourceHealth, *item) for item in report["sources"].items()],
        "resolvers": [
            _named(results.ResolverHealth, *item) for item in report["resolvers"].items()
        ],
        "runs": [{**run, "errors": [_error(e) for e in run["errors"]]} for run in report["runs"]],
    }
    return read(registry.path, results.Status, shown)


def _named(shape: type[Shape], name: str, row: Record) -> Record:
    return {"name": name, **{key: row[key] for key in shape.model_fields if key in row}}


def _error(row: Record) -> Record:
    return {key: row[key] for key in results.RunError.model_fields}


async def record(registry: ServedRegistry, given: parameters.Record) -> results.RecordedRows:
    """Keep measurements. Raises InvalidMeasurements."""
    rows = [each.model_dump(exclude_none=True) for each in given.measurements]
    report = await registry.record_many(rows, strict=True)
    return read(registry.path, results.RecordedRows, report)
