"""Parse many samples at once, column by column, by the parsers of single fields.

A column of numbers is valid if its smallest and its largest are; of any other column each different
value is parsed once. Where something is not as it should be, nobody says what: the rows are then
to be parsed one by one.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from modeldex.measurements.sample import (
    COLUMNS,
    KEYS,
    MODEL_KEYS,
    STATED,
    Measurement,
    SampleParser,
    model_key,
)
from modeldex.measurements.sample_fields import PARSERS, REALS

Column = list[Any]
_FIGURES = [COLUMNS[place] for place in STATED]
_ABSENT = Measurement._field_defaults  # what a field is in a row that does not state it


def parse_columns(rows: Sequence[Any], parser: SampleParser) -> dict[str, Column] | None:
    """Return the columns that some samples state, by name; None if they must be parsed one by one.

    None in a column is unknown. Unknown keys are noted as the parser notes them.
    """
    try:
        columns = {**_models(rows), **_fields(rows, parser)}
        _check(columns, parser.latest)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return columns


def _models(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    providers = [row.get("provider") or "" for row in rows]
    names = [row.get("name") or row.get("model") or "" for row in rows]
    _of_types((*providers, *names), {str})
    given = [*zip(providers, names, strict=True)]
    keys = {key: model_key(*key) for key in {*given}}
    return {
        "provider": [keys[key][0] for key in given],
        "name": [keys[key][1] for key in given],
    }


def _of_types(values: Sequence[Any], types: set[type], most: int = 3) -> None:
    found = {*map(type, values)}
    if len(found) > most or not found <= types:
        raise TypeError


def _fields(rows: Sequence[Mapping[str, Any]], parser: SampleParser) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for key in dict.fromkeys(chain.from_iterable(rows)):
        if key in MODEL_KEYS:
            continue
        values = [None if (value := row.get(key)) == "" else value for row in rows]
        stated = [value for value in values if value is not None]
        if not stated:
            continue
        if key not in KEYS:
            parser.note_ignored(key)
            continue
        _, name, _ = KEYS[key]
        if name in columns:  # under two of its names
            raise ValueError
        columns[name] = _column(name, values, stated)
    return columns


def _column(name: str, values: Column, stated: Column) -> Column:
    if name in REALS:
        return _numbers(REALS[name], values, stated)
    # Of one type: True equals 1 and 1.0, which may mean something else.
    _of_types(stated, {str, int, bool, *([float] if name == "measured_at" else [])}, most=1)
    parse = PARSERS[name]
    parsed = {value: parse(value) for value in {*stated}} | {None: _ABSENT[name]}
    return [parsed[value] for value in values]


def _numbers(parse: Callable[[object], float], values: Column, stated: Column) -> Column:
    _of_types(stated, {float, int, str})
    numbers = [*map(float, stated)]
    if math.isnan(sum(numbers)):  # which is neither small nor large
        raise ValueError
    parse(min(numbers))
    parse(max(numbers))
    if len(stated) == len(values):
        return numbers
    following = iter(numbers)
    return [None if value is None else next(following) for value in values]


def _check(columns: Mapping[str, Column], latest: str) -> None:
    times, scores = columns.get("measured_at", ()), columns.get("quality_score", ())
    suites = columns.get("quality_suite", [None] * len(scores))
    wrong = (
        any(when is not None and when > latest for when in times),
        not all(_any_stated(columns)),
        scores and any(s is not None and q is None for s, q in zip(scores, suites, strict=True)),
    )
    if any(wrong):
        raise ValueError


def _any_stated(columns: Mapping[str, Column]) -> Iterator[bool]:
    """Whether a row states a figure or an error, for each row; once if all state the same one."""
    there = [columns[name] for name in _FIGURES if name in columns]
    if any(None not in column for column in there):
        yield True
        return
    yield bool(there)
    for figures in zip(*there, strict=True):
        yield any(figure is not None for figure in figures)
