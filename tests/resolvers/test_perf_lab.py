"""The file of a performance lab as a resolver: what it says, and what becomes of a bad one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from command_line import run_command
from custom_parts import ListSource, caps, spec, sql
from modeldex import ModelRegistry, PerfLabResolver, SourceFailed
from modeldex.refresh.defaults import default_resolvers
from modeldex.refresh.part import part_name
from modeldex.storage.location import Place


def write(folder: Path, content: object, name: str = "perf.json") -> Path:
    """A file of figures; a text as it is, anything else as JSON."""
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("perf.json", {"acme/alpha": {"measured_tps": 61.5, "actual_cost": 0.3, "tools": True}}),
        ("perf.json", {"acme": {"alpha": {"speed_hint_tps": 61.5, "input_cost": 0.3, "tools": 1}}}),
        ("perf.json",
            {"models": [{"model": "acme/alpha", "tps": 61.5, "tools": 1, "input_cost": 0.3}]}),
        ("perf.json", [
            {"provider": "acme", "name": "alpha", "tps": 61.5, "tools": True},
            {"provider": "acme", "name": "alpha", "input_cost": 0.3, "error": "timeout"},
        ]),
        ("perf.json", {"acme/alpha": [
            {"tps": 1, "tools": True}, {"tps": 61.5, "input_cost": 0.3}, {"tps": 9000, "vision": 1},
            {"error": "x", "vision": False},
        ]}),
        ("perf.csv", "model,tps,input_cost,tools\nacme/alpha,61.5,0.3,yes\n"),
        ("perf.jsonl", '{"model": "acme/alpha", "tps": 61.5, "input_cost": 0.3, "tools": true}\n'),
    ],
    ids=range(7),
)  # fmt: skip
async def test_the_file_has_several_shapes(tmp_path: Path, name: str, content: Any) -> None:
    """A mapping, a list, or lines; of several samples the median counts, contradictions do not."""
    known = await PerfLabResolver(write(tmp_path, content, name)).get_capabilities(spec("alpha"))
    assert known == caps(speed_hint_tps=61.5, input_cost_per_1m=0.3, supports_tools=True)


async def test_only_exact_models_are_known(tmp_path: Path) -> None:
    """Nothing is said of the same name elsewhere; a provider may have any of its names."""
    resolver = PerfLabResolver(write(tmp_path, {"google/g": {"tps": 5}, "acme/a": {"tps": 6}}))
    specs = [spec("g", "gemini"), spec("g"), spec("a"), spec("A")]
    answers = await resolver.resolve_many(specs)
    assert answers == [{"speed_hint_tps": 5.0}, None, {"speed_hint_tps": 6.0}, None]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "perf.json: not JSON: Expecting property name"),
        ("7", "perf.json: contains int, expected an object or a list"),
        ({"acme/a": {"tps": -1}, "acme/b": 5}, "no row is valid; row 1: tokens_per_second: not"),
        (None, "perf.json: cannot be read: No such file or directory"),
    ],
)
async def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, content: object, reason: str
) -> None:
    """Its failure names the file and what is wrong with it."""
    file = tmp_path / "perf.json" if content is None else write(tmp_path, content)
    with pytest.raises(SourceFailed) as failure:
        await PerfLabResolver(file).resolve_many([spec("a")])
    assert reason in str(failure.value)
    assert failure.value.source == "perf_json"


async def test_a_bad_row_is_a_fault_of_its_model_alone(tmp_path: Path) -> None:
    """The other models keep their figures; asked about this one it says what is wrong."""
    content = {"acme/a": {"tps": float("nan")}, "acme/b": {"tps": 5}, "nobody": {"tps": 5}}
    resolver = PerfLabResolver(write(tmp_path, content))
    fault, good = await resolver.resolve_many([spec("a"), spec("b")])
    assert (str(fault), good) == (
        "perf_json: tokens_per_second: not a finite number", {"speed_hint_tps": 5.0},
    )  # fmt: skip
    with pytest.raises(SourceFailed, match="not a finite number"):
        await resolver.get_capabilities(spec("a"))


async def test_it_stands_just_below_the_samples_of_the_catalog(
    tmp_path: Path, catalog_path: Place
) -> None:
    """Its figures are as old as the file; samples of the table outrank them, and they stay."""
    file = write(tmp_path, {"acme/a": {"tps": 5, "ttft": 90}, "acme/unseen": {"tps": 1}})
    os.utime(file, (1_700_000_000, 1_700_000_000))
    path = catalog_path
    source = ListSource([spec("a")])
    async with ModelRegistry([source], [PerfLabResolver(file)], db=path) as registry:
        report = await registry.refresh()
        before = await registry.find_model("acme", "a")
        await registry.record("acme", "a", tokens_per_second=7)
        after = await registry.find_model("acme", "a")
        again = await registry.refresh()
        file.write_text("{")
        failed = await registry.refresh()
        last = await registry.find_model("acme", "a")
    assert (report.failed, [step.changed for step in again.steps]) == ((), [0, 0])
    assert [found and found.capabilities for found in (before, after, last)] == [
        caps(speed_hint_tps=5, ttft_ms=90), caps(speed_hint_tps=7, ttft_ms=90),
        caps(speed_hint_tps=7, ttft_ms=90),
    ]  # fmt: skip
    assert [(s.name, s.status) for s in failed.failed] == [("perf_json", "failed")]
    assert "perf.json: not JSON" in str(failed.failed[0].error)
    rows = sql(path, "SELECT name, precedence FROM resolvers WHERE precedence BETWEEN 450 AND 550")
    assert sorted(rows) == [("perf_json", 495), ("perf_lab", 500)]
    assert sql(path, "SELECT observed_at FROM capabilities WHERE resolver = 'perf_json'") == [
        ("2023-11-14T22:13:20.000Z",)
    ]
    assert sql(path, "SELECT count(*) FROM models") == [(1,)]


def test_the_default_registry_has_it_where_the_file_is() -> None:
    """Between Ollama and the overrides, once there is a file in chuk-llm's cache."""
    without = [part_name(r) for r in default_resolvers({})]
    place = Path.home() / ".cache" / "chuk-llm"
    place.mkdir(parents=True)
    write(place, {})
    assert [part_name(r) for r in default_resolvers({})] == [
        *without[:-1],
        "perf_json",
        "overrides",
    ]
    assert "perf_json" not in without


def test_a_command_reads_it_without_being_told(shipped_catalog: Path) -> None:
    """The next read of a catalog knows what the file says, and what it says after a change."""
    place = Path.home() / ".cache" / "chuk-llm"
    place.mkdir(parents=True)
    seen = []
    for tps in (275, 300):
        write(place, {"groq": {"llama-3.3-70b-versatile": {"tps": tps}}})
        model = run_command(shipped_catalog, "show", "groq/llama-3.3-70b-versatile", "--json").json[
            "model"
        ]
        seen.append(model["capabilities"]["speed_hint_tps"])
        os.utime(place / "perf.json", (1, 1))
    assert seen == [275.0, 300.0]
