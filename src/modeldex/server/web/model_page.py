"""Data of the page of one model: facts, opinions, history, measurements and charts."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from modeldex.history.timeline import Spell
from modeldex.measurements.sample import COLUMNS
from modeldex.query import as_of as past
from modeldex.query.catalog import Catalog
from modeldex.query.rows import TableRow
from modeldex.server.operations import OPERATIONS
from modeldex.server.parameters import parsed
from modeldex.server.registry import ServedRegistry
from modeldex.server.responses_schema import Explained, Model
from modeldex.server.web import search_page
from modeldex.server.web.charts import Plot
from modeldex.vocabulary.fields import NAMES

SPELLS = 100
SAMPLES = 20
"""History entries and measurements shown on the page; the newest ones."""

_KEY = ("provider", "name")
_MEASURED = (
    f"SELECT {', '.join(name for name in COLUMNS if name not in _KEY)} FROM measurements "
    "WHERE provider = :provider AND name = :name ORDER BY measured_at DESC, id DESC LIMIT :limit"
)


class Entry(NamedTuple):
    """Values with the same period of validity, from one resolver.

    `resolver` is None for attributes of the model itself, such as its name; `source_url` is the
    page that the resolver names.
    """

    valid_from: str
    valid_to: str | None
    resolver: str | None
    source_url: str | None
    values: tuple[tuple[str, object], ...]


class ModelPage(NamedTuple):
    """Contents of the page.

    `silent` are the fields without any opinion, `older` the number of history entries not shown.
    """

    model: Model
    explained: Explained
    silent: Sequence[str]
    spells: Sequence[Entry]
    older: int
    samples: Sequence[TableRow]
    plots: Sequence[Plot]


async def load_model_page(registry: ServedRegistry, provider: str, name: str) -> ModelPage:
    """Load the page of the model with this name or alias. Raises ModelNotFound."""
    given = {"provider": provider, "name": name}
    model: Any = await OPERATIONS["find_model"].call(registry, given)
    explained: Any = await OPERATIONS["explain"].call(registry, given)
    entries = _entries(await registry.history(model.spec.provider, model.spec.name))
    samples = await registry.run_read(lambda catalog: _samples(catalog, model))
    with_opinion = {each.field for each in explained.fields}
    return ModelPage(
        model=model,
        explained=explained,
        silent=[field for field in NAMES if field not in with_opinion],
        spells=entries[:SPELLS],
        older=len(entries[SPELLS:]),
        samples=samples,
        plots=await registry.run_read(lambda catalog: _plots(catalog, model)),
    )


def _entries(spells: Iterable[Spell]) -> list[Entry]:
    """Group a history by period and resolver, newest first."""
    grouped: dict[tuple[str, str | None, str | None, str | None], list[tuple[str, object]]] = {}
    for each in spells:
        span = each.valid_from, each.valid_to, each.resolver, each.source_url
        grouped.setdefault(span, []).append((each.field, each.value))
    return [Entry(*span, tuple(values)) for span, values in reversed(grouped.items())]


def _samples(catalog: Catalog, model: Model) -> list[TableRow]:
    key = {"provider": model.spec.provider, "name": model.spec.name, "limit": SAMPLES}
    return catalog.table(_MEASURED, key)


def _plots(catalog: Catalog, model: Model) -> list[Plot]:
    """Charts of the best models of the same mode, with this model added if it is not among them."""
    mode = model.capabilities.mode or "chat"
    return search_page.plots(catalog, parsed(search_page.QUERY.parameters, {"mode": mode}), model)


def history_start(catalog: Catalog) -> str:
    """Return the UTC time at which the catalog's history starts; empty if it is not recorded."""
    [(moment,)] = catalog.rows(past.BORN) or [("",)]
    return str(moment)
