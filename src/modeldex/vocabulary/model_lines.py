"""The lines of models of each maker, and the words their names are made of: base_names.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A line of models of one maker, and how names of it are read.

    Words: `spellings` begin a name of the line, or stand anywhere in it if `within`; with
    `needs_words` they alone name no model. `own` make weights of their own (`own@3`: in version 3
    only), `noise` says nothing. Any other word is kept as one of the name if the line is `closed`,
    as nobody else can tune its weights; else it makes the name unreadable.

    Version: `leads` are the letters before it, which stay, `tails` those after it, which name a
    line of their own with `tail_is_line`; with `long_minor` 4-20 is 4.20; with `keeps_zero` 2.0 is
    not 2. `undated` are the names without a version that stand for one model; a line that is not
    `versioned` has no version at all.

    Date: `partial` tells if one without a year is a `snapshot` or tells `weights` apart, `full` the
    same of a full one; `weights` are dates that do so even where a host spells out the year. With
    `by_date` a year and month stand for version, size (unless `keeps_size`) and training.

    Canonical spelling: `form` has a place for `version` and for `words`, `early` is a version and
    the form below it; with `in_place` the version stays where it stands among the words.
    """

    id: str
    maker: str
    spellings: tuple[tuple[str, ...], ...]
    form: str
    early: tuple[int, str] | None = None
    own: frozenset[str] = frozenset()
    noise: frozenset[str] = frozenset()
    leads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    tail_is_line: bool = False
    closed: bool = False
    within: bool = False
    in_place: bool = False
    versioned: bool = True
    needs_words: bool = False
    long_minor: bool = False
    keeps_zero: bool = False
    undated: frozenset[str] = frozenset()
    partial: str = "weights"
    full: str = "snapshot"
    weights: frozenset[str] = frozenset()
    by_date: bool = False
    keeps_size: bool = False


class Words(NamedTuple):
    """The words that names are read by.

    `makers` has the maker of each spelling, `maker_words` the makers of each word of one,
    `by_first` the lines whose spelling begins with a word, `spellings` the canonical name of
    others, `at` those at one provider. A canonical name of `?` is unknown.
    """

    makers: Mapping[str, str]
    maker_words: Mapping[str, frozenset[str]]
    publishers: frozenset[str]
    prefixes: frozenset[str]
    noise: frozenset[str]
    variants: frozenset[str]
    own: frozenset[str]
    tuned: frozenset[str]
    moving: frozenset[str]
    within: tuple[Line, ...]
    by_first: Mapping[str, tuple[Line, ...]]
    spellings: Mapping[str, str]
    at: Mapping[str, Mapping[str, str]]


@cache
def words() -> Words:
    """Return the words of base_names.toml; read once per process."""
    table = tomllib.loads(Path(__file__).with_name("base_names.toml").read_text("utf-8"))
    lines = [_line(key, row) for key, row in table["lines"].items()]
    makers = {spelled: key for key, row in table["makers"].items() for spelled in (key, *row)}
    return Words(
        makers=makers,
        maker_words=_maker_words(makers),
        within=tuple(line for line in lines if line.within),
        by_first=_by_first([line for line in lines if not line.within]),
        spellings={old: new for new, row in table["spellings"].items() for old in row},
        at={host: row["names"] for row in table["at"] for host in row["providers"]},
        **{key: frozenset(row) for key, row in table["words"].items()},
    )


_SETS = ("own", "noise", "undated", "weights")
_TUPLES = ("leads", "tails", "early")


def _line(key: str, row: Mapping[str, Any]) -> Line:
    values = dict(row)
    values |= {name: frozenset(row[name]) for name in _SETS if name in row}
    values |= {name: tuple(row[name]) for name in _TUPLES if name in row}
    values["spellings"] = tuple(tuple(text.split("-")) for text in row.get("spellings", [key]))
    values.setdefault("form", f"{key}-{{version}}-{{words}}")
    return Line(id=key, **values)


def _maker_words(makers: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for spelled, maker in makers.items():
        for word in spelled.split("-"):
            found.setdefault(word, set()).add(maker)
    return {word: frozenset(makers) for word, makers in found.items()}


def _by_first(lines: list[Line]) -> Mapping[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        for first in dict.fromkeys(spelling[0] for spelling in line.spellings):
            found.setdefault(first, []).append(line)
    return {word: tuple(row) for word, row in found.items()}
