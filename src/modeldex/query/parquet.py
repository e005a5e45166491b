"""Writes a table as a Parquet file, by pyarrow, which the extra `parquet` installs."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from modeldex.errors import NotInstalled
from modeldex.query.export import FLAGS, ExportTable
from modeldex.vocabulary.fields import BY_NAME

_OF_KIND = {"flag": "bool", "count": "int64", "price": "float64", "rate": "float64", "set": "list"}
_OF_VALUE = {bool: "bool", int: "int64", float: "float64", list: "list"}
_PLAIN = ("bool", "int64", "float64", "string")
_NUMBERS = {"int64", "float64"}


def write_parquet(path: Path, table: ExportTable) -> None:
    """Write the rows: flags are BOOLEAN, sets lists of strings, unknown is null.

    A column of values of several kinds, as `value` of provenance, is text. Raises NotInstalled.
    """
    arrow, parquet = _pyarrow()
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    kinds = [_kind(name, set(values)) for name, values in _with_types(table.columns, columns)]
    types = {kind: arrow.type_for_alias(kind) for kind in _PLAIN}
    types["list"] = arrow.list_(arrow.string())
    arrays = [
        arrow.array(_as_text(values) if kind == "string" else values, types[kind])
        for kind, values in zip(kinds, columns, strict=True)
    ]
    parquet.write_table(arrow.table(arrays, names=list(table.columns)), path, compression="zstd")


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise NotInstalled("pyarrow", "parquet") from None


def _with_types(
    names: Sequence[str], columns: Sequence[Sequence[object]]
) -> Iterable[tuple[str, Iterable[type]]]:
    """Each column's name with the types of its known values."""
    for name, values in zip(names, columns, strict=True):
        yield name, (type(value) for value in values if value is not None)


def _kind(name: str, types: set[type]) -> str:
    """The kind of a column: that of its field, else the one that all its values have."""
    found = {_OF_VALUE.get(each, "string") for each in types}
    if not found and name in FLAGS:
        return "bool"
    if not found and name in BY_NAME:
        return _OF_KIND.get(BY_NAME[name].kind, "string")
    if found == _NUMBERS:
        return "float64"
    return next(iter(found)) if len(found) == 1 else "string"


def _as_text(values: Iterable[object]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]
