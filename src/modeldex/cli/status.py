"""`modeldex status`."""

import os
import sys
import time
from calendar import timegm
from collections.abc import Iterator

import click

from modeldex import __version__, snapshots
from modeldex.cli import terminal
from modeldex.cli.amounts import Span, span
from modeldex.cli.failures import Failure
from modeldex.cli.opening import Catalog, opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.providers import key_variable

RUNS = 5

_EVERYTHING = {"mode": "any", "price_basis": "any", "include_deprecated": True}
_LAST_REFRESH = (
    "SELECT max(finished_at) FROM runs WHERE kind = 'refresh' AND status IN ('ok', 'partial')"
)
_RESOLVERS = (
    "SELECT r.name, r.precedence, count(c.model_id) AS models FROM resolvers r "
    "LEFT JOIN capabilities c ON c.resolver = r.name GROUP BY r.name "
    "ORDER BY r.precedence DESC, r.name"
)
_SOURCES = (
    "SELECT o.name, o.kind, (SELECT count(*) FROM sightings s WHERE s.source = o.name "
    "AND s.missing_since IS NULL) AS models, max(t.started_at) AS last_success FROM sources o "
    "LEFT JOIN run_steps t ON t.kind = 'source' AND t.name = o.name AND t.status <> 'failed' "
    "AND t.error IS NULL GROUP BY o.name ORDER BY o.kind, o.name"
)
_RUNS = (
    "SELECT id, kind, status, started_at, finished_at, version FROM runs ORDER BY id DESC "
    f"LIMIT {RUNS}"
)
_ERRORS = (
    "SELECT run_id, kind, name, status, error FROM run_steps WHERE error IS NOT NULL "
    f"AND run_id IN (SELECT id FROM runs ORDER BY id DESC LIMIT {RUNS}) ORDER BY id"
)


class TooOld(Failure):
    """The last refresh that landed is older than asked; `age` and `max_age` are in seconds."""

    def __init__(self, age: float | None, max_age: float) -> None:
        self.age = age
        self.max_age = max_age
        when = "never" if age is None else f"{span(age)} ago"
        super().__init__(f"last refresh: {when}; asked for at most {span(max_age)}")


@everywhere()
@click.command(short_help="How much is known, and how old it is.")
@click.option(
    "--max-age", type=Span(), metavar="SPAN",
    help="Exit with 1 when the last refresh that landed is older: 90m, 24h, 7d.",
)  # fmt: skip
@click.pass_obj
def status(settings: Settings, max_age: float | None) -> None:
    """Print where the catalog is, what it holds, and how the last refreshes went.

    A refresh in which some sources failed and the rest landed counts as a refresh; the age
    of each source stands beside it.
    """
    with opened(settings) as catalog:
        report = _report(catalog)
    if settings.json:
        terminal.print_json(report)
    elif terminal.is_terminal(sys.stdout):
        _print(settings, report)
    else:
        lines = _flat("", report)
        terminal.print_table(settings, (Column("key"), Column("value")), lines)
    age = report["last_refresh_age_s"]
    if max_age is not None and (age is None or age > max_age):
        raise TooOld(age, max_age)
