"""What a model must be, as options: one table, named as modeldex.search names it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar, cast

import click

from modeldex.cli.amounts import Amount, Count, Word
from modeldex.fields import BY_NAME, MODES, PRICE_BASES, TIERS
from modeldex.providers import canonical
from modeldex.search import COST_TIERS, REQUIRED_FLAGS

F = TypeVar("F", bound=Callable[..., object])


class Criterion(NamedTuple):
    """One criterion of a query and the option that sets it; a flag has no type."""

    criterion: str
    option: str
    meaning: str
    type: click.ParamType | None = None
    metavar: str | None = None
    multiple: bool = False


def _flag(criterion: str, column: str) -> Criterion:
    option = "--" + criterion.removeprefix("requires_").replace("_", "-")
    meaning = BY_NAME[column].meaning
    return Criterion(criterion, option, meaning[0].upper() + meaning[1:] + ".")


def _one_of(words: tuple[str, ...]) -> click.Choice[str]:
    return click.Choice((*words, "any"))


QUERY: tuple[Criterion, ...] = (
    *(_flag(*item) for item in REQUIRED_FLAGS.items()),
    Criterion(
        "requires_params", "--param", "Accepts this request parameter; repeatable.",
        Word(), "NAME", multiple=True,
    ),
    Criterion(
        "min_context", "--min-context", "At least this window in tokens: 128k, 128_000, 1m.",
        Count(), "TOKENS",
    ),
    Criterion("max_context", "--max-context", "At most this window.", Count(), "TOKENS"),
    Criterion(
        "min_output_tokens", "--min-output", "Can generate at least so much.", Count(), "TOKENS"
    ),
    Criterion(
        "max_cost_per_1m_input", "--max-input-cost", "At most this price of 1M prompt tokens.",
        Amount(), "USD",
    ),
    Criterion(
        "max_cost_per_1m_output", "--max-output-cost", "At most this price of 1M generated tokens.",
        Amount(), "USD",
    ),
    Criterion("quality_tier", "--tier", "Exactly this quality.", _one_of((*TIERS, "unknown"))),
    Criterion("min_quality_tier", "--min-tier", "At least this quality.", click.Choice(TIERS)),
    Criterion(
        "cost_tier", "--cost-tier", "By blended price, (3 x input + output) / 4.",
        _one_of(COST_TIERS),
    ),
    Criterion(
        "min_speed_tps", "--min-speed", "Decodes at least so many tokens per second.",
        Amount(), "TPS",
    ),
    Criterion(
        "provider", "--provider", "Of this provider, or an alias of it; repeatable.",
        Word(), "NAME", multiple=True,
    ),
    Criterion("family", "--family", "Of this line of models, such as gpt-mini.", Word(), "NAME"),
    Criterion("mode", "--mode", "What it is for; chat by default.", _one_of(MODES)),
    Criterion(
        "price_basis", "--price-basis",
        "Why its price is what it is; metered, self_hosted or unknown by default.",
        _one_of(PRICE_BASES),
    ),
    Criterion("available", "--known", "Everything known, not only what can be called from here."),
    Criterion("include_deprecated", "--include-deprecated", "Also what is deprecated or retired."),
)  # fmt: skip

OPTIONS: dict[str, str] = {row.criterion: row.option for row in QUERY} | {"providers": "--provider"}
"""The option of each criterion."""


def query_options(command: F) -> F:
    """Gives a command function one argument per criterion, under its name."""
    for row in reversed(QUERY):
        names, flag = (row.criterion, row.option), row.type is None
        command = click.option(
            *names, type=row.type, is_flag=flag, metavar=row.metavar, multiple=row.multiple,
            help=row.meaning,
        )(command)  # fmt: skip
    return command


def criteria(given: Mapping[str, object]) -> dict[str, object]:
    """The criteria for modeldex.search: only what was asked, provider aliases resolved."""
    asked = {
        name: value
        for name, value in given.items()
        if value is not None and value is not False and value != ()
    }
    if asked.pop("available", None):
        asked["available"] = False
    providers = cast("tuple[str, ...]", asked.pop("provider", ()))
    ids = sorted(set(map(canonical, providers)))
    if len(ids) == 1:
        asked["provider"] = ids[0]
    elif ids:
        asked["providers"] = ids
    return asked
