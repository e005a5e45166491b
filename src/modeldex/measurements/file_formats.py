"""Read files of measurements in JSON, JSON Lines or CSV, as numbered rows.

JSON Lines and CSV are streamed; a JSON document is loaded whole, and limited in size. It is a list
of rows, an object with such a list as `measurements`, `models` or `results`, or a mapping of
`provider/model` to figures or of a provider to its models. Several measurements of one model may be
a list.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import IO, Any

from modeldex.errors import InvalidMeasurements
from modeldex.vocabulary.caps import DIGITS, DOCUMENT, VALUES, TooMuch
from modeldex.vocabulary.record_lines import csv_records, lines

NumberedRow = tuple[int, Mapping[str, object] | str]
"""The number of a row and its fields, or the reason why it cannot be parsed."""

FORMATS = ("json", "jsonl", "csv", "db")
_SUFFIXES = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv",
    ".db": "db", ".sqlite": "db", ".sqlite3": "db",
}  # fmt: skip
_LISTS = ("measurements", "models", "results")


def format_of(file: str, given: str | None = None) -> str:
    """Return the given format, else that of the file's suffix; JSON Lines for `-` (stdin).

    Raises InvalidMeasurements if it is none of FORMATS.
    """
    found = given or ("jsonl" if file == "-" else _SUFFIXES.get(PurePath(file).suffix.lower()))
    if found in FORMATS:
        return str(found)
    what = f"unknown format {given}" if given else "the file name has no known suffix"
    raise InvalidMeasurements(f"{what}: give one of {', '.join(FORMATS)}", file)


def read_rows(file: IO[str], format_: str, origin: str) -> Iterator[NumberedRow]:
    """Yield the rows of an open text file; `format_` is json, jsonl or csv.

    Raises InvalidMeasurements, naming `origin`, if the file is not of this format, and TooMuch for
    a line or a document that is too long.
    """
    yield from {"json": _document, "jsonl": _lines, "csv": _table}[format_](file, origin)


def _lines(file: IO[str], _origin: str) -> Iterator[NumberedRow]:
    before = 0
    for some in lines(file):
        numbered = enumerate(map(str.strip, some), before + 1)
        before += len(some)
        yield from _decoded([(number, text) for number, text in numbered if text])


def _whole(digits: str) -> int:
    """The value of an integer. Raises ValueError."""
    if len(digits) > DIGITS:
        raise ValueError(f"a number of more than {DIGITS} digits")
    return int(digits)


_decode = json.JSONDecoder(parse_int=_whole).decode


def _decoded(lines: list[tuple[int, str]]) -> Iterator[NumberedRow]:
    """The rows of some lines, which are parsed at once if each of them is an object."""
    # No line has what stands between two lines: where each second element of the array is that,
    # no line closes what another has opened.
    between = os.urandom(8).hex()
    try:
        found = _decode("[" + f',"{between}",'.join(text for _, text in lines) + "]")
    except (ValueError, RecursionError):
        found = []
    rows, marks = found[::2], found[1::2]
    if len(rows) == len(lines) and {*map(type, rows)} == {dict} and marks == [between] * len(marks):
        yield from zip((number for number, _ in lines), rows, strict=True)
    else:
        yield from ((number, _decoded_alone(text)) for number, text in lines)


def _decoded_alone(text: str) -> Mapping[str, object] | str:
    try:
        return _figures(_decode(text))
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"


def _figures(value: object) -> Mapping[str, object] | str:
    if isinstance(value, dict):
        return value
    return f"expected an object with figures, got {type(value).__name__}"


def _document(file: IO[str], origin: str) -> Iterator[NumberedRow]:
    text = file.read(DOCUMENT + 1)
    # Counted before parsing: millions of tiny values would need far more memory than bytes.
    if len(text) > DOCUMENT or sum(map(text.count, ",[{")) > VALUES:
        raise TooMuch(
            f"a JSON document of more than {DOCUMENT:,} characters or {VALUES:,} values: "
            "JSON Lines, one row per line, may be longer"
        )
    try:
        document = _decode(text)
    except json.JSONDecodeError as error:
        # A second object after the first is what JSON Lines looks like to a JSON parser.
        more = "; is it JSON Lines?" if error.msg == "Extra data" else ""
        raise InvalidMeasurements(f"not JSON: {error}{more}", origin) from None
    except (ValueError, RecursionError) as error:
        raise InvalidMeasurements(f"not JSON: {error}", origin) from None
    if not isinstance(document, dict | list):
        raise InvalidMeasurements(
            f"contains {type(document).__name__}, expected an object or a list", origin
        )
    return enumerate(_rows(document), 1)


def _rows(document: Any) -> Iterator[Mapping[str, object] | str]:
    """Yield the rows of a JSON document of any supported shape."""
    if isinstance(document, list):
        yield from map(_figures, document)
        return
    inner = next(
        (document[key] for key in _LISTS if isinstance(document.get(key), list | dict)), None
    )
    if inner is not None:
        yield from _rows(inner)
        return
    for key, value in document.items():
        if _holds_models(value):
            for name, figures in value.items():
                yield from _of_model({"provider": key, "name": name}, figures)
        else:
            yield from _of_model({"model": key}, value)


def _holds_models(value: object) -> bool:
    """Whether a value maps models to figures, rather than figures to values."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(each, dict | list) for each in value.values())
    )


def _of_model(model: dict[str, object], value: object) -> Iterator[Mapping[str, object] | str]:
    for figures in value if isinstance(value, list) else [value]:
        yield {**model, **figures} if isinstance(figures, dict) else _figures(figures)


def _table(file: IO[str], origin: str) -> Iterator[NumberedRow]:
    records = csv_records(file)
    _, first = next(records, (1, []))
    if isinstance(first, str):
        raise InvalidMeasurements(first, origin)
    head = [name.strip().lower() for name in first]
    if not {"name", "model"} & set(head):
        raise InvalidMeasurements(
            "the first line must name the columns: provider and name, or model", origin
        )
    return _cells(records, head)


def _cells(
    records: Iterator[tuple[int, list[str] | str]], head: list[str]
) -> Iterator[NumberedRow]:
    for number, cells in records:
        if isinstance(cells, str):
            yield number, cells
        elif len(cells) > len(head):
            yield number, f"{len(cells)} cells, but {len(head)} columns"
        elif cells:
            yield number, dict(zip(head, cells, strict=False))
