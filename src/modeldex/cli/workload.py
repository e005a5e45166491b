"""Options that describe a workload, and its cost as columns."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from modeldex.cli import terminal
from modeldex.cli.did_you_mean import Choice
from modeldex.cli.parse import parsed_by, positive, share, word
from modeldex.cli.terminal import Column
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.quantities import count

if TYPE_CHECKING:
    from modeldex.vocabulary.workloads import Workload, WorkloadCost

F = TypeVar("F", bound=Callable[..., object])

USD = Column("usd", "$ in total", terminal.money, number=True)


def _option(name: str, kind: Callable[[str], object], metavar: str, text: str) -> Callable[[F], F]:
    return click.option(name, callback=parsed_by(kind), metavar=metavar, help=text)


_OPTIONS = (
    _option(
        "--input-tokens", count, "TOKENS",
        "Rank by the cost of requests with prompts of this size: 20k.",
    ),
    _option("--output-tokens", count, "TOKENS", "Number of generated tokens per request."),
    _option(
        "--cached", share, "SHARE", "Fraction of the prompt read from the cache: 0.8 or 80%."
    ),
    _option("--requests", positive, "N", "Number of requests; 1 by default."),
    click.option("--batch", is_flag=True, help="Use batch prices (responses may come later)."),
    _option("--region", word, "REGION", "Use the prices of this region: eu-west-2."),
    _option("--at", word, "WHEN", "Use the prices of this time (UTC), also ahead; now by default."),
)  # fmt: skip
_SELECTION = (
    click.option(
        "--sort", type=Choice(("quality", "cost", "value", "newest", "speed")),
        help="What decides first; quality by default, then cost.",
    ),
    click.option(
        "--distinct", type=Choice(("provider", "family", "base", "none")),
        help="Only the best of each; a model whose family or base is unknown is its own.",
    ),
)  # fmt: skip
same_model_option = click.option(
    "--same-model", is_flag=True, help="With -n: offers of the best model at N hosts."
)
_NAMES = ("input_tokens", "output_tokens", "cached", "requests", "batch", "region", "at")


def _adding(options: Iterable[Callable[[F], F]]) -> Callable[[F], F]:
    def add_to(command: F) -> F:
        for add in reversed(tuple(options)):
            command = add(command)
        return command

    return add_to


workload_options = _adding(_OPTIONS)
"""A decorator that adds the options of a workload to a click command function."""
selection_options = _adding(_SELECTION)
"""A decorator that adds the options of a selection to a click command function."""


def selection(options: dict[str, object], distinct: str | None = None) -> dict[str, Any]:
    """The options of a selection that are set; they are removed from `options`.

    `distinct` applies where none is given and no other option says what to list.
    """
    sort, given, same = (options.pop(name, None) for name in ("sort", "distinct", "same_model"))
    found = {"sort": sort, "distinct": given or (None if same else distinct), "same_model": same}
    return {name: value for name, value in found.items() if value and value != "none"}


def workload(options: dict[str, object]) -> "Workload | None":
    """The workload that the options describe, or None; its options are removed from `options`.

    Raises click.UsageError for a workload without tokens.
    """
    values = [options.pop(name) for name in _NAMES]
    input_, output, cached, requests, batch, region, at = cast("list[Any]", values)
    if input_ or output:
        from modeldex.vocabulary.workloads import Workload

        size = input_ or 0, output or 0
        return Workload(*size, cached or 0.0, requests or 1, batch, region, at)
    if any(value is not None and value is not False for value in values):
        raise click.UsageError("a workload needs --input-tokens or --output-tokens above 0")
    return None


def cells(model: CatalogEntry, columns: Iterable[Column]) -> list[object]:
    """The values of columns for a model; USD is its cost."""
    usd = model.cost.usd if model.cost else None
    return [usd if column is USD else model.value(column.name) for column in columns]


def remarks(cost: "WorkloadCost") -> list[str]:
    """The exceeded limit, unknown prices, assumptions and notes of a cost, in words."""
    exceeds = [cost.exceeds] if cost.exceeds else []
    unknown = exceeds + [f"price of {c.kind} unknown" for c in cost.breakdown if c.usd is None]
    kinds: dict[str, list[str]] = {}
    for charge in cost.breakdown:
        for assumed in charge.assumed:
            kinds.setdefault(assumed, []).append(charge.kind)
    assumptions = [f"{', '.join(of)}: {assumed}" for assumed, of in kinds.items()]
    return [*unknown, *assumptions, *cost.notes]
