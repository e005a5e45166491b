"""`modeldex export`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from modeldex.cli.catalog import opened
from modeldex.cli.did_you_mean import Choice
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import write_csv
from modeldex.query import export as tables
from modeldex.query.catalog import Catalog
from modeldex.vocabulary.user_folders import at_home

FORMATS = ("json", "jsonl", "csv", "parquet", "litellm")


@everywhere()
@click.command()
@click.option(
    "--format", "form", type=Choice(FORMATS),
    help="By default the suffix of FILE, else json.",
)  # fmt: skip
@click.option(
    "--table", type=Choice(tuple(tables.TABLES)), default="catalog", show_default=True,
    metavar="NAME", help=f"One of: {', '.join(tables.TABLES)}.",
)  # fmt: skip
@click.option(
    "--output", "-o", "file", metavar="FILE",
    help="Write to FILE, which is replaced only if all rows were written.",
)  # fmt: skip
@click.pass_obj
def export(settings: Settings, form: str | None, table: str, file: str | None) -> None:
    """Write every row of a table, consistent as of one moment; by default all known models.

    JSON is a list of objects, one per line, JSON Lines the objects alone; flags are true and
    false, sets are sorted lists, what is unknown is absent. In CSV unknown is empty, flags are 1
    and 0, sets are separated by commas, control characters are escaped, and a text that begins
    with =, +, - or @ gets a ' in front, so that a spreadsheet does not run it as a formula. Parquet
    has the same columns as CSV, typed; it needs the extra `parquet` and --output.

    The format litellm is the configuration of a LiteLLM router, in YAML: the models that can be
    called from here, each with the other hosts of its base model as fall-backs. Keys are named as
    os.environ/NAME.
    """
    path = at_home(file) if file else None
    kind = "json" if settings.json else form or _format_of(path)
    _check_format(kind, table, path)
    with opened(settings) as catalog:
        if path is None:
            _write(sys.stdout, catalog, table, kind)
            return
        _check_target(path, catalog)
        if kind == "parquet":
            _write_parquet(path, catalog, table)
            return
        with _replacing(path) as stream:
            _write(stream, catalog, table, kind)


def _format_of(path: Path | None) -> str:
    """The format for a file name, by its suffix; json for any other."""
    end = path.suffix[1:].lower() if path else ""
    return {"ndjson": "jsonl"}.get(end, end if end in FORMATS else "json")


def _check_format(kind: str, table: str, path: Path | None) -> None:
    """Raise a usage error for a format that is not for this table, or not for stdout."""
    if kind == "parquet" and path is None:
        raise click.UsageError("a Parquet file is not text; name it: --output models.parquet")
    if kind == "litellm" and table != "catalog":
        raise click.UsageError(f"the format litellm is of models, not of --table {table}")


def _check_target(path: Path, catalog: Catalog) -> None:
    """Raise a usage error if `path` belongs to the catalog or is not a regular file."""
    from modeldex.storage.backup import beside

    place = catalog.path
    if isinstance(place, Path) and path.resolve() in {place, *beside(place)}:
        raise click.UsageError(f"{path}: is the catalog itself; choose another file")
    if path.exists() and not path.is_file():
        raise click.UsageError(f"{path}: not a regular file; redirect stdout instead")


@contextmanager
def _replacing(path: Path) -> Iterator[IO[str]]:
    """A text stream into a temporary file that replaces `path` once everything is written."""
    from modeldex.storage.atomic_file import atomic_file

    with (
        atomic_file(path.resolve()) as partial,
        partial.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        yield stream
        stream.flush()


def _write_parquet(path: Path, catalog: Catalog, table: str) -> None:
    from modeldex.query.parquet import write_parquet
    from modeldex.storage.atomic_file import atomic_file

    with atomic_file(path.resolve()) as partial:
        write_parquet(partial, tables.read_cells(catalog, table))


def _router(catalog: Catalog) -> str:
    """The configuration of a LiteLLM router. Raises NoMatch where nothing can be called."""
    from modeldex.cli.no_match import no_match
    from modeldex.query.litellm_router import as_yaml, router_config
    from modeldex.query.selection import select_entries

    criteria = {"mode": "any"}
    found = select_entries(catalog, criteria)
    if not found:
        raise no_match(catalog, criteria)
    return as_yaml(router_config(found, os.environ))


def _write(stream: IO[str], catalog: Catalog, name: str, form: str) -> None:
    if form == "litellm":
        stream.write(_router(catalog))
        return
    if form == "csv":
        write_csv(stream, *tables.read_cells(catalog, name))
        return
    before, between, after = ("[\n", ",\n", "\n]\n") if form == "json" else ("", "\n", "\n")
    count = 0
    for count, row in enumerate(tables.read_objects(catalog, name), 1):
        stream.write(f"{between if count > 1 else before}{json.dumps(row)}")
    # An empty table is still a JSON list, but no JSON Lines at all.
    stream.write(after if count else "[]\n" * (form == "json"))
