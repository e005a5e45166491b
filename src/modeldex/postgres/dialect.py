"""From the SQL of this package, which is SQLite's, to PostgreSQL's: a handful of words differ.

Questions, writes and the DDL of tables and views go through here; triggers are written twice.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from modeldex.constraints import NOW

_TEXT = re.compile(r"('(?:[^']|'')*')")
_COMMENT = re.compile(r"--[^\n]*")
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
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
def words(sql: str) -> str:
    """The same statement in PostgreSQL's words; parameters are left as they are."""
    sql = sql.replace(NOW, "modeldex_now()")
    for pattern, replacement in _WORDS:
        sql = _outside_texts(sql, pattern, replacement)
    return sql


class _Places:
    """Numbers `?` as SQLite does: each after the highest before it."""

    def __init__(self) -> None:
        self._highest = 0

    def __call__(self, found: "re.Match[str]") -> str:
        number = int(found[1] or self._highest + 1)
        self._highest = max(self._highest, number)
        return f"%(p{number})s"


@lru_cache(maxsize=2048)
def for_driver(sql: str) -> str:
    """A statement with `:name` or `?` parameters as psycopg takes it."""
    parts = _TEXT.split(_COMMENT.sub("", words(sql)).replace("%", "%%"))
    number = _Places()
    parts[::2] = [_PLACE.sub(number, _NAME.sub(r"%(\1)s", part)) for part in parts[::2]]
    return "".join(parts)


def bound(
    parameters: Mapping[str, object] | Sequence[object] | None,
) -> Mapping[str, object]:
    """Parameters by name; those given in order are p1, p2 ..."""
    if isinstance(parameters, Mapping):
        return parameters
    return {f"p{number}": value for number, value in enumerate(parameters or (), 1)}
