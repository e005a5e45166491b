"""Many rows by one statement: what SQLite is told row by row, a server is told as one list."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, object]

FEW = 4
"""So many rows are as quick one by one."""

# Rows of these never depend on rows before them in the same list: each is of another model.
_INSERT = re.compile(r"(INSERT INTO (?:models|sightings|capabilities) \([^)]*\)) (SELECT|VALUES) ")
_VALUE = re.compile(r"%\((\w+)\)s")
_TYPES: dict[type, str] = {str: "TEXT", int: "BIGINT", float: "DOUBLE PRECISION"}


def at_once(statement: str, rows: Sequence[Row]) -> tuple[str, dict[str, str]] | None:
    """One statement for all rows, with its parameters; None where it has to be one for each."""
    found = _INSERT.match(statement)
    if found is None or len(rows) < FEW:
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


def _types(names: Sequence[str], rows: Sequence[Row]) -> dict[str, str] | None:
    """The type of each value that some row has; None where a value is of no plain type."""
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
