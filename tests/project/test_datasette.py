"""Datasette itself on a catalog, with docs/datasette.json."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT
from child_processes import Child
from modeldex.vocabulary.fields import FIELDS

METADATA = ROOT / "docs" / "datasette.json"
INTERNAL = {
    "alembic_version", "deferral", "pending", "pending_measurements", "replaced",
    "catalog_before", "rank_steps",
    "pending_rows", "pending_capabilities", "catalog_rows",
}  # fmt: skip

# Datasette warns of its own dependencies, where our tests take warnings for errors.
ASKED = """
import asyncio, warnings
warnings.simplefilter("ignore")
from datasette.app import Datasette

async def answer():
    known = json.load(open(ARGS[1]))
    patient = dict.fromkeys(("sql_time_limit_ms", "facet_time_limit_ms"), 600_000)
    served = Datasette(immutables=[ARGS[0]], metadata=known, settings=patient)
    await served.invoke_startup()
    say(list(known["databases"]["catalog"]["queries"]))
    while (path := hear()) is not None:
        reply = await served.client.get(path)
        say([reply.status_code, reply.text])

asyncio.run(answer())
"""

pytestmark = [
    pytest.mark.sqlite_only("Datasette shows files"),
    pytest.mark.skipif(find_spec("datasette") is None, reason="no datasette installed"),
]


class Site:
    """A catalog as Datasette serves it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.queries: list[str] = child.receive()

    def get(self, path: str) -> tuple[int, str]:
        """The status and text of one page."""
        self.child.send_value(path)
        status, text = self.child.receive()
        return status, text

    def json(self, path: str) -> Any:
        """The document at some path."""
        return json.loads(self.get(path)[1])


@pytest.fixture(scope="module")
def site(_shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shipped data, in a file of the name that the metadata is for."""
    path = shutil.copyfile(_shipped, tmp_path_factory.mktemp("site") / "catalog.db")
    with Child(ASKED, path, METADATA) as child:
        yield Site(child)
        child.send_value(None)
        assert child.end().errors == ""


def test_the_metadata_is_up_to_date() -> None:
    """It is what the schema and docs/sql.md say."""
    script = ROOT / "scripts" / "build_datasette.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_table_of_models_is_explained(site: Site) -> None:
    """The page has the description of the table and of each field, with its unit."""
    status, text = site.get("/catalog/catalog")
    told = {f.name: f'data-column-description="{escape(f.meaning)} ({f.unit})"' for f in FIELDS}
    missing = [name for name, description in told.items() if description not in text]
    assert status == 200
    assert "one row per model with its effective values" in text
    assert missing == []


def test_what_is_internal_is_not_listed(site: Site) -> None:
    """Neither tables nor views that are not for people; all others are."""
    _, text = site.get("/catalog")
    listed = set(re.findall(r'<a href="/catalog/(\w+)"', text))
    assert listed & INTERNAL == set()
    assert listed >= {"catalog", "models", "capabilities", "provenance", "drift", "measured"}
    assert site.get("/catalog/pending_rows")[0] == 403


def test_facets_count_models(site: Site) -> None:
    """Those of the metadata come without asking, and add up to all models of each value."""
    found = site.json("/catalog/catalog.json?_size=0&_labels=off")
    facets = found["facet_results"]
    modes = {each["value"]: each["count"] for each in facets["mode"]["results"]}
    assert {*facets} == {"provider", "quality_tier", "mode", "price_basis"}
    assert modes["chat"] > 1000


def test_rows_are_those_of_the_catalog(site: Site) -> None:
    """A filter gives a model with its values."""
    found = site.json("/catalog/catalog.json?provider=openai&name=gpt-4o-mini&_shape=objects")
    (row,) = found["rows"]
    assert (row["supports_tools"], row["max_context"]) == (1, 128_000)


def test_every_question_is_answered(site: Site) -> None:
    """Each is there by its title, with fields for a provider and a name where it needs them."""
    model = "provider=openai&name=gpt-4o-mini"
    answers = {
        name: site.json(f"/catalog/{name}.json?{model}&_shape=objects") for name in site.queries
    }
    wrong = {name: found.get("error") for name, found in answers.items() if not found["ok"]}
    rows = {name: len(found["rows"]) for name, found in answers.items() if "rows" in found}
    assert wrong == {}
    assert rows["all-opinions-about-a-model"] > 10
    assert rows["the-best-model-for-a-need"] == 5
    assert len(rows) == len(site.queries) > 15
