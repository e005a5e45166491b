"""`modeldex measure` as people and jobs meet it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from child_processes import run
from command_line import environment, on_terminal, run_command, small_catalog, unstyled, write
from modeldex.cli.program import program
from modeldex.storage.location import Place

MODELS = {"groq/llama": {}, "groq/shared": {}, "mistral/shared": {}}


@pytest.fixture(scope="module")
def _small(new_catalog: Callable[[], Place]) -> Place:
    return small_catalog(new_catalog(), MODELS)


@pytest.fixture
def catalog(_small: Place, twin: Callable[[Place], Place]) -> Place:
    """A catalog that knows three models."""
    return twin(_small)


def test_add_is_silent_and_listed(catalog: Place) -> None:
    """Every option lands in its column; nothing is said in a pipe of what went well."""
    done = run_command(
        catalog, "measure", "add", "groq/llama", "--tps", "275", "--ttft-ms", "90.5",
        "--input-cost", "0.5", "--output-cost", "0", "--tools", "--no-vision", "--score", "0.9",
        "--suite", "house", "--suite-version", "2", "--samples", "40",
        "--measured-at", "2026-06-01T12:00+02:00", "--host", "lab", "--run-id", "r7",
        "--error", "json: timeout",
    )  # fmt: skip
    assert done == (0, "", "")
    assert run_command(catalog, "measure", "list", "groq/llama").table == [
        {
            "measured_at": "2026-06-01T10:00:00.000Z", "tokens_per_second": "275",
            "ttft_ms": "90.5", "input_cost_per_1m": "0.5", "output_cost_per_1m": "0",
            "supports_tools": "1", "supports_vision": "0", "supports_json_mode": "",
            "supports_structured_outputs": "", "quality_score": "0.9", "quality_suite": "house",
            "suite_version": "2", "error": "json: timeout", "samples": "40", "host": "lab",
            "run_id": "r7",
        }
    ]  # fmt: skip


def test_add_again_under_a_run_id_adds_nothing(catalog: Place) -> None:
    """A job that is tried again finds its sample there."""
    words = ("measure", "add", "llama", "--tps", "5", "--run-id", "r", "--json")
    reports = [run_command(catalog, *words).json for _ in range(2)]
    assert [(r["added"], r["duplicates"]) for r in reports] == [(1, 0), (0, 1)]


def test_add_of_an_unknown_model_creates_it_and_says_so(catalog: Place) -> None:
    """One line on stderr names it, once; with --json it is in the report."""
    first = run_command(catalog, "measure", "add", "google/new:1", "--tps", "5")
    second = run_command(catalog, "measure", "add", "gemini/new:1", "--tps", "6")
    third = run_command(catalog, "measure", "add", "openai:other", "--no-tools", "--json")
    warning = "Warning: gemini/new:1 is new in the catalog; check its spelling\n"
    assert (first.code, first.err) == (0, warning)
    assert second == (0, "", "")
    assert (third.json["created"], third.err) == (["openai/other"], "")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("groq/llama", "--tps", "nan"), 2, "Invalid value for '--tps': not a finite number"),
        (("groq/llama", "--tps", "-5"), 2, "Invalid value for '--tps': not above 0"),
        (("groq/llama", "--input-cost", "1e9"), 2, "'--input-cost': above 1,000,000"),
        (("groq/llama", "--tps", "1", "--samples", "0"), 2, "'--samples': below 1"),
        (
            ("groq/llama", "--tps", "1", "--measured-at", "now"),
            2,
            "'--measured-at': expected a time",
        ),
        (("groq/llama", "--tps", "1", "--measured-at", "9026-01-01"), 1, "lies in the future"),
        (("groq/llama",), 1, "Error: needs at least one figure, or an error; nothing was stored"),
        (("groq/llama", "--score", "1"), 1, "Error: quality_suite: a score needs the name"),
        (("nobody", "--tps", "1"), 1, "Error: no model nobody in the catalog"),
        (("shared", "--tps", "1"), 1, "Error: shared is the name of 2 models"),
        (("groq/", "--tps", "1"), 1, "Error: no model groq/ in the catalog"),
    ],
)
@pytest.mark.promised_on_server
def test_add_refuses_by_name(catalog: Place, words: tuple[str, ...], code: int, told: str) -> None:
    """A figure, a time or a model that makes no sense is one line and an exit code."""
    done = run_command(catalog, "measure", "add", *words)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert run_command(catalog, "measure", "list", "groq/llama", "--json").json["total"] == 0


ROWS = """model,tps,tools,note
groq/llama,100,yes,x
groq/llama,120,,
groq/llama,120,,
groq/llama,-3,,
acme/new,7,maybe,
acme/new,7,,
"""


def test_import_tells_what_it_refused(catalog: Place, tmp_path: Path) -> None:
    """A dry run says what would be kept, the import complains of each bad row, exit code 5."""
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    bad = "Error: row 5: tokens_per_second: not above 0"
    dry = run_command(catalog, "measure", "import", str(file), "--dry-run")
    strict = run_command(catalog, "measure", "import", str(file), "--strict", "--json")
    done = run_command(catalog, "measure", "import", str(file))
    again = run_command(catalog, "measure", "import", str(file), "--json")
    assert (dry.code, dry.out) == (5, "4 would be added, 0 already present, 2 refused\n")
    assert (strict.code, strict.error["code"], [r[0] for r in strict.error["refused"]]) == (
        1, "invalid_measurements", [5, 6],
    )  # fmt: skip
    assert (done.code, done.out) == (5, "")
    assert [bad in done.err, "Warning: acme/new is new in the catalog" in done.err] == [True, True]
    assert again.code == 5
    assert again.json == {
        "added": 0, "duplicates": 4, "refused_rows": 2, "created": [], "ignored": ["note"],
        "dry_run": False, "refused": [
            {"row": 5, "field": "tokens_per_second", "reason": "not above 0"},
            {"row": 6, "field": "supports_tools", "reason": again.json["refused"][1]["reason"]},
        ],
    }  # fmt: skip


def test_import_reads_standard_input(catalog: Place) -> None:
    """JSON Lines unless told otherwise; what is no UTF-8 is the business of its row alone."""
    lines = b'\xef\xbb\xbf{"model":"groq/llama","tps":5}\n{"model":"groq/\xff","tps":5}\n'
    runner = CliRunner(env={"MODELDEX_DB": str(catalog)})
    done = runner.invoke(program, ["measure", "import", "-", "--json"], input=lines)
    report = json.loads(done.stdout)
    assert (done.exit_code, report["added"]) == (5, 1)
    assert report["refused"] == [
        {"row": 2, "field": "name", "reason": "contains control characters"}
    ]


@pytest.mark.parametrize(
    ("file", "code", "told"),
    [
        (("rows.json", "[]"), 0, ""),
        (("rows.json", "nonsense"), 1, "rows.json: not JSON: Expecting value"),
        (("rows.txt", ""), 1, "the file name has no known suffix"),
        (("rows.db", ""), 1, "has no table of measurements"),
        (("rows.jsonl", '{"model":"groq/llama"}'), 1, "row 1: needs at least one figure"),
        (("", ""), 2, "is a directory"),
    ],
)
@pytest.mark.promised_on_server
def test_import_of_nothing_good(
    catalog: Place, tmp_path: Path, file: tuple[str, str], code: int, told: str
) -> None:
    """An empty list is fine; what is no file of samples, or holds none that is right, fails."""
    name, text = file
    (tmp_path / (name or "unused")).write_text(text)
    done = run_command(catalog, "measure", "import", str(tmp_path / name))
    assert (done.code, done.out) == (code, "")
    assert told in done.err


def test_import_takes_another_catalog(catalog: Place, tmp_path: Path) -> None:
    """Once, and then there is nothing more to take."""
    other = small_catalog(tmp_path / "other.db", MODELS)
    with write(other) as connection:
        connection.execute(
            "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('groq', 'llama', 5)"
        )
    reports = [
        run_command(catalog, "measure", "import", str(other), "--json").json for _ in range(2)
    ]
    assert [(r["added"], r["duplicates"]) for r in reports] == [(1, 0), (0, 1)]


def test_list_shows_newest_first_and_what_they_come_to(catalog: Place) -> None:
    """JSON has the figures with their n and age, the total, and as many samples as asked for."""
    with write(catalog) as connection:
        connection.executemany(
            "INSERT INTO measurements (provider, name, tokens_per_second, measured_at, samples) "
            "VALUES ('groq', 'llama', ?, ?, 2)",
            [(10.0, "2026-06-01T00:00:00Z"), (30.0, "2026-06-03T00:00:00Z")],
        )
    document = run_command(catalog, "measure", "list", "llama", "--limit", "1", "--json").json
    assert (document["id"], document["total"]) == ("groq/llama", 2)
    assert [sample["tokens_per_second"] for sample in document["measurements"]] == [30.0]
    [figure] = document["figures"]
    assert (figure["field"], float(figure["value"]), figure["n"], figure["oldest"][:10]) == (
        "speed_hint_tps", 20.0, 4, "2026-06-01",
    )  # fmt: skip


@pytest.mark.promised_on_server
def test_a_terminal_shows_what_was_done(catalog: Place, tmp_path: Path) -> None:
    """A person sees a summary of the import, and a table of the columns that are used."""
    file = tmp_path / "rows.json"
    file.write_text('{"groq/llama": {"tps": 5, "ttft": 7}}')
    env = environment(MODELDEX_DB=str(catalog))
    done = unstyled(on_terminal("measure", "import", str(file), env=env).out)
    shown = on_terminal("measure", "list", "groq/llama", env=env).out
    assert "1 added, 0 already present, 0 refused" in done
    assert "groq/llama: 1 samples" in unstyled(shown)
    assert ["ttft_ms" in shown, "quality_suite" in shown] == [True, False]


LOADED = """
import contextlib, io
from modeldex.cli.program import program
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    program.main(["--db", ARGS[0], "measure", "list", "groq/llama"])
say(sorted({"sqlalchemy", "alembic", "pydantic", "httpx", "aiosqlite"} & set(sys.modules)))
"""


def test_looking_at_samples_loads_no_library(catalog: Place) -> None:
    """`measure list` imports neither sqlalchemy nor pydantic nor what opens sockets."""
    assert run(LOADED, str(catalog)).said == [[]]
