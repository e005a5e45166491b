"""`modeldex show`."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import Word
from modeldex.cli.lookup import find
from modeldex.cli.opening import Catalog, Record, opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.fields import BY_NAME, NAMES

COLUMNS = (
    Column("field"),
    Column("value"),
    Column("resolver"),
    Column("observed_at", "observed", terminal.day),
)
WINS = Column("wins")

_IDENTITY = ("provider", "name", "family", "display_name", "aliases", "retired_at", "live")
_OPINIONS = (
    "SELECT field, value, resolver, precedence, observed_at, wins FROM provenance "
    "WHERE provider = :provider AND name = :name"
)
_SIGHTINGS = (
    "SELECT s.source, o.kind, s.first_seen, s.last_seen, s.missing_since FROM sightings s "
    "JOIN sources o ON o.name = s.source JOIN models m ON m.id = s.model_id "
    "WHERE m.provider = :provider AND m.name = :name ORDER BY s.source"
)


class Opinion(NamedTuple):
    """What one resolver says of one field, and whether that is the effective value."""

    field: str
    value: object
    resolver: str
    precedence: int
    observed_at: str
    wins: bool


class Sighting(NamedTuple):
    """One source's word that the model exists."""

    source: str
    kind: str
    first_seen: str
    last_seen: str
    missing_since: str | None


@everywhere()
@click.command(short_help="Everything known of one model, and who says so.")
@click.argument("model", type=Word(), metavar="PROVIDER/NAME")
@click.option("--all", "everyone", is_flag=True, help="Every opinion, not only the one that wins.")
@click.pass_obj
def show(settings: Settings, model: str, everyone: bool) -> None:
    """Print every known field of a model with the resolver that states it and its date.

    Also taken: PROVIDER:NAME, an alias, and a bare name that only one provider uses.
    """
    with opened(settings) as catalog:
        record = find(catalog, model)
        opinions = [o for o in _opinions(catalog, record) if o.wins or everyone]
        sightings = [Sighting(*row) for row in _rows(catalog, _SIGHTINGS, record)]  # type: ignore[arg-type]
    if settings.json:
        fields = [opinion._asdict() for opinion in opinions]
        seen = [sighting._asdict() for sighting in sightings]
        terminal.print_json({"model": record, "fields": fields, "sightings": seen})
        return
    if terminal.is_terminal(sys.stdout):
        terminal.print_text(settings, terminal.show(record["id"]), bold=True)
    columns = (*COLUMNS, WINS) if everyone else COLUMNS
    lines = [*_identity(record), *map(_line, opinions), *map(_seen, sightings)]
    terminal.print_table(settings, columns, (line[: len(columns)] for line in lines))


def _rows(catalog: Catalog, sql: str, record: Record) -> list[tuple[object, ...]]:
    return catalog.rows(sql, {"provider": record["provider"], "name": record["name"]})


def _opinions(catalog: Catalog, record: Record) -> list[Opinion]:
    """In the order of the vocabulary; of one field, the highest precedence first."""
    found = [
        Opinion(field, _value(field, value), resolver, precedence, observed, bool(wins))
        for field, value, resolver, precedence, observed, wins in _rows(catalog, _OPINIONS, record)  # type: ignore[arg-type]
    ]
    return sorted(found, key=lambda o: (NAMES.index(o.field), not o.wins, -o.precedence))


def _value(field: str, stored: int | float | str) -> object:
    value = BY_NAME[field].restore(stored)
    return sorted(value) if isinstance(value, frozenset) else value


Line = tuple[object, ...]


def _identity(record: Record) -> Iterator[Line]:
    for name in _IDENTITY:
        if record[name] not in (None, []):
            yield name, record[name], None, None, None


def _line(opinion: Opinion) -> Line:
    return opinion.field, opinion.value, opinion.resolver, opinion.observed_at, opinion.wins


def _seen(sighting: Sighting) -> Line:
    missing = sighting.missing_since
    word = f"missing since {missing}" if missing else "present"
    return "sighting", word, sighting.source, sighting.last_seen, None
