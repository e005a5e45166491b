"""Bare SQL that names a provider by an alias does what it does under the provider's id."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modeldex.storage.location import Place
from modeldex.storage.schema.shipped_rows import shipped_rows
from modeldex.vocabulary.providers import shipped_aliases
from raw_catalog import bare, columns, contents, migrated, needs_shell

MADE = "2026-01-01T00:00:00.000Z"
TYPED = [
    "INSERT INTO models (provider, name, first_seen) VALUES ({}, 'a', '2025-01-01T00:00:00Z')",
    "INSERT INTO models (provider, name, family) VALUES ({}, 'a', 'line'), ('acme', 'b', NULL)",
    (
        "INSERT INTO models (id, provider, name, display_name, retired_at)"
        f" VALUES (7, {{}}, 'c', 'C', '{MADE}')"
    ),
    "INSERT INTO models (id, provider, name, family) VALUES (7, {}, 'c', 'line')",
    "INSERT INTO models (id, provider, name) VALUES (7, {}, 'another')",
    "INSERT INTO models (provider, name) VALUES ({}, '')",
    "INSERT INTO aliases (provider, alias, model_id) VALUES ({}, 'nick', 7)",
    "INSERT INTO aliases (provider, alias, model_id) VALUES ({}, 'nick', 7)",
    "INSERT INTO aliases (provider, alias, model_id) VALUES ('acme', 'nack', 7)",
    "UPDATE aliases SET provider = {} WHERE alias = 'nack'",
    "INSERT INTO aliases (provider, alias, model_id) VALUES ({}, 'nobody', 99)",
    (
        "INSERT INTO measurements (provider, name, measured_at, tokens_per_second, "
        "ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, "
        "supports_json_mode, supports_structured_outputs, quality_score, quality_suite, "
        f"suite_version, error, samples, host, run_id) VALUES ({{}}, 'a', '{MADE}', 1, 2, "
        "3, 4, 1, 0, 1, 0, 5, 'q', '1', 'e', 6, 'h', 'r')"
    ),
    "INSERT INTO measurements (id, provider, name, ttft_ms) VALUES (40, {}, 'measured only', 9)",
    "INSERT INTO measurements (id, provider, name, ttft_ms) VALUES (40, {}, 'a', 9)",
    "INSERT INTO measurements (provider, name, ttft_ms) VALUES ({}, 'a', -1)",
    "UPDATE models SET provider = {} WHERE name = 'b'",
    "UPDATE models SET provider = {}, name = 'a' WHERE name = 'b'",
    "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (7, 'user', 8000)",
]
"""Statements, some of them refused, with the name of a provider left out."""
REPLACING = [
    "INSERT OR REPLACE INTO models (provider, name, family) VALUES ({}, 'a', 'other')",
    "INSERT OR REPLACE INTO models (id, provider, name) VALUES (7, {}, 'c')",
    "INSERT OR REPLACE INTO aliases (provider, alias, model_id) VALUES ({}, 'nick', 1)",
    "INSERT OR REPLACE INTO measurements (id, provider, name, ttft_ms) VALUES (40, {}, 'a', 8)",
    "UPDATE OR REPLACE models SET provider = {}, name = 'c' WHERE name = 'a'",
    "INSERT OR IGNORE INTO measurements (provider, name, ttft_ms) VALUES ({}, 'x', -1)",
]
SPELLINGS = ["'azure'", "' Azure '", "'AZURE_OPENAI'"]


def _rows(place: Place) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table without the moments at which the statements ran."""
    with bare(place) as connection:
        return {
            table: [
                {
                    name: value
                    for name, value in zip(columns(connection, table), row, strict=True)
                    if not (isinstance(value, str) and value > MADE and value[4:5] == "-")
                }
                for row in rows
            ]
            for table, rows in contents(connection).items()
            if table not in ("about", "catalog_history")  # which has no row for no time
        }


def test_every_statement_does_the_same(new_catalog: Callable[[], Place]) -> None:
    """Whatever a row says is kept, and whatever is refused is refused, in each spelling."""
    expected = _typed(new_catalog(), "'azure_openai'")
    assert {row["provider"] for row in expected[1]["models"]} == {"azure_openai"}
    for spelling in SPELLINGS:
        assert _typed(new_catalog(), spelling) == expected, spelling


def _typed(place: Place, name: str) -> tuple[list[int], dict[str, list[dict[str, Any]]]]:
    """Which statements are refused, and the rows after all of them."""
    refused = []
    with bare(place) as connection:
        for number, statement in enumerate(TYPED):
            try:
                connection.execute(statement.format(name))
            except Exception:  # noqa: BLE001 - which of them is said by its number
                refused.append(number)
    return refused, _rows(place)


@needs_shell
@pytest.mark.sqlite_only("`INSERT OR` is of SQLite")
@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_the_shell_of_sqlite_does_the_same(tmp_path: Path, recursive: str) -> None:
    """Through the real program with INSERT OR REPLACE, with recursive triggers and without."""
    found = []
    for number, name in enumerate(("'azure_openai'", "'azure'")):
        place = migrated(tmp_path / f"{number}.db")
        statements = [one.format(name) + ";" for one in (*TYPED, *REPLACING)]
        done = subprocess.run(
            ["sqlite3", place], text=True, capture_output=True, check=False,
            input="\n".join([f"PRAGMA recursive_triggers = {recursive};", *statements]),
        )  # fmt: skip
        found.append((done.stderr, _rows(place)))
    assert found[1] == found[0]
    assert {row["provider"] for row in found[1][1]["measurements"]} == {"azure_openai"}


def test_a_user_s_own_meaning_of_a_name_stays(new_place: Callable[[], Place]) -> None:
    """What a version brings replaces what an earlier one brought, and no row of a user's."""
    place = migrated(new_place())
    with bare(place) as connection:
        connection.execute("UPDATE provider_aliases SET provider = 'old' WHERE alias = 'x-ai'")
        connection.execute("DELETE FROM provider_aliases WHERE alias = 'azure'")
        connection.execute(
            "INSERT INTO provider_aliases (alias, provider) VALUES ('azure', 'ours'), ('me', 'us')"
        )
        for statement in shipped_rows():
            connection.execute(statement)
        kept = dict(connection.execute("SELECT alias, provider FROM provider_aliases").fetchall())
        connection.execute("INSERT INTO models (provider, name) VALUES ('me', 'a'), ('azure', 'b')")
        stored = connection.execute("SELECT provider FROM models ORDER BY name").fetchall()
    assert kept == shipped_aliases() | {"azure": "ours", "me": "us"}
    assert stored == [("us",), ("ours",)]
