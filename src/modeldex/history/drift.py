"""Disagreements between resolvers, which may be acknowledged, and odd values."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from modeldex.errors import InvalidQuery
from modeldex.query.catalog import Catalog
from modeldex.query.rows import TableRow
from modeldex.storage.schema.drift import disagreements
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.timestamps import now

JUMP = 5.0
"""A price change by more than this factor, up or down, is suspicious."""


class Statement(NamedTuple):
    """One resolver's value of the field."""

    resolver: str
    value: object


class Disagreement(NamedTuple):
    """One field of one model for which resolvers state different values.

    `ratio` is the highest value divided by the lowest, None unless they are numbers; `since` is
    when the newest of these opinions was stated; `acknowledged` is whether exactly these values
    were acknowledged. `effective` is what the winner states; a limit is at most the window.
    """

    provider: str
    name: str
    field: str
    statements: tuple[Statement, ...]
    winner: str
    ratio: float | None
    since: str
    acknowledged: bool
    effective: object

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


class Suspicion(NamedTuple):
    """An implausible effective value, and the reason."""

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


_DRIFT = (
    "SELECT * FROM ({}) d WHERE {} ORDER BY CASE WHEN ratio IS NULL THEN 1 ELSE 0 END, "
    "ratio DESC, provider, name, field"
)
_OF_SOME = "(SELECT c.* FROM models n CROSS JOIN capabilities c WHERE c.model_id = n.id AND {}) c"


def drift(
    catalog: Catalog,
    *,
    provider: str | None = None,
    name: str | None = None,
    field: str | None = None,
    min_ratio: float | None = None,
    acknowledged: bool = False,
) -> list[Disagreement]:
    """All disagreements that are not acknowledged; with `acknowledged` those as well.

    The numbers that differ by the largest factor come first, and last what is no number.
    `min_ratio` limits the result to numbers that differ by at least that factor. Raises
    InvalidQuery for an unknown field.
    """
    if field is not None and field not in BY_NAME:
        raise InvalidQuery("field", field, f"expected one of {', '.join(BY_NAME)}")
    criteria = {"provider": provider, "name": name, "min_ratio": min_ratio}
    bound = {key: value for key, value in criteria.items() if value is not None}
    where = " AND ".join(f"n.{key} = :{key}" for key in ("provider", "name") if key in bound)
    law = disagreements(
        _OF_SOME.format(where) if where else "capabilities c", (field,) if field else NAMES,
        value="CAST({} AS TEXT)",
    )  # fmt: skip
    conditions = ["ratio >= :min_ratio"] if min_ratio is not None else []
    conditions += [] if acknowledged else ["acknowledged = 0"]
    rows = catalog.table(_DRIFT.format(law, " AND ".join(conditions) or "1 = 1"), bound)
    return list(map(_disagreement, rows))


def _disagreement(row: TableRow) -> Disagreement:
    statements = [line.partition("=") for line in str(row["said"]).split("\n")]
    return Disagreement(
        str(row["provider"]), str(row["name"]), str(row["field"]),
        tuple(Statement(name, _value(str(row["field"]), text)) for name, _, text in statements),
        str(row["winner"]), cast("float | None", row["ratio"]), str(row["since"]),
        bool(row["acknowledged"]), _value(str(row["field"]), str(row["effective"])),
    )  # fmt: skip


def _value(field: str, text: str) -> object:
    """The value of a field from its text in the column `said`."""
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
    """Implausible effective values.

    A cache-read price above the input price; an output limit not below the context window; a
    price that a resolver changed by more than a factor of JUMP in its last change.
    """
    return [
        *_odd(catalog, _CACHE_DEARER, "cache_read_cost_per_1m", "above the input price {}"),
        *_odd(catalog, _OUTPUT_FILLS, "max_output_tokens", "not below the context window of {}"),
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
            f"changed from {row['other']} at {row['at']}",
        )  # fmt: skip


_ACKNOWLEDGED = (
    "INSERT INTO acknowledged (model_id, field, said, acknowledged_at) "
    "SELECT d.model_id, d.field, d.said, :now FROM drift d WHERE d.provider = :provider "
    "AND d.name = :name AND d.field = :field"
)
_FORGOTTEN = (
    "DELETE FROM acknowledged WHERE field = :field AND model_id = "
    "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
)


def acknowledge(writer: Writer, found: Sequence[Disagreement]) -> int:
    """Hide these until one of their values changes again. Returns how many."""
    rows = [
        {"provider": one.provider, "name": one.name, "field": one.field, "now": now()}
        for one in found
    ]
    if rows:
        with writer.transaction() as connection:
            connection.exec_driver_sql(_FORGOTTEN, rows)
            connection.exec_driver_sql(_ACKNOWLEDGED, rows)
    return len(rows)
