"""`modeldex config`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from modeldex.cli import terminal
from modeldex.cli.config import config_path, read
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (Column("profile"), Column("option"), Column("value", breaks=True))

EXAMPLE = """\
# Options that best, list, frontier and cost take by default. The command line replaces them,
# --profile NAME adds those of a profile, and --profile none leaves all of them out.

[defaults]
requires_tools = true
not_classes = ["gateway"]        # lab, cloud, host, gateway, reseller, local, plan, unclassed
not_providers = ["deepinfra"]    # or, to allow only some: providers = ["openai", "anthropic"]

[profiles.nightly]
task = "coding"
min_context = "128k"
input_tokens = 20_000            # a workload: its cost ranks
output_tokens = 1_000
"""


@everywhere()
@click.command()
@click.option("--example", is_flag=True, help="Print an example of the file instead.")
@click.pass_obj
def config(settings: Settings, *, example: bool) -> None:
    """Print the options that the config file states: its defaults and its profiles.

    The file is config.toml in your configuration folder, or the one that MODELDEX_CONFIG names;
    an empty value means none. `modeldex config --example` prints one to start from.
    """
    if example:
        click.echo(EXAMPLE, nl=False)
        return
    path = config_path()
    tables = read(path) if path else {"defaults": {}, "profiles": {}}
    if settings.json:
        terminal.print_json({"path": path and str(path), "exists": _exists(path), **tables})
        return
    terminal.print_table(settings, COLUMNS, _lines(tables))
    if not _exists(path):
        terminal.print_hint(settings, f"no file {path}: modeldex config --example prints one")


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


def _lines(tables: dict[str, dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    for option, value in tables["defaults"].items():
        yield None, option, value
    for name, table in tables["profiles"].items():
        for option, value in table.items():
            yield name, option, value
