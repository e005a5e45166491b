"""docs/sql.md: the contract names every table, and each recipe does what it says."""

import csv
import io
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from checkout import ROOT
from command_line import run_command
from modeldex import ModelQuery, ModelRegistry
from modeldex.storage.schema.views import VIEWS
from modeldex.storage.sqlite.derive import TABLES
from raw_catalog import broken, needs_shell

pytestmark = pytest.mark.sqlite_only("the sqlite3 program")

PAGE = (ROOT / "docs" / "sql.md").read_text("utf-8")
RECIPE = re.compile(
    r"^### (?P<title>[^\n]+)\n\n```sql\n(?P<sql>.+?)^```\n\n"
    r"(?:Gives|Writes `(?P<file>[^\n`]+)` with) (?P<columns>[^\n]+?); "
    r"(?P<least>at least )?(?P<rows>\d+) rows?\.$",
    re.MULTILINE | re.DOTALL,
)
ALL_RECIPES = re.compile(r"^```sql$", re.MULTILINE)

LARGE = "(SELECT id FROM models WHERE provider = 'acme' AND name = 'large-1')"
SEEDS = f"""
INSERT INTO models (provider, name) VALUES ('acme', 'large-1');
INSERT INTO aliases VALUES ('acme', 'my-favourite', {LARGE});
INSERT INTO sources (name, kind) VALUES ('acme', 'live'), ('a list', 'reference');
INSERT INTO sightings (model_id, source) VALUES ({LARGE}, 'acme'), ({LARGE}, 'a list');
UPDATE sightings SET missing_since = last_seen WHERE source = 'acme';
INSERT INTO sightings (model_id, source) SELECT id, 'acme' FROM models WHERE provider = 'openai';
INSERT INTO capabilities (model_id, resolver, max_context, max_output_tokens, input_cost_per_1m,
  output_cost_per_1m, cache_read_cost_per_1m, other_prices, mode, price_basis, retires_at) VALUES
  ({LARGE}, 'litellm', 200000, 300000, 2, 8, 2.5, 'input/batch:1,input>200000:4', 'chat',
   'metered', date('now', '+30 days'));
UPDATE capabilities SET input_cost_per_1m = 3 WHERE model_id = {LARGE};
INSERT INTO capabilities (model_id, resolver, max_context) VALUES
  ({LARGE}, 'static', 180000), ({LARGE}, 'user', 190000);
INSERT INTO measurements (provider, name, tokens_per_second)
  VALUES ('acme', 'large-1', 90), ('acme', 'large-1', 110), ('acme', 'large-1', 100);
INSERT INTO runs (kind, started_at, status, version) VALUES
  ('refresh', '2026-01-01T00:00:00Z', 'partial', '0');
INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen,
  changed, dropped, problem, error) SELECT max(id), 'source', 'acme', 'failed',
  '2026-01-01T00:00:00Z', 1, 0, 0, 0, 0, 0, 'key', 'acme: the key was refused' FROM runs;
"""
SHEET = "provider,name,max_context\nopenai,gpt-4o-mini,70000\nacme,new-one,8000\n"


class Recipe(NamedTuple):
    """A recipe: its SQL, the columns of what it gives or writes to a file, and how many rows."""

    title: str
    sql: str
    file: str | None
    columns: list[str]
    least: int
    most: float


def read(match: re.Match[str]) -> Recipe:
    rows = int(match["rows"])
    return Recipe(
        match["title"], match["sql"], match["file"], re.findall("`(.+?)`", match["columns"]),
        rows, float("inf") if match["least"] else rows,
    )  # fmt: skip


RECIPES = {recipe.title: recipe for recipe in map(read, RECIPE.finditer(PAGE))}
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|CREATE VIEW)\b")
READING = [title for title, recipe in RECIPES.items() if not WRITES.search(recipe.sql)]
WRITING = [title for title in RECIPES if title not in READING]

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def seeded(_shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalog of shipped data and rows of a user's, another one, and a sheet."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in ("catalog.db", "other.db"):
        shutil.copyfile(_shipped, folder / name)
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        connection.executescript(SEEDS)
    with closing(sqlite3.connect(folder / "other.db")) as connection:
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m) "
            "SELECT id, 'user', 77 FROM models WHERE provider = 'openai' AND name = 'gpt-4o-mini'"
        )
        connection.commit()
    (folder / "facts.csv").write_text(SHEET)
    return folder


@pytest.fixture
def copied(seeded: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be written to."""
    return shutil.copytree(seeded, tmp_path / "copy")


def typed(folder: Path, sql: str) -> str:
    """What the program prints when somebody types this, as CSV with its header line."""
    done = subprocess.run(
        ["sqlite3", "-bail", "-batch", "-header", "-csv", "catalog.db"],
        input=sql, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def given(folder: Path, recipe: Recipe) -> Rows:
    """What a recipe comes to; its columns and the number of its rows are as it says."""
    printed = typed(folder, recipe.sql)
    if recipe.file is not None:
        printed = (folder / recipe.file).read_text("utf-8")
    table = csv.DictReader(io.StringIO(printed))
    rows = list(table)
    assert table.fieldnames == recipe.columns
    assert recipe.least <= len(rows) <= recipe.most
    return rows


def test_the_page_has_recipes_of_both_kinds() -> None:
    """At least twenty; each block of SQL is one of them, and says what it gives."""
    assert len(RECIPES) == len(ALL_RECIPES.findall(PAGE))
    assert min(len(READING), len(WRITING)) > 10


def test_the_contract_names_every_table_and_view() -> None:
    """Whatever the schema has is either for people, or said to be internal."""
    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    named = [name for row in rows for name in re.findall("`(.+?)`", row)]
    assert sorted(named) == sorted([*TABLES, *VIEWS])


LAST_ROW: dict[str, dict[str, str]] = {
    "A model by name or alias": {"provider": "acme", "name": "large-1", "usable_context": "190000"},
    "Sources that list a model": {"source": "acme", "kind": "live"},
    "A provider by any of its names": {"provider": "azure_openai"},
    "Another name for a provider": {"provider": "azure_openai", "ttft_ms": "350.0"},
    "A measurement": {"speed_hint_tps": "480.0", "ttft_ms": "210.0"},
    "Medians, and from how many requests": {"name": "large-1", "value": "100.0", "n": "3"},
    "What a quality score means": {"quality_tier": "best", "quality_basis": "measured"},
    "A benchmark of your own": {"name": "claude-opus-5-5", "quality_families": "4"},
    "Your own cut points of the tiers": {"quality_basis": "benchmark"},
    "An opinion of your own": {"field": "supports_tools", "value": "0", "resolver": "user"},
    "Change and delete an opinion": {"max_context": "32000"},
    "A resolver of your own": {"quality_tier": "best"},
    "Change the precedence of a resolver": {"name": "litellm", "precedence": "50"},
    "A model of your own": {"name": "support-bot", "live": "1", "blended_cost": "0.6"},
    "Hide a model, and show it again": {"name": "gpt-4o-mini", "hidden": "1"},
    "Another name for a model": {"alias": "default", "name": "gpt-4o-mini"},
    "Your own cost tiers": {"name": "premium", "at_least": "5.0", "below": ""},
    "Acknowledge a disagreement": {"field": "max_context", "acknowledged": "1"},
    "Two catalogs at once": {"provider": "openai", "name": "gpt-4o-mini", "there": "77.0"},
    "Price changes of the last 30 days": {"was": "2.0", "is_now": "3.0", "ratio": "1.5"},
}  # fmt: skip
AMONG: dict[str, dict[str, str]] = {
    "The evidence behind a score": {"suite": "arena/webdev", "task": "coding", "variant": "max"},
    "The best base models for coding": {"base": "anthropic/claude-opus-5.5"},
    "All prices of a model": {"processing": "batch", "usd_per_1m": "1.0"},
    "Values that look wrong": {"name": "large-1", "what": "more output than window"},
    "Facts from a spreadsheet": {"name": "new-one", "max_context": "8000"},
    "Models that retire soon": {"provider": "acme", "name": "large-1"},
    "How the last refreshes went": {"name": "acme", "problem": "key"},
    "The price history of a model": {"resolver": "litellm", "input_cost_per_1m": "2.0"},
}
"""Rows of a user's that a recipe finds: the last that it gives, or any."""


def finds(recipe: Recipe, rows: Rows) -> bool:
    """Whether a recipe is about what somebody put there."""
    last, any_of_them = LAST_ROW.get(recipe.title, {}), AMONG.get(recipe.title, {})
    among = any(any_of_them.items() <= row.items() for row in rows)
    return among and last.items() <= rows[-1].items()


@needs_shell
def test_a_question_gives_what_the_page_says(seeded: Path) -> None:
    """Through the real program: the columns by name, as many rows as promised, and the right."""
    for title in READING:
        rows = given(seeded, RECIPES[title])
        assert finds(RECIPES[title], rows), title


@needs_shell
@pytest.mark.parametrize("title", WRITING)
def test_a_change_does_what_the_page_says(copied: Path, title: str) -> None:
    """Through the real program, each on a copy of its own."""
    rows = given(copied, RECIPES[title])
    assert finds(RECIPES[title], rows)


@needs_shell
def test_a_catalog_survives_all_of_them(copied: Path) -> None:
    """Typed one after the other, they leave a catalog that keeps every rule."""
    changes = [RECIPES[title].sql for title in WRITING if "drift" not in RECIPES[title].sql]
    typed(copied, "\n".join(changes))
    with closing(sqlite3.connect(copied / "catalog.db")) as connection:
        assert broken(connection) == []


def test_what_is_expected_of_recipes_is_of_recipes_that_exist() -> None:
    """No expectation is left behind when a title changes."""
    assert {*LAST_ROW, *AMONG} <= {*RECIPES}


@needs_shell
async def test_the_best_by_sql_is_the_best_of_the_library(seeded: Path) -> None:
    """The recipe ranks as find_best does."""
    rows = given(seeded, RECIPES["The best model for a need"])
    wanted = ModelQuery(
        requires_tools=True, requires_vision=True, min_context=128_000, available=False,
        price_basis="metered", limit=50,
    )  # fmt: skip
    async with ModelRegistry(db=seeded / "catalog.db") as registry:
        found = await registry.query(wanted)
    active = [m for m in found if m.capabilities.lifecycle in (None, "active")]
    assert [f"{row['provider']}/{row['name']}" for row in rows] == [m.spec.id for m in active][:5]


def test_a_question_of_the_page_is_answered_by_modeldex_sql(seeded: Path) -> None:
    """Each that is one statement, with the columns that the program gives."""
    slow = ("drift", "measured_figures")
    asked = [RECIPES[title] for title in READING if RECIPES[title].sql.startswith("SELECT")]
    questions = [recipe for recipe in asked if not any(view in recipe.sql for view in slow)]
    options = ("sql", "--timeout", "60", "--csv")
    answers = {r.title: run_command(seeded / "catalog.db", *options, r.sql) for r in questions}
    wrong = {
        title: done.err or done.out[:80]
        for title, done in answers.items()
        if (done.code, done.out.partition("\n")[0].split(",")) != (0, RECIPES[title].columns)
    }
    assert wrong == {}
    assert len(answers) > 15
