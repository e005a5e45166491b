"""Stores the measurement samples of a file, or those of another catalog."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from modeldex.errors import CatalogError, NotACatalog
from modeldex.measurements.file_formats import NumberedRow, format_of, read_rows
from modeldex.measurements.record import RecordReport, record
from modeldex.measurements.sample import COLUMNS
from modeldex.storage.location import Place
from modeldex.storage.sqlite.connection import connect_reader, exists, translated
from modeldex.storage.sqlite.state import check, state
from modeldex.vocabulary import clock
from modeldex.vocabulary.caps import LINE
from modeldex.vocabulary.timestamps import utc

# Bytes that are not UTF-8 must fail their own row only, not the whole file.
_TEXT: Any = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}


def import_file(
    place: Place, file: str | os.PathLike[str], format_: str | None = None, **how: Any
) -> RecordReport:
    """Store the samples of a file, or of another catalog, which is only read.

    `format_` is one of file_formats.FORMATS, by default that of the file's suffix; `-` is
    standard input, by default JSON Lines. `how` are options of `record`. Raises
    InvalidMeasurements, CatalogError, and OSError if the file cannot be read.
    """
    path, origin = Path(file), os.fspath(file)
    format_ = format_of(origin, format_)
    if format_ == "db":
        with _of_catalog(path) as rows:
            return record(place, rows, origin=origin, **how)
    if origin == "-":
        sys.stdin.reconfigure(**_TEXT)  # type: ignore[union-attr]
        return record(place, read_rows(sys.stdin, format_, origin), origin=origin, **how)
    with path.open(**_TEXT) as text:
        # A modification time in the future counts as now.
        moment = utc(min(path.stat().st_mtime, clock.wall()))
        rows = read_rows(text, format_, origin)
        return record(place, rows, moment=moment, origin=origin, **how)


@contextmanager
def _of_catalog(path: Path) -> Iterator[Iterator[NumberedRow]]:
    """The samples of another catalog, also of an older schema, as rows numbered by their ids."""
    if not exists(path):
        raise CatalogError(path, "there is no such file")
    with translated(path), closing(connect_reader(path)) as connection:
        check(path, state(connection), connection)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LINE)
        there = {name for _, name, *_ in connection.execute("PRAGMA table_info(measurements)")}
        if not there:
            raise NotACatalog(path, "has no table of measurements")
        names = [name for name in COLUMNS if name in there]
        rows = connection.execute(f"SELECT id, {', '.join(names)} FROM measurements ORDER BY id")
        yield ((id_, dict(zip(names, values, strict=True))) for id_, *values in rows)
