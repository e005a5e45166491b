"""`modeldex drift`."""

import sys
from collections.abc import Sequence
from operator import attrgetter

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import models
from modeldex.cli.did_you_mean import Choice
from modeldex.cli.lookup import find
from modeldex.cli.parse import parsed_by, positive
from modeldex.cli.print_diff import SCREENFUL
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.history.drift import Disagreement, drift, suspicions
from modeldex.query.catalog import Catalog
from modeldex.query.offers import figure, implausible
from modeldex.vocabulary.fields import NAMES

COLUMNS = (
    Column("model"),
    Column("field"),
    Column("says", "values, the effective first", may_go_below=True, breaks=True),
    Column("ratio", format=lambda value: f"{value:.3g} x" if value else "-", number=True),
    Column("since", format=terminal.day),
)
SUSPICIOUS = (
    Column("model"), Column("field"), Column("value"), Column("resolver"),
    Column("why"),
)  # fmt: skip

PARITY = (
    Column("offer"), Column("base"), Column("why"),
    Column("found", format=figure, number=True), Column("usual", format=figure, number=True),
)  # fmt: skip


@everywhere()
@click.command("drift")
@click.argument("model", required=False, shell_complete=models)
@click.option("--field", type=Choice(NAMES), metavar="FIELD", help="Only this field.")
@click.option(
    "--min-ratio",
    type=click.FloatRange(1),
    help="Only numbers that differ by at least this factor.",
)
@click.option(
    "--limit", callback=parsed_by(positive), metavar="N",
    help="At most N; on a terminal 40 by default.",
)  # fmt: skip
@click.option("--all", "acknowledged", is_flag=True, help="Also those that were acknowledged.")
@click.option("--acknowledge", is_flag=True, help="Hide the printed ones until a value changes.")
@click.option("--suspicious", is_flag=True, help="List implausible values instead.")
@click.option(
    "--parity",
    is_flag=True,
    help="List offers instead that differ implausibly from others of the same base model.",
)
@click.pass_obj
def drift_command(
    settings: Settings,
    /,
    model: str | None,
    *,
    field: str | None,
    min_ratio: float | None,
    limit: int | None,
    acknowledged: bool,
    acknowledge: bool,
    suspicious: bool,
    parity: bool,
) -> None:
    """Print the fields on which resolvers disagree, with each resolver's value.

    The numbers that differ by the largest factor come first. Of each line the first value is the
    effective one, that of the highest precedence. MODEL limits the list to one model. With
    --acknowledge the printed disagreements are hidden from now on, until one of their values
    changes.
    """
    with opened(settings) as catalog:
        if suspicious:
            attributes = "id", "field", "value", "resolver", "why"
            _print_found(settings, "suspicious", SUSPICIOUS, suspicions(catalog), *attributes)
            return
        if parity:
            attributes = "id", "base", "reason", "found", "usual"
            _print_found(settings, "parity", PARITY, implausible(catalog), *attributes)
            return
        found = drift(
            catalog, **_key(settings, catalog, model), field=field, min_ratio=min_ratio,
            acknowledged=acknowledged,
        )  # fmt: skip
        shown = found[: limit or (SCREENFUL if _is_cut(settings) and not acknowledge else None)]
        _print(settings, shown, len(found))
        if acknowledge and shown:
            count = _acknowledge(catalog, shown)
            terminal.print_hint(settings, f"{count} acknowledged: hidden until a value changes")


def _key(settings: Settings, catalog: Catalog, model: str | None) -> dict[str, str]:
    """The arguments of `drift` that select one model; none for all models."""
    if model is None:
        return {}
    found = find(settings, catalog, model)
    return {"provider": found.spec.provider, "name": found.spec.name}


def _acknowledge(catalog: Catalog, found: list[Disagreement]) -> int:
    from modeldex.history.drift import acknowledge as store_acknowledged
    from modeldex.storage.open import open_writer

    with open_writer(catalog.path) as writer:
        return store_acknowledged(writer, found)


def _is_cut(settings: Settings) -> bool:
    return terminal.is_terminal(sys.stdout) and not settings.json


def _print(settings: Settings, found: list[Disagreement], total: int) -> None:
    if settings.json:
        rows = [{"id": each.id, **each._asdict(), "effective": each.effective} for each in found]
        terminal.print_json({"drift": rows, "total": total})
        return
    terminal.print_table(
        settings, COLUMNS, ((d.id, d.field, _statements(d), d.ratio, d.since) for d in found)
    )
    if _is_cut(settings) and len(found) < total:
        terminal.print_hint(settings, f"first {len(found)} of {total:,} lines; --limit shows more")


def _statements(each: Disagreement) -> str:
    first = sorted(each.statements, key=lambda s: s.resolver != each.winner)
    return "; ".join(f"{s.resolver}: {terminal.plain(s.value)}" for s in first)


def _print_found(
    settings: Settings, name: str, columns: tuple[Column, ...], found: Sequence[object], *of: str
) -> None:
    """Print rows, in JSON under `name`, in columns by these attributes."""
    if settings.json:
        terminal.print_json({name: found, "total": len(found)})
        return
    terminal.print_table(settings, columns, map(attrgetter(*of), found))
