"""`modeldex measure`: add, import and list samples of a perf lab."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import models, words
from modeldex.cli.did_you_mean import Choice, Group
from modeldex.cli.import_report import MESSAGES, print_more, report_import
from modeldex.cli.parse import parsed_by, positive, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.errors import ModelNotFound
from modeldex.measurements.file_formats import FORMATS
from modeldex.measurements.sample import COLUMNS, InvalidSample, model_of_row
from modeldex.measurements.sample_fields import PARSERS
from modeldex.query.catalog import Catalog
from modeldex.query.lookup import exact
from modeldex.query.rows import TableRow
from modeldex.vocabulary.fields import BY_NAME

if TYPE_CHECKING:
    from modeldex.measurements.record import RecordReport

Command = Callable[..., object]

FIGURES = (
    Column("field"), Column("value"), Column("n", number=True),
    Column("oldest", "", terminal.day), Column("newest", "", terminal.day),
)  # fmt: skip
SAMPLES = tuple(Column(name) for name in COLUMNS[2:])
SHOWN = 100
"""How many samples `list` prints by default."""

_LIST = (
    f"SELECT {', '.join(COLUMNS)} FROM measurements WHERE provider = :provider AND name = :name "
    "ORDER BY measured_at DESC, id DESC LIMIT :limit"
)
_TOTAL = "SELECT count(*) FROM measurements WHERE provider = :provider AND name = :name"
_FIGURES = (
    "SELECT field, value, n, oldest, newest FROM measured_figures "
    "WHERE provider = :provider AND name = :name ORDER BY field"
)
_OPTIONS = (
    ("--tps", "tokens_per_second", "X", "Generated tokens per second, after the first token."),
    ("--ttft-ms", "ttft_ms", "X", "Milliseconds to the first token."),
    ("--input-cost", "input_cost_per_1m", "USD", "Price actually paid per 1M prompt tokens."),
    ("--output-cost", "output_cost_per_1m", "USD", "Price actually paid per 1M generated tokens."),
    ("--tools/--no-tools", "supports_tools", "", "Whether tool calls worked in a test."),
    ("--vision/--no-vision", "supports_vision", "", "Whether image input worked in a test."),
    ("--json-mode/--no-json-mode", "supports_json_mode", "", "Whether JSON mode worked in a test."),
    (
        "--structured-outputs/--no-structured-outputs", "supports_structured_outputs", "",
        "Whether output by a JSON Schema worked in a test.",
    ),
    ("--error", "error", "TEXT", "Why a test had no result; this does not count as a failure."),
    ("--score", "quality_score", "X", "Quality score, on the scale of its suite."),
    ("--suite", "quality_suite", "NAME", "Benchmark suite of the score."),
    ("--suite-version", "suite_version", "TEXT", "Version of the suite."),
    ("--samples", "samples", "N", "Number of requests behind the values; 1 by default."),
    ("--measured-at", "measured_at", "TIME", "Time of the measurement, ISO 8601; now by default."),
    ("--host", "host", "TEXT", "Host on which it was measured."),
    ("--run-id", "run_id", "TEXT", "Id of the measuring job; the same sample again adds nothing."),
)  # fmt: skip


@everywhere()
@click.group(cls=Group)
def measure() -> None:
    """Samples of a perf lab: speed, latency, cost, tested capabilities and quality.

    The opinion of resolver `perf_lab` on a model is the weighted median of its recent samples.
    """


def _figure_options(command: Command) -> Command:
    for option, field, metavar, meaning in reversed(_OPTIONS):
        attributes: dict[str, Any] = {"default": None, "help": meaning}
        if metavar:
            attributes |= {"metavar": metavar, "callback": parsed_by(PARSERS[field])}
        if field == "quality_suite":
            attributes["shell_complete"] = words("suite")
        command = click.option(option, field, **attributes)(command)
    return command


@everywhere()
@measure.command(short_help="Add one sample.")
@click.argument("model", callback=parsed_by(word), shell_complete=models, metavar="PROVIDER/NAME")
@_figure_options
@click.pass_obj
def add(settings: Settings, /, model: str, **figures: object) -> int:
    """Store one sample. An unknown model is created, with a warning on stderr.

    Prints nothing on success unless stdout is a terminal.
    """
    from modeldex.measurements.record import record

    with opened(settings) as catalog:
        key, near = _model_key(catalog, model)
        row = {**dict(zip(("provider", "name"), key, strict=True)), **figures}
        report = record(catalog.path, [(1, row)], strict=True)
    return _report(settings, report, dry_run=False, near=near)


def _model_key(catalog: Catalog, text: str) -> tuple[tuple[str, str], tuple[str, ...]]:
    """Provider and name of a known model, else those in `text` for a model to be created.

    And the ids that may be meant instead of that. Raises ModelNotFound if `text` is neither.
    """
    try:
        found = exact(catalog, text)
    except ModelNotFound as unknown:
        try:
            return model_of_row({"model": text}), unknown.near
        except InvalidSample:
            raise unknown from None
    return (found.spec.provider, found.spec.name), ()


@everywhere()
@measure.command("import", short_help="Add the samples of a file, or of another catalog.")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="FILE|-"
)
@click.option(
    "--format", "format_", type=Choice(FORMATS),
    help="By default the suffix of the file; jsonl on stdin.",
)  # fmt: skip
@click.option(
    "--new-models", type=click.IntRange(0), metavar="N",
    help="Models that samples may add in a day; 0: known models only. Any number by default.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would be stored, and write nothing.")
@click.option("--strict", is_flag=True, help="Store nothing if any row is invalid.")
@click.pass_obj
def import_(
    settings: Settings,
    file: str,
    format_: str | None,
    *,
    new_models: int | None,
    dry_run: bool,
    strict: bool,
) -> int:
    """Store the samples of a JSON, JSON Lines or CSV file, or of another catalog (db).

    Samples that the catalog has already are not added again. Invalid rows are refused, each
    with its number and field on stderr, and the rest is stored: the exit code is 5 then, and 1
    if all were refused. Prints nothing on success unless stdout is a terminal. The other
    catalog is not changed.
    """
    from modeldex.measurements.import_file import import_file

    with opened(settings) as catalog, terminal.status_line(settings, "reading ...") as progress:
        report = import_file(
            catalog.path, file, format_,
            strict=strict, dry_run=dry_run, new_models=new_models, progress=progress,
        )  # fmt: skip
    return _report(settings, report, dry_run=dry_run)


def _report(
    settings: Settings, report: "RecordReport", *, dry_run: bool, near: tuple[str, ...] = ()
) -> int:
    """Print the result of adding samples; returns the exit code."""
    if not settings.json:
        _print_hints(settings, report, near)
    return report_import(
        settings, {**report._asdict(), "dry_run": dry_run},
        lambda: terminal.print_text(
            settings,
            f"{report.added:,} {'would be added' if dry_run else 'added'}, "
            f"{report.duplicates:,} already present, {report.refused_rows:,} refused",
        ),
        report.refused, outcome=(report.refused_rows, report.added + report.duplicates),
        verb="refused",
    )  # fmt: skip


def _print_hints(settings: Settings, report: "RecordReport", near: tuple[str, ...]) -> None:
    meant = f"did you mean {' or '.join(near)}?" if near else "check its spelling"
    for model in report.created[:MESSAGES]:
        terminal.print_warning(settings, f"{model} is new in the catalog; {meant}")
    print_more(settings, len(report.created) - MESSAGES, "models are new in the catalog")
    if report.ignored:
        terminal.print_hint(settings, f"unknown columns, ignored: {', '.join(report.ignored)}")


@everywhere()
@measure.command("list", short_help="List the samples of a model, newest first.")
@click.argument("model", callback=parsed_by(word), shell_complete=models, metavar="PROVIDER/NAME")
@click.option(
    "--limit", callback=parsed_by(positive), metavar="N", default=str(SHOWN), show_default=True,
    help="At most the newest N.",
)  # fmt: skip
@click.pass_obj
def list_(settings: Settings, model: str, limit: int) -> None:
    """Print the samples of a model, on a terminal also the values merged from them."""
    with opened(settings) as catalog:
        found = exact(catalog, model)
        key = {"provider": found.spec.provider, "name": found.spec.name}
        samples = catalog.table(_LIST, {**key, "limit": limit})
        figures = [_stored(row) for row in catalog.table(_FIGURES, key)]
        [(total,)] = catalog.rows(_TOTAL, key)
    if settings.json:
        document = {"id": found.id, "total": total, "figures": figures, "measurements": samples}
        terminal.print_json(document)
    elif terminal.is_terminal(sys.stdout):
        _draw(settings, f"{found.id}: {total:,} samples", figures, samples)
    else:
        terminal.print_table(settings, SAMPLES, _cells(SAMPLES, samples))


def _stored(figure: TableRow) -> TableRow:
    return {**figure, "value": BY_NAME[figure["field"]].stored(figure["value"])}


def _draw(settings: Settings, title: str, figures: list[TableRow], samples: list[TableRow]) -> None:
    """Print the merged values, then the samples, without columns that are empty throughout."""
    terminal.print_text(settings, terminal.escaped(title), bold=True)
    if figures:
        terminal.print_table(settings, FIGURES, _cells(FIGURES, figures))
        terminal.print_text(settings, "")
    used = [column for column in SAMPLES if any(row[column.name] is not None for row in samples)]
    if used:
        terminal.print_table(settings, used, _cells(used, samples))


def _cells(
    columns: "tuple[Column, ...] | list[Column]", rows: list[TableRow]
) -> list[list[object]]:
    return [[row[column.name] for column in columns] for row in rows]
