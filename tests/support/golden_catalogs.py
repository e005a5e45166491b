"""Catalogs whose times are fixed, so that every answer about them can be written down."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from command_line import MODELS, environment, small_catalog
from raw_catalog import bare

BIRTH = "2026-10-20T08:00:00.000Z"
CHANGE = "2026-11-20T08:00:00.000Z"

_TIME = "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z"
_OPINION = (
    "INSERT INTO capabilities (model_id, resolver, {fields}) SELECT id, '{resolver}', {values} "
    "FROM models WHERE provider = '{provider}' AND name = '{name}'"
)
_FIRST = (
    "INSERT INTO sources (name, kind) VALUES ('models_dev', 'reference'), ('openai_api', 'live')",
    "INSERT INTO sightings (model_id, source) SELECT id, 'models_dev' FROM models",
    ("INSERT INTO sightings (model_id, source) SELECT id, 'openai_api' FROM models "
    "WHERE provider = 'openai'"),
    "INSERT INTO aliases SELECT provider, 'mini', id FROM models WHERE name = 'small'",
    "UPDATE models SET family = 'flag', display_name = 'The Flagship' WHERE name = 'flagship'",
    "UPDATE models SET family = 'flag' WHERE name = 'older'",
    _OPINION.format(
        resolver="models_dev", provider="openai", name="flagship",
        fields="max_context, input_cost_per_1m, output_cost_per_1m, other_prices, price_basis",
        values="128000, 2.0, 8.0, 'input:batch=0.5,output:batch=2', 'metered'",
    ),
    _OPINION.format(
        resolver="litellm", provider="openai", name="flagship",
        fields="max_context, input_cost_per_1m, supports_vision", values="100000, 2.5, 1",
    ),
    _OPINION.format(
        resolver="models_dev", provider="groq", name="shared",
        fields="input_cost_per_1m, output_cost_per_1m, max_context, supports_tools",
        values="0.2, 0.6, 131072, 0",
    ),
    _OPINION.format(
        resolver="models_dev", provider="mistral", name="shared",
        fields="input_cost_per_1m, output_cost_per_1m, retires_at, replacement, lifecycle",
        values="0.4, 2.0, '2026-12-10', 'large', 'deprecated'",
    ),
)  # fmt: skip
_THEN = (
    (
        "UPDATE capabilities SET input_cost_per_1m = 1.8, max_context = 150000 "
        "WHERE resolver = 'models_dev' AND max_context = 128000"
    ),
    (
        "UPDATE sightings SET missing_since = last_seen, missed = 1 WHERE source = 'openai_api' "
        "AND model_id = (SELECT id FROM models WHERE name = 'older')"
    ),
    "INSERT INTO models (provider, name) VALUES ('groq', 'newcomer')",
    _OPINION.format(
        resolver="models_dev",
        provider="groq",
        name="newcomer",
        fields="input_cost_per_1m, output_cost_per_1m, max_context, supports_tools, quality_tier",
        values="0.1, 0.3, 64000, 1, 'cheap'",
    ),
    (
        "INSERT INTO measurements (provider, name, tokens_per_second, ttft_ms, host) VALUES "
        "('groq', 'shared', 480, 90, 'lab-1'), ('groq', 'shared', 500, 110, 'lab-2'), "
        "('openai', 'flagship', 60, 700, 'lab-1')"
    ),
    (
        "INSERT INTO runs (id, kind, started_at, finished_at, status, version) VALUES "
        f"(2, 'refresh', '{CHANGE}', '{CHANGE}', 'partial', '0.2.0')"
    ),
    (
        "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
        "chunks, seen, changed, dropped, problem, error) VALUES "
        f"(2, 'source', 'openai_api', 'ok', '{CHANGE}', 9, 1, 1, 40, 3, 0, NULL, NULL), "
        f"(2, 'source', 'mistral_api', 'failed', '{CHANGE}', "
        "9, 1, 1, 0, 0, 0, 'key', 'answered 401: check MISTRAL_API_KEY')"
    ),
)
_OTHER = (
    "INSERT INTO models (provider, name) VALUES ('acme', 'added')",
    (
        "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, supports_vision) "
        "SELECT id, 'overrides', 7, 1 FROM models WHERE name = 'older'"
    ),
)


def small(path: Path) -> None:
    """A few models with opinions that differ, a past, measurements, and one that ends."""
    small_catalog(path, MODELS)
    _do(path, _FIRST)
    settle(path, BIRTH)
    _do(path, _THEN)
    settle(path, CHANGE)


def shipped(path: Path) -> None:
    """The data that the package ships, loaded on one day."""
    done = subprocess.run(
        [sys.executable, "-m", "fixed_time", "--db", str(path), "status"],
        env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    settle(path, BIRTH)


def differ(path: Path) -> None:
    """Change a few things in a small catalog."""
    _do(path, _OTHER)
    settle(path, CHANGE)


def _do(path: Path, statements: tuple[str, ...]) -> None:
    with bare(path) as connection:
        for statement in statements:
            connection.execute(statement)


def settle(path: Path, moment: str) -> None:
    """Let everything that happened later than CHANGE, the real present, have happened then."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for table, column in connection.execute(
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_xinfo(t.name) c "
            "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' "
            "AND c.type = 'TEXT' AND c.hidden = 0"
        ).fetchall():
            connection.execute(
                f"UPDATE {table} SET {column} = ? WHERE {column} GLOB ? AND {column} > ?",
                (moment, _TIME, CHANGE),
            )
        # Whether steps of one moment lasted a millisecond is up to the machine.
        connection.execute("DELETE FROM catalog_history WHERE valid_to <= valid_from")
        connection.execute(
            "UPDATE about SET value = 'c0ffee00-0000-4000-8000-000000000000' "
            "WHERE key = 'catalog_id'"
        )
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
    path.chmod(0o600)
