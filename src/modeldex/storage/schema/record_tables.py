"""The tables of records: measurements, what changed, what was acknowledged, every refresh."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey
from sqlalchemy import text as sql

from modeldex.storage.schema.columns import FIGURES, PROBLEMS, VERIFIED
from modeldex.storage.schema.ddl import REAL, WHOLE, between, check, one_of, text, word
from modeldex.storage.schema.declare import (
    model_column,
    row_id,
    since_column,
    table,
    text_column,
    time_column,
)


def _above_0(name: str, high: int, comment: str) -> Column[Any]:
    rule = check(f"{name}_is_above_0", f"{name} > 0 AND {name} <= {high}")
    return Column(name, REAL, rule, comment=comment)


def _paid(name: str, tokens: str) -> Column[Any]:
    rule = between(name, 0, 1_000_000, "_usd")
    return Column(name, REAL, rule, comment=f"USD really paid per 1M {tokens} tokens")


table(
    "measurements", "append-only samples of a perf lab; folded into perf_lab",
    row_id("measurements"),
    text_column("provider", word("provider"), nullable=False),
    text_column("name", text("name"), nullable=False),
    since_column("measured_at"),
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
    text_column(
        "quality_suite", text("quality_suite"),
        comment="which tests; quality_suites says what a score means",
    ),
    text_column("suite_version", text("suite_version")),
    text_column(
        "error", check("error_is_1_to_1000_characters", "length(error) BETWEEN 1 AND 1000"),
        comment="why a test could not tell, which is not a false",
    ),
    Column(
        "samples", WHOLE, between("samples", 1, 1_000_000_000), nullable=False,
        server_default=sql("1"), comment="how many requests the row stands for",
    ),
    text_column("host", comment="where it was measured"),
    text_column("run_id", comment="which job measured it"),
    CheckConstraint(
        f"coalesce({', '.join(FIGURES)}) IS NOT NULL OR error IS NOT NULL",
        name="a_measurement_has_a_figure",
    ),
    CheckConstraint(
        "quality_score IS NULL OR quality_suite IS NOT NULL",
        name="a_quality_score_names_its_quality_suite",
    ),
)  # fmt: skip
table(
    "quality_suites",
    "what a score means; a suite that is not here says no tier; yours to edit",
    text_column("name", text("name"), primary_key=True),
    text_column("version", text("version"), comment="NULL: any"),
    Column("balanced_at_least", REAL, nullable=False),
    Column("best_at_least", REAL, nullable=False),
    Column(
        "min_samples", WHOLE, nullable=False, server_default=sql("30"), comment="fewer say nothing"
    ),
    CheckConstraint("best_at_least > balanced_at_least", name="best_is_above_balanced"),
    rowid=False,
)  # fmt: skip
table(
    "acknowledged", "disagreements that somebody has looked at; silent until one changes",
    model_column(key=True), text_column("field", primary_key=True),
    text_column("said", nullable=False, comment="what was said then, as drift shows it"),
    since_column("acknowledged_at"), rowid=False,
)  # fmt: skip
table(
    "model_history", "names and liveness of a model, from `at` on; written by triggers",
    row_id(), model_column(key=False, owned=False), text_column("at", nullable=False),
    text_column("provider", nullable=False), text_column("name", nullable=False),
    *map(text_column, ("family", "display_name", "retired_at")),
    Column("live", WHOLE, nullable=False),
)  # fmt: skip
table(
    "resolver_history", "precedences, from `at` on; written by triggers",
    row_id(), text_column("name", nullable=False), text_column("at", nullable=False),
    Column("precedence", WHOLE, comment="NULL: deleted"),
)  # fmt: skip


def _status(*words: str) -> Column[Any]:
    name = f"status_is_{'_'.join(words[:-1])}_or_{words[-1]}"
    return text_column("status", one_of("status", words, name), nullable=False)


table(
    "runs", "every refresh",
    row_id(), text_column("kind", one_of("kind", ("shipped", "refresh")), nullable=False),
    time_column("started_at", nullable=False), time_column("finished_at"),
    _status("running", "ok", "partial", "failed"),
    text_column("version", nullable=False, comment="modeldex that ran"),
)  # fmt: skip
table(
    "run_steps", "every source and resolver of a refresh",
    row_id(),
    Column("run_id", WHOLE, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    text_column("kind", one_of("kind", ("source", "resolver")), nullable=False),
    text_column("name", nullable=False),
    _status("ok", "unchanged", "failed"),
    time_column("started_at", nullable=False),
    Column("fetch_ms", REAL, nullable=False, comment="time it took to answer"),
    Column("write_ms", REAL, nullable=False, comment="longest time it held the write lock"),
    Column("chunks", WHOLE, nullable=False, comment="transactions it was written in"),
    Column("seen", WHOLE, nullable=False, comment="answers it gave"),
    Column("changed", WHOLE, nullable=False, comment="rows added, altered or removed"),
    Column("dropped", WHOLE, nullable=False, comment="values that could not be facts"),
    text_column("token", comment="version of the data; the same token skips the work"),
    text_column("problem", one_of("problem", PROBLEMS), comment="kind of failure"),
    text_column("error", comment="why it failed, without secrets"),
    time_column("retry_at", comment="asked not to be asked before"),
    text_column("detail", comment="JSON: examples of what was dropped"),
)  # fmt: skip
