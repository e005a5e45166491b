"""One row of a query as JSON values."""

from modeldex.query.compile import COLUMNS
from modeldex.vocabulary.fields import BY_NAME, NAMES

SqlRow = tuple[object, ...]
Record = dict[str, object]
"""A row as a mapping from column names to values, or a model as JSON values."""


def as_record(row: SqlRow) -> Record:
    """One row of `compile.COLUMNS` as JSON values, with `id` as the first key."""
    record = record_of(row)
    return {"id": f"{record['provider']}/{record['name']}", **record}


def record_of(row: tuple[object, ...]) -> dict[str, object]:
    """Return one row of COLUMNS as JSON values: flags as bool, sets as sorted lists."""
    plain: dict[str, object] = dict(zip(COLUMNS, row, strict=True))
    plain["live"] = bool(plain["live"])
    aliases = plain["aliases"]
    plain["aliases"] = sorted(str(aliases).split("\n")) if aliases else []
    for name in NAMES:
        value = plain[name]
        if value is None:
            continue
        kind = BY_NAME[name].kind
        if kind == "flag":
            plain[name] = bool(value)
        elif kind == "set":
            plain[name] = str(value).split(",")
    return plain
