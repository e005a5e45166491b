"""`modeldex show`."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, cast

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.completion import models
from modeldex.cli.facts_age import aged
from modeldex.cli.lookup import find
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.history.timeline import Stated, opinions_of
from modeldex.query.catalog import Catalog
from modeldex.query.explain_model import Sighting
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.price_rule import price_in_region

COLUMNS = (
    Column("field"),
    Column("value", breaks=True),
    Column("resolver"),
    Column("observed_at", "observed", terminal.day),
)
WINS = Column("wins")

_IDENTITY = (
    "provider",
    "name",
    "family",
    "display_name",
    "aliases",
    "retired_at",
    "live",
    "provider_class",
    "remark",
    "ending",
    "price_change",
)
_OPINIONS = (
    "SELECT field, value, resolver, precedence, observed_at, wins, source_url FROM provenance "
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
@click.command()
@click.argument("model", callback=parsed_by(word), shell_complete=models, metavar="PROVIDER/NAME")
@click.option("--all", "every", is_flag=True, help="Every opinion, not only the effective ones.")
@as_of
@click.pass_obj
def show(settings: Settings, model: str, every: bool, as_of: str | None) -> None:
    """Print every known field of a model with the resolver that states it and its date.

    The model may also be named as PROVIDER:NAME, by an alias, or by a bare name that only one
    provider uses.
    """
    with opened(settings, as_of) as catalog:
        [found] = aged(settings, catalog, [find(settings, catalog, model)])
        key = {"provider": found.spec.provider, "name": found.spec.name}
        stated = opinions_of(catalog, **key) if catalog.moment else _stated(catalog, key)
        opinions = _ordered(each for each in stated if each.wins or every)
        regional = _in_region(catalog, found)
        rows = cast("list[Any]", catalog.rows(_SIGHTINGS, key))
        sightings = [Sighting(*row) for row in rows]
    if settings.json:
        shown = {"model": found, "fields": opinions, "sightings": sightings}
        terminal.print_json(shown | ({"price_in_region": regional} if regional else {}))
        return
    if terminal.is_terminal(sys.stdout):
        terminal.print_text(settings, terminal.escaped(found.id), bold=True)
        opinions = [each._replace(value=_display(each)) for each in opinions]
    columns = (*COLUMNS, WINS) if every else COLUMNS
    identity = [
        *_identity(found),
        *([("price_in_region", regional, "", "", "")] if regional else []),
    ]
    lines = [*identity, *map(_line, opinions), *map(_sighting_line, sightings)]
    terminal.print_table(settings, columns, (line[: len(columns)] for line in lines))


def _in_region(catalog: Catalog, found: CatalogEntry) -> str | None:
    """The price where the key of the provider is of one region; None if it is of none."""
    region = catalog.scope.region_of(found.spec.provider)
    return region and price_in_region(found.capabilities, region)


def _stated(catalog: Catalog, key: dict[str, str]) -> Iterator[Stated]:
    for each in map(Stated._make, cast("list[Any]", catalog.rows(_OPINIONS, key))):
        value = BY_NAME[each.field].restore(cast("float | str", each.value))
        yield each._replace(value=value, wins=bool(each.wins))


def _ordered(stated: Iterable[Stated]) -> list[Stated]:
    """Opinions in the order of the vocabulary; within a field the effective one first."""
    return sorted(stated, key=lambda each: (NAMES.index(each.field), not each.wins))


def _display(opinion: Stated) -> str:
    """The value of an opinion for a terminal."""
    by_kind = {"count": terminal.tokens, "price": terminal.money}
    return by_kind.get(BY_NAME[opinion.field].kind, terminal.plain)(opinion.value)


def _identity(entry: CatalogEntry) -> Iterator[Line]:
    for name in _IDENTITY:
        if entry.value(name) not in (None, ()):
            yield name, entry.value(name), "", "", ""


def _line(opinion: Stated) -> Line:
    field, value, resolver, _, observed_at, wins, _ = opinion
    return field, value, resolver, observed_at, wins


def _sighting_line(sighting: Sighting) -> Line:
    missing = sighting.missing_since
    word = f"missing since {missing}" if missing else "present"
    return "sighting", word, sighting.source, sighting.last_seen, ""
