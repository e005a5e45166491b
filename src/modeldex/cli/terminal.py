"""What reaches the user: data on stdout, everything else on stderr, nothing unprintable.

On a terminal stdout gets tables, elsewhere tab-separated values that stay as they are from
one version to the next. Colour is a matter of its own.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

import click

from modeldex.cli.settings import Settings
from modeldex.figures import dollars

if TYPE_CHECKING:
    from rich.console import Console


def show(value: object) -> str:
    """Any text as one printable line: control, bidi and zero-width characters escaped."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain(value: object) -> str:
    """A value as people read it; unknown is a dash."""
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return show(", ".join(map(str, value)))
    return show(value)


def tokens(value: object) -> str:
    """A count with thousands marked."""
    return f"{value:,}" if isinstance(value, int) else plain(value)


def money(value: object) -> str:
    """US dollars: cents where there are any, three digits for less than one."""
    return dollars(value) if isinstance(value, int | float) else plain(value)


def day(value: object) -> str:
    """The day of a time."""
    return plain(value)[:10]


class Column(NamedTuple):
    """One column: its name in TSV, its title on a terminal and how a value reads there.

    `wraps` lets it give way where the terminal is narrow.
    """

    name: str
    title: str = ""
    read: Callable[[object], str] = plain
    number: bool = False
    wraps: bool = False


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person looks at this stream."""
    return stream is not None and not stream.closed and stream.isatty()


def colored(settings: Settings, stream: IO[str]) -> bool:
    """Whether to style what goes to this stream: --no-color, NO_COLOR, FORCE_COLOR, TERM."""
    if settings.no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def is_movable(stream: IO[str] | None) -> bool:
    """Whether a line on this stream can be written over."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def console(settings: Settings, stream: IO[str]) -> "Console":
    """A rich console that takes no text for markup."""
    from rich.console import Console

    return Console(
        file=stream, markup=False, emoji=False, highlight=False,
        color_system="standard" if colored(settings, stream) else None,
    )  # fmt: skip


@contextmanager
def waiting(
    settings: Settings, text: str, *, quiet: bool = False
) -> Iterator[Callable[[str], None]]:
    """A line that says what was heard last, where a person waits."""
    if quiet or not is_movable(sys.stderr):
        yield lambda _text: None
        return
    with console(settings, sys.stderr).status(text) as line:
        yield lambda text: line.update(show(text))


def print_json(value: object) -> None:
    """JSON with every text exact, in ASCII; one line unless a person reads it."""
    indent = 2 if is_terminal(sys.stdout) else None
    click.echo(json.dumps(value, indent=indent))


def print_table(
    settings: Settings, columns: Sequence[Column], rows: Iterable[Sequence[object]]
) -> None:
    """A table on a terminal, else a header line and one line per row, tab-separated."""
    if is_terminal(sys.stdout):
        _print_drawn(settings, columns, rows)
        return
    click.echo("\t".join(column.name for column in columns))
    for row in rows:
        click.echo("\t".join(map(cell, row)))


def cell(value: object) -> str:
    """A value in TSV: unknown is empty, flags are 1 and 0, a backslash is doubled."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    return show(str(value).replace("\\", "\\\\"))


def _print_drawn(
    settings: Settings, columns: Sequence[Column], rows: Iterable[Sequence[object]]
) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column.title or column.name,
            justify="right" if column.number else "left",
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(c.read(v) for c, v in zip(columns, row, strict=True)))
    console(settings, sys.stdout).print(table)


def print_text(settings: Settings, text: str, **style: bool) -> None:
    """One line on stdout, already printable."""
    styled = click.style(text, **style) if style else text
    click.echo(styled, color=colored(settings, sys.stdout))


def note(settings: Settings, text: str) -> None:
    """One line on stderr that only a person needs."""
    if is_terminal(sys.stderr):
        click.echo(click.style(show(text), dim=True), err=True, color=colored(settings, sys.stderr))


def complain(settings: Settings, text: str) -> None:
    """One line on stderr about what failed."""
    _head(settings, text, "Error", "red")


def warn(settings: Settings, text: str) -> None:
    """One line on stderr about what went wrong beside the answer; JSON where that was asked."""
    if settings.json:
        click.echo(json.dumps({"warning": {"message": text}}), err=True)
    else:
        _head(settings, text, "Warning", "yellow")


def _head(settings: Settings, text: str, word: str, color: str) -> None:
    head = click.style(f"{word}:", fg=color, bold=True)
    click.echo(f"{head} {show(text)}", err=True, color=colored(settings, sys.stderr))


def complain_json(error: Mapping[str, object]) -> None:
    """The JSON form of an error, on stderr."""
    click.echo(json.dumps({"error": error}), err=True)
