"""Files of samples: JSON, JSON Lines and CSV, row by row, each with its number.

JSON Lines and CSV are read line by line, whatever their size; a JSON document is read whole. It
is a list of rows, an object that holds one as `measurements`, `models` or `results`, or a
mapping: `provider/model` to figures, or a provider to a mapping of its models. Where there are
several samples of one model, its figures may be a list.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import IO, Any

from modeldex.errors import InvalidMeasurements

Row = tuple[int, Mapping[str, object] | str]
"""The number of a row and what it states, or why it cannot be read."""

FORMATS = ("json", "jsonl", "csv", "db")
_SUFFIXES = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv",
    ".db": "db", ".sqlite": "db", ".sqlite3": "db",
}  # fmt: skip
_LISTS = ("measurements", "models", "results")
_NAMES = ("provider", "name", "model")


def format_of(file: str, given: str | None = None) -> str:
    """The format that is given, else the one that the end of a file's name tells.

    Standard input, `-`, is JSON Lines. Raises InvalidMeasurements for anything but FORMATS.
    """
    found = given or ("jsonl" if file == "-" else _SUFFIXES.get(PurePath(file).suffix.lower()))
    if found in FORMATS:
        return str(found)
    what = f"no format {given}" if given else "the name does not tell the format"
    raise InvalidMeasurements(f"{what}: give one of {', '.join(FORMATS)}", file)


def read_rows(file: IO[str], format_: str, origin: str) -> Iterator[Row]:
    """The rows of an open text file in one of the text formats.

    Raises InvalidMeasurements, naming `origin`, for a file that is none at all.
    """
    return {"json": _document, "jsonl": _lines, "csv": _table}[format_](file, origin)


def _lines(file: IO[str], _origin: str) -> Iterator[Row]:
    decode = json.JSONDecoder().decode
    for number, line in enumerate(file, 1):
        if not (text := line.strip()):
            continue
        try:
            yield number, _figures(decode(text))
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"


def _figures(value: object) -> Mapping[str, object] | str:
    if isinstance(value, dict):
        return value
    return f"expected an object with figures, got {type(value).__name__}"


def _document(file: IO[str], origin: str) -> Iterator[Row]:
    try:
        document = json.load(file)
    except json.JSONDecodeError as error:
        more = "; is it JSON Lines?" if error.msg == "Extra data" else ""
        raise InvalidMeasurements(f"not JSON: {error}{more}", origin) from None
    except (ValueError, RecursionError) as error:
        raise InvalidMeasurements(f"not JSON: {error}", origin) from None
    if not isinstance(document, dict | list):
        raise InvalidMeasurements(f"holds {type(document).__name__}, not figures", origin)
    return enumerate(_rows(document), 1)


def _rows(document: Any) -> Iterator[Mapping[str, object] | str]:
    """The rows of a JSON document in any of its shapes."""
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
    """Whether a value is a mapping of models, and not of figures."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(each, dict | list) for each in value.values())
    )


def _of_model(who: dict[str, object], value: object) -> Iterator[Mapping[str, object] | str]:
    for figures in value if isinstance(value, list) else [value]:
        yield {**who, **figures} if isinstance(figures, dict) else _figures(figures)


def _table(file: IO[str], origin: str) -> Iterator[Row]:
    reader = csv.reader(file)
    try:
        head = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise InvalidMeasurements(f"not CSV: {error}", origin) from None
    if not {"name", "model"} & set(head):
        raise InvalidMeasurements(
            "the first line must name the columns, provider and name or model among them", origin
        )
    return _cells(reader, head)


def _cells(reader: Any, head: list[str]) -> Iterator[Row]:
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"not CSV: {error}"
            continue
        if len(cells) > len(head):
            yield number, f"{len(cells)} cells, but {len(head)} columns"
        elif cells:
            yield number, dict(zip(head, cells, strict=False))
