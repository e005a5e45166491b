"""`modeldex sql`."""

import json
import math
import sys
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.parse import parsed_by, positive
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column, write_csv

if TYPE_CHECKING:
    from modeldex.storage.read_only import SqlResult

MAX_TIMEOUT = 60.0
"""The largest --timeout, in seconds."""
MAX_STATEMENT = 100_000
"""Maximum length of a statement in characters; `storage.read_only` refuses a longer one."""
SHOWN = 300
"""Maximum length of a value on a terminal, in characters."""


def _timeout(text: str) -> float:
    """Parse seconds, with or without the unit `s`."""
    try:
        seconds = float(text.strip().removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError(f"{text!a}: expected seconds, more than 0 and at most {MAX_TIMEOUT:g}")
    return seconds


@everywhere()
@click.command()
@click.argument("statement", required=False, metavar="[SELECT ...]")
@click.option("--file", "-f", metavar="FILE", help="Read the statement from a file; - is stdin.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option(
    "--limit",
    callback=parsed_by(positive),
    default="1000",
    show_default=True,
    metavar="N",
    help="At most N rows.",
)
@click.option(
    "--timeout",
    callback=parsed_by(_timeout),
    default="1",
    show_default=True,
    metavar="SECONDS",
    help=f"Stop the statement after this time; at most {MAX_TIMEOUT:g}.",
)
@click.pass_obj
def sql(
    settings: Settings,
    /,
    statement: str | None,
    file: str | None,
    *,
    as_csv: bool,
    limit: int,
    timeout: float,
) -> None:
    """Run one SELECT and print its rows. The statement can only read the catalog.

    The tables and columns that are stable: docs/sql.md. `-` reads the statement from stdin. To
    write, or to query without limits, use modeldex shell.
    """
    text = _statement(statement, file)
    if as_csv and settings.json:
        raise click.UsageError("use either --csv or --json, not both")
    from modeldex.storage.read_only import Limits, run_select

    with opened(settings) as catalog:
        path = catalog.path
    result = run_select(path, text, Limits(limit, timeout))
    if settings.json:
        _print_json(result)
        return
    rows = (tuple(map(_value, row)) for row in result.rows)
    if as_csv:
        write_csv(sys.stdout, result.columns, rows)
    else:
        columns = [
            Column(terminal.escaped(name), "", _short, breaks=True) for name in result.columns
        ]
        terminal.print_table(settings, columns, rows)
    if result.more:
        terminal.print_warning(settings, f"only the first {limit:,} rows; raise --limit for more")


def _statement(given: str | None, file: str | None) -> str:
    """The statement, from the command line, a file or stdin."""
    if (given is None) == (file is None):
        raise click.UsageError('give one statement, such as "SELECT ...", or --file')
    source = file or given or ""
    if file is None and source != "-":
        return source
    try:
        with click.open_file(source, encoding="utf-8-sig") as stream:
            return str(stream.read(MAX_STATEMENT + 1))
    except UnicodeDecodeError:
        raise click.UsageError(f"{source}: the file is not UTF-8 text") from None


def _print_json(result: "SqlResult") -> None:
    """Print one JSON document row by row, so that a large result is not held twice."""
    head = json.dumps({"columns": result.columns, "more": result.more})
    click.echo(f'{head[:-1]}, "rows": [', nl=False)
    for place, row in enumerate(result.rows):
        record = dict(zip(result.columns, map(_value, row), strict=True))
        click.echo(f"{', ' * bool(place)}{json.dumps(record)}", nl=False)
    click.echo("]}")


def _value(stored: object) -> object:
    """A value for JSON and tables: bytes as an SQL literal, infinity and NaN as text."""
    if isinstance(stored, bytes):
        return f"X'{stored.hex().upper()}'"
    if isinstance(stored, float) and not math.isfinite(stored):
        return str(stored)
    return stored


def _short(value: object) -> str:
    text = terminal.plain(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
