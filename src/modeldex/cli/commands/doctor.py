"""`modeldex doctor`."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import file_of
from modeldex.cli.errors import FAILURE, OK
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.storage.sqlite.integrity import REPAIRABLE, Check, examine
from modeldex.upstream import override_files

COLUMNS = (Column("check"), Column("result"), Column("detail"))


@everywhere()
@click.command()
@click.option("--repair", is_flag=True, help="Rebuild the table `catalog` if it is wrong.")
@click.pass_obj
def doctor(settings: Settings, repair: bool) -> int:
    """Check SQLite, the file, its schema and rows, and your overrides; exit with 1 on a problem.

    Each fault of an override file is a line with its place; the other entries hold.

    --repair can rebuild the table `catalog` alone, because that is merged from the opinions.
    If the file itself is damaged, restore a backup.
    """
    path = file_of(settings)
    with terminal.status_line(settings, "checking ...") as progress:
        checks = list(_told(examine(path), progress))
        repaired = repair and _is_repairable(checks)
        if repaired:
            _rebuild(path)
            checks = list(_told(examine(path), progress))
    checks += _overrides()
    sound = all(check.ok for check in checks)
    if settings.json:
        rows = [check._asdict() for check in checks]
        terminal.print_json({"path": str(path), "ok": sound, "repaired": repaired, "checks": rows})
    else:
        lines = [(c.check, "ok" if c.ok else "problem", c.detail) for c in checks]
        terminal.print_table(settings, COLUMNS, lines)
    return OK if sound else FAILURE


def _told(checks: Iterable[Check], progress: Callable[[str], None]) -> Iterator[Check]:
    """The same checks, each named when it is done."""
    for number, check in enumerate(checks, 1):
        progress(f"checking: {check.check} done, {number} in all ...")
        yield check


def _overrides() -> Iterator[Check]:
    """The sound entries of the override files, and each fault of one."""
    paths = override_files.default_paths()
    if not paths:
        yield Check("overrides", ok=True, detail="none")
    for path in paths:
        sound, faults = override_files.examine_file(path)
        if sound or not faults:
            entries = "1 sound entry" if sound == 1 else f"{sound} sound entries"
            yield Check("overrides", ok=True, detail=f"{path}: {entries}")
        yield from (Check("overrides", ok=False, detail=str(fault)) for fault in faults)


def _is_repairable(checks: list[Check]) -> bool:
    """Whether a rebuild helps, and no failed check makes writing to the file dangerous."""
    failed = {check.check for check in checks if not check.ok}
    harmless = {*REPAIRABLE, "permissions", "program", "journal"}
    return bool(failed & set(REPAIRABLE)) and failed <= harmless


def _rebuild(path: Path) -> None:
    from modeldex.storage.batch import rebuild
    from modeldex.storage.sqlite.writer import Writer

    with Writer(path) as writer:
        rebuild(writer)
