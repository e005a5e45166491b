"""`modeldex backup`."""

import os
import re
from pathlib import Path

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import file_of
from modeldex.cli.parse import parsed_by, positive, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.vocabulary import clock
from modeldex.vocabulary.user_folders import at_home

# How _name ends; --keep deletes no other file of the folder.
_STAMP = r"-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.db"


@everywhere()
@click.command()
@click.argument("destination", callback=parsed_by(word), metavar="DEST")
@click.option("--force", is_flag=True, help="Replace DEST if it exists.")
@click.option(
    "--keep", callback=parsed_by(positive), metavar="N",
    help="If DEST is a folder: delete all but the newest N backups in it.",
)  # fmt: skip
@click.pass_obj
def backup(settings: Settings, destination: str, force: bool, keep: int | None) -> None:
    """Copy the catalog to DEST, consistent as of one moment, and print the path of the copy.

    Other processes may write to the catalog meanwhile. The copy is verified and synced to disk
    before it gets its final name. In a folder that name is the catalog's and the time in UTC. A
    backup is a catalog: read it with --db. To restore it, stop all users of the catalog and
    copy the backup over it.
    """
    from modeldex.storage.backup import backup as make_backup

    path, target = file_of(settings), at_home(destination)
    in_folder = target.is_dir() or destination.endswith(os.sep)
    if keep is not None and not in_folder:
        raise click.UsageError("--keep needs a folder as DEST")
    if in_folder:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        target /= _name(path)
    made = make_backup(path, target, force=force)
    removed = _remove_old(path, target.parent, keep) if keep else []
    if settings.json:
        report = {**made._asdict(), "path": str(target), "removed": [str(old) for old in removed]}
        terminal.print_json(report)
    else:
        click.echo(terminal.escaped(target))


def _name(path: Path) -> str:
    """The file name of a backup: the stem of the catalog and the UTC time in milliseconds."""
    moment = clock.now()
    return f"{path.stem}-{moment:%Y-%m-%dT%H%M%S}.{moment.microsecond // 1000:03d}Z.db"


def _remove_old(path: Path, folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups of this catalog; returns the deleted paths."""
    named = re.compile(re.escape(path.stem) + _STAMP)
    # Names sort by time: they differ only in the timestamp, which has a fixed width.
    old = sorted(found for found in folder.iterdir() if named.fullmatch(found.name))[:-keep]
    for each in old:
        each.unlink()
    return old
