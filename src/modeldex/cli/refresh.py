"""`modeldex refresh`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import amount, read, word
from modeldex.cli.failures import FAILURE, OK, PARTIAL
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.db import catalog_path

if TYPE_CHECKING:
    from modeldex.report import RefreshReport, StepReport
    from modeldex.sources import ModelSource

COLUMNS = (
    Column("kind"),
    Column("name"),
    Column("status"),
    Column("seen", "", terminal.tokens, number=True),
    Column("changed", "", terminal.tokens, number=True),
    Column("dropped", "", terminal.tokens, number=True),
    Column("error", wraps=True),
)


@everywhere()
@click.command(short_help="Ask every source and resolver, and keep what they say.")
@click.option(
    "--source", "names", callback=read(word), metavar="NAME", multiple=True,
    help="Ask this source only; repeatable.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print nothing but failures.")
@click.option(
    "--deadline", callback=read(amount), metavar="S", default="60", show_default=True,
    help="How many seconds each of them may take.",
)  # fmt: skip
@click.pass_obj
def refresh(settings: Settings, names: tuple[str, ...], quiet: bool, deadline: float) -> int:
    """Bring the catalog up to date. The only command that opens a socket.

    Silent on success unless stdout is a terminal, so that it can be run by cron. What fails
    loses nothing that was known: each failure is one line on stderr, and the exit code is 5
    when something else landed and 1 when nothing did. While another refresh of the same
    catalog runs this one does nothing.
    """
    path = catalog_path(settings.db)
    sources = _chosen(names) if names else None
    if sources is not None:
        with opened(settings):  # what is shipped comes first, whole
            pass
    with _progress(settings, quiet=quiet) as progress:
        report = _run(path, sources, deadline, progress)
    if report.skipped and not quiet:
        terminal.warn(settings, "another refresh is running")
    _print(settings, report, quiet=quiet)
    return _complain(settings, report)


def _chosen(names: Sequence[str]) -> "list[ModelSource]":
    """The default sources of these names; a usage error for one that does not exist."""
    from modeldex.defaults import default_sources
    from modeldex.parts import part_name

    known = {part_name(source): source for source in default_sources()}
    for name in names:
        if name not in known:
            raise click.BadParameter(
                f"no source {name!r}; there are {', '.join(known)}", param_hint="'--source'"
            )
    return [source for name, source in known.items() if name in names]


@contextmanager
def _progress(settings: Settings, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line that says what was heard last, where a person waits."""
    if quiet or not terminal.is_movable(sys.stderr):
        yield lambda _text: None
        return
    with terminal.console(settings, sys.stderr).status("asking ...") as line:
        yield lambda text: line.update(terminal.show(text))


def _run(
    path: Path,
    sources: "Sequence[ModelSource] | None",
    deadline: float,
    progress: Callable[[str], None],
) -> "RefreshReport":
    import asyncio

    from modeldex.registry import ModelRegistry

    async def run() -> "RefreshReport":
        async with ModelRegistry(sources, db=path) as registry:
            return await registry.refresh(deadline=deadline, progress=progress)

    return asyncio.run(run())


def _print(settings: Settings, report: "RefreshReport", *, quiet: bool) -> None:
    if settings.json:
        status = "skipped" if report.skipped else report.status
        terminal.print_json({"status": status, "steps": [step._asdict() for step in report.steps]})
    elif report.steps and not quiet and terminal.is_terminal(sys.stdout):
        rows = [[getattr(step, column.name) for column in COLUMNS] for step in report.steps]
        terminal.print_table(settings, COLUMNS, rows)


def _complain(settings: Settings, report: "RefreshReport") -> int:
    """One line per failure; the exit code."""
    if not report.failed:
        return OK
    # source and resolver of one name ask one server
    failed = list({step.name: _told(step) for step in reversed(report.failed)}.values())[::-1]
    landed = any(step.kind == "source" and step.status != "failed" for step in report.steps)
    if settings.json:
        code = "partial_refresh" if landed else "refresh_failed"
        terminal.complain_json({"code": code, "message": "; ".join(failed), "failed": failed})
    else:
        for line in failed:
            terminal.complain(settings, line)
    return PARTIAL if landed else FAILURE


def _told(step: "StepReport") -> str:
    error = step.error or "failed"
    return error if error.startswith(f"{step.name}:") else f"{step.name}: {error}"
