"""`modeldex diff`."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import file_of
from modeldex.cli.errors import FAILURE, OK
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.print_diff import print_difference
from modeldex.cli.settings import Settings, everywhere
from modeldex.errors import CatalogError
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.connection import connect_reader, translated
from modeldex.storage.sqlite.state import check, state


@everywhere()
@click.command()
@click.argument("before", callback=parsed_by(word), metavar="CATALOG_A")
@click.argument("after", callback=parsed_by(word), required=False, metavar="[CATALOG_B]")
@click.option("--exit-code", "exit_code", is_flag=True, help="Exit with 1 if anything differs.")
@click.pass_obj
def diff(settings: Settings, before: str, after: str | None, exit_code: bool) -> int:
    """Print the changes from CATALOG_A, such as a backup, to CATALOG_B, by default the catalog.

    Models only in the second are listed as added, models only in the first as gone. Of other
    models each changed field is listed with its old and new value and the resolver that states
    the new one. Neither file is changed.
    """
    from modeldex.history.diff import difference

    first = file_of(_at(settings, before))
    second = file_of(_at(settings, after) if after else settings)
    with _current(first) as old, _current(second) as new:
        found = difference(old, new)
    if settings.json:
        terminal.print_json(found)
    else:
        print_difference(settings, found)
    return FAILURE if exit_code and any(found) else OK


def _at(settings: Settings, path: str) -> Settings:
    return settings.at(Path(path))


@contextmanager
def _current(path: Path) -> Iterator[Path]:
    """The path of a catalog with the current schema: `path`, or a migrated temporary copy.

    Raises CatalogError.
    """
    if not path.is_file():
        raise CatalogError(path, "there is no catalog at this path")
    with translated(path), closing(connect_reader(path)) as connection:
        found = state(connection)
        check(path, found, connection)
    if found.schema == SCHEMA:
        yield path
        return
    from modeldex.storage.backup import copy
    from modeldex.storage.sqlite.migrate import migrate

    with TemporaryDirectory(prefix="modeldex-") as folder:
        copied = Path(folder) / path.name
        copy(path, copied)
        migrate(copied)
        yield copied
