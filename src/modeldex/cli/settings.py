"""The options that every command takes, before or after its name."""

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import TypeVar

import click

C = TypeVar("C", bound=click.Command)


class Settings:
    """What those options were set to; the value of --db is still as it was given."""

    def __init__(self) -> None:
        self.db: str | None = None
        self.json = False
        self.no_color = False

    def at(self, path: Path) -> "Settings":
        """The same for another catalog file."""
        other = copy(self)
        other.db = str(path)
        return other


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    settings = context.ensure_object(Settings)
    if value:
        setattr(settings, parameter.name or "", value)


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--db"],
            metavar="PATH",
            expose_value=False,
            callback=_keep,
            help="The catalog file; else MODELDEX_DB, else the user's data folder.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="Print JSON; errors too, on stderr.",
        ),
        click.Option(
            ["--no-color"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="No colour, as NO_COLOR does.",
        ),
    ]


def everywhere() -> Callable[[C], C]:
    """Gives a command the options of Settings."""

    def add(command: C) -> C:
        command.params += _options()
        return command

    return add
