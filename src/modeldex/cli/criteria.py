"""The rows of modeldex.vocabulary.criteria as command-line options."""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import click

from modeldex.cli.completion import KINDS, words
from modeldex.cli.did_you_mean import Choice, Choices
from modeldex.cli.parse import amount, listed_by, parsed_by, word
from modeldex.vocabulary.criteria import SHORT_NAMES, TABLE
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.quantities import count, days

F = TypeVar("F", bound=Callable[..., object])

QUERY = tuple(row for row in TABLE if not row.plural_of)
"""Criteria with an option of their own; the plural of one is that option, repeated."""

_SHORT = {name.replace("_", "-"): short for short, name in SHORT_NAMES.items()}
NAMED_ALIKE = {"token_normalize_func": lambda option: _SHORT.get(option, option)}
"""Settings of a click command that accept a criterion's name for its option, too.

So `--max-cost-per-1m-input` is `--max-input-cost`, and a criterion has one name everywhere.
"""

_OPPOSITES = {row.name for row in TABLE if row.default is True}
"""Flags whose option turns them off: --known is the opposite of `available`."""

_PLURALS = {row.plural_of for row in TABLE}
_PARSERS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "tokens": ("TOKENS", count), "number": ("NUMBER", amount), "days": ("DAYS", days),
    "word": ("NAME", word), "words": ("NAME", word), "none_of": ("NAME", word),
}  # fmt: skip


def meaning(row: Criterion) -> str:
    """Return the help of an option, a sentence."""
    text = row.option_meaning or row.meaning
    return f"{text[0].upper()}{text[1:]}."


def query_options(command: F) -> F:
    """A decorator that passes one keyword argument per criterion to a click command function."""
    # click lists options in the reverse order of their decorators.
    for row in reversed(QUERY):
        command = _option(row)(command)
    return command


def _option(row: Criterion) -> Callable[[F], F]:
    names, text = (row.name, row.option), meaning(row)
    if row.kind == "flag":
        return click.option(*names, is_flag=True, help=text)
    if row.choices:
        if row.is_set:
            choice, each = Choices(row.choices), listed_by(word)
            return click.option(*names, type=choice, multiple=True, callback=each, help=text)
        return click.option(*names, type=Choice(row.choices), help=text)
    metavar, parse = _PARSERS[row.kind]
    many = row.is_set or row.name in _PLURALS
    callback = (listed_by if many else parsed_by)(parse)
    return click.option(
        *names, metavar=row.metavar or metavar, multiple=many, callback=callback, help=text,
        shell_complete=words(row.column, many=many) if row.column in KINDS else None,
    )  # fmt: skip


def criteria(options: Mapping[str, object]) -> dict[str, object]:
    """The criteria that were set on the command line, by name; provider aliases are resolved."""
    query = {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value != ()
    }
    for name in query.keys() & _OPPOSITES:
        query[name] = False
    providers = cast("tuple[str, ...]", query.pop("provider", ()))
    ids = sorted(set(map(canonical, providers)))
    if len(ids) == 1:
        query["provider"] = ids[0]
    elif ids:
        query["providers"] = ids
    return query
