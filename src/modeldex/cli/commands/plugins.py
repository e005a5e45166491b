"""`modeldex plugins`."""

import os
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.errors import FAILURE, OK
from modeldex.cli.foreign_output import printing_to_stderr
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

if TYPE_CHECKING:
    from modeldex.refresh.plugins import Plugin

COLUMNS = (
    Column("name"),
    Column("kind"),
    Column("package"),
    Column("version"),
    Column("status"),
    Column("detail"),
)


_PATIENCE = 60.0
"""Seconds for which plug-ins are loaded."""


@everywhere()
@click.command()
@click.pass_obj
def plugins(settings: Settings) -> int:
    """Print every installed plug-in, and whether a refresh can use it.

    Each is imported for this; exits with 1 if one fails. The variable MODELDEX_PLUGINS lists
    the names of those that may be loaded; 0 or an empty value disables all of them.
    """
    with printing_to_stderr():
        found = _find_all()
    if settings.json:
        terminal.print_json({"plugins": [_as_json(plugin) for plugin in found]})
    else:
        terminal.print_table(settings, COLUMNS, map(_line, found))
    return FAILURE if any(p.error and not p.is_off for p in found) else OK


def _find_all() -> list["Plugin"]:
    import asyncio

    from modeldex.refresh.defaults import default_parts
    from modeldex.refresh.part import part_name
    from modeldex.refresh.plugins import loaded

    async def find_all() -> list["Plugin"]:
        sources, resolvers = default_parts()
        taken = {"source": set(map(part_name, sources)), "resolver": set(map(part_name, resolvers))}
        async with loaded(taken, os.environ, _PATIENCE) as found:
            return found

    return asyncio.run(find_all())


def _status(plugin: "Plugin") -> str:
    if plugin.is_off:
        return "off"
    return "failed" if plugin.error else "ok"


def _line(plugin: "Plugin") -> tuple[object, ...]:
    return (
        plugin.name, plugin.kind, plugin.package, plugin.version, _status(plugin), plugin.error,
    )  # fmt: skip


def _as_json(plugin: "Plugin") -> dict[str, object]:
    names = [column.name for column in COLUMNS]
    return dict(zip(names, _line(plugin), strict=True))
