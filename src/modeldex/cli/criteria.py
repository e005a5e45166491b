"""The criteria of a query as command-line options; named as in modeldex.vocabulary.criteria."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar, cast

import click

from modeldex.cli.parse import amount, count, parsed_by, word
from modeldex.vocabulary.criteria import COST_TIERS, REQUIRED_FLAGS
from modeldex.vocabulary.fields import BY_NAME, MODES, PRICE_BASES, TIERS
from modeldex.vocabulary.providers import canonical

F = TypeVar("F", bound=Callable[..., object])


class Criterion(NamedTuple):
    """One criterion of a query and the option that sets it.

    `words` are the allowed values, `parse` parses the typed text; a flag has neither.
    """

    criterion: str
    option: str
    meaning: str
    parse: Callable[[str], object] | None = None
    metavar: str | None = None
    words: tuple[str, ...] = ()
    multiple: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether the option takes no value."""
        return self.parse is None and not self.words


def _flag(criterion: str, column: str) -> Criterion:
    option = "--" + criterion.removeprefix("requires_").replace("_", "-")
    meaning = BY_NAME[column].meaning
    return Criterion(criterion, option, meaning[0].upper() + meaning[1:] + ".")


def _one_of(criterion: str, option: str, meaning: str, *words: str) -> Criterion:
    return Criterion(criterion, option, meaning, words=words)


QUERY: tuple[Criterion, ...] = (
    *(_flag(*item) for item in REQUIRED_FLAGS.items()),
    Criterion(
        "requires_params", "--param",
        "Accepts this request parameter, such as temperature; repeatable.",
        word, "NAME", multiple=True,
    ),
    Criterion(
        "min_context", "--min-context",
        "Context window of at least this size: 128k, 128_000, 1m.", count, "TOKENS",
    ),
    Criterion(
        "max_context", "--max-context", "Context window of at most this size.", count, "TOKENS",
    ),
    Criterion(
        "min_output_tokens", "--min-output",
        "Can generate at least this many tokens.", count, "TOKENS",
    ),
    Criterion(
        "max_cost_per_1m_input", "--max-input-cost", "At most this price per 1M prompt tokens.",
        amount, "USD",
    ),
    Criterion(
        "max_cost_per_1m_output", "--max-output-cost",
        "At most this price per 1M generated tokens.", amount, "USD",
    ),
    _one_of("quality_tier", "--tier", "Exactly this quality tier.", *TIERS, "unknown", "any"),
    _one_of("min_quality_tier", "--min-tier", "This quality tier or a better one.", *TIERS),
    _one_of(
        "cost_tier", "--cost-tier", "Price class, by the blended price (3 x input + output) / 4.",
        *COST_TIERS, "any",
    ),
    Criterion(
        "min_speed_tps", "--min-speed", "Generates at least this many tokens per second.",
        amount, "TPS",
    ),
    Criterion(
        "provider", "--provider", "Offered by this provider, by id or alias; repeatable.",
        word, "NAME", multiple=True,
    ),
    Criterion("family", "--family", "Of this model family, such as gpt-mini.", word, "NAME"),
    _one_of("mode", "--mode", "What the model is for; chat by default.", *MODES, "any"),
    _one_of(
        "price_basis", "--price-basis",
        "How it is billed; metered, self_hosted or unknown by default.",
        *PRICE_BASES, "any",
    ),
    Criterion(
        "available", "--known", "All known models, not only those that can be called from here.",
    ),
    Criterion("include_deprecated", "--include-deprecated", "Also deprecated and retired models."),
)  # fmt: skip

OPTIONS: dict[str, str] = {row.criterion: row.option for row in QUERY} | {"providers": "--provider"}
"""The option that sets each criterion."""


def query_options(command: F) -> F:
    """A decorator that passes one keyword argument per criterion to a click command function."""
    # click lists options in the reverse order of their decorators.
    for row in reversed(QUERY):
        names = (row.criterion, row.option)
        if row.is_flag:
            add = click.option(*names, is_flag=True, help=row.meaning)
        elif row.parse is None:
            add = click.option(
                *names, type=click.Choice(row.words, case_sensitive=False), help=row.meaning
            )
        else:
            add = click.option(
                *names, metavar=row.metavar, multiple=row.multiple, callback=parsed_by(row.parse),
                help=row.meaning,
            )  # fmt: skip
        command = add(command)
    return command


def criteria(options: Mapping[str, object]) -> dict[str, object]:
    """The criteria that were set on the command line, by name; provider aliases are resolved."""
    query = {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value != ()
    }
    if query.pop("available", None):  # the option is --known, the criterion its opposite
        query["available"] = False
    providers = cast("tuple[str, ...]", query.pop("provider", ()))
    ids = sorted(set(map(canonical, providers)))
    if len(ids) == 1:
        query["provider"] = ids[0]
    elif ids:
        query["providers"] = ids
    return query
