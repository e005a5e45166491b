"""Write docs/datasette.json, the Datasette metadata of a catalog.

    python scripts/build_datasette.py [--check]

Descriptions come from the schema, queries from docs/sql.md. With --check nothing is written; the
exit code is 1 if the file is out of date.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from generated import write
from sqlalchemy import Table

from modeldex.storage.schema.metadata import METADATA
from modeldex.storage.schema.views import VIEWS
from modeldex.vocabulary.fields import BY_NAME

DOCS = Path(__file__).resolve().parent.parent / "docs"
TARGET = DOCS / "datasette.json"
PAGE = (DOCS / "sql.md").read_text("utf-8")
Settings = dict[str, object]

INTERNAL = "internal"

SETTINGS: dict[str, Settings] = {
    "facets": {
        "catalog": ["provider", "quality_tier", "mode", "price_basis"],
        "models": ["provider"],
        "capabilities": ["resolver"],
        "sightings": ["source"],
        "prices": ["direction", "processing"],
        "measurements": ["provider", "host"],
        "run_steps": ["name", "status"],
    },
    "label_column": {"models": "name", "sources": "name", "resolvers": "name"},
    "sort_desc": dict.fromkeys(
        ("runs", "run_steps", "measurements", "capability_history", "catalog_history"), "id"
    ),
}

_CONTRACT = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|", re.MULTILINE)
_RECIPE = re.compile(r"^### ([^\n]+)\n\n```sql\n(SELECT .+?);\n```$", re.MULTILINE | re.DOTALL)
_MODEL = re.compile(r"\b(provider|name|alias) = '[^']+'")


def metadata() -> Settings:
    """Return the content of the file."""
    tables = {name: dict(described(name, what)) for name, what in contract().items()}
    return {
        "title": "Language models",
        "description": "Capabilities and prices of language models, with their sources",
        "databases": {"catalog": {"tables": tables, "queries": dict(queries())}},
    }


def contract() -> dict[str, str]:
    """Return the description of each table and view in docs/sql.md."""
    found = {"alembic_version": INTERNAL}
    for names, what in _CONTRACT.findall(PAGE):
        found |= dict.fromkeys(re.findall("`(.+?)`", names), what)
    return found


def described(name: str, what: str) -> Iterator[tuple[str, object]]:
    """Yield the metadata of one table or view."""
    if what == INTERNAL:
        # `hidden` works for tables only; a view is hidden by denying access.
        yield ("allow", False) if name in VIEWS else ("hidden", True)
        return
    yield "description", re.sub("^views?: |`", "", what)
    if name in METADATA.tables:
        yield "columns", dict(columns(METADATA.tables[name]))
    for setting, values in SETTINGS.items():
        if name in values:
            yield setting, values[name]


def columns(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the columns of a table that have a comment, with unit."""
    for column in table.columns:
        field = BY_NAME.get(column.name)
        own = field is None or column.comment != f"{field.unit}: {field.meaning}"
        if column.comment:
            said = column.comment if own or field is None else f"{field.meaning} ({field.unit})"
            yield column.name, said


def queries() -> Iterator[tuple[str, Settings]]:
    """Yield the queries of docs/sql.md; a model's name becomes a parameter."""
    for title, sql in _RECIPE.findall(PAGE):
        if "JOIN provenance b" in sql or "other." in sql:
            continue
        slug = re.sub(r"[^a-z]+", "-", title.lower()).strip("-")
        parametrized = _MODEL.sub(r"\1 = :\1", sql).replace(":alias", ":name")
        yield slug, {"title": title, "sql": parametrized}


if __name__ == "__main__":
    sys.exit(write({TARGET: json.dumps(metadata(), indent=2) + "\n"}, __doc__))
