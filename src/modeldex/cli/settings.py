"""The options that every command accepts, before or after its name."""

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import TypeVar

import click

C = TypeVar("C", bound=click.Command)


class Settings:
    """The values of these options; `db` is the unparsed value of --db."""

    def __init__(self) -> None:
        self.db: str | None = None
        self.json = False
        self.no_color = False
        self.wide = False

    def at(self, path: Path) -> "Settings":
        """A copy of the settings with another catalog file."""
        other = copy(self)
        other.db = str(path)
        return other


def _store(context: click.Context, parameter: click.Parameter, value: object) -> None:
    settings = context.ensure_object(Settings)
    if value:  # the option may be set on the group and left out on the command
        setattr(settings, parameter.name or "", value)


_FLAGS = {
    "--json": "Print JSON; errors too, on stderr.",
    "--no-color": "Print without colour, as with NO_COLOR.",
    "--wide": "Print each row of a table on one line, however long.",
}


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--db"],
            metavar="PATH",
            expose_value=False,
            callback=_store,
            help="Catalog file or URL; by default MODELDEX_DB, else in the user's data folder.",
        ),
        *(
            click.Option([name], is_flag=True, expose_value=False, callback=_store, help=text)
            for name, text in _FLAGS.items()
        ),
    ]


def everywhere() -> Callable[[C], C]:
    """A decorator that adds the options of Settings to a command."""

    def add(command: C) -> C:
        command.params += _options()
        return command

    return add
