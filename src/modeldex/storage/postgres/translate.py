"""Translates this package's SQL from SQLite's dialect to PostgreSQL's; a few words differ.

Used for queries, writes, and the DDL of tables and views. Triggers are written separately.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from modeldex.storage.schema.columns import NOW

_TEXT = re.compile(r"('(?:[^']|'')*')")
_COMMENT = re.compile(r"--[^\n]*")
# In SQLite `a IS b` is true for two NULLs, and `+c.provider` keeps the planner off an index.
_REPLACEMENTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bIS NOT (?!NULL\b|DISTINCT\b)", "IS DISTINCT FROM "),
        (r"\bIS (?!NULL\b|NOT\b|DISTINCT\b)", "IS NOT DISTINCT FROM "),
        (r"\bCROSS JOIN\b", "JOIN"),
        (r"\bchar\(", "chr("),
        (r"\binstr\(", "strpos("),
        (r"\bgroup_concat\(", "string_agg("),
        (r"\bAS INTEGER\)", "AS BIGINT)"),
        (r"\bAS REAL\)", "AS DOUBLE PRECISION)"),
        (r"\+c\.provider\b", "c.provider"),
        (r"\bNOT IN \(\)", "<> ALL ('{}')"),
        (r"\bIN \(\)", "= ANY ('{}')"),
        (r"\bmain\.", ""),
    )
)
_NAME = re.compile(r"(?<!:):([A-Za-z_]\w*)")
_PLACE = re.compile(r"\?(\d*)")


def _outside_texts(sql: str, change: "re.Pattern[str]", replacement: str) -> str:
    parts = _TEXT.split(sql)
    parts[::2] = [change.sub(replacement, part) for part in parts[::2]]
    return "".join(parts)


@lru_cache(maxsize=2048)
def to_postgres(sql: str) -> str:
    """Translate a statement, except for its parameters."""
    sql = sql.replace(NOW, "modeldex_now()")
    for pattern, replacement in _REPLACEMENTS:
        sql = _outside_texts(sql, pattern, replacement)
    return sql


class _Places:
    """Numbers `?` parameters as SQLite does: one more than the highest number so far."""

    def __init__(self) -> None:
        self._highest = 0

    def __call__(self, found: "re.Match[str]") -> str:
        number = int(found[1] or self._highest + 1)
        self._highest = max(self._highest, number)
        return f"%(p{number})s"


@lru_cache(maxsize=2048)
def for_driver(sql: str) -> str:
    """Translate a statement with `:name` or `?` parameters to psycopg's `%(name)s`."""
    parts = _TEXT.split(_COMMENT.sub("", to_postgres(sql)).replace("%", "%%"))
    number = _Places()
    parts[::2] = [_PLACE.sub(number, _NAME.sub(r"%(\1)s", part)) for part in parts[::2]]
    return "".join(parts)


def bound(
    parameters: Mapping[str, object] | Sequence[object] | None,
) -> Mapping[str, object]:
    """Return parameters by name; positional ones are named p1, p2 ..."""
    if isinstance(parameters, Mapping):
        return parameters
    return {f"p{number}": value for number, value in enumerate(parameters or (), 1)}
