"""A criterion is one row, from which everything else derives."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT
from command_line import environment, run_command, small_catalog
from modeldex import InvalidQuery, ModelQuery
from modeldex.query.typed import query_of
from modeldex.vocabulary.criteria import CRITERIA, SHORT_NAMES, TABLE

ROWS = """
    Criterion(
        "min_dims", "tokens", "--min-dims", "vectors of at least this many dimensions",
        "embedding_dims", "dimensions", ">=", title="Min. dimensions", group=QUALITY,
    ),
    _flag("supports_pdf"),
    Criterion(
        "quantized_as", "word", "--quantized-as", "number format of the weights", "quantization",
        "format", words=("INT4", "FP8"),
    ),
"""
VECTORS = {"mode": "chat", "supports_pdf": True, "quantization": "FP8"}
PROBE = """
import asyncio, json, sys
from mcp import Client
from modeldex import ModelCapabilities, ModelQuery, ModelSpec, ModelWithCapabilities
from modeldex.query.conditions import conditions
from modeldex.query.scope import Scope
from modeldex.server import mcp, openapi, parameters
from modeldex.server.registry import ServedRegistry
from modeldex.server.web.search_page import form
from modeldex.sync import ModelRegistry

asked = {"min_dims": 1024, "requires_pdf": True, "quantized_as": "FP8"}
with ModelRegistry(db=sys.argv[1], environ={}) as registry:
    found = registry.find_best(n=9, available=False, **asked)
    why = registry.explain_query(available=False, **asked)

async def served():
    async with ServedRegistry(db=sys.argv[1], environ={}) as registry:
        query = parameters.parsed(parameters.FindBest, asked)
        async with Client(mcp.server(registry)) as client:
            tools = (await client.list_tools()).tools
        [tool] = [each.input_schema["properties"] for each in tools if each.name == "find_best"]
        return await registry.query(parameters.query(query)), tool

def parameter(name, described):
    return next(each for each in described if each["name"] == name)

get = openapi.document(reads_need_token=False)["paths"]["/query"]["get"]["parameters"]
models, tool = asyncio.run(served())
model = ModelWithCapabilities(
    spec=ModelSpec(provider="a", name="b"),
    capabilities=ModelCapabilities(embedding_dims=2048, supports_pdf=True, quantization="FP8"),
)
print(json.dumps({
    "found": [each.spec.id for each in found],
    "served": [each.spec.id for each in models],
    "matches": [ModelQuery(**asked).matches(model), ModelQuery(min_dims=4096).matches(model)],
    "required": [each.wants for each in why.requirements],
    "missed": sorted(miss.lack.text for miss in why.nearest),
    "sql": [tuple(each)[:3] for each in conditions({**asked, "mode": "any"}, Scope("2026-11-22"))
            if each.criterion in asked],
    "openapi": [parameter(name, get) for name in asked],
    "mcp": {name: tool[name] for name in asked},
    "form": [(each.title, each.kind) for group in form({}, (), None) for each in group.inputs
             if each.name in asked],
}))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy of the package whose rows are three more, one that was there before."""
    folder = tmp_path_factory.mktemp("extended")
    for name in ("src", "migrations"):
        shutil.copytree(ROOT / name, folder / name)
    table = folder / "src/modeldex/vocabulary/criteria.py"
    before, _, after = table.read_text("utf-8").partition("= (\n    _flag(")
    assert before.endswith("TABLE: tuple[Criterion, ...] ")
    after = after.replace('    _flag("supports_pdf", "PDF"),\n', "")
    table.write_text(f"{before}= ({ROWS}    _flag({after}", "utf-8")
    return folder


def run(folder: Path, *args: str) -> str:
    """What Python prints with the package of this folder."""
    done = subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, check=False,
        env=environment(PYTHONPATH=str(folder / "src")),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def offers(catalog_path: Path) -> str:
    """A catalog of four offers, one of which meets all three new criteria."""
    facts: dict[str, dict[str, object]] = {
        "a/large": {**VECTORS, "embedding_dims": 2048},
        "a/short": {**VECTORS, "embedding_dims": 512},
        "a/int4": {**VECTORS, "embedding_dims": 2048, "quantization": "INT4"},
        "a/text": {**VECTORS, "embedding_dims": 2048, "supports_pdf": False},
    }
    return str(small_catalog(catalog_path, facts))


@pytest.mark.sqlite_only("a file")
def test_a_new_criterion_is_one_row(extended: Path, offers: str) -> None:
    """A row gives the keyword, parameters with schemas, form field, explanation and condition."""
    got: Any = json.loads(run(extended, "-c", PROBE, offers))
    assert got["found"] == got["served"] == ["a/large"]
    assert got["matches"] == [True, False]
    assert {"dimensions >= 1,024", "pdf", "format FP8"} < set(got["required"])
    assert got["missed"] == ["dimensions 512 < 1,024", "format INT4, not FP8", "no pdf"]
    assert got["sql"] == [
        ["min_dims", "c.embedding_dims >= :min_dims", {"min_dims": 1024}],
        ["requires_pdf", "c.supports_pdf = 1", {}],
        ["quantized_as", "c.quantization = :quantized_as", {"quantized_as": "FP8"}],
    ]
    assert got["form"] == [
        ["Pdf", "check"], ["Min. dimensions", "number"], ["Quantized as", "choice"],
    ]  # fmt: skip
    dimensions, pdf, quantized = got["openapi"]
    assert dimensions["description"] == "vectors of at least this many dimensions"
    assert (dimensions["schema"]["type"], dimensions["schema"]["minimum"]) == ("integer", 0)
    assert pdf["schema"]["type"] == "boolean"
    assert quantized["schema"]["enum"] == ["INT4", "FP8"]
    assert got["mcp"]["min_dims"]["description"] == dimensions["description"]
    assert got["mcp"]["quantized_as"]["enum"] == ["INT4", "FP8"]


@pytest.mark.sqlite_only("a file")
def test_a_new_criterion_is_an_option_with_help(extended: Path, offers: str) -> None:
    """The command line knows it, with its meaning and the words that it takes."""
    shown = " ".join(run(extended, "-m", "modeldex", "best", "--help").split())
    assert "--min-dims TOKENS Vectors of at least this many dimensions." in shown
    assert "--quantized-as [int4|fp8] Number format of the weights." in shown
    asked = ("--min-dims", "1k", "--pdf", "--quantized-as", "FP8", "--known")
    out = run(extended, "-m", "modeldex", "--db", offers, "best", *asked)
    assert out == "a/large\n"


def test_the_stub_of_a_new_criterion_is_written(extended: Path) -> None:
    """The script that writes the types knows the new row; those in the repository are current."""
    shutil.copytree(ROOT / "scripts", extended / "scripts", dirs_exist_ok=True)
    run(extended, str(extended / "scripts/build_stub.py"))
    written = (extended / "src/modeldex/vocabulary/model_query.pyi").read_text("utf-8")
    assert '    min_dims: int | str | None\n    """vectors of at least this many' in written
    assert '    quantized_as: Literal["INT4", "FP8"] | None\n' in written
    current = [sys.executable, ROOT / "scripts/build_stub.py", "--check"]
    assert subprocess.run(current, check=False).returncode == 0


def test_each_criterion_says_what_it_is_everywhere() -> None:
    """No two criteria have the same name or title; each has a meaning and an option."""
    names = [row.name for row in TABLE]
    assert len({*names}) == len(names) == len(CRITERIA) - 2
    assert [row.name for row in TABLE if not (row.meaning and row.option.startswith("--"))] == []
    fields = ModelQuery.model_fields
    assert {name: fields[name].description for name in names} == {
        row.name: row.meaning for row in TABLE
    }


@pytest.mark.sqlite_only("a file")
def test_a_criterion_has_one_name_for_every_interface(catalog_path: Path) -> None:
    """Its name is an option, too; the short one is what an error suggests elsewhere."""
    small_catalog(catalog_path, {"a/b": {"supports_tools": True, "quality_tier": "best"}})
    asked = ("--known", "--requires-tools", "--quality-tier", "best")
    assert run_command(catalog_path, "best", *asked).out == "a/b\n"
    for short, name in SHORT_NAMES.items():
        keyword = short.replace("-", "_")
        if keyword == name:
            continue
        with pytest.raises(InvalidQuery, match=f"did you mean {name}?"):
            query_of({keyword: 1})
    assert SHORT_NAMES["max-input-cost"] == "max_cost_per_1m_input"
