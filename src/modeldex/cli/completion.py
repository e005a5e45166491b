"""Completes values in a shell: providers, models, bases and the like, read from the catalog file.

A key press must not wait: the file is only read, never made or migrated, and any error means that
nothing is completed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import click

from modeldex.cli.settings import Settings
from modeldex.errors import ModeldexError
from modeldex.storage.sqlite.connection import catalog_path, connect_reader
from modeldex.vocabulary.fields import NAMES

Completer = Callable[[click.Context, click.Parameter, str], list[str]]
"""What click calls with the beginning of a word."""

_MOST = 500
_WAIT = 0.2
"""Seconds that a completion waits for a writer."""

_WORDS = {
    "provider": "SELECT DISTINCT provider FROM catalog WHERE provider GLOB :start",
    "family": "SELECT DISTINCT family FROM catalog WHERE family GLOB :start",
    "base": "SELECT DISTINCT base FROM catalog WHERE base GLOB :start "
    "UNION SELECT DISTINCT substr(base, instr(base, '/') + 1) FROM catalog WHERE base GLOB :within",
    "source": "SELECT name FROM sources WHERE name GLOB :start",
    "suite": "SELECT name FROM quality_suites WHERE name GLOB :start "
    "UNION SELECT name FROM suites WHERE name GLOB :start",
}
KINDS = frozenset(_WORDS)
"""The kinds of `words`."""

_OFFERS = (
    "SELECT DISTINCT name FROM catalog WHERE name GLOB :start LIMIT :most",
    "SELECT provider || '/' || name FROM catalog WHERE provider GLOB :start LIMIT :most",
)
_OF_PROVIDER = (
    "SELECT provider || '/' || name FROM catalog WHERE provider = :provider AND name GLOB :start "
    "LIMIT :most"
)


def words(kind: str, *, many: bool = False) -> Completer:
    """Return the completer of a kind of word; `many` of them may stand with commas between."""

    def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        before, comma, last = begun.rpartition(",") if many else ("", "", begun)
        given = {"start": f"{last}*", "within": f"*/{last}*"}
        return [f"{before}{comma}{word}" for word in _read(context, last, [_WORDS[kind]], given)]

    return complete


def models(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Complete a bare name, or PROVIDER/NAME."""
    provider, slash, name = begun.partition("/")
    if slash:
        given = {"provider": provider, "start": f"{name}*"}
        return _read(context, begun, [_OF_PROVIDER], given)
    return _read(context, begun, _OFFERS, {"start": f"{begun}*"})


def fields(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Complete the name of a field."""
    return [name for name in NAMES if name.startswith(begun)]


def _read(
    context: click.Context, begun: str, queries: Iterable[str], given: dict[str, str]
) -> list[str]:
    if any(each in begun for each in "*?["):
        return []
    try:
        return sorted(set(_rows(context, queries, given)))
    except (ModeldexError, sqlite3.Error, OSError, ValueError):
        return []


def _rows(context: click.Context, queries: Iterable[str], given: dict[str, str]) -> Iterator[str]:
    place = catalog_path(context.ensure_object(Settings).db)
    if not isinstance(place, Path) or not place.is_file():
        return
    with closing(connect_reader(place, _WAIT)) as connection:
        for query in queries:
            for (word,) in connection.execute(query, {**given, "most": _MOST}):
                yield str(word)
