"""A part of a long list: its options, and what is said where a terminal shows only the first."""

from collections.abc import Callable
from typing import TypeVar

import click

from modeldex.cli import terminal
from modeldex.cli.parse import parsed_by, positive
from modeldex.cli.settings import Settings
from modeldex.vocabulary.quantities import count

F = TypeVar("F", bound=Callable[..., object])


def page_options(command: F) -> F:
    """A decorator that passes `limit` and `offset` to a click command function."""
    offset = click.option(
        "--offset", callback=parsed_by(count), metavar="N", help="Skip the first N models."
    )
    limit = click.option(
        "--limit", "-n", callback=parsed_by(positive), metavar="N", help="At most N models."
    )
    return limit(offset(command))


def say_more(settings: Settings, shown: int, total: int) -> None:
    """Say that a list goes on, if it does."""
    if shown < total:
        terminal.print_hint(settings, f"{shown:,} of {total:,} models; use --limit {total} for all")
