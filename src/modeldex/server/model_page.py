"""The page of one model: everything known of it, its history, and where it stands."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from modeldex import moments
from modeldex.catalog import Catalog, Record
from modeldex.fields import NAMES
from modeldex.history import Spell
from modeldex.samples import COLUMNS
from modeldex.server import finder
from modeldex.server.operations import OPERATIONS
from modeldex.server.parameters import parsed
from modeldex.server.plots import Plot
from modeldex.server.results import Explained, Model
from modeldex.server.served import ServedRegistry

SPELLS = 100
SAMPLES = 20

_KEY = ("provider", "name")
_MEASURED = (
    f"SELECT {', '.join(name for name in COLUMNS if name not in _KEY)} FROM measurements "
    "WHERE provider = :provider AND name = :name ORDER BY measured_at DESC, id DESC LIMIT :limit"
)


class Entry(NamedTuple):
    """What one resolver said, or nobody in particular, in the same span of time."""

    valid_from: str
    valid_to: str | None
    resolver: str | None
    values: tuple[tuple[str, object], ...]


class Found(NamedTuple):
    """All that the page shows; `silent` are the fields of which nobody says anything."""

    model: Model
    explained: Explained
    silent: Sequence[str]
    spells: Sequence[Entry]
    older: int
    samples: Sequence[Record]
    plots: Sequence[Plot]


async def found(registry: ServedRegistry, provider: str, name: str) -> Found:
    """Everything known of the model of this name or alias. Raises ModelNotFound."""
    given = {"provider": provider, "name": name}
    model: Any = await OPERATIONS["find_model"].ask(registry, given)
    explained: Any = await OPERATIONS["explain"].ask(registry, given)
    entries = _entries(await registry.history(model.provider, model.name))
    samples = await registry.consult(lambda catalog: _samples(catalog, model))
    told = {each.field for each in explained.fields}
    return Found(
        model=model,
        explained=explained,
        silent=[field for field in NAMES if field not in told],
        spells=entries[:SPELLS],
        older=len(entries[SPELLS:]),
        samples=samples,
        plots=await registry.consult(lambda catalog: _plots(catalog, model)),
    )


def _entries(spells: Iterable[Spell]) -> list[Entry]:
    """A history by who said something in which span of time, the newest first."""
    said: dict[tuple[str, str | None, str | None], list[tuple[str, object]]] = {}
    for each in spells:
        span = each.valid_from, each.valid_to, each.resolver
        said.setdefault(span, []).append((each.field, each.value))
    return [Entry(*span, tuple(values)) for span, values in reversed(said.items())]


def _samples(catalog: Catalog, model: Model) -> list[Record]:
    key = {"provider": model.provider, "name": model.name, "limit": SAMPLES}
    return catalog.table(_MEASURED, key)


def _plots(catalog: Catalog, model: Model) -> list[Plot]:
    """Where it stands among the best of its mode; it stands there whatever its rank."""
    mode = model.capabilities.mode or "chat"
    own = {
        **dict(model),
        **{name: getattr(model.capabilities, name) for name in NAMES},
    }
    return finder.plots(catalog, parsed(finder.QUERY.parameters, {"mode": mode}), own)


def begun(catalog: Catalog) -> str:
    """When the history of a catalog begins."""
    [(moment,)] = catalog.rows(moments.BORN) or [("",)]
    return str(moment)
