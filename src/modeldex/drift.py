"""Where resolvers disagree, and values that look wrong whoever says them."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from modeldex.catalog import Catalog, Record
from modeldex.errors import InvalidQuery
from modeldex.fields import BY_NAME

JUMP = 5.0
"""A price that became more than this many times what it was is suspicious."""


class Statement(NamedTuple):
    """What one resolver says of the field."""

    resolver: str
    value: object


class Disagreement(NamedTuple):
    """One field of one model of which resolvers say different things.

    `ratio` is the highest by the lowest of numbers, None for other values; `since` is when the
    last of these opinions came up; `acknowledged` whether somebody has looked at exactly this.
    """

    provider: str
    name: str
    field: str
    statements: tuple[Statement, ...]
    winner: str
    ratio: float | None
    since: str
    acknowledged: bool

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"

    @property
    def effective(self) -> object:
        """The value that counts."""
        return next(each.value for each in self.statements if each.resolver == self.winner)


class Suspicion(NamedTuple):
    """An effective value that is hard to believe, and why."""

    provider: str
    name: str
    field: str
    value: object
    resolver: str | None
    why: str

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


_DRIFT = "SELECT * FROM drift WHERE {} ORDER BY provider, name, field"


def drift(
    catalog: Catalog,
    *,
    provider: str | None = None,
    name: str | None = None,
    field: str | None = None,
    min_ratio: float | None = None,
    acknowledged: bool = False,
) -> list[Disagreement]:
    """Every disagreement that nobody has acknowledged, or with `acknowledged` those too.

    `min_ratio` keeps numbers that differ at least by that factor. Raises InvalidQuery for a
    field that does not exist.
    """
    if field is not None and field not in BY_NAME:
        raise InvalidQuery("field", field, f"expected one of {', '.join(BY_NAME)}")
    asked: dict[str, object] = {
        "provider = :provider": provider,
        "name = :name": name,
        "field = :field": field,
        "ratio >= :min_ratio": min_ratio,
    }
    conditions = [sql for sql, value in asked.items() if value is not None]
    if not acknowledged:
        conditions.append("acknowledged = 0")
    bound = {"provider": provider, "name": name, "field": field, "min_ratio": min_ratio}
    rows = catalog.table(
        _DRIFT.format(" AND ".join(conditions) or "1 = 1"),
        {key: value for key, value in bound.items() if value is not None},
    )
    return list(map(_disagreement, rows))


def _disagreement(row: Record) -> Disagreement:
    said = [line.partition("=") for line in str(row["said"]).split("\n")]
    return Disagreement(
        str(row["provider"]), str(row["name"]), str(row["field"]),
        tuple(Statement(who, _value(str(row["field"]), text)) for who, _, text in said),
        str(row["winner"]), cast("float | None", row["ratio"]), str(row["since"]),
        bool(row["acknowledged"]),
    )  # fmt: skip


def _value(field: str, text: str) -> object:
    """A value as the text of `said` holds it."""
    kind = BY_NAME[field].kind
    if kind in ("flag", "count"):
        return BY_NAME[field].restore(int(float(text)))
    return float(text) if kind in ("price", "rate") else BY_NAME[field].restore(text)


_CACHE_DEARER = (
    "SELECT provider, name, cache_read_cost_per_1m AS value, input_cost_per_1m AS other "
    "FROM catalog WHERE cache_read_cost_per_1m > input_cost_per_1m AND input_cost_per_1m > 0 "
    "ORDER BY provider, name"
)
_OUTPUT_FILLS = (
    "SELECT provider, name, max_output_tokens AS value, max_context AS other FROM catalog "
    "WHERE max_output_tokens >= max_context AND (mode IS NULL OR mode = 'chat') "
    "ORDER BY provider, name"
)
_JUMPED = (
    "SELECT m.provider, m.name, h.resolver, h.{0} AS other, c.{0} AS value, h.valid_to AS at "
    "FROM capability_history h JOIN capabilities c ON c.model_id = h.model_id "
    "AND c.resolver = h.resolver AND c.changed_at = h.valid_to JOIN models m ON m.id = h.model_id "
    "WHERE h.{0} > 0 AND c.{0} > 0 AND (c.{0} > :jump * h.{0} OR h.{0} > :jump * c.{0}) "
    "ORDER BY m.provider, m.name"
)
_WINNER = (
    "SELECT resolver FROM provenance WHERE provider = :provider AND name = :name "
    "AND field = :field AND wins = 1"
)


def suspicions(catalog: Catalog) -> list[Suspicion]:
    """Values that are hard to believe.

    A cached prompt token that costs more than a fresh one; output as long as the whole window;
    a price that one resolver moved by more than a factor of JUMP at its last change.
    """
    return [
        *_odd(catalog, _CACHE_DEARER, "cache_read_cost_per_1m", "above the input price {}"),
        *_odd(catalog, _OUTPUT_FILLS, "max_output_tokens", "the whole window is {}"),
        *_jumps(catalog, "input_cost_per_1m"),
        *_jumps(catalog, "output_cost_per_1m"),
    ]


def _odd(catalog: Catalog, sql: str, field: str, why: str) -> Iterator[Suspicion]:
    for row in catalog.table(sql):
        key = {"provider": row["provider"], "name": row["name"], "field": field}
        winner = catalog.rows(_WINNER, key)
        yield Suspicion(
            str(row["provider"]), str(row["name"]), field, row["value"],
            str(winner[0][0]) if winner else None, why.format(row["other"]),
        )  # fmt: skip


def _jumps(catalog: Catalog, field: str) -> Iterator[Suspicion]:
    for row in catalog.table(_JUMPED.format(field), {"jump": JUMP}):
        yield Suspicion(
            str(row["provider"]), str(row["name"]), field, row["value"], str(row["resolver"]),
            f"was {row['other']} until {row['at']}",
        )  # fmt: skip
