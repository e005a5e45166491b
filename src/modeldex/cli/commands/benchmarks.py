"""`modeldex benchmarks`: list and import scores of benchmarks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import words
from modeldex.cli.did_you_mean import Group
from modeldex.cli.import_report import report_import
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.query.benchmarks import (
    ScoresOf,
    benchmarks_of,
    scored_bases,
)

if TYPE_CHECKING:
    from modeldex.upstream.import_benchmarks import BenchmarkReport

COLUMNS = (
    Column("suite"), Column("variant"), Column("family"), Column("task"),
    Column("standing", number=True), Column("score", number=True), Column("low", number=True),
    Column("high", number=True), Column("n", number=True), Column("day"),
    Column("source"), Column("licence"),
)  # fmt: skip
BASES = (
    Column("base"), Column("scores", number=True), Column("families", number=True),
    Column("newest"), Column("quality_score", "score", number=True),
)  # fmt: skip


class _Benchmarks(Group):
    """A group whose first argument may be a base model instead of a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no command of the group for an argument of `list`."""
        if not set(args) & {*self.commands, *self.get_help_option_names(ctx)}:
            args.insert(0, "list")
        return super().parse_args(ctx, args)


@everywhere()
@click.group(cls=_Benchmarks)
def benchmarks() -> None:
    """Scores of base models on public benchmarks: list them, or import a table.

    `modeldex benchmarks BASE` is `modeldex benchmarks list BASE`.
    """


@everywhere()
@benchmarks.command("list", short_help="List the scores of a base model.")
@click.argument(
    "base", callback=parsed_by(word), shell_complete=words("base"), metavar="[BASE]", required=False
)
@click.pass_obj
def list_(settings: Settings, base: str | None) -> None:
    """Print every score of a base model, with standing, day, source and licence.

    A score without a standing has no effect. Without BASE, print the base models that have scores,
    the best general score first.
    """
    with opened(settings) as catalog:
        if base is None:
            bases = scored_bases(catalog)
        else:
            found = benchmarks_of(catalog, base)
    if base is not None:
        _print(settings, found)
    elif settings.json:
        terminal.print_json({"bases": bases, "total": len(bases)})
    else:
        terminal.print_table(settings, BASES, [list(each) for each in bases])


def _print(settings: Settings, found: ScoresOf) -> None:
    if settings.json:
        terminal.print_json(found._asdict())
        return
    terminal.print_table(settings, COLUMNS, [list(each) for each in found.scores])
    if not found.scores:
        terminal.print_hint(settings, f"no score of {found.base} is known")
    for text in found.attributions:
        terminal.print_hint(settings, f"source: {terminal.escaped(text)}")


@everywhere()
@benchmarks.command("import", short_help="Add the scores of a CSV file.")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="FILE|-"
)
@click.option("--dry-run", is_flag=True, help="Print what would be stored, and write nothing.")
@click.pass_obj
def import_(settings: Settings, file: str, dry_run: bool) -> int:
    """Store the scores of a CSV file; an import that was interrupted can be repeated.

    The first line names the columns; needed are model, suite and score. Rows of a base or suite
    that is not known, and scores that cannot be of their suite, are stored and have no effect.
    Rows that cannot be read are dropped, each with its line and reason on stderr: the exit code is
    5 then, and 1 if none was stored. A row without a day gets that of the import. Prints nothing
    on success unless stdout is a terminal.
    """
    from modeldex.upstream.import_benchmarks import import_file

    with opened(settings) as catalog, terminal.status_line(settings, "reading ..."):
        report = import_file(catalog.path, file, dry_run=dry_run)
    return report_import(
        settings, {**report._asdict(), "dry_run": dry_run},
        lambda: _print_report(settings, report, "would be " if dry_run else ""),
        report.dropped, outcome=(report.dropped_rows, report.kept), verb="dropped",
    )  # fmt: skip


def _print_report(settings: Settings, report: "BenchmarkReport", would: str) -> None:
    terminal.print_text(
        settings,
        f"{report.added:,} {would}added, {report.replaced:,} {would}replaced, "
        f"{report.duplicates:,} already present, {report.dropped_rows:,} dropped",
    )
    _print_counts(settings, "without effect", report.without_effect)
    _print_counts(settings, "not read", report.incomplete)


def _print_counts(settings: Settings, title: str, counts: Mapping[str, int]) -> None:
    for reason, number in counts.items():
        terminal.print_text(settings, f"{title}: {number:,}, {terminal.escaped(reason)}")
