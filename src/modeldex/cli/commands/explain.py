"""`modeldex explain`."""

import sys
from collections.abc import Iterator

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import fields, models
from modeldex.cli.facts_age import say_age
from modeldex.cli.lookup import find
from modeldex.cli.no_match import lifted
from modeldex.cli.parse import parsed_by, span, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.query.explain_model import Explanation, Sighting, explain_entry
from modeldex.query.opinions import Opinion
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.likeness import did_you_mean
from modeldex.vocabulary.prices import Price

COLUMNS = (
    Column("field"), Column("value"), Column("wins"), Column("resolver"), Column("precedence"),
    Column("observed_at"), Column("changed_at"), Column("age_s"), Column("n"), Column("oldest"),
    Column("newest"), Column("hosts"), Column("source_url"),
)  # fmt: skip
"""Columns of the tab-separated output: a line per opinion, sighting, price and reason."""

OPINIONS = (
    Column("field"),
    Column("value", breaks=True),
    Column("wins", format=lambda value: "wins" if value else ""),
    Column("resolver"),
    Column("precedence", number=True),
    Column("observed", format=terminal.day),
    Column("age"),
    Column("measured"),
)
SIGHTINGS = (
    Column("source"), Column("kind"), Column("first seen", format=terminal.day),
    Column("last seen", format=terminal.day), Column("missing since", format=terminal.day),
)  # fmt: skip
PAGES = Column("resolver"), Column("page")
PRICES = (
    Column("price"), Column("processing"), Column("prompts above", format=terminal.tokens),
    Column("$ / 1M", format=terminal.money, number=True),
)  # fmt: skip

CONDITIONS = (Column("region"), Column("hours UTC"), Column("from"), Column("until"))
"""Further columns of prices, where one depends on any of them."""
EVIDENCE = (
    Column("suite"), Column("variant"), Column("task"), Column("standing", number=True),
    Column("score", number=True), Column("day"), Column("licence", may_go_below=True),
)  # fmt: skip

Line = tuple[object, ...]


def _field(text: str) -> str:
    """Parse the name of a field; ValueError suggests similar names, else lists all."""
    name = text.strip().lower().replace("-", "_")
    if name in NAMES:
        return name
    hint = did_you_mean(name, NAMES) or f"one of {', '.join(NAMES)}"
    raise ValueError(f"{text!a}: no such field; {hint}")


@everywhere()
@click.command()
@click.argument("model", callback=parsed_by(word), shell_complete=models, metavar="PROVIDER/NAME")
@click.argument(
    "field", callback=parsed_by(_field), shell_complete=fields, metavar="[FIELD]", required=False
)
@click.pass_obj
def explain(settings: Settings, model: str, field: str | None) -> None:
    """Print every opinion on a model's fields, or on one field, and which opinion is effective.

    Each opinion is listed with its resolver, precedence and age; a measured one with the number
    of requests behind it. Then come the pages that state them, the sources that see the model, its
    prices, and why a query without criteria leaves it out, if it does.
    """
    with opened(settings) as catalog:
        found = explain_entry(catalog, find(settings, catalog, model))
        say_age(settings, catalog, found.facts_from)
    if field is not None:
        found = found._replace(fields=tuple(each for each in found.fields if each.field == field))
    if settings.json:
        terminal.print_json(found)
    elif terminal.is_terminal(sys.stdout):
        _print(settings, found, everything=field is None)
    else:
        lines = map(_line, _opinions(found)) if field else _lines(found)
        terminal.print_table(settings, COLUMNS, lines)
    if field is not None and not found.fields:
        advice = "add a measurement or an override"
        terminal.print_hint(settings, f"no resolver has an opinion on {field}; {advice}")


def _opinions(found: Explanation) -> Iterator[Opinion]:
    return (opinion for field in found.fields for opinion in field.opinions)


def _lines(found: Explanation) -> Iterator[Line]:
    """All lines of the tab-separated output."""
    padding = (None,) * len(COLUMNS)
    for opinion in _opinions(found):
        yield _line(opinion)
    for seen in found.sightings:
        line = ("sighting", _presence(seen), None, seen.source, None, seen.last_seen)
        yield (*line, *padding[len(line) :])
    for price in found.prices:
        yield ("price", price.word, *padding[2:])
    if found.callability and found.callability.is_callable:
        yield ("callable", found.callability.text, *padding[2:])
    for lack in found.left_out:
        yield ("left_out", lack.text, *padding[2:])
    for text in found.doubts:
        yield ("not_counted", text, *padding[2:])
    for each in found.implausible:
        yield ("suspicious", each.text, *padding[2:])
    for title, text in found.quality.lines() if found.quality else ():
        yield (f"quality.{title}", text, *padding[2:])
    for doubt in found.price_doubts:
        yield ("price_doubt", doubt.text, *padding[2:])


def _line(opinion: Opinion) -> Line:
    *_, age, wins, measured, page, _ = opinion
    return (
        opinion.field, opinion.value, wins, opinion.resolver, opinion.precedence,
        opinion.observed_at, opinion.changed_at, int(age), *(measured or (None,) * 4), page,
    )  # fmt: skip


def _presence(seen: Sighting) -> str:
    return f"missing since {seen.missing_since}" if seen.missing_since else "present"


def _print(settings: Settings, found: Explanation, *, everything: bool) -> None:
    """Print tables to a terminal."""
    terminal.print_text(settings, terminal.escaped(found.id), bold=True)
    if everything:
        for title, text in _about(found):
            terminal.print_text(settings, f"  {title:<10}  {terminal.escaped(text)}")
    _table(settings, OPINIONS, [_terminal_line(opinion) for opinion in _opinions(found)])
    _table(settings, PAGES, list(found.pages.items()))
    if everything:
        if found.quality:
            names = [column.name for column in EVIDENCE]
            rows = [tuple(getattr(each, n) for n in names) for each in found.quality.evidence]
            _table(settings, EVIDENCE, rows)
        _table(settings, SIGHTINGS, list(found.sightings))
        always = all(price.is_always for price in found.prices)
        columns = PRICES if always else (*PRICES, *CONDITIONS)
        _table(settings, columns, [_price_line(price)[: len(columns)] for price in found.prices])


def _price_line(price: Price) -> Line:
    direction, usd, processing, above, *conditions = price
    return direction, processing, above or None, float(usd), *conditions


def _about(found: Explanation) -> Iterator[tuple[str, str]]:
    """Titles and texts of the lines about the model itself."""
    for title, value in (
        ("family", found.family), ("name", found.display_name),
        ("aliases", ", ".join(found.aliases)), ("retired", found.retired_at),
        ("facts from", found.facts_from),
    ):  # fmt: skip
        if value:
            yield title, value
    for text in found.doubts:
        yield "not counted", text
    for each in found.implausible:
        yield "suspicious", each.text
    for doubt in found.price_doubts:
        yield "doubt", doubt.text
    if found.callability and found.callability.is_callable:
        yield "from here", found.callability.text
    for lack in found.left_out:
        yield "left out", f"{lack.text} (included {lifted(lack.criterion, {})[0]})"
    if not found.left_out:
        yield "found by", "a query without criteria"
    if found.quality:
        yield from found.quality.lines()


def _terminal_line(opinion: Opinion) -> Line:
    kind = BY_NAME[opinion.field].kind
    format_value = {"count": terminal.tokens, "price": terminal.money}.get(kind, terminal.plain)
    return (
        opinion.field, format_value(opinion.value), opinion.wins, opinion.resolver,
        opinion.precedence, opinion.observed_at, _age(opinion.age), _measured(opinion),
    )  # fmt: skip


def _age(seconds: float) -> str:
    return span(seconds) if seconds >= 0 else "in the future"


def _measured(opinion: Opinion) -> str:
    if opinion.measured is None:
        return ""
    n, oldest, newest, hosts = opinion.measured
    where = f" on {', '.join(hosts)}" if hosts else ""
    when = newest[:16] if oldest == newest else f"{oldest[:16]} to {newest[:16]}"
    return f"n={n:,}{where}, {when}"


def _table(settings: Settings, columns: tuple[Column, ...], rows: list[Line]) -> None:
    if rows:
        terminal.print_text(settings, "")
        terminal.print_table(settings, columns, rows)
