"""SQL text of named CHECK constraints and column lists; a constraint's name is its message."""

from collections.abc import Iterable

from modeldex.vocabulary.fields import FIELDS, MAX_TEXT, NAMES, Field

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def utc_time(column: str) -> str:
    """The CHECK of a column that holds a time in ISO 8601, UTC, ending in Z; or NULL."""
    pattern = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z"
    return (
        f"CONSTRAINT {column}_is_an_iso_8601_utc_time CHECK "
        f"({column} IS NULL OR ({column} GLOB '{pattern}' AND datetime({column}) IS NOT NULL))"
    )


def row_id(table: str) -> str:
    """The definition of a table's id column."""
    # In a BEFORE INSERT trigger NEW.id is -1 if the statement omits the id: no row may have -1.
    return f"id INTEGER NOT NULL PRIMARY KEY CONSTRAINT {table}_id_is_above_0 CHECK (id > 0)"


def text(column: str, limit: int = MAX_TEXT) -> str:
    """The CHECK of a short printable text without surrounding blanks."""
    return (
        f"CONSTRAINT {column}_is_1_to_{limit}_printable_characters CHECK "
        f"(length({column}) BETWEEN 1 AND {limit} AND {column} = trim({column}) "
        f"AND instr({column}, char(0)) = 0 "
        f"AND {column} NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*')"
    )


def word(column: str) -> str:
    """The CHECK of a lower-case id, such as that of a provider."""
    return (
        f"CONSTRAINT {column}_is_a_lower_case_id CHECK "
        f"(length({column}) BETWEEN 1 AND 64 AND {column} GLOB '[a-z0-9]*' "
        f"AND {column} NOT GLOB '*[^a-z0-9._-]*')"
    )


def quoted(words: Iterable[str]) -> str:
    """Words as a comma-separated list of SQL string literals."""
    return ", ".join(map(repr, words))


def _check(field: Field) -> str:
    """The named CHECK of one capability column."""
    name = field.name
    low, high = f"{field.low:.0f}", f"{field.high:.0f}"
    if field.kind == "text":
        return text(name)
    rule, test = {
        "flag": ("is_0_or_1", f"{name} IN (0, 1)"),
        "count": (f"is_between_{low}_and_{high}", f"{name} BETWEEN {low} AND {high}"),
        "price": (f"is_between_{low}_and_{high}_usd", f"{name} BETWEEN {low} AND {high}"),
        "rate": (f"is_between_{low}_and_{high}", f"{name} BETWEEN {low} AND {high}"),
        "choice": (
            f"is_{'_or_'.join(field.choices)}",
            f"{name} IN ({quoted(field.choices)})",
        ),
        "date": (
            "is_a_date",
            (
                f"{name} IS NULL OR (date(substr({name} || '-01', 1, 10)) IS NOT NULL AND "
                f"({name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' "
                f"OR {name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))"
            ),
        ),
        "set": (
            "is_words_separated_by_commas",
            f"{name} NOT GLOB '*[^!-~]*' AND ',' || {name} || ',' NOT GLOB '*,,*'",
        ),
    }[field.kind]
    return f"CONSTRAINT {name}_{rule} CHECK ({test})"


def field_columns(*, checked: bool) -> str:
    """The capability columns of a CREATE TABLE, one per line, with unit and meaning."""
    return "\n".join(
        f"  {f.name} {f.column_type}{' ' + _check(f) if checked else ''}, -- {f.unit}: {f.meaning}"
        for f in FIELDS
    )


def columns(prefix: str = "") -> str:
    """The capability columns as a comma-separated list, each after `prefix`."""
    return ", ".join(prefix + name for name in NAMES)
