"""The base models of a catalog, and the offers of one of them at all providers."""

from typing import Any, NamedTuple, cast

from modeldex.errors import ModelNotFound
from modeldex.query.catalog import Catalog
from modeldex.storage.schema.offers import OFFERS, SUSPICIOUS
from modeldex.vocabulary.likeness import likely

_LIKE = 5
_LARGE = 1000


class Offer(NamedTuple):
    """One provider's offer of a base model, as view `offers` has it.

    `provider_class` is what kind of business the provider is, `of_lab` whether the model is its
    own. `live` is whether a live source lists the offer now. Prices are USD per 1M tokens;
    `of_lab_price` is the blended price as a multiple of the lowest at the lab.
    """

    id: str
    provider: str
    name: str
    provider_class: str
    of_lab: bool
    live: bool
    input_cost_per_1m: float | None
    output_cost_per_1m: float | None
    blended_cost: float | None
    price_basis: str | None
    of_lab_price: float | None
    usable_context: int | None
    speed_hint_tps: float | None
    snapshot: str | None
    variant: str | None
    lifecycle: str | None
    retires_at: str | None
    suspicious: bool


class KnownBase(NamedTuple):
    """A base model with facts of its weights, and how many offers of it are known.

    `reviewed` is whether table `bases` has it; if not, its id was read off the names of offers.
    """

    id: str
    offers: int
    providers: int
    reviewed: bool
    maker: str
    line: str | None
    version: str | None
    display_name: str | None
    released: str | None
    cutoff: str | None
    licence: str | None
    open_weights: bool | None
    hugging_face: str | None
    parent: str | None


def figure(number: object) -> str:
    """A window or a price in digits that people can read."""
    if not isinstance(number, int | float):
        return "-"
    return f"{number:,.0f}" if number >= _LARGE else f"{number:.6g}"


class Implausible(NamedTuple):
    """One offer that is suspicious beside others of its base: a figure, and the usual one."""

    id: str
    base: str | None
    reason: str
    found: float
    usual: float | None

    @property
    def text(self) -> str:
        """The reason with both figures."""
        usual = "" if self.usual is None else f", usually {figure(self.usual)}"
        return f"{self.reason}: {figure(self.found)}{usual}"


_OF_BASE = (
    "SELECT o.provider || '/' || o.name, o.provider, o.name, o.class, o.of_lab, o.live, "
    "o.input_cost_per_1m, o.output_cost_per_1m, o.blended_cost, o.price_basis, o.of_lab_price, "
    "o.usable_context, o.speed_hint_tps, o.snapshot, o.variant, o.lifecycle, o.retires_at, "
    f"coalesce(o.suspicious, 0) FROM ({OFFERS}) o "
    "WHERE o.base = :base AND o.retired_at IS NULL "
    "ORDER BY CASE WHEN coalesce(o.price_basis, 'metered') = 'metered' THEN 0 ELSE 1 END, "
    "o.blended_cost IS NULL, o.blended_cost, o.of_lab DESC, o.provider, o.name"
)
_FACTS = (
    "maker", "line", "version", "display_name", "released", "cutoff", "licence", "open_weights",
    "hugging_face", "parent",
)  # fmt: skip
_BASES = (
    "SELECT c.base, count(*), count(DISTINCT c.provider), count(b.id) > 0, "
    f"{', '.join(f'max(b.{name})' for name in _FACTS)} "
    "FROM catalog c LEFT JOIN bases b ON b.id = c.base "
    "WHERE c.base IS NOT NULL AND c.retired_at IS NULL GROUP BY c.base "
    "ORDER BY count(*) DESC, c.base"
)
_KNOWN = "SELECT DISTINCT base FROM catalog WHERE base IS NOT NULL"
_IMPLAUSIBLE = (
    "SELECT c.provider || '/' || c.name, c.base, s.reason, s.found, s.usual "
    f"FROM ({SUSPICIOUS}) s JOIN catalog c ON c.model_id = s.model_id "
    "ORDER BY s.reason, c.provider, c.name"
)


def known_bases(catalog: Catalog) -> set[str]:
    """Return the ids of the base models of which offers are known."""
    return {str(row[0]) for row in catalog.rows(_KNOWN)}


def base_of(catalog: Catalog, text: str) -> str:
    """Return the id of the base model that a text means: its id, its name, or another spelling.

    Raises ModelNotFound, with similar ids.
    """
    known = known_bases(catalog)
    if text in known:
        return text
    from modeldex.vocabulary.base_names import identify

    maker, slash, name = text.partition("/")
    identity = identify(maker if slash else "", name if slash else text)
    if identity and identity.base in known:
        return identity.base
    named = [base for base in known if base.partition("/")[2] == text.lower()]
    if len(named) == 1:
        return named[0]
    raise _unknown_base(text, known)


def _unknown_base(text: str, known: set[str]) -> ModelNotFound:
    names = {base if "/" in text else base.partition("/")[2]: base for base in sorted(known)}
    return ModelNotFound(None, text, tuple(names[name] for name in likely(text, names, _LIKE)))


def offers(catalog: Catalog, base: str) -> list[Offer]:
    """The offers of a base model, metered ones by price first. Raises ModelNotFound."""
    rows = cast("list[Any]", catalog.rows(_OF_BASE, {"base": base_of(catalog, base)}))
    return [_typed(Offer._make(row), ("of_lab", "live", "suspicious")) for row in rows]


def bases(catalog: Catalog, *, unreviewed: bool = False) -> list[KnownBase]:
    """The base models by number of offers; with `unreviewed` those that table `bases` lacks."""
    found = []
    for row in cast("list[Any]", catalog.rows(_BASES)):
        base = _typed(KnownBase._make(row), ("reviewed", "open_weights"))
        if not base.reviewed:
            base = base._replace(maker=base.id.partition("/")[0])
        if not (unreviewed and base.reviewed):
            found.append(base)
    return found


def implausible(catalog: Catalog, id_: str | None = None) -> list[Implausible]:
    """The offers, or the one, whose facts are not plausible beside others of the same base."""
    rows = map(Implausible._make, cast("list[Any]", catalog.rows(_IMPLAUSIBLE)))
    return [each for each in rows if id_ in (None, each.id)]


def _typed(row: Any, flags: tuple[str, ...]) -> Any:
    """A row with its flags as bool; None stays None."""
    return row._replace(**{f: bool(v) for f in flags if (v := getattr(row, f)) is not None})
