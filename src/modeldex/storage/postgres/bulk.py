"""Inserts many rows with one statement, to save a network round trip per row."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

BoundRow = Mapping[str, object]

MIN_BULK_ROWS = 4
"""Up to this many rows are as fast one by one."""

# Only these tables: each row of a batch is about another model, so none depends on an earlier one.
_INSERT = re.compile(r"(INSERT INTO (?:models|sightings|capabilities) \([^)]*\)) (SELECT|VALUES) ")
_VALUE = re.compile(r"%\((\w+)\)s")
_TYPES: dict[type, str] = {str: "TEXT", int: "BIGINT", float: "DOUBLE PRECISION"}


def bulk_insert(statement: str, rows: Sequence[BoundRow]) -> tuple[str, dict[str, str]] | None:
    """Return one statement for all rows, and its parameters; None if that is not possible.

    The rows are passed as one JSON parameter and expanded by `json_to_recordset`.
    """
    found = _INSERT.match(statement)
    if found is None or len(rows) < MIN_BULK_ROWS:
        return None
    types = _types(_VALUE.findall(statement), rows)
    if types is None:
        return None
    columns = ", ".join(f"given_{name} {kind}" for name, kind in types.items())
    given = f"FROM json_to_recordset(%(rows)s) AS given ({columns})"
    text = _VALUE.sub(lambda m: f"given_{m[1]}" if m[1] in types else "NULL", statement)
    head, verb = found.groups()
    rest = text[found.end() :]
    if verb == "VALUES":
        text = f"{head} SELECT {rest.strip().removeprefix('(').removesuffix(')')} {given}"
    else:
        text = f"{head} SELECT {rest.replace(' FROM ', f' {given} CROSS JOIN ', 1)}"
    values = [{f"given_{name}": row[name] for name in types} for row in rows]
    return text, {"rows": json.dumps(values)}


def _types(names: Sequence[str], rows: Sequence[BoundRow]) -> dict[str, str] | None:
    """Return the SQL type of each parameter that is not NULL in every row.

    None if the values of a parameter have no common scalar type.
    """
    types: dict[str, str] = {}
    for name in dict.fromkeys(names):
        kinds: set[Any] = {type(row[name]) for row in rows} - {type(None)}
        if not kinds:
            continue
        kind = float if kinds == {int, float} else kinds.pop() if len(kinds) == 1 else object
        if kind not in _TYPES:
            return None
        types[name] = _TYPES[kind]
    return types
