"""A refresh: failures block nobody, garbage is counted, nothing is written twice."""

import asyncio
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from custom_parts import BatchDictResolver, DictResolver, ListSource, caps, spec, specs, sql
from fork_process import HANG
from loops import in_no_time
from modeldex import ModelRegistry, ModelSpec, RefreshReport

SECRET = "sk-proj-0123456789abcdef"  # noqa: S105


@pytest.fixture
def catalog_path(blank_catalog: Path) -> Path:
    """A catalog that holds nothing yet."""
    return blank_catalog


def steps(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The steps of the newest run, by kind and name."""
    columns = ("kind", "name", "status", "seen", "changed", "dropped", "token", "error", "detail")
    rows = sql(
        path,
        f"SELECT {', '.join(columns)} FROM run_steps WHERE run_id = (SELECT max(id) FROM runs)",
    )
    return {(row[0], row[1]): dict(zip(columns, row, strict=True)) for row in rows}


def opinions(path: Path, resolver: str) -> dict[str, tuple[object, object]]:
    """Window and tools by model name, as one resolver states them."""
    rows = sql(
        path,
        "SELECT name, max_context, supports_tools FROM capabilities JOIN models ON id = model_id "
        "WHERE resolver = ?",
        resolver,
    )
    return {name: (window, tools) for name, window, tools in rows}


async def refreshed(
    path: Path, sources: list[Any], resolvers: list[Any], **options: Any
) -> RefreshReport:
    """One refresh by a registry of its own."""
    async with ModelRegistry(sources, resolvers, db=path) as registry:
        return await registry.refresh(**options)


# One fails.


class Sync:
    """A source and resolver whose methods are no coroutines."""

    def __init__(self, name: str, answer: object) -> None:
        self.name = name
        self.answer = answer

    def discover(self) -> Any:
        """Raise or return at once."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get_capabilities(self, _spec: ModelSpec) -> Any:
        """The same."""
        return self.discover()


class Hangs:
    """A source and resolver that never answers."""

    name = "bad"

    async def discover(self) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def get_capabilities(self, _spec: ModelSpec) -> Any:
        """Wait for ever."""
        await self.discover()


class Trap:
    """A spec or opinion one of whose attributes raises."""

    provider = "acme"
    name = "trap"

    @property
    def family(self) -> str:
        """Raise."""
        raise RuntimeError("trapped")

    @property
    def max_context(self) -> int:
        """Raise."""
        raise RuntimeError("trapped")


BAD_SOURCES: dict[str, tuple[Any, str]] = {
    "raises": (ListSource(ValueError("broken pipe"), "bad"), "ValueError: broken pipe"),
    "raises at once": (Sync("bad", KeyError("x")), "KeyError: 'x'"),
    "is no coroutine": (Sync("bad", specs("z")), "TypeError"),
    "hangs": (Hangs(), "no result within 20 s"),
    "times out itself": (ListSource(TimeoutError(), "bad"), "no result"),
    "is cancelled": (ListSource(asyncio.CancelledError(), "bad"), "cancelled"),
    "gives nothing": (ListSource(None, "bad"), "no list of models"),
    "gives a page": (ListSource("<html>sign in</html>", "bad"), "no list of models"),
    "gives bytes": (ListSource(b"[]", "bad"), "no list of models"),
    "gives an object": (ListSource({"data": []}, "bad"), "no list of models"),
    "gives a generator": (ListSource((s for s in specs("z")), "bad"), "no list of models"),
    "gives numbers": (ListSource([1, 2, 3], "bad"), "none of the 3 items of discover() is valid"),
    "gives empty names": (ListSource([{"provider": "acme", "name": ""}], "bad"), "empty"),
    "gives a trap": (ListSource([Trap()], "bad"), "RuntimeError: trapped"),
    "cannot discover": (SimpleNamespace(name="bad"), "AttributeError"),
    "counts oddly": (ListSource(specs("z"), "bad", dropped=3), "TypeError"),
}


@pytest.mark.parametrize("case", BAD_SOURCES)
def test_a_failing_source_blocks_nobody(case: str, catalog_path: Path) -> None:
    """Its failure is recorded, what it saw before is still seen, and the others do their work."""
    bad, reason = BAD_SOURCES[case]
    resolver = DictResolver({"a": caps(max_context=1), "b": caps(max_context=2)})
    asyncio.run(refreshed(catalog_path, [ListSource(specs("b"), "bad")], []))
    good = ListSource(specs("a"), "good")
    report = in_no_time(refreshed(catalog_path, [bad, good], [resolver], deadline=30))
    known = "SELECT name FROM catalog WHERE max_context IS NOT NULL AND live = 1"
    seen = [name for (name,) in sql(catalog_path, known)]
    failed = steps(catalog_path)["source", "bad"]
    assert (report.status, [step.name for step in report.failed]) == ("partial", ["bad"])
    assert (failed["status"], failed["seen"], failed["changed"]) == ("failed", 0, 0)
    assert reason in failed["error"] == report.failed[0].error
    assert sorted(seen) == ["a", "b"]
    assert sql(catalog_path, "SELECT count(*) FROM sightings WHERE missing_since IS NOT NULL") == [
        (0,)
    ]


class Many:
    """A resolver whose resolve_many gives or raises one thing."""

    name = "bad"

    def __init__(self, answer: Callable[[list[ModelSpec]], Any]) -> None:
        self.answer = answer

    async def resolve_many(self, asked: list[ModelSpec]) -> Any:
        """That thing."""
        return self.answer(asked)


def _raise(error: BaseException) -> Any:
    raise error


BAD_RESOLVERS: dict[str, tuple[Any, str]] = {
    "raises": (
        DictResolver({"a": ValueError("no"), "b": ValueError("no")}, "bad"),
        "acme/a: ValueError",
    ),
    "raises at once": (Sync("bad", KeyError("x")), "KeyError: 'x'"),
    "is no coroutine": (Sync("bad", caps(max_context=9)), "TypeError"),
    "hangs": (Hangs(), "no result within 28.5 s"),
    "gives text": (DictResolver({"a": "yes", "b": "no"}, "bad"), "expected capabilities, got str"),
    "gives numbers": (DictResolver({"a": 1, "b": 2}, "bad"), "expected capabilities, got int"),
    "gives lists": (DictResolver({"a": [1], "b": []}, "bad"), "expected capabilities, got list"),
    "gives complaints": (
        DictResolver({"a": {"error": "quota"}, "b": {"error": "quota"}}, "bad"),
        "expected capabilities, got dict",
    ),
    "gives a trap": (DictResolver({"a": caps(max_context=9), "b": Trap()}, "bad"), "trapped"),
    "cannot answer": (SimpleNamespace(name="bad"), "AttributeError"),
    "many: raises": (Many(lambda _: _raise(OSError("gone"))), "OSError: gone"),
    "many: is cancelled": (Many(lambda _: _raise(asyncio.CancelledError())), "cancelled"),
    "many: too short": (Many(lambda _: [caps(max_context=9)]), "returned 1 items for 2 models"),
    "many: too long": (Many(lambda s: [None] * 9), "returned 9 items for 2 models"),
    "many: nothing": (Many(lambda _: None), "returned no list"),
    "many: text": (Many(lambda _: "ab"), "returned no list"),
    "many: a mapping": (Many(lambda s: {m.id: caps(max_context=9) for m in s}), "no list"),
    "many: a generator": (Many(lambda s: (caps(max_context=9) for _ in s)), "no list"),
    "many: nameless errors": (Many(lambda s: [ValueError() for _ in s]), "ValueError"),
}


@pytest.mark.parametrize("case", BAD_RESOLVERS)
def test_a_failing_resolver_blocks_nobody(case: str, catalog_path: Path) -> None:
    """Its failure is recorded, its old opinions stay, and the others' are written."""
    bad, reason = BAD_RESOLVERS[case]
    source = ListSource(specs("ab"))
    before = DictResolver({"a": caps(max_context=1), "b": caps(max_context=2)}, "bad")
    asyncio.run(refreshed(catalog_path, [source], [before]))
    good = DictResolver({"a": caps(supports_tools=True)}, "good")
    report = in_no_time(refreshed(catalog_path, [source], [bad, good], deadline=30))
    failed = steps(catalog_path)["resolver", "bad"]
    assert (report.status, [step.name for step in report.failed]) == ("partial", ["bad"])
    assert (failed["status"], failed["changed"]) == ("failed", 0)
    assert reason in failed["error"] == report.failed[0].error
    assert opinions(catalog_path, "bad") == {"a": (1, None), "b": (2, None)}
    assert opinions(catalog_path, "good") == {"a": (None, 1)}


@pytest.mark.parametrize(
    ("answers", "status"),
    [([[], []], "ok"), ([[], OSError("x")], "partial"), ([OSError("x"), OSError("y")], "failed")],
)
async def test_a_run_says_how_it_ended(answers: list[Any], status: str, catalog_path: Path) -> None:
    """The run's row has its end and ok, partial or failed, as the report has."""
    sources = [ListSource(answer, str(number)) for number, answer in enumerate(answers)]
    report = await refreshed(catalog_path, sources, [])
    rows = sql(catalog_path, "SELECT kind, status, finished_at >= started_at FROM runs")
    assert (report.status, rows) == (status, [("refresh", status, 1)])


async def test_one_failing_model_keeps_its_opinion(catalog_path: Path) -> None:
    """Where one question fails, that model's old opinion stays and the others change."""
    source = ListSource(specs("abc"))
    first = {name: caps(max_context=1) for name in "abc"}
    await refreshed(catalog_path, [source], [DictResolver(first)])
    second = {"a": caps(max_context=2), "b": ConnectionError("reset by peer")}
    report = await refreshed(catalog_path, [source], [DictResolver(second)])
    step = steps(catalog_path)["resolver", "says"]
    assert report.status == "ok"
    assert opinions(catalog_path, "says") == {"a": (2, None), "b": (1, None)}
    assert (step["status"], step["dropped"]) == ("ok", 1)
    assert json.loads(step["detail"]) == [
        {"model": "acme/b", "field": "", "reason": "ConnectionError: reset by peer"}
    ]


async def test_a_failed_question_is_asked_again(catalog_path: Path) -> None:
    """A model that could not be asked about is asked about next time, though the data is same."""
    source = ListSource(specs("ab"))
    resolver = DictResolver({"a": caps(max_context=1), "b": OSError("busy")}, version="1")
    await refreshed(catalog_path, [source], [resolver])
    resolver.answers["b"] = caps(max_context=2)
    await refreshed(catalog_path, [source], [resolver])
    assert opinions(catalog_path, "says") == {"a": (1, None), "b": (2, None)}


# Values that cannot be facts.

SHOWN = 17
"""How many dropped values one refresh is given here: no more than a step shows."""

GARBAGE: list[tuple[str, Any, str]] = [
    ("input_cost_per_1m", -1, "below 0"),
    ("output_cost_per_1m", -1e-9, "below 0"),
    ("input_cost_per_1m", 1e9, "above"),
    ("input_cost_per_1m", math.nan, "not a finite number"),
    ("output_cost_per_1m", math.inf, "not a finite number"),
    ("speed_hint_tps", -math.inf, "not a finite number"),
    ("speed_hint_tps", "fast", "expected a number"),
    ("max_output_tokens", 0, "below 1"),
    ("max_output_tokens", -1, "below 1"),
    ("max_output_tokens", 10**12, "above"),
    ("max_output_tokens", 2**70, "above"),
    ("max_output_tokens", 10**400, "above"),
    ("max_output_tokens", 1.5, "whole number"),
    ("max_output_tokens", True, "expected a number"),
    ("max_output_tokens", math.nan, "not a finite number"),
    ("embedding_dims", {"size": 3}, "expected a number"),
    ("supports_vision", "yes", "true or false"),
    ("supports_vision", 2, "true or false"),
    ("quality_tier", "superb", "expected one of"),
    ("mode", "telepathy", "expected one of"),
    ("price_basis", 7, "expected text"),
    ("quantization", "x" * 10_000_000, "longer than"),
    ("replacement", "a\x1b[31mb", "control characters"),
    ("replacement", "a\u202eb", "control characters"),
    ("replacement", "a\ud800b", "control characters"),
    ("known_params", "x" * 10_000_000, "longer than"),
    ("known_params", ["a b"], "without blanks"),
    ("known_params", [None], "expected text"),
    ("known_params", range(1000), "expected text"),
    ("known_params", {"seed": True}, "expected a set"),
    ("known_params", 5, "expected a set"),
    ("release_date", "soon", "expected a date"),
    ("release_date", "2026-13-01", "expected a date"),
    ("release_date", 20261122, "expected text"),
]


async def test_what_cannot_be_a_fact_is_dropped(catalog_path: Path) -> None:
    """That value is dropped, counted and named; the rest of the row and the rows beside stay."""
    made: dict[str, Callable[..., Any]] = {"mapping": dict, "object": SimpleNamespace}
    asked = [(form, *each) for form in made for each in GARBAGE]
    told: list[tuple[str, str, Any, str]] = []
    for part in (asked[start : start + SHOWN] for start in range(0, len(asked), SHOWN)):
        odd = {
            f"m{number:02}": made[form](max_context=5, **{field: value})
            for number, (form, field, value, _) in enumerate(part)
        }
        answers = {**odd, "b": caps(max_context=6, supports_tools=True)}
        listing = ListSource([spec(name) for name in answers])
        report = await refreshed(catalog_path, [listing], [DictResolver(answers)])
        step = steps(catalog_path)["resolver", "says"]
        reasons = {
            lost["model"]: (lost["field"], lost["reason"]) for lost in json.loads(step["detail"])
        }
        assert report.status == "ok"
        assert (
            opinions(catalog_path, "says").items()
            >= {**dict.fromkeys(odd, (5, None)), "b": (6, 1)}.items()
        )
        assert (step["status"], step["dropped"], report.steps[-1].dropped) == (
            "ok", len(part), len(part)
        )  # fmt: skip
        for name, (form, field, value, reason) in zip(odd, part, strict=True):
            [(stored,)] = sql(catalog_path, f"SELECT {field} FROM catalog WHERE name = ?", name)
            assert stored is None, (form, field, value)
            named, because = reasons[f"acme/{name}"]
            assert (named, reason in because) == (field, True), (form, field, value)
            told.append((form, field, value, reason))
    assert told == asked


async def test_a_field_that_does_not_exist_is_counted(catalog_path: Path) -> None:
    """A misspelt field of a mapping is not lost in silence."""
    answer = {"max_context": 5, "supports_audio_input": True, "\x1b": 1}
    await refreshed(catalog_path, [ListSource(specs("a"))], [DictResolver({"a": answer})])
    step = steps(catalog_path)["resolver", "says"]
    named = sorted((d["field"], d["reason"]) for d in json.loads(step["detail"]))
    assert opinions(catalog_path, "says") == {"a": (5, None)}
    assert named == [("'\\x1b'", "no such field"), ("'supports_audio_input'", "no such field")]


async def test_all_is_counted_and_some_is_shown(catalog_path: Path) -> None:
    """Of many dropped values all are counted and the first twenty are written down."""
    names = [spec(f"m{number:03}") for number in range(100)]
    answers = {s.name: {"max_context": 1, "input_cost_per_1m": -1} for s in names}
    await refreshed(catalog_path, [ListSource(names)], [DictResolver(answers)])
    step = steps(catalog_path)["resolver", "says"]
    assert (step["seen"], step["dropped"], len(json.loads(step["detail"]))) == (100, 100, 20)
    assert len(step["detail"]) < 3000


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"name": "x\x07y"}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x", "provider": "no such id!"}, "provider"),
        ({"name": "x", "provider": None}, "provider"),
        ({"name": "x", "provider": "é"}, "provider"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_model_that_cannot_be_is_dropped(
    bad: dict[str, Any], field: str, catalog_path: Path
) -> None:
    """A model without a clean provider and name is dropped and named; the others are kept."""
    listing = [{"provider": "acme", **bad}, {"provider": "acme", "name": "good"}]
    report = await refreshed(catalog_path, [ListSource(listing)], [])
    step = steps(catalog_path)["source", "lists"]
    [example] = json.loads(step["detail"])
    assert sql(catalog_path, "SELECT name FROM models") == [("good",)]
    assert (report.status, step["seen"], step["dropped"]) == ("ok", 1, 1)
    assert example["field"] == field
    assert str(example["model"]).isprintable()
    assert len(example["model"]) < 300


async def test_an_odd_family_or_alias_costs_only_itself(catalog_path: Path) -> None:
    """What cannot be a family or an alias is dropped; the model and its good aliases are kept."""
    odd = {"provider": "acme", "name": "m", "family": "a\nb", "aliases": ["ok", "\x00", 5, "m"]}
    await refreshed(catalog_path, [ListSource([odd])], [])
    step = steps(catalog_path)["source", "lists"]
    assert sql(catalog_path, "SELECT name, family FROM models") == [("m", None)]
    assert sql(catalog_path, "SELECT alias FROM aliases") == [("ok",)]
    assert step["dropped"] == 3


# The same again.


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a refresh over the same answers must leave alone."""
    tables = ("capabilities", "capability_history", "catalog", "resolvers", "sources", "aliases")
    held = {table: sql(path, f"SELECT * FROM {table}") for table in tables}
    return held | {"sightings": sql(path, "SELECT model_id, source, first_seen FROM sightings")}


async def test_a_second_refresh_changes_nothing(catalog_path: Path) -> None:
    """Over the same answers no capability row changes, no history is added, nothing is counted."""
    sources = [ListSource(specs("ab"), "one"), ListSource(specs("bc"), "two", kind="reference")]
    resolvers = [
        DictResolver(
            {"a": caps(max_context=1, known_params={"x", "y"}), "b": {"input_cost_per_1m": 0.1}}
        ),
        BatchDictResolver({"b": caps(supports_tools=False)}, "many"),
    ]
    first = await refreshed(catalog_path, sources, resolvers)
    before = contents(catalog_path)
    second = await refreshed(catalog_path, sources, resolvers)
    assert sum(step.changed for step in first.steps) == 4 + 3
    assert [(step.name, step.changed) for step in second.steps] == [
        ("one", 0), ("two", 0), ("says", 0), ("many", 0),
    ]  # fmt: skip
    assert contents(catalog_path) == before
    assert before["capability_history"] == []


async def test_a_changed_answer_changes_its_row_only(catalog_path: Path) -> None:
    """One new price is one changed row and one row of history, with both prices and the time."""
    source = ListSource(specs("ab"))
    resolver = DictResolver({name: caps(input_cost_per_1m=1) for name in "ab"})
    await refreshed(catalog_path, [source], [resolver])
    resolver.answers["a"] = caps(input_cost_per_1m=2)
    report = await refreshed(catalog_path, [source], [resolver])
    prices = sql(catalog_path, "SELECT name, input_cost_per_1m FROM catalog ORDER BY name")
    past = sql(
        catalog_path,
        "SELECT h.input_cost_per_1m, h.valid_to = c.changed_at FROM capability_history h "
        "JOIN capabilities c USING (model_id, resolver)",
    )
    assert report.steps[-1].changed == 1
    assert prices == [("a", 2.0), ("b", 1.0)]
    assert past == [(1.0, 1)]


async def test_a_withdrawn_opinion_is_gone(catalog_path: Path) -> None:
    """A resolver that has no opinion any more leaves none behind, but for the history."""
    source, resolver = ListSource(specs("a")), DictResolver({"a": caps(max_context=1)})
    await refreshed(catalog_path, [source], [resolver])
    resolver.answers["a"] = None
    await refreshed(catalog_path, [source], [resolver])
    assert opinions(catalog_path, "says") == {}
    assert sql(catalog_path, "SELECT max_context FROM capability_history") == [(1,)]
    assert sql(catalog_path, "SELECT max_context FROM catalog") == [(None,)]


async def test_the_same_version_is_not_asked_again(catalog_path: Path) -> None:
    """A source and a resolver with the version of last time are skipped and say unchanged."""
    source = ListSource(specs("a"), version="7")
    resolver = DictResolver({"a": caps(max_context=1)}, version=7)
    await refreshed(catalog_path, [source], [resolver])
    report = await refreshed(catalog_path, [source], [resolver])
    assert [step.status for step in report.steps] == ["unchanged", "unchanged"]
    assert (source.calls, resolver.requested) == (1, ["a"])
    assert opinions(catalog_path, "says") == {"a": (1, None)}
    source.version, resolver.version = "8", 8  # type: ignore[attr-defined]
    report = await refreshed(catalog_path, [source], [resolver])
    assert [step.status for step in report.steps] == ["ok", "ok"]
    assert (source.calls, resolver.requested) == (2, ["a", "a"])


async def test_the_same_version_is_asked_about_new_models(catalog_path: Path) -> None:
    """A resolver whose data is the same hears of models that are new since, and of no others."""
    source = ListSource(specs("ab"))
    resolver = BatchDictResolver({name: caps(max_context=1) for name in "abcd"}, version="1")
    for listing in ("ab", "abc", "abc", "acd"):
        source.specs = specs(listing)
        await refreshed(catalog_path, [source], [resolver])
    assert resolver.requested == ["a", "b", "c", "d"]
    assert opinions(catalog_path, "says") == dict.fromkeys("abcd", (1, None))


async def test_a_model_new_to_the_resolver_is_asked_about(catalog_path: Path) -> None:
    """A model that others knew before is asked about when this resolver first meets its source."""
    resolver = DictResolver({name: caps(max_context=1) for name in "ab"}, version="1")
    mine, theirs = ListSource(specs("a"), "mine"), ListSource(specs("b"), "theirs")
    await refreshed(catalog_path, [theirs], [])
    await refreshed(catalog_path, [mine], [resolver])
    await refreshed(catalog_path, [theirs], [resolver])
    assert opinions(catalog_path, "says") == {"a": (1, None), "b": (1, None)}


async def test_a_model_that_was_measured_first_is_asked_about(catalog_path: Path) -> None:
    """A model that the perf lab made known is asked about once a source lists it."""
    source = ListSource(specs("a"))
    resolver = DictResolver({name: caps(max_context=1) for name in "ab"}, version="1")
    await refreshed(catalog_path, [], [])
    sql(
        catalog_path,
        "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('acme', 'b', 10)",
    )
    await refreshed(catalog_path, [source], [resolver])
    source.specs = specs("ab")
    await refreshed(catalog_path, [source], [resolver])
    assert opinions(catalog_path, "says") == {"a": (1, None), "b": (1, None)}


async def test_a_version_that_cannot_be_read_is_no_version(
    catalog_path: Path, tmp_path: Path
) -> None:
    """Where the file behind `version` is missing the resolver is asked, and fails by itself."""

    class OfAFile(DictResolver):
        @property
        def version(self) -> str:
            return (tmp_path / "missing").read_text()

    bad = OfAFile({"a": FileNotFoundError("missing")}, "bad")
    good = DictResolver({"a": caps(max_context=1)}, "good")
    report = await refreshed(catalog_path, [ListSource(specs("a"))], [bad, good])
    assert [step.status for step in report.steps] == ["ok", "failed", "ok"]
    assert opinions(catalog_path, "good") == {"a": (1, None)}


# Secrets.


def leaks(path: Path) -> list[str]:
    """The files beside and of the catalog in which the secret occurs."""
    files = [file for file in path.parent.iterdir() if file.is_file()]
    assert path in files
    return [file.name for file in files if SECRET.encode() in file.read_bytes()]


@pytest.mark.sqlite_only("searches the bytes of the file")
@pytest.mark.parametrize("own", [True, False], ids=["environ given", "this process"])
async def test_no_secret_reaches_the_file(
    own: bool, catalog_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the text of an exception, of whichever part, is stored as stars."""
    environ = {"OPENAI_API_KEY": SECRET} if own else None
    if not own:
        monkeypatch.setenv("OPENAI_API_KEY", f" {SECRET}\n")
    error = RuntimeError(f"401 for Bearer {SECRET}, again {SECRET}\x1b[0m")
    sources = [ListSource(specs("ab"), "good"), ListSource(error, "bad")]
    resolvers = [
        DictResolver({"a": error, "b": error}, "each"),
        DictResolver({"a": error, "b": caps(max_context=1)}, "some"),
        BatchDictResolver({"a": error, "b": caps(max_context=1)}, "many"),
    ]
    told: list[str] = []
    async with ModelRegistry(sources, resolvers, db=catalog_path, environ=environ) as registry:
        report = await registry.refresh(progress=told.append)
    record = steps(catalog_path)
    texts = [text for step in record.values() for text in (step["error"], step["detail"]) if text]
    assert [text for text in texts if "401 for Bearer ***, again ***" not in text] == []
    assert len(texts) == 4
    assert SECRET not in "".join([*texts, *told, *(str(step) for step in report.steps)])
    assert leaks(catalog_path) == []


# Names, places, times.


async def test_a_provider_alias_becomes_the_provider(catalog_path: Path) -> None:
    """Two spellings of one provider are one provider, and its models one model."""
    listing = [spec("g", "Google"), spec("g", "gemini"), spec("x", "x-ai", aliases=("y",))]
    report = await refreshed(catalog_path, [ListSource(listing)], [])
    assert sql(catalog_path, "SELECT provider, name FROM models ORDER BY 1") == [
        ("gemini", "g"), ("xai", "x"),
    ]  # fmt: skip
    assert sql(catalog_path, "SELECT provider, alias FROM aliases") == [("xai", "y")]
    assert report.steps[0].seen == 2


async def test_an_alias_never_hides_a_model(catalog_path: Path) -> None:
    """An alias that is another model's name is not taken; the first to claim an alias keeps it."""
    listing = [spec("a", aliases=("b", "c")), spec("b"), spec("d", aliases=("c",))]
    await refreshed(catalog_path, [ListSource(listing)], [])
    rows = sql(catalog_path, "SELECT alias, name FROM aliases JOIN models ON models.id = model_id")
    assert rows == [("c", "a")]


async def test_what_is_known_of_a_model_is_filled_in_not_replaced(catalog_path: Path) -> None:
    """A later source adds a family or a title where there is none, and changes none there is."""
    await refreshed(catalog_path, [ListSource([spec("m", family="line")], "one")], [])
    other = ListSource([spec("m", family="other", display_name="The M")], "two")
    await refreshed(catalog_path, [other], [])
    assert sql(catalog_path, "SELECT family, display_name FROM models") == [("line", "The M")]


async def test_a_lost_model_keeps_what_was_said_of_it(catalog_path: Path) -> None:
    """A model no longer listed is marked missing; its row and its opinions stay."""
    source, resolver = (
        ListSource(specs("ab")),
        DictResolver({name: caps(max_context=1) for name in "ab"}),
    )
    await refreshed(catalog_path, [source], [resolver])
    source.specs = specs("b")
    report = await refreshed(catalog_path, [source], [resolver])
    missing = sql(
        catalog_path,
        "SELECT name, missing_since IS NOT NULL FROM sightings JOIN models ON id = model_id",
    )
    assert dict(missing) == {"a": 1, "b": 0}
    assert report.steps[0].changed == 1
    assert opinions(catalog_path, "says") == {"a": (1, None), "b": (1, None)}


async def test_a_source_speaks_for_itself_only(catalog_path: Path) -> None:
    """What one source no longer lists is still seen by the other."""
    one, two = ListSource(specs("ab"), "one"), ListSource(specs("ab"), "two")
    await refreshed(catalog_path, [one, two], [])
    one.specs = specs("b")
    await refreshed(catalog_path, [one, two], [])
    live = sql(catalog_path, "SELECT name, live FROM catalog ORDER BY name")
    assert live == [("a", 1), ("b", 1)]


async def test_an_empty_list_is_an_answer(catalog_path: Path) -> None:
    """A source that lists nothing any more is believed: its models are missing."""
    source = ListSource(specs("a"))
    await refreshed(catalog_path, [source], [])
    source.specs = []
    report = await refreshed(catalog_path, [source], [])
    assert report.status == "ok"
    assert sql(catalog_path, "SELECT name, live FROM catalog") == [("a", 0)]


EAST = timezone(timedelta(hours=2))
NOON = datetime(2026, 11, 20, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("observed", "stored"),
    [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"),
        (date(2026, 11, 20), "2026-11-20T00:00:00.000Z"),
        ("2026-11-20T12:30:15Z", "2026-11-20T12:30:15.000Z"),
        ("2026-11-20T14:30:15.250+02:00", "2026-11-20T12:30:15.250Z"),
        (NOON, "2026-11-20T12:30:15.250Z"),
        (NOON.astimezone(EAST), "2026-11-20T12:30:15.250Z"),
    ],
    ids=str,
)
async def test_facts_have_the_time_that_their_resolver_states(
    observed: Any, stored: str, catalog_path: Path
) -> None:
    """observed_at may be a date or a time, as text or value, of any offset; it is kept in UTC."""
    resolver = DictResolver({"a": caps(max_context=1)}, observed_at=observed)
    await refreshed(catalog_path, [ListSource(specs("a"))], [resolver])
    assert sql(catalog_path, "SELECT observed_at FROM capabilities") == [(stored,)]


@pytest.mark.parametrize("observed", ["yesterday", "", 7, "2026-13-40", "T", ...])
async def test_a_time_that_is_none_is_counted(observed: Any, catalog_path: Path) -> None:
    """What cannot be a time is dropped and counted; the opinions are kept, as of now."""
    resolver = DictResolver({"a": caps(max_context=1)}, observed_at=observed)
    report = await refreshed(catalog_path, [ListSource(specs("a"))], [resolver])
    [(observed_at, began)] = sql(
        catalog_path, "SELECT observed_at, started_at FROM capabilities, runs"
    )
    assert (report.status, report.steps[-1].dropped) == ("ok", 1)
    assert observed_at >= began


# At once.


async def test_sources_are_asked_at_once(catalog_path: Path) -> None:
    """Two sources that wait for each other both answer, so do two resolvers."""
    sources, resolvers = asyncio.Barrier(2), asyncio.Barrier(2)

    class Meets(ListSource):
        async def discover(self) -> Any:
            await sources.wait()
            return await super().discover()

        async def resolve_many(self, asked: list[ModelSpec]) -> Any:
            await resolvers.wait()
            return [caps(max_context=1)] * len(asked)

    parts = [Meets(specs("a"), "one"), Meets(specs("b"), "two")]
    report = await refreshed(catalog_path, parts, parts)
    assert [step.status for step in report.steps] == ["ok"] * 4


async def test_questions_are_asked_a_few_at_a_time(catalog_path: Path) -> None:
    """A resolver without resolve_many is asked about several models at once, but not about all."""
    asking = 0
    most = 0

    class Slow(DictResolver):
        async def get_capabilities(self, spec: ModelSpec) -> Any:
            nonlocal asking, most
            asking += 1
            most = max(most, asking)
            await asyncio.sleep(0.001)
            asking -= 1
            return await super().get_capabilities(spec)

    models = [spec(f"m{number}") for number in range(60)]
    resolver = Slow()
    await refreshed(catalog_path, [ListSource(models)], [resolver])
    assert len(resolver.requested) == 60
    assert 2 <= most <= 8


async def test_the_second_of_two_refreshes_steps_aside(catalog_path: Path) -> None:
    """While one refresh runs another reports skipped and does nothing; waiting, it follows."""
    asked, answer = asyncio.Event(), asyncio.Event()

    class Waits(ListSource):
        async def discover(self) -> Any:
            asked.set()
            await answer.wait()
            return await super().discover()

    second = ListSource(specs("b"), "second")
    first = asyncio.create_task(refreshed(catalog_path, [Waits(specs("a"), "first")], []))
    await asked.wait()
    skipped = await refreshed(catalog_path, [second], [])
    not_asked = second.calls
    follower = asyncio.create_task(refreshed(catalog_path, [second], [], wait=HANG))
    await asyncio.sleep(0.1)  # for it to try in vain, if there is time
    answer.set()
    reports = await asyncio.gather(first, follower)
    assert (skipped, not_asked) == (RefreshReport(skipped=True), 0)
    assert [(report.skipped, report.status) for report in reports] == [(False, "ok")] * 2
    assert second.calls == 1
    assert sql(catalog_path, "SELECT count(*) FROM runs") == [(2,)]


@pytest.mark.parametrize("place", ["discover", "resolve_many"])
async def test_a_cancelled_refresh_leaves_the_catalog_usable(
    place: str, catalog_path: Path
) -> None:
    """Cancelled while it waits for an answer, it frees its locks and the next one succeeds."""
    reached = asyncio.Event()

    async def forever(*_: object) -> Any:
        reached.set()
        await asyncio.Event().wait()

    stuck = BatchDictResolver({"a": caps(max_context=1)}, "stuck")
    source = ListSource(specs("a"), "source")
    vars(source if place == "discover" else stuck)[place] = forever
    task = asyncio.create_task(refreshed(catalog_path, [source], [stuck]))
    await reached.wait()
    task.cancel()
    ends = await asyncio.gather(task, return_exceptions=True)
    del vars(source if place == "discover" else stuck)[place]
    report = await refreshed(catalog_path, [source], [stuck])
    statuses = sql(catalog_path, "SELECT status, finished_at IS NULL FROM runs ORDER BY id")
    assert isinstance(ends[0], asyncio.CancelledError)
    assert report.status == "ok"
    assert statuses == [("running", 1), ("ok", 0)]
    assert opinions(catalog_path, "stuck") == {"a": (1, None)}


async def test_progress_is_told_step_by_step(catalog_path: Path) -> None:
    """The caller hears one line per step, in the order of the report."""
    told: list[str] = []
    parts = [ListSource(specs("a"), "good"), ListSource(OSError("gone"), "bad")]
    report = await refreshed(catalog_path, parts, [DictResolver(name="says")], progress=told.append)
    assert [line.split(":")[0] for line in told] == [step.name for step in report.steps]
    assert any("OSError: gone" in line for line in told)


async def test_resolvers_are_asked_about_what_is_seen_now(catalog_path: Path) -> None:
    """A resolver hears neither of lost, nor of retired, nor of other sources' models."""
    source, other = ListSource(specs("abc")), ListSource(specs("z"), "other")
    await refreshed(catalog_path, [source, other], [])
    sql(catalog_path, "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'c'")
    source.specs = specs("bc")
    resolver = DictResolver()
    await refreshed(catalog_path, [source], [resolver])
    assert resolver.requested == ["b"]
