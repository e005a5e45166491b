"""`modeldex refresh`."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import file_of, opened
from modeldex.cli.completion import words
from modeldex.cli.did_you_mean import Choice
from modeldex.cli.errors import FAILURE, OK, PARTIAL
from modeldex.cli.foreign_output import printing_to_stderr
from modeldex.cli.parse import amount, listed_by, parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.errors import InvalidQuery
from modeldex.storage.location import Place
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.vocabulary.providers import canonical, providers

if TYPE_CHECKING:
    from modeldex.refresh.report import RefreshReport, StepReport

COLUMNS = (
    Column("kind"),
    Column("name"),
    Column("status"),
    Column("seen", "", terminal.tokens, number=True),
    Column("changed", "", terminal.tokens, number=True),
    Column("dropped", "", terminal.tokens, number=True),
    Column("error"),
)

_DEADLINE = 120
_OPTION_OF = {"only": "'--source'", "accept": "'--accept'"}


class _Options(NamedTuple):
    """The options that shape a refresh."""

    only: tuple[str, ...]
    accept: tuple[str, ...]
    deadline: float
    quiet: bool

    @property
    def arguments(self) -> list[str]:
        """The same options as the arguments of an unattended refresh."""
        arguments = ["refresh", "--quiet"]
        arguments += [word for name in self.only for word in ("--source", name)]
        arguments += [word for name in self.accept for word in ("--accept", name)]
        return arguments + ["--deadline", f"{self.deadline:g}"] * (self.deadline != _DEADLINE)


@everywhere()
@click.command()
@click.option(
    "--source", "only", shell_complete=words("source", many=True),
    callback=listed_by(word), metavar="NAME", multiple=True,
    help="Fetch from this source only, and from no other host; several with commas.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@click.option(
    "--accept", shell_complete=words("source", many=True),
    callback=listed_by(word), metavar="NAME", multiple=True,
    help="Store this source's list even if it shrank by more than half; several with commas.",
)  # fmt: skip
@click.option(
    "--quiet", is_flag=True, help="Print only failures, and the output of --json or --dry-run."
)
@click.option(
    "--deadline", callback=parsed_by(amount), metavar="S", default=str(_DEADLINE),
    show_default=True,
    help="Time limit of all fetches in seconds; sources get at most two thirds of it.",
)  # fmt: skip
@click.option(
    "--print-timer", "timer", type=Choice(["systemd", "cron"]),
    help="Print the systemd units or crontab line for an hourly refresh, and exit.",
)  # fmt: skip
@click.pass_obj
def refresh(settings: Settings, /, dry_run: bool, timer: str | None, **given: Any) -> int:
    """Bring the catalog up to date. No other command fetches from the network.

    Prints nothing on success unless stdout is a terminal, so that cron can run it. A failed
    source keeps its stored models. Each failure is one line on stderr, and the exit code 5. If no
    host answered, or none is asked and --source does not name local sources, that is one line and
    the exit code 1; what is on this machine was read all the same. If another refresh of the same
    catalog is running, this one does nothing and exits with 0. A host that sent Retry-After is
    not contacted before that time, at most a day, unless --source names it.

    --dry-run refreshes a temporary copy and prints the differences: models added and gone, and
    each changed field with its old and new value and the resolver that states it.
    """
    options = _Options(**given)
    if timer:
        from modeldex.cli.print_timer import print_timer

        print_timer(settings, timer, options.arguments)
        return OK
    report = _dry_run(settings, options) if dry_run else _run(settings, options)
    return _report_failures(settings, report, options)


def _run(settings: Settings, options: _Options) -> "RefreshReport":
    report = _refreshed(settings, catalog_path(settings.db), options)
    if settings.json:
        terminal.print_json(_as_json(report, options))
    elif report.steps and not options.quiet and terminal.is_terminal(sys.stdout):
        rows = [[getattr(step, column.name) for column in COLUMNS] for step in report.steps]
        terminal.print_table(settings, COLUMNS, rows)
    return report


def _dry_run(settings: Settings, options: _Options) -> "RefreshReport":
    from modeldex.cli.catalog import copies
    from modeldex.cli.print_diff import print_difference
    from modeldex.history.diff import difference

    with copies(file_of(settings)) as (before, after):
        report = _refreshed(settings.at(after), after, options)
        found = difference(before, after)
    if settings.json:
        terminal.print_json({**_as_json(report, options), "dry_run": True, **found._asdict()})
    else:
        print_difference(settings, found, "; nothing was written")
    return report


def _refreshed(settings: Settings, path: Place, options: _Options) -> "RefreshReport":
    """Refresh the catalog at `path`. Raises a usage error for a name that no source has."""
    if options.only:
        # Such a refresh leaves out the sources of shipped data: opening the catalog loads them.
        with opened(settings):
            pass
    with terminal.status_line(settings, "fetching ...", quiet=options.quiet) as progress:
        try:
            with printing_to_stderr():  # what a plug-in prints is no part of the answer
                report = _run_refresh(path, options, progress)
        except InvalidQuery as error:
            name = str(error.value)
            message = f"{name}: {_why_not(name) or error.reason}"
            hint = _OPTION_OF.get(error.field)
            raise click.BadParameter(message, param_hint=hint) from None
    if report.skipped and not options.quiet:
        terminal.print_warning(
            settings, "another refresh of this catalog is running; nothing was done"
        )
    return report


def _why_not(name: str) -> str | None:
    """Why a known provider is not a source here; None for an unknown name."""
    provider = providers().get(canonical(name))
    if provider is None:
        return None
    if canonical(name) != name:
        return f"use the provider's id, {provider.id}"
    needed = provider.base_url_vars if provider.local else provider.keys
    if provider.listing is None or not needed:
        return provider.note or f"{provider.name} has no list of models that can be fetched"
    return f"set {needed[0]} to fetch from {provider.name}"


def _run_refresh(
    path: Place, options: _Options, progress: Callable[[str], None]
) -> "RefreshReport":
    import asyncio
    import logging

    from modeldex.registry import ModelRegistry

    # stamina logs every retry; the report has the outcome of them all.
    logging.getLogger("stamina").setLevel(logging.ERROR)

    async def run() -> "RefreshReport":
        async with ModelRegistry(db=path) as registry:
            return await registry.refresh(
                only=options.only,
                accept=options.accept,
                deadline=options.deadline,
                progress=progress,
            )

    return asyncio.run(run())


def _as_json(report: "RefreshReport", options: _Options) -> dict[str, object]:
    status = "failed" if _is_silent(report, options) else report.status
    return {
        "status": "skipped" if report.skipped else status,
        "asked": report.asked,
        "answered": report.answered,
        "steps": [step._asdict() for step in report.steps],
    }


def _report_failures(settings: Settings, report: "RefreshReport", options: _Options) -> int:
    """Print one line per failure, or one line if no host answered; returns the exit code."""
    if report.skipped:
        return OK
    failed = list(_failure_lines(report.failed).values())
    silent = _is_silent(report, options)
    lines = [_silence(report, failed)] if silent else failed
    if not lines:
        return OK
    landed = any(step.kind == "source" and step.status != "failed" for step in report.steps)
    code = PARTIAL if landed and not silent else FAILURE
    if settings.json:
        kind = "partial_refresh" if code == PARTIAL else "refresh_failed"
        terminal.print_error_json({"code": kind, "message": "; ".join(lines), "failed": failed})
    else:
        for line in lines:
            terminal.print_error(settings, line)
    return code


def _is_silent(report: "RefreshReport", options: _Options) -> bool:
    """Whether there is no news from outside, unless only local sources were named."""
    return not report.answered and bool(report.asked or not options.only)


def _silence(report: "RefreshReport", failed: list[str]) -> str:
    from modeldex.refresh.health import NOBODY_ASKED

    if report.asked:
        return f"no host answered: {'; '.join(failed)}"
    return "; ".join([NOBODY_ASKED, *failed])


def _failure_lines(failed: "tuple[StepReport, ...]") -> dict[str, str]:
    """One line per host: a source and the resolver of the same response fail together."""
    lines: dict[str, str] = {}
    for step in failed:
        error = step.error or "failed"
        line = error if error.startswith(f"{step.name}:") else f"{step.name}: {error}"
        lines.setdefault(step.name.removesuffix("_api"), line)
    return lines
