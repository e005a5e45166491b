"""Functions and views of a PostgreSQL catalog; the views are translated from the SQLite DDL."""

import re

from modeldex.storage.postgres.translate import to_postgres
from modeldex.storage.schema.drift import disagreements
from modeldex.storage.schema.views import VIEWS

FUNCTIONS = {
    "modeldex_now": """CREATE FUNCTION modeldex_now() RETURNS TEXT LANGUAGE sql VOLATILE AS
$$ SELECT to_char(clock_timestamp() AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$""",
    "modeldex_is_time": """CREATE FUNCTION modeldex_is_time(given TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN
  PERFORM given::timestamptz;
  RETURN given ~ '^\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d(\\.\\d+)?Z$';
EXCEPTION WHEN data_exception THEN RETURN FALSE;
END $$""",
    "modeldex_is_date": r"""CREATE FUNCTION modeldex_is_date(given TEXT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE AS
$$ SELECT given ~ '^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$' $$""",
    "julianday": """CREATE FUNCTION julianday(given TEXT) RETURNS DOUBLE PRECISION LANGUAGE sql
STABLE AS $$ SELECT extract(epoch FROM given::timestamptz) / 86400.0 + 2440587.5 $$""",
}
"""Functions that tables and views need; they are there before the tables."""

_TRUTHS: tuple[tuple[str, str], ...] = (
    (
        r"EXISTS \((SELECT 1 FROM sightings.*?)\) AS live",
        r"CASE WHEN EXISTS (\1) THEN 1 ELSE 0 END AS live",
    ),
    (r"NOT EXISTS \((.*?)\) AS wins", r"CASE WHEN EXISTS (\1) THEN 0 ELSE 1 END AS wins"),
    (r"\b(c\.\w+) AS value\b", r"CAST(\1 AS TEXT) AS value"),
    (r"AS field,\n  (.*?) AS value,\n", r"AS field,\n  CAST(\1 AS TEXT) AS value,\n"),
)


def _view(sql: str) -> str:
    """Translate a view: booleans become 0 and 1, and columns of mixed types become text."""
    for pattern, replacement in _TRUTHS:
        sql = re.sub(pattern, replacement, sql, flags=re.DOTALL)
    return to_postgres(sql)


_DRIFT = "CREATE VIEW drift AS " + to_postgres(disagreements(as_text=True))

VIEW_DDL: dict[str, str] = {name: _view(sql) for name, sql in VIEWS.items()} | {"drift": _DRIFT}
"""The views by name, in order of dependencies."""
