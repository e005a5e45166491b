"""Functions and views of a PostgreSQL catalog; the text of the views is that of a file."""

from modeldex.storage.postgres.dialect import POSTGRES
from modeldex.storage.schema.views import views

FUNCTIONS = {
    "modeldex_now": """CREATE OR REPLACE FUNCTION modeldex_now() RETURNS TEXT LANGUAGE sql VOLATILE
AS $$ SELECT to_char(clock_timestamp() AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$""",
    "modeldex_is_time": """CREATE OR REPLACE FUNCTION modeldex_is_time(given TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN
  PERFORM given::timestamptz;
  RETURN given ~ '^\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d(\\.\\d+)?Z$';
EXCEPTION WHEN data_exception THEN RETURN FALSE;
END $$""",
    "modeldex_is_date": r"""CREATE OR REPLACE FUNCTION modeldex_is_date(given TEXT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE AS
$$ SELECT given ~ '^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$' $$""",
    # Those of SQLite that the text of views, triggers and queries uses.
    "strftime": """CREATE OR REPLACE FUNCTION strftime(form TEXT, moment TEXT) RETURNS TEXT
LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN form = '%Y-%m-%dT%H:%M:%fZ' AND moment = 'now' THEN modeldex_now() END $$""",
    "julianday": """CREATE OR REPLACE FUNCTION julianday(given TEXT) RETURNS DOUBLE PRECISION
LANGUAGE sql STABLE AS
$$ SELECT extract(epoch FROM given::timestamptz) / 86400.0 + 2440587.5 $$""",
    "instr": """CREATE OR REPLACE FUNCTION instr(text TEXT, part TEXT) RETURNS INTEGER
LANGUAGE sql IMMUTABLE AS $$ SELECT strpos(text, part) $$""",
    "modeldex_joined": """CREATE OR REPLACE FUNCTION modeldex_joined(joined TEXT, next TEXT,
  separator TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(joined || separator || next, joined, next) $$""",
    "group_concat": """CREATE OR REPLACE AGGREGATE group_concat(TEXT, TEXT)
  (SFUNC = modeldex_joined, STYPE = TEXT)""",
}
"""Functions that tables, views and queries need; they are there before the tables."""

VIEW_DDL = views(POSTGRES)
"""The views by name, in order of dependencies."""
