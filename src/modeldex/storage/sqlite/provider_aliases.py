"""The triggers of a SQLite catalog that store a row under the id of its provider.

SQLite cannot assign to NEW: the row is written again under the id, and the given one dropped. Such
a trigger does not fire for the row that it writes; all others do.
"""

from modeldex.storage.schema.metadata import METADATA
from modeldex.storage.schema.provider_aliases import CANONICAL

# In a BEFORE trigger NEW.id is -1 if the statement omits the id.
_WRITTEN = {"provider": CANONICAL, "id": "nullif(NEW.id, -1)"}


def _row(table: str) -> tuple[str, str]:
    """The columns of a table, and their values in the row under the provider's id."""
    names = [column.name for column in METADATA.tables[table].columns]
    return ", ".join(names), ", ".join(_WRITTEN.get(name, f"NEW.{name}") for name in names)


def _on_insert(table: str) -> str:
    names, values = _row(table)
    return (
        f"CREATE TRIGGER {table}_provider_alias BEFORE INSERT ON {table}\n"
        f"WHEN NEW.provider <> {CANONICAL}\nBEGIN\n"
        f"  INSERT INTO {table} ({names})\n    SELECT {values};\n  SELECT RAISE(IGNORE);\nEND"
    )


def _on_update(table: str) -> str:
    names, values = _row(table)
    key = " AND ".join(f"{c.name} = OLD.{c.name}" for c in METADATA.tables[table].primary_key)
    return (
        f"CREATE TRIGGER {table}_provider_renamed BEFORE UPDATE OF provider ON {table}\n"
        f"WHEN NEW.provider <> OLD.provider AND NEW.provider <> {CANONICAL}\nBEGIN\n"
        f"  UPDATE {table} SET ({names}) =\n    (SELECT {values})\n    WHERE {key};\n"
        "  SELECT RAISE(IGNORE);\nEND"
    )


REWRITES: dict[str, str] = {
    **{
        f"{name}_provider_alias": _on_insert(name) for name in ("models", "aliases", "measurements")
    },
    **{f"{name}_provider_renamed": _on_update(name) for name in ("models", "aliases")},
}
"""DDL by name."""
