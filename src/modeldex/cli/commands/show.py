"""`modeldex show`."""

import sys
from collections.abc import Iterator
from typing import cast

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.lookup import find
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.history.timeline import opinions_of
from modeldex.query.records import Record
from modeldex.vocabulary.fields import BY_NAME, NAMES

COLUMNS = (
    Column("field"),
    Column("value", wraps=True),
    Column("resolver"),
    Column("observed_at", "observed", terminal.day),
)
WINS = Column("wins")

_IDENTITY = ("provider", "name", "family", "display_name", "aliases", "retired_at", "live")
_OPINIONS = (
    "SELECT field, value, resolver, precedence, observed_at, wins FROM provenance "
    "WHERE provider = :provider AND name = :name ORDER BY precedence DESC, resolver"
)
_SIGHTINGS = (
    "SELECT s.source, o.kind, s.first_seen, s.last_seen, s.missing_since FROM sightings s "
    "JOIN sources o ON o.name = s.source JOIN catalog m ON m.model_id = s.model_id "
    "WHERE m.provider = :provider AND m.name = :name ORDER BY s.source"
)


Line = tuple[object, ...]
"""One line of COLUMNS and WINS."""


@everywhere()
@click.command(short_help="Show all facts about one model, and their origin.")
@click.argument("model", callback=parsed_by(word), metavar="PROVIDER/NAME")
@click.option("--all", "every", is_flag=True, help="Every opinion, not only the effective ones.")
@as_of
@click.pass_obj
def show(settings: Settings, model: str, every: bool, as_of: str | None) -> None:
    """Print every known field of a model with the resolver that states it and its date.

    The model may also be named as PROVIDER:NAME, by an alias, or by a bare name that only one
    provider uses.
    """
    with opened(settings, as_of) as catalog:
        record = find(catalog, model)
        key = {"provider": str(record["provider"]), "name": str(record["name"])}
        rows = opinions_of(catalog, **key) if catalog.moment else catalog.table(_OPINIONS, key)
        opinions = _opinions(rows, include_all=every)
        sightings = catalog.table(_SIGHTINGS, key)
    if settings.json:
        terminal.print_json({"model": record, "fields": opinions, "sightings": sightings})
        return
    if terminal.is_terminal(sys.stdout):
        terminal.print_text(settings, terminal.escaped(record["id"]), bold=True)
        opinions = [{**row, "value": _display(row)} for row in opinions]
    columns = (*COLUMNS, WINS) if every else COLUMNS
    lines = [*_identity(record), *map(_line, opinions), *map(_sighting_line, sightings)]
    terminal.print_table(settings, columns, (line[: len(columns)] for line in lines))


def _opinions(found: list[Record], *, include_all: bool) -> list[Record]:
    """Opinions in the order of the vocabulary; within a field the effective one first."""
    opinions = [
        {**row, "value": _value(str(row["field"]), row["value"]), "wins": bool(row["wins"])}
        for row in found
        if row["wins"] or include_all
    ]
    return sorted(opinions, key=lambda o: (NAMES.index(str(o["field"])), not o["wins"]))


def _value(field: str, stored: object) -> object:
    value = BY_NAME[field].restore(cast("int | float | str", stored))
    return sorted(value) if isinstance(value, frozenset) else value


def _display(opinion: Record) -> str:
    """The value of an opinion for a terminal."""
    by_kind = {"count": terminal.tokens, "price": terminal.money}
    return by_kind.get(BY_NAME[str(opinion["field"])].kind, terminal.plain)(opinion["value"])


def _identity(record: Record) -> Iterator[Line]:
    for name in _IDENTITY:
        if record[name] not in (None, []):
            yield name, record[name], "", "", ""


def _line(opinion: Record) -> Line:
    return tuple(opinion[name] for name in ("field", "value", "resolver", "observed_at", "wins"))


def _sighting_line(sighting: Record) -> Line:
    missing = sighting["missing_since"]
    word = f"missing since {missing}" if missing else "present"
    return "sighting", word, sighting["source"], sighting["last_seen"], ""
