"""Damaged, foreign and hostile files: an error of ours or a right answer, and nothing deleted."""

import asyncio
import contextlib
import gzip
import random
import sqlite3
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fork_process import HANG
from modeldex import (
    CatalogDamaged,
    CatalogTooNew,
    ModeldexError,
    ModelQuery,
    ModelRegistry,
    ModelSpec,
    NotACatalog,
)
from modeldex.storage.schema.version import APPLICATION_ID, SCHEMA
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer

pytestmark = pytest.mark.sqlite_only("damage to a file")

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
PAGE = 4096


class Listed:
    """A source of some models."""

    name = "listed"
    network = True

    async def discover(self) -> list[ModelSpec]:
        return [
            ModelSpec(provider="acme", name=f"m{i:02d}", family="m", aliases=(f"a{i}",))
            for i in range(60)
        ]


class Facts:
    """A resolver with opinions of every kind of field."""

    name = "facts"
    network = True

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, Any]]:
        return [
            {
                "max_context": 1000 + i, "mode": "chat", "quality_tier": "best",
                "supports_tools": True, "input_cost_per_1m": 0.5 * i, "output_cost_per_1m": 2.0,
                "known_params": {"temperature", "top_p"}, "release_date": "2026-01-01",
                "quantization": "Q4_K_M",
            }
            for i, _ in enumerate(specs)
        ]  # fmt: skip

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


def registry_of(path: Path) -> ModelRegistry:
    """A registry that finds what `good` holds."""
    return ModelRegistry([Listed()], [Facts()], db=path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small, whole catalog."""
    path = tmp_path_factory.mktemp("good") / "c.db"
    migrate(path, journal="delete")

    async def fill() -> None:
        async with registry_of(path) as registry:
            await registry.refresh()

    asyncio.run(fill())
    return path.read_bytes()


Ask = Callable[[ModelRegistry], Awaitable[object]]

READS: dict[str, Ask] = {
    "find_model": lambda r: r.find_model("acme", "m07"),
    "find_best": lambda r: r.find_best(requires_tools=True, min_context=1001),
    "query": lambda r: r.query(ModelQuery(mode="any", requires_params=frozenset({"top_p"}))),
    "count": lambda r: r.count(ModelQuery()),
}
WRITES: dict[str, Ask] = {
    "refresh": lambda r: r.refresh(),
    "load_shipped": lambda r: r.load_shipped(),
    "migrate": lambda r: asyncio.to_thread(migrate, r.path),
}


class Tally:
    """What asking about damaged files brought: outcomes, and everything that was wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []

    async def look(self, name: str, content: bytes) -> None:
        """Ask everything of one file; note bare exceptions and changed or missing files."""
        path = self.folder / f"{sum(self.outcomes.values())}.db"
        path.write_bytes(content)
        await self._ask(name, path, READS)
        if path.read_bytes() != content:
            self.faults.append(f"{name}: changed by reading")
        await self._ask(name, path, WRITES)
        if not path.exists() or path.stat().st_size == 0:
            self.faults.append(f"{name}: the file is gone")
        if beside := {p.name for p in self.folder.glob(f"{path.name}*")} - set(rightful(path)):
            self.faults.append(f"{name}: left {beside}")

    async def _ask(self, name: str, path: Path, asks: dict[str, Ask]) -> None:
        registry = registry_of(path)
        for way, ask in asks.items():
            try:
                async with asyncio.timeout(HANG):
                    await ask(registry)
                self.outcomes["ok"] += 1
            except ModeldexError as error:
                self.outcomes[type(error).__name__] += 1
                if str(path) not in str(error) or len(str(error).splitlines()) != 1:
                    self.faults.append(f"{name}, {way}: says {error}")
            except Exception as error:  # noqa: BLE001 - a bare one is what is looked for
                self.faults.append(f"{name}, {way}: {error!r}")
        await registry.aclose()


def rightful(path: Path) -> list[str]:
    """The names that may stand beside a catalog, and its own."""
    endings = ("", "-journal", "-wal", "-shm", ".lock", ".refresh.lock")
    return [path.name + ending for ending in endings]


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    """An empty tally in a folder of its own; prints what came out."""
    (tmp_path / "damaged").mkdir()
    tally = Tally(tmp_path / "damaged")
    yield tally
    print(dict(tally.outcomes), *tally.faults, sep="\n")


async def test_a_truncated_file(good: bytes, tally: Tally) -> None:
    """A catalog cut off anywhere gives no bare exception and is left as it is."""
    odd = [15, 16, 18, 40, 72, 99, 100, 101, 511, 512, 1023, PAGE - 1, PAGE + 1]
    even = range(PAGE, len(good), PAGE * max(1, len(good) // PAGE // 24))
    for size in [*odd, *even, len(good) - PAGE, len(good) - 1]:
        await tally.look(f"cut at {size}", good[:size])
    assert tally.faults == []
    assert tally.outcomes["NotACatalog"] >= 14
    assert tally.outcomes["CatalogDamaged"] >= 100


@pytest.mark.parametrize("count", [16, pytest.param(40, marks=PROMISED)])
async def test_a_zeroed_page(good: bytes, tally: Tally, count: int) -> None:
    """A catalog with any one page zeroed gives no bare exception and is left as it is."""
    pages = len(good) // PAGE
    for page in range(0, pages, max(1, pages // count)):
        start = page * PAGE
        await tally.look(f"page {page}", good[:start] + bytes(PAGE) + good[start + PAGE :])
    assert tally.faults == []
    assert tally.outcomes["CatalogDamaged"] >= count // 4


@pytest.mark.parametrize(
    "seeds",
    [range(6), pytest.param(range(100), marks=PROMISED), pytest.param(range(2000), marks=NIGHTLY)],
)
async def test_flipped_bits(good: bytes, tally: Tally, seeds: range) -> None:
    """Eight bits flipped at random give no bare exception, whatever they hit."""
    for seed in seeds:
        chance, flipped = random.Random(seed), bytearray(good)  # noqa: S311 - not a secret
        for _ in range(8):
            flipped[chance.randrange(100, len(good))] ^= 1 << chance.randrange(8)
        await tally.look(f"seed {seed}", bytes(flipped))
    assert tally.faults == []
    assert tally.outcomes["CatalogDamaged"] > len(seeds) / 4


HEADER = {
    "magic": (0, b"sqlite"),
    "page size 0": (16, b"\0\0"),
    "page size 3": (16, b"\0\3"),
    "page size 512": (16, b"\2\0"),
    "page size 65536": (16, b"\0\1"),
    "a newer format to write": (18, b"\3"),
    "a newer format to read": (19, b"\3"),
    "WAL without being one": (18, b"\2\2"),
    "reserved bytes": (20, b"\xff"),
    "payload fraction": (21, b"\x10"),
    "page count": (28, b"\x7f\xff\xff\xff"),
    "free list": (32, b"\0\0\0\2\0\0\0\5"),
    "schema format": (44, b"\0\0\0\x09"),
    "text encoding": (56, b"\0\0\0\2"),
    "no text encoding": (56, b"\0\0\0\x09"),
    "vacuum page": (52, b"\0\0\0\1"),
}


@pytest.mark.parametrize("field", HEADER)
async def test_a_wrong_header(good: bytes, tally: Tally, field: str) -> None:
    """Nonsense in a field of the header gives no bare exception."""
    at, wrong = HEADER[field]
    await tally.look(field, good[:at] + wrong + good[at + len(wrong) :])
    assert tally.faults == []
    assert tally.outcomes.total() == len(READS) + len(WRITES)


NOT_CATALOGS = {
    "text": b"OPENAI_API_KEY is not a catalog\n" * 300,
    "two letters": b"no",
    "blank": b"\n" * 5000,
    "HTML": b"<!doctype html><title>404</title>" + b"<p>not found</p>" * 500,
    "JSON": b'{"models": []}' * 400,
    "gzip": gzip.compress(bytes(range(256)) * 400, mtime=0) * 20,
    "zeros": bytes(3 * PAGE),
    "noise": random.Random(1).randbytes(5 * PAGE),  # noqa: S311 - not a secret
    "only the magic": b"SQLite format 3\0",
    "magic and noise": b"SQLite format 3\0" + random.Random(2).randbytes(2 * PAGE),  # noqa: S311
}


@pytest.mark.parametrize("kind", NOT_CATALOGS)
async def test_something_else(tally: Tally, tmp_path: Path, kind: str) -> None:
    """A file of another kind is named as what it is not, and keeps every byte."""
    await tally.look(kind, NOT_CATALOGS[kind])
    assert tally.faults == []
    assert tally.outcomes == {"NotACatalog": len(READS) + len(WRITES)}
    assert (tally.folder / "0.db").read_bytes() == NOT_CATALOGS[kind]


def made_by_hand(folder: Path, script: str) -> bytes:
    """The bytes of a database that `script` makes."""
    path = folder / "by hand.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path.read_bytes()


async def test_the_database_of_another_program(tally: Tally, tmp_path: Path) -> None:
    """Another program's SQLite file is refused and keeps every byte."""
    content = made_by_hand(tmp_path, "CREATE TABLE models (id); INSERT INTO models VALUES (1);")
    await tally.look("foreign", content)
    assert tally.faults == []
    assert tally.outcomes == {"NotACatalog": len(READS) + len(WRITES)}
    assert (tally.folder / "0.db").read_bytes() == content


async def test_a_catalog_of_the_future(good: bytes, tally: Tally) -> None:
    """A file of a newer schema is refused with what it needs and keeps every byte."""
    content = good[:60] + struct.pack(">I", SCHEMA + 7) + good[64:]
    await tally.look("newer", content)
    assert tally.faults == []
    assert tally.outcomes == {"CatalogTooNew": len(READS) + len(WRITES)}
    assert (tally.folder / "0.db").read_bytes() == content


IMPOSTORS = {
    "no tables": "",
    "a table of that name": "CREATE TABLE catalog (x); CREATE TABLE run_steps (y);",
    "a view that never ends": "CREATE VIEW run_steps AS WITH RECURSIVE n(i) AS (SELECT 1 UNION "
    "ALL SELECT i + 1 FROM n LIMIT 1000) SELECT 'source' AS kind, i AS name, '' AS token, "
    "'ok' AS status, '' AS started_at FROM n;",
    "a view that calls out": "CREATE VIEW catalog AS SELECT load_extension('/tmp/x.so') AS name;"
    "CREATE VIEW run_steps AS SELECT writefile('x', 'y') AS name;",
}


@pytest.mark.parametrize("kind", IMPOSTORS)
async def test_an_impostor(tally: Tally, tmp_path: Path, kind: str) -> None:
    """A file that only claims to be a catalog ends in errors of ours."""
    claim = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA};"
    await tally.look(kind, made_by_hand(tmp_path, claim + IMPOSTORS[kind]))
    assert tally.faults == []
    assert tally.outcomes["CatalogError"] >= len(READS)


ROTTEN = {
    "an unknown word": "mode = 'chatter'",
    "a word of no meaning": "quality_tier = 'superb'",
    "a flag of 7": "supports_tools = 7",
    "a set of nothing": "known_params = ''",
    "text that is not UTF-8": "family = CAST(x'ff' AS TEXT)",
    "a price that is none": "input_cost_per_1m = 9e999",
}


@pytest.mark.parametrize("kind", ROTTEN)
async def test_an_impossible_value(good: bytes, tmp_path: Path, kind: str) -> None:
    """A value that no CHECK would have let in is an error of ours or a value, never bare."""
    path = tmp_path / "rotten.db"
    path.write_bytes(good)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TRIGGER catalog_update_refused;"
            f"UPDATE catalog SET {ROTTEN[kind]} WHERE name = 'm07';"
        )
    faults = []
    async with registry_of(path) as registry:
        for way, ask in READS.items():
            try:
                await ask(registry)
            except ModeldexError as error:
                faults += [] if str(path) in str(error) else [f"{way}: {error}"]
            except Exception as error:  # noqa: BLE001 - a bare one is what is looked for
                faults.append(f"{way}: {error!r}")
    assert faults == []


async def test_text_that_is_not_utf_8_harms_nobody(either_journal: Path) -> None:
    """A text that a shell can store but nobody decode is read with a mark, and holds no lock."""
    with contextlib.closing(sqlite3.connect(either_journal, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO models (provider, name, family) "
            "VALUES ('acme', 'm', CAST(x'61ff' AS TEXT))"
        )
    async with ModelRegistry([], [], db=either_journal) as registry:
        model = await registry.find_model("acme", "m")
        assert model is not None
        assert model.spec.family == "a\N{REPLACEMENT CHARACTER}"
        with Writer(either_journal, wait=HANG) as writer, writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('x', 'y')")
        assert await registry.find_model("x", "y") is not None


def test_errors_say_what_to_do(good: bytes, tmp_path: Path) -> None:
    """Damaged, newer and foreign files are told apart, each with its own next step."""
    cases = {
        CatalogDamaged: (good[: 2 * PAGE], "run: modeldex doctor"),
        CatalogTooNew: (good[:60] + struct.pack(">I", 99) + good[64:], "pip install --upgrade"),
        NotACatalog: (NOT_CATALOGS["text"], "--db"),
    }
    said = {}
    for kind, (content, _) in cases.items():
        path = tmp_path / f"{kind.__name__}.db"
        path.write_bytes(content)
        with pytest.raises(kind) as caught:
            open_reader(path).close()
        said[kind] = str(caught.value)
    assert [hint for kind, (_, hint) in cases.items() if hint not in said[kind]] == []


@pytest.mark.parametrize("content", [b"", b"\n"], ids=["nothing", "one byte"])
def test_an_empty_file_becomes_a_catalog(tmp_path: Path, content: bytes) -> None:
    """A file of no byte, or of the one byte that is none to SQLite, holds nothing to be lost."""
    path = tmp_path / "c.db"
    path.write_bytes(content)
    with contextlib.closing(open_reader(path)) as connection:
        assert connection.execute("SELECT count(*) FROM models").fetchone() == (0,)
