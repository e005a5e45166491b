"""Output: data goes to stdout, messages to stderr, and unprintable characters are escaped.

On a terminal stdout gets tables, elsewhere tab-separated values whose columns are stable from
one version to the next. Colour is decided separately.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

import click

from modeldex.cli.settings import Settings
from modeldex.vocabulary.formatting import dollars
from modeldex.vocabulary.json_shape import encoded

if TYPE_CHECKING:
    from rich.console import Console


def escaped(value: object) -> str:
    """A text as one printable line; control, bidirectional and zero-width characters escaped."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain(value: object) -> str:
    """A value for display; unknown is a dash."""
    value = encoded(value)
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return escaped(", ".join(map(str, value)))
    return escaped(value)


def tokens(value: object) -> str:
    """A count with thousands separators."""
    return f"{value:,}" if isinstance(value, int) else plain(value)


def money(value: object) -> str:
    """An amount in US dollars; three significant digits below $1."""
    return dollars(value) if isinstance(value, int | float) else plain(value)


def minute(value: object) -> str:
    """The date and time of a timestamp, to the minute, in UTC."""
    return plain(value)[:16].replace("T", " ")


def day(value: object) -> str:
    """The date of a timestamp."""
    return plain(value)[:10]


class Column(NamedTuple):
    """One column: its name in TSV, and its title and formatter on a terminal.

    Where a terminal is too narrow for all, those that `may_go_below` stand below each row, the last
    one first, and then the others. One that `breaks` has values of any kind: a long word in it is
    broken.
    """

    name: str
    title: str = ""
    format: Callable[[object], str] = plain
    number: bool = False
    may_go_below: bool = False
    breaks: bool = False


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether the stream is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def colored(settings: Settings, stream: IO[str]) -> bool:
    """Whether to colour this stream, by --no-color, NO_COLOR, FORCE_COLOR and TERM."""
    if settings.no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def is_movable(stream: IO[str] | None) -> bool:
    """Whether a line on this stream can be overwritten."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def console(settings: Settings, stream: IO[str]) -> "Console":
    """A rich console that interprets no markup."""
    from rich.console import Console

    return Console(
        file=stream, markup=False, emoji=False, highlight=False,
        color_system="standard" if colored(settings, stream) else None,
    )  # fmt: skip


@contextmanager
def status_line(
    settings: Settings, text: str, *, quiet: bool = False
) -> Iterator[Callable[[str], None]]:
    """A status line on stderr while work is done; yields a function that replaces its text."""
    if quiet or not is_movable(sys.stderr):
        yield lambda _text: None
        return
    with console(settings, sys.stderr).status(text) as line:
        yield lambda text: line.update(escaped(text))


def print_json(value: object) -> None:
    """Print ASCII JSON, in which unknowns are absent: indented on a terminal, else one line."""
    indent = 2 if is_terminal(sys.stdout) else None
    click.echo(json.dumps(encoded(value), indent=indent))


def print_table(
    settings: Settings, columns: Sequence[Column], rows: Iterable[Sequence[object]]
) -> None:
    """Print a table on a terminal, else a header line and tab-separated rows."""
    if is_terminal(sys.stdout):
        _print_lines(settings, columns, rows)
        return
    click.echo("\t".join(column.name for column in columns))
    for row in rows:
        click.echo("\t".join(map(cell, row)))


def _print_lines(
    settings: Settings, columns: Sequence[Column], rows: Iterable[Sequence[object]]
) -> None:
    from modeldex.cli.table import Heading, lines

    screen = console(settings, sys.stdout)
    headings = [Heading(c.title or c.name, c.number, c.may_go_below, c.breaks) for c in columns]
    cells = [[c.format(v) for c, v in zip(columns, row, strict=True)] for row in rows]
    for line in lines(headings, cells, None if settings.wide else screen.width):
        screen.print(line, soft_wrap=True)


def cell(value: object) -> str:
    """A value in TSV: unknown is empty, flags are 1 and 0, backslashes are doubled."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.12g}"
    value = encoded(value)
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return escaped(str(value).replace("\\", "\\\\"))


def print_text(settings: Settings, text: str, **style: bool) -> None:
    """Print one line, which must be printable, to stdout."""
    styled = click.style(text, **style) if style else text
    click.echo(styled, color=colored(settings, sys.stdout))


def print_hint(settings: Settings, text: str) -> None:
    """Print a hint to stderr, only if that is a terminal."""
    if is_terminal(sys.stderr):
        click.echo(
            click.style(escaped(text), dim=True), err=True, color=colored(settings, sys.stderr)
        )


def print_error(settings: Settings, text: str) -> None:
    """Print an error to stderr."""
    _message(settings, text, "Error", "red")


def print_warning(settings: Settings, text: str) -> None:
    """Print a warning to stderr, with --json as JSON."""
    if settings.json:
        click.echo(json.dumps({"warning": {"message": text}}), err=True)
    else:
        _message(settings, text, "Warning", "yellow")


def _message(settings: Settings, text: str, label: str, color: str) -> None:
    styled = click.style(f"{label}:", fg=color, bold=True)
    click.echo(f"{styled} {escaped(text)}", err=True, color=colored(settings, sys.stderr))


def print_error_json(error: Mapping[str, object]) -> None:
    """Print an error as JSON to stderr."""
    click.echo(json.dumps({"error": error}), err=True)


_FORMULA = ("=", "+", "-", "@")


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a header line and one line per row; cells as in tab-separated output.

    A text that a spreadsheet would take for a formula is prefixed with a single quote.
    """
    import csv

    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_safe, map(escaped, columns)))
    for row in rows:
        writer.writerow(map(_safe_cell, row))


def _safe_cell(value: object) -> str:
    return cell(value) if isinstance(value, int | float) else _safe(cell(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
