"""What is fresh: `status --max-age`, and a `refresh` in which no host answered."""

import time
from pathlib import Path
from typing import Any

import pytest

from command_line import (
    MODELS,
    environment,
    on_terminal,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from misbehaving_host import StandIn, ok
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.health import HERE
from modeldex.refresh.part import must_answer, opens_sockets, part_name
from modeldex.upstream import snapshots
from modeldex.upstream.outside import outside

NOBODY = "127.0.0.1:9"
TAGS = {"models": [{"name": "llama9:8b", "model": "llama9:8b"}]}
SHOWN = {"capabilities": ["completion", "tools"]}


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A small catalog."""
    return small_catalog(catalog_path, MODELS)


def _run(
    path: Path, status: str, age: float, error: str | None = None, source: str = "ollama"
) -> None:
    """A past refresh of one source, of which that run has `status`."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - age))
    with write(path) as connection:
        connection.execute(
            "INSERT INTO runs (kind, started_at, finished_at, status, version) "
            "VALUES ('refresh', ?, ?, ?, '0.1.0')",
            (moment, moment, status),
        )
        connection.execute(
            "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
            "chunks, seen, changed, dropped, error) SELECT max(id), 'source', ?, "
            "CASE WHEN ? IS NULL THEN 'ok' ELSE 'failed' END, ?, 0, 0, 0, 0, 0, 0, ? FROM runs",
            (source, error, moment, error),
        )


def test_status_on_a_terminal_has_failures(small: Path) -> None:
    """What failed in the last runs is named with its reason."""
    _run(small, "partial", age=60, error="ollama: it said \x1b[31mno")
    done = on_terminal("--db", str(small), "status", env=environment())
    assert "source ollama: it said \\x1b[31mno" in done.out
    assert "6 known" in unstyled(done.out)


KEYED = {"OPENAI_API_KEY": "k", "GROQ_API_KEY": "k"}
HOUR = 3600
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("runs", "max_age", "code"),
    [
        ([], "24h", 1),
        ([("openai", 60, None)], "24h", 1),
        ([("openai", 60, None), ("groq", 2 * HOUR, None)], "24h", 0),
        ([("openai", 60, None), ("groq", 2 * HOUR, None)], "1h", 1),
        ([("openai", 60, None), ("groq", 2 * HOUR, None), ("groq", 60, "no")], "1h", 1),
        ([("openai", 60, None), ("groq", 60, None), ("mistral", 9 * DAY, None)], "1h", 0),
        ([("env", 60, None), ("overrides", 60, None)], "24h", 1),
    ],
)
def test_the_oldest_answer_from_outside_decides(
    small: Path, runs: list[tuple[str, float, str | None]], max_age: str, code: int
) -> None:
    """Each source of this environment must have answered; a failure and local sources are none."""
    for source, age, error in runs:
        _run(small, "partial", age, error, source)
    done = run_command(small, "status", "--max-age", max_age, "--json", **KEYED)
    assert (done.code, done.json["path"]) == (code, str(small))
    assert bool(done.err) == bool(code)


def test_one_source_can_be_watched(small: Path) -> None:
    """--source leaves the others out, also for one that this shell has no key for."""
    _run(small, "ok", 60, source="openai")
    _run(small, "ok", 3 * DAY, source="mistral")

    def watched(*names: str) -> tuple[int, str]:
        args = [word for name in names for word in ("--source", name)]
        done = run_command(small, "status", "--max-age", "1h", *args, **KEYED)
        return done.code, done.err.splitlines()[-1] if done.err else ""

    assert watched("openai") == (0, "")
    assert watched("groq") == (1, "Error: groq has never answered; --max-age allows 60 min")
    assert watched("openai", "mistral") == (
        1, "Error: oldest answer from outside: mistral, 3 days ago; --max-age allows 60 min",
    )  # fmt: skip
    assert watched("env")[0] == watched("nothing")[0] == 2


def test_a_machine_that_asks_nobody_is_never_fresh(small: Path) -> None:
    """Without a key, an address and the data sets no answer can come, which one line says."""
    _run(small, "ok", 60, source="env")
    done = run_command(small, "status", "--max-age", "24h")
    assert (done.code, done.err) == (
        1, "Error: no host is asked here: MODELDEX_FEEDS=0, and no key or server address is set\n",
    )  # fmt: skip


def test_shipped_data_is_no_answer_of_its_feed(shipped_catalog: Path) -> None:
    """A data set has one name as shipped and as fetched; only what was fetched came from outside.

    "Not modified" is an answer, and so is data older than what is stored.
    """
    feeds = {"MODELDEX_FEEDS": "1"}

    def oldest() -> Any:
        return run_command(shipped_catalog, "status", "--json", **feeds).json["oldest_answer"]

    before = oldest()
    token = '2026-01-01 sha:0123456789ab etag:"1" p0.1.0'  # noqa: S105 - of data
    with write(shipped_catalog) as connection:
        connection.execute(
            "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
            "chunks, seen, changed, dropped, token, problem, error) "
            "SELECT 1, 'source', name, 'unchanged', '2026-11-01T00:00:00.000Z', 0, 0, 0, 0, 0, 0, "
            "CASE name WHEN 'litellm' THEN token ELSE ? END, "
            "CASE name WHEN 'litellm' THEN 'answer' END, CASE name WHEN 'litellm' THEN 'old' END "
            "FROM run_steps WHERE kind = 'source' AND token LIKE '%sha:%'",
            (token,),
        )
    assert before["source"] is not None
    assert before.get("at") is None
    assert oldest()["at"] == "2026-11-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "environ",
    [
        {"MODELDEX_FEEDS": "0"},
        {},
        {"MODELDEX_FEEDS": "off", "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": " "},
        {"OLLAMA_HOST": "10.0.0.7", "VLLM_BASE_URL": "http://10.0.0.7/v1"},
        {"MODELDEX_REGISTRIES": "team=http://10.0.0.7, http://10.0.0.8", "AZURE_API_KEY": "k"},
        {"AWS_PROFILE": "p", "AWS_REGION": "eu-west-1", "AWS_BEARER_TOKEN_BEDROCK": ""},
        {"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_REGION": "eu-west-1", "MODELDEX_GGUF": "/nowhere"},
    ],
)
def test_who_should_answer_is_who_a_refresh_asks(environ: dict[str, str]) -> None:
    """What `status` knows without loading the sources is what the sources say."""
    sources = default_parts(environ).sources
    assert outside(environ) == tuple(part_name(each) for each in sources if must_answer(each))
    here = {part_name(each) for each in sources if not opens_sockets(each)}
    assert here - {*snapshots.NAMES} <= {*HERE}


def test_registries_that_cannot_be_read_never_answered(small: Path) -> None:
    """While their variable is invalid no refresh is possible, and nothing is fresh."""
    done = run_command(small, "status", "--max-age", "1h", MODELDEX_REGISTRIES="ftp://x")
    assert (done.code, done.err) == (
        1, "Error: MODELDEX_REGISTRIES has never answered; --max-age allows 60 min\n",
    )  # fmt: skip


# refresh


@pytest.mark.sqlite_only("a dry run is of a file")
@pytest.mark.parametrize("args", [(), ("--source", "ollama", "--quiet"), ("--dry-run",)])
def test_a_refresh_in_which_no_host_answered_is_a_failure(
    small: Path, args: tuple[str, ...]
) -> None:
    """The exit code is 1 and the reason one line, whatever was read on this machine."""
    done = run_command(small, "refresh", *args, OLLAMA_HOST=NOBODY)
    assert (done.code, done.err) == (
        1, "Error: no host answered: ollama: 127.0.0.1:9: cannot connect\n",
    )  # fmt: skip
    as_json = run_command(small, "refresh", *args, "--json", OLLAMA_HOST=NOBODY)
    assert (as_json.code, as_json.json["status"]) == (1, "failed")
    assert as_json.error["code"] == "refresh_failed"


def test_a_refresh_that_asks_nobody_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cron is not told that all is fresh, unless it named the local sources it wants.

    A dead localhost that nobody configured is no failure of its own; it is on record.
    """
    monkeypatch.setattr("modeldex.upstream.ollama_server.DEFAULT_URL", f"http://{NOBODY}")
    done = run_command(small, "refresh", "--json")
    steps = {(s["kind"], s["name"]): (s["status"], s.get("error")) for s in done.json["steps"]}
    assert (done.code, done.json["status"], done.json["asked"]) == (1, "failed", [])
    assert done.error["message"] == (
        "no host is asked here: MODELDEX_FEEDS=0, and no key or server address is set"
    )
    assert steps["source", "ollama"] == ("unchanged", f"ollama: {NOBODY}: cannot connect")
    assert steps["resolver", "ollama"] == ("ok", None)
    named = run_command(small, "refresh", "--source", "env")
    assert (named.code, named.err) == (0, "")


def test_a_server_that_nobody_configured_may_answer(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Ollama found at its default address is news from outside for a refresh."""
    with StandIn({"/api/tags": ok(TAGS), "/api/show": ok(SHOWN)}) as server:
        monkeypatch.setattr("modeldex.upstream.ollama_server.DEFAULT_URL", server.url)
        done = run_command(small, "refresh", "--json")
    assert (done.code, done.json["asked"], done.json["answered"]) == (0, [], ["ollama"])
