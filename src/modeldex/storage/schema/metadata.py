"""The tables and indexes of a catalog, of both engines, as SQLAlchemy metadata.

The DDL is a public contract: users read it with `.schema` and write by SQL, so each constraint's
name states the error. Capability columns derive from `modeldex.vocabulary.fields`; those of
fields that are younger than FIRST come last, where ALTER TABLE ADD COLUMN puts them.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from modeldex.storage.schema.columns import FIGURES, PROBLEMS, RANKING, VERIFIED
from modeldex.storage.schema.ddl import (
    MINE,
    REAL,
    TEXT,
    TYPES,
    WHOLE,
    above_0,
    between,
    check,
    field_check,
    one_of,
    present,
    text,
    utc_time,
    word,
)
from modeldex.vocabulary.fields import FIELDS, Field

FIRST = 3
"""The schema whose tables were the first to come from this module."""

METADATA = MetaData()

OWN = {"about": " WHERE key NOT IN ('schema', 'derived', 'derived_objects')"}
"""SQL: restricts the rows that are copied to another catalog, which has its own of the others."""


def _table(name: str, comment: str, *items: Any, rowid: bool = True, **info: object) -> Table:
    """A STRICT table; one without rowid has a key that is not a number."""
    return Table(
        name, METADATA, *items, comment=comment, info={MINE: True, **info},
        sqlite_strict=True, sqlite_with_rowid=rowid,
    )  # fmt: skip


def _id(table: str | None = None) -> Column[Any]:
    checks = [above_0(table)] if table else []
    return Column("id", WHOLE, Identity(), *checks, primary_key=True)


def _text(name: str, *items: Any, **options: Any) -> Column[Any]:
    return Column(name, TEXT, *items, **options)


def _time(name: str, **options: Any) -> Column[Any]:
    return Column(name, TEXT, utc_time(name), **options)


def _since(name: str, comment: str | None = None) -> Column[Any]:
    """A time that is the present unless it is stated."""
    return _time(name, nullable=False, server_default=present(), comment=comment)


def _model(*, key: bool, linked: str | None = "CASCADE", owned: bool = True) -> Column[Any]:
    link = [ForeignKey("models.id", ondelete=linked)] if owned else []
    return Column(
        "model_id", WHOLE, *link, primary_key=key, autoincrement=False, nullable=False
    )  # fmt: skip


def _field(field: Field, *, checked: bool) -> Column[Any]:
    checks = [field_check(field)] if checked else []
    return Column(
        field.name, TYPES[field.column_type], *checks, comment=f"{field.unit}: {field.meaning}"
    )


def _fields(*rest: Column[Any], checked: bool) -> list[Column[Any]]:
    """The capability columns around other columns: the older before, the younger after."""
    older = [_field(field, checked=checked) for field in FIELDS if field.since <= FIRST]
    younger = [_field(field, checked=checked) for field in FIELDS if field.since > FIRST]
    return [*older, *rest, *younger]


def _generated(name: str, type_: Any, comment: str | None = None) -> Column[Any]:
    return Column(
        name, type_, Computed(RANKING[name], persisted=True), comment=comment,
        nullable=not name.startswith("rank_"),
    )  # fmt: skip


def _rank_columns() -> list[Column[Any]]:
    return [
        _generated("usable_context", WHOLE),
        _generated("blended_cost", REAL, "USD per 1M"),
        _generated("rank_tier", WHOLE), _generated("rank_cost", REAL),
        _generated("rank_context", WHOLE), _generated("rank_release", TEXT),
    ]  # fmt: skip


_table(
    "about", "what this file is and which modeldex it needs",
    _text("key", primary_key=True), _text("value", nullable=False), rowid=False,
)  # fmt: skip
_table(
    "models", "one row per offer: a provider and the name its API expects",
    _id("models"),
    _text("provider", word("provider"), nullable=False),
    _text("name", text("name"), nullable=False),
    _text("family", text("family"), comment="line of models, such as gpt-mini"),
    _text("display_name", text("display_name")),
    _since("first_seen"), _since("last_seen"),
    _time("retired_at", comment="set: hidden from queries, still found by name"),
    UniqueConstraint("provider", "name", name="provider_and_name_are_unique"),
)  # fmt: skip
_table(
    "aliases", "other names the same provider accepts",
    _text("provider", word("provider"), primary_key=True),
    _text("alias", text("alias"), primary_key=True),
    _model(key=False), rowid=False,
)  # fmt: skip
_table(
    "sources", "who says that models exist",
    _text("name", text("name", 64), primary_key=True),
    _text(
        "kind", one_of("kind", ("live", "reference")), nullable=False, server_default="live",
        comment="live: callable here; reference: a dataset knows it",
    ),
    rowid=False,
)  # fmt: skip
_table(
    "sightings", "which source saw which model, and since when not",
    _model(key=True), _text("source", ForeignKey("sources.name"), primary_key=True),
    _since("first_seen"), _since("last_seen"), _time("missing_since"),
    Column(
        "missed", WHOLE, nullable=False, server_default=sql("0"),
        comment="complete answers in a row without it",
    ),
    rowid=False,
)  # fmt: skip
_table(
    "resolvers", "who states capabilities; the highest precedence wins",
    _text("name", text("name", 64), primary_key=True),
    Column(
        "precedence", WHOLE, nullable=False, server_default=sql("350"),
        comment="350 is between the curated table and provider APIs",
    ),
    Column(
        "place", WHOLE, nullable=False, server_default=sql("0"),
        comment="derived: precedence with ties resolved by name",
    ),
    rowid=False,
)  # fmt: skip
_table(
    "capabilities", "one opinion: what one resolver says of one model",
    _model(key=True, linked=None),
    _text("resolver", ForeignKey("resolvers.name"), primary_key=True),
    *_fields(
        _since("observed_at", "when it was true"),
        _since("changed_at", "when this row last changed"), checked=True,
    ),
    rowid=False,
)  # fmt: skip
_table(
    "capability_history", "opinions that were replaced; written by triggers",
    _id(), _model(key=False, owned=False), _text("resolver", nullable=False),
    *_fields(
        *(_text(name, nullable=False) for name in ("observed_at", "valid_from", "valid_to")),
        checked=False,
    ),
)  # fmt: skip


def _names() -> list[Column[Any]]:
    """What an effective row says of the model itself."""
    return [
        _text("provider", nullable=False), _text("name", nullable=False),
        *map(_text, ("family", "display_name", "retired_at")),
        Column("live", WHOLE, nullable=False, comment="1: a live source sees it now"),
    ]  # fmt: skip


_table(
    "catalog", "what people SELECT from: effective values; derived, do not write",
    _model(key=True, owned=False), *_names(),
    *_fields(
        *_rank_columns(), _text("valid_from", nullable=False, comment="since when this row holds"),
        checked=False,
    ),
)  # fmt: skip
_table(
    "catalog_history", "rows of catalog that were replaced; written by triggers",
    _id(), _model(key=False, owned=False), *_names(),
    *_fields(
        *(_text(name, nullable=False) for name in ("valid_from", "valid_to")), *_rank_columns(),
        checked=False,
    ),
)  # fmt: skip
_table(
    "catalog_before", "internal: rows of catalog that a fold replaces",
    _model(key=True, owned=False), *_names(),
    *_fields(_text("valid_from", nullable=False), checked=False),
)  # fmt: skip
_table(
    "cost_tiers", "cut-points on blended_cost; 0 is the tier free; yours to edit",
    _text("name", primary_key=True),
    Column("at_least", REAL, nullable=False, comment="USD per 1M tokens"),
    Column("below", REAL, comment="NULL: no upper end"), rowid=False,
)  # fmt: skip


def _above_0(name: str, high: int, comment: str) -> Column[Any]:
    rule = check(f"{name}_is_above_0", f"{name} > 0 AND {name} <= {high}")
    return Column(name, REAL, rule, comment=comment)


def _paid(name: str, tokens: str) -> Column[Any]:
    rule = between(name, 0, 1_000_000, "_usd")
    return Column(name, REAL, rule, comment=f"USD really paid per 1M {tokens} tokens")


_table(
    "measurements", "append-only samples of a perf lab; folded into perf_lab",
    _id("measurements"),
    _text("provider", word("provider"), nullable=False),
    _text("name", text("name"), nullable=False),
    _since("measured_at"),
    _above_0("tokens_per_second", 1_000_000, "decode rate after the first token"),
    _above_0("ttft_ms", 10_000_000, "time to the first token"),
    _paid("input_cost_per_1m", "prompt"), _paid("output_cost_per_1m", "generated"),
    *(
        Column(name, WHOLE, check(f"{name}_is_0_or_1", f"{name} IN (0, 1)"), comment="as tested")
        for name in VERIFIED
    ),
    Column(
        "quality_score", REAL,
        check("quality_score_is_a_finite_number", "abs(quality_score) <= 1000000000"),
        comment="on the scale of its suite",
    ),
    _text(
        "quality_suite", text("quality_suite"),
        comment="which tests; quality_suites says what a score means",
    ),
    _text("suite_version", text("suite_version")),
    _text(
        "error", check("error_is_1_to_1000_characters", "length(error) BETWEEN 1 AND 1000"),
        comment="why a test could not tell, which is not a false",
    ),
    Column(
        "samples", WHOLE, between("samples", 1, 1_000_000_000), nullable=False,
        server_default=sql("1"), comment="how many requests the row stands for",
    ),
    _text("host", comment="where it was measured"),
    _text("run_id", comment="which job measured it"),
    CheckConstraint(
        f"coalesce({', '.join(FIGURES)}) IS NOT NULL OR error IS NOT NULL",
        name="a_measurement_has_a_figure",
    ),
    CheckConstraint(
        "quality_score IS NULL OR quality_suite IS NOT NULL",
        name="a_quality_score_names_its_quality_suite",
    ),
)  # fmt: skip
_table(
    "quality_suites",
    "what a score means; a suite that is not here says no tier; yours to edit",
    _text("name", text("name"), primary_key=True),
    _text("version", text("version"), comment="NULL: any"),
    Column("balanced_at_least", REAL, nullable=False),
    Column("best_at_least", REAL, nullable=False),
    Column(
        "min_samples", WHOLE, nullable=False, server_default=sql("30"), comment="fewer say nothing"
    ),
    CheckConstraint("best_at_least > balanced_at_least", name="best_is_above_balanced"),
    rowid=False,
)  # fmt: skip
_table(
    "acknowledged", "disagreements that somebody has looked at; silent until one changes",
    _model(key=True), _text("field", primary_key=True),
    _text("said", nullable=False, comment="what was said then, as drift shows it"),
    _since("acknowledged_at"), rowid=False,
)  # fmt: skip
_table(
    "model_history", "names and liveness of a model, from `at` on; written by triggers",
    _id(), _model(key=False, owned=False), _text("at", nullable=False),
    _text("provider", nullable=False), _text("name", nullable=False),
    *map(_text, ("family", "display_name", "retired_at")), Column("live", WHOLE, nullable=False),
)  # fmt: skip
_table(
    "resolver_history", "precedences, from `at` on; written by triggers",
    _id(), _text("name", nullable=False), _text("at", nullable=False),
    Column("precedence", WHOLE, comment="NULL: deleted"),
)  # fmt: skip


def _status(*words: str) -> Column[Any]:
    name = f"status_is_{'_'.join(words[:-1])}_or_{words[-1]}"
    return _text("status", one_of("status", words, name), nullable=False)


_table(
    "runs", "every refresh",
    _id(), _text("kind", one_of("kind", ("shipped", "refresh")), nullable=False),
    _time("started_at", nullable=False), _time("finished_at"),
    _status("running", "ok", "partial", "failed"),
    _text("version", nullable=False, comment="modeldex that ran"),
)  # fmt: skip
_table(
    "run_steps", "every source and resolver of a refresh",
    _id(),
    Column("run_id", WHOLE, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    _text("kind", one_of("kind", ("source", "resolver")), nullable=False),
    _text("name", nullable=False),
    _status("ok", "unchanged", "failed"),
    _time("started_at", nullable=False),
    Column("fetch_ms", REAL, nullable=False, comment="time it took to answer"),
    Column("write_ms", REAL, nullable=False, comment="longest time it held the write lock"),
    Column("chunks", WHOLE, nullable=False, comment="transactions it was written in"),
    Column("seen", WHOLE, nullable=False, comment="answers it gave"),
    Column("changed", WHOLE, nullable=False, comment="rows added, altered or removed"),
    Column("dropped", WHOLE, nullable=False, comment="values that could not be facts"),
    _text("token", comment="version of the data; the same token skips the work"),
    _text("problem", one_of("problem", PROBLEMS), comment="kind of failure"),
    _text("error", comment="why it failed, without secrets"),
    _time("retry_at", comment="asked not to be asked before"),
    _text("detail", comment="JSON: examples of what was dropped"),
)  # fmt: skip
_table(
    "pending",
    "internal: models whose catalog row is out of date",
    _model(key=True, owned=False),
    only="sqlite",
)
_table(
    "pending_measurements", "internal: models with samples not yet folded",
    _text("provider", primary_key=True), _text("name", primary_key=True),
    rowid=False, only="sqlite",
)  # fmt: skip
_table(
    "deferral", "internal: a row here puts folding off to the end of a transaction",
    Column("active", WHOLE, check("active_is_1", "active = 1"), primary_key=True,
           autoincrement=False), only="sqlite",
)  # fmt: skip
_table(
    "replaced", "internal: opinions that an INSERT OR REPLACE may overwrite",
    _model(key=True, owned=False), _text("resolver", primary_key=True),
    *_fields(
        _text("observed_at", nullable=False), _text("changed_at", nullable=False), checked=False
    ),
    rowid=False, only="sqlite",
)  # fmt: skip


def _index(
    name: str, table: str, *keys: str, where: str | None = None, unique: bool = False
) -> None:
    of = METADATA.tables[table].c
    given = [of[key.removesuffix(" DESC")] for key in keys]
    ordered = [c.desc() if k.endswith(" DESC") else c for k, c in zip(keys, given, strict=True)]
    condition = None if where is None else sql(where)
    Index(name, *ordered, unique=unique, sqlite_where=condition, postgresql_where=condition)


_RANK = ("rank_tier", "rank_cost", "rank_context", "rank_release DESC")
_SHOWN = (
    "(mode IS NULL OR mode = 'chat') AND retired_at IS NULL "
    "AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) "
    "AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))"
)
# Covering for `live` and `valid_from`: availability and a past moment need no look-up in the table.
_index("catalog_by_rank", "catalog", *_RANK, "provider", "name", "live", "valid_from")
# Partial index for the default criteria; its WHERE must equal the text of `conditions`, else
# SQLite does not use it. Without it a query steps over the free and dynamic offers that lead
# each tier.
_index("catalog_shown", "catalog", *_RANK, "provider", "name", "live", "valid_from", where=_SHOWN)
_index(
    "catalog_history_shown", "catalog_history",
    *_RANK, "provider", "name", "live", "valid_from", "valid_to", where=_SHOWN,
)  # fmt: skip
_index("catalog_history_by_end", "catalog_history", "valid_to", "valid_from")
_index("catalog_history_by_model", "catalog_history", "model_id")
_index("catalog_history_by_name", "catalog_history", "name")
_index("catalog_by_provider", "catalog", "provider", *_RANK, "name")
_index("catalog_by_name", "catalog", "provider", "name", unique=True)
_index("catalog_by_bare_name", "catalog", "name")
_index("aliases_by_alias", "aliases", "alias")
_index("aliases_by_model", "aliases", "model_id")
_index("sightings_by_source", "sightings", "source")
_index("capabilities_by_resolver", "capabilities", "resolver")
_index("history_by_opinion", "capability_history", "model_id", "resolver", "valid_from")
_index("history_by_end", "capability_history", "valid_to")
_index("model_history_by_model", "model_history", "model_id", "id")
# Covering: the medians of the figures are computed from the index alone.
_index(
    "measurements_by_model", "measurements",
    "provider", "name", "measured_at", "id", "samples", *FIGURES[:-1],
)  # fmt: skip
_index("measurements_scored", "measurements", "provider", "name", where="quality_score IS NOT NULL")
_index("measurements_by_run", "measurements", "run_id", where="run_id IS NOT NULL")
_index("run_steps_by_run", "run_steps", "run_id")
_index("run_steps_by_name", "run_steps", "kind", "name", "token", where="status <> 'failed'")
