"""`status`, `doctor`, `refresh`: what they tell, mend and exit with."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

import modeldex
from command_line import (
    ESCAPE,
    MODELS,
    environment,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from misbehaving_host import StandIn, ok
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.triggers import TRIGGERS


@pytest.fixture
def small(catalog_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, and the key of openai."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    return small_catalog(catalog_path, MODELS)


# status


@pytest.mark.sqlite_only("a file")
def test_status_tells_what_is_there(small: Path) -> None:
    """Path, counts, keys by variable and never by value, resolvers, shipped data."""
    done = run_command(small, "status", "--json")
    found = done.json
    assert (found["path"], found["schema"], found["bytes"]) == (
        str(small), SCHEMA, small.stat().st_size,
    )  # fmt: skip
    assert found["models"] == {"known": 6, "available": 3}
    assert found["keys"] == {"openai": "OPENAI_API_KEY"}
    assert found["resolvers"]["user"] == {"precedence": 1000, "models": 6}
    assert not {"last_refresh", "last_refresh_age_s"} & {*found}
    assert set(found["snapshots"]) == set(modeldex.upstream.snapshots.NAMES)
    assert "placeholder-key" not in done.out


def test_status_in_a_pipe_is_the_same_by_dotted_keys(small: Path) -> None:
    """Each value of the JSON stands on a line of its own."""
    lines = {line["key"]: line["value"] for line in run_command(small, "status").table}
    assert (lines["models.known"], lines["resolvers.user.precedence"]) == ("6", "1000")
    assert (lines["last_refresh"], lines["runs.0.status"]) == ("", "ok")


# doctor


def _damage(path: Path, *statements: str) -> None:
    with write(path) as connection:
        for statement in statements:
            connection.execute(statement)


def _bad(path: Path, *args: str) -> list[str]:
    done = run_command(path, "doctor", "--json", *args)
    wrong = [check["check"] for check in done.json["checks"] if not check["ok"]]
    assert (done.code, done.json["ok"]) == ((1, False) if wrong else (0, True))
    return wrong


@pytest.mark.sqlite_only("a file")
def test_a_sound_catalog_has_no_problem(shipped_catalog: Path) -> None:
    """Every check of the real data is ok, and each is named."""
    done = run_command(shipped_catalog, "doctor")
    assert (done.code, {line["result"] for line in done.table}) == (0, {"ok"})
    assert [line["check"] for line in done.table] == [
        "library", "program", "file", "permissions", "journal", "integrity", "foreign keys",
        "schema", "your views", "copy", "leftovers", "overrides",
    ]  # fmt: skip


WRONG_COPY = (
    "DROP TRIGGER catalog_update_refused",
    "UPDATE catalog SET max_context = 1 WHERE name = 'small'",
    TRIGGERS["catalog_update_refused"],
)
LOST_ROW = (
    "DROP TRIGGER catalog_delete_refused",
    "DELETE FROM catalog WHERE name = 'small'",
    TRIGGERS["catalog_delete_refused"],
)
DAMAGES: dict[str, tuple[str, ...]] = {
    "schema": ("DROP TRIGGER models_deleted",),
    "copy": WRONG_COPY,
    "leftovers": ("INSERT INTO deferral VALUES (1)",),
    "foreign keys": (
        "DROP TRIGGER aliases_unknown_model",
        "INSERT INTO aliases (provider, alias, model_id) VALUES ('x', 'y', 999)",
        TRIGGERS["aliases_unknown_model"],
    ),
}


@pytest.mark.sqlite_only("the doctor looks at files")
@pytest.mark.parametrize(("check", "statements"), DAMAGES.items())
def test_the_doctor_finds(small: Path, check: str, statements: tuple[str, ...]) -> None:
    """Each kind of damage is found by the check of its name, and by no other."""
    _damage(small, *statements)
    assert _bad(small) == [check]


@pytest.mark.sqlite_only("the doctor looks at files")
@pytest.mark.parametrize(
    "statements",
    [
        WRONG_COPY, LOST_ROW,
        ("INSERT INTO deferral VALUES (1)", "UPDATE capabilities SET max_context = 77"),
        ("INSERT INTO deferral VALUES (1)",
         "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('openai', 'small', 5)"),
    ],
)  # fmt: skip
def test_the_doctor_rebuilds_the_copy(small: Path, statements: tuple[str, ...]) -> None:
    """After a repair the catalog is the merge again, and stays so."""
    _damage(small, *statements)
    assert _bad(small) != []
    assert run_command(small, "doctor", "--repair", "--json").json["repaired"] is True
    assert _bad(small) == []
    _damage(small, "UPDATE capabilities SET max_context = 88")
    assert _bad(small) == []
    assert run_command(small, "best", "--json").json["model"]["capabilities"]["max_context"] == 88


@pytest.mark.sqlite_only("the doctor looks at files")
def test_the_doctor_repairs_nothing_that_is_sound(small: Path) -> None:
    """Without a problem --repair writes nothing."""
    before = small.read_bytes()
    assert run_command(small, "doctor", "--repair", "--json").json["repaired"] is False
    assert small.read_bytes() == before


@pytest.mark.sqlite_only("the doctor looks at files")
def test_the_doctor_does_not_mend_over_a_broken_schema(small: Path) -> None:
    """Where triggers are gone a rebuilt copy would not last."""
    _damage(small, *WRONG_COPY[:2])
    assert _bad(small, "--repair") == ["schema", "copy"]


@pytest.mark.sqlite_only("a file")
def test_objects_of_the_user_are_his(small: Path) -> None:
    """A view and an index that people added are no problem, and are named."""
    _damage(small, "CREATE VIEW mine AS SELECT 1", "CREATE INDEX by_family ON models (family)")
    assert _bad(small) == []
    assert "view mine" in run_command(small, "doctor").out


@pytest.mark.sqlite_only("the doctor looks at files")
@pytest.mark.skipif(os.name != "posix", reason="no permissions to speak of")
def test_the_doctor_minds_who_may_read(small: Path) -> None:
    """A catalog that others may read is a problem, with the command that ends it."""
    small.chmod(0o644)
    assert _bad(small) == ["permissions"]
    assert f"chmod 600 {small}" in run_command(small, "doctor").out


@pytest.mark.sqlite_only("the doctor looks at files")
def test_the_doctor_finds_a_damaged_page(shipped_catalog: Path) -> None:
    """Bytes that rotted inside the file are found, without a traceback."""
    with shipped_catalog.open("r+b") as file:
        file.seek(4096 * 200)
        file.write(b"\xff" * 4096 * 20)
    assert "integrity" in _bad(shipped_catalog)


@pytest.mark.sqlite_only("the doctor looks at files")
@pytest.mark.parametrize("content", [None, b"not a catalog, but long enough to be read as one"])
def test_the_doctor_makes_no_catalog(catalog_path: Path, content: bytes | None) -> None:
    """A file that is missing or foreign is a problem and stays as it is."""
    if content is not None:
        catalog_path.write_bytes(content)
    assert _bad(catalog_path) == ["file"]
    assert catalog_path.exists() == (content is not None)


@pytest.mark.sqlite_only("a file")
def test_the_write_ahead_log_is_judged_by_both_libraries(either_journal: Path) -> None:
    """WAL is a problem exactly where the library or the program has the WAL-reset bug."""
    import sqlite3

    from modeldex.storage.sqlite.integrity import program_version
    from modeldex.storage.sqlite.journal import wal_is_safe

    versions = [sqlite3.sqlite_version_info[:3], program_version()]
    safe = all(wal_is_safe(version) for version in versions if version is not None)
    with write(either_journal) as connection:
        [(mode,)] = connection.execute("PRAGMA journal_mode").fetchall()
    assert _bad(either_journal) == ([] if safe or mode == "delete" else ["journal"])


@pytest.mark.sqlite_only("a file")
def test_an_old_program_on_the_path_is_told(small: Path, tmp_path: Path) -> None:
    """A sqlite3 program that cannot read STRICT tables is a problem of the machine."""
    program = tmp_path / "bin" / "sqlite3"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 3.34.1 2021-01-20\n")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = run_command(small, "doctor", PATH=path)
    assert done.code == 1
    assert "the sqlite3 program on PATH is 3.34.1; a catalog needs 3.37.0" in done.out


FAULTY = """models:
- provider: custom
  name: sound
  capabilities: {max_context: 9000}
- provider: custom
  name: other
  capabilities: {max_contxt: 9000, supports_tools: maybe}
- name: nobody's
"""


@pytest.mark.sqlite_only("a file")
def test_the_doctor_names_every_fault_of_the_overrides(small: Path, tmp_path: Path) -> None:
    """Each with file and line; the sound entries are counted, and they hold."""
    file = tmp_path / "overrides.yaml"
    file.write_text(FAULTY)
    done = run_command(small, "doctor", "--json", MODELDEX_OVERRIDES=str(file))
    found = [(c["ok"], c["detail"]) for c in done.json["checks"] if c["check"] == "overrides"]
    assert (done.code, found[0], [ok for ok, _ in found[1:]]) == (
        1, (True, f"{file}: 1 sound entry"), [False] * 3,
    )  # fmt: skip
    lines = [detail.removeprefix(f"{file}:").partition(":")[0] for _, detail in found[1:]]
    assert lines == ["7", "7", "8"]
    assert "did you mean max_context?" in found[1][1]
    shown = run_command(
        small, "show", "custom/sound", "--json", MODELDEX_OVERRIDES=str(file), MODELDEX_FEEDS="0"
    )
    assert shown.json["model"]["capabilities"]["max_context"] == 9000


@pytest.mark.sqlite_only("a file")
@pytest.mark.parametrize("content", [None, "models: [", "- a\n- b\n"])
def test_overrides_that_cannot_be_read_are_a_problem(
    small: Path, tmp_path: Path, content: str | None
) -> None:
    """A file that is missing, no YAML or of another shape is one problem; without files is none."""
    file = tmp_path / "overrides.yaml"
    if content is not None:
        file.write_text(content)
    done = run_command(small, "doctor", "--json", MODELDEX_OVERRIDES=str(file))
    told = [check["detail"] for check in done.json["checks"] if not check["ok"]]
    assert (done.code, len(told), str(file) in told[0]) == (1, 1, True)
    assert run_command(small, "doctor").code == 0


# refresh

NOBODY = "127.0.0.1:9"
TAGS = {"models": [{"name": "llama9:8b", "model": "llama9:8b"}]}
SHOWN = {"capabilities": ["completion", "tools"], "model_info": {
    "general.architecture": "llama", "llama.context_length": 131072}}  # fmt: skip


def test_a_refresh_in_cron_is_silent(catalog_path: Path) -> None:
    """With a server that answers: no word, exit code 0, and its model can be called."""
    catalog = small_catalog(catalog_path, MODELS)
    with StandIn({"/api/tags": ok(TAGS), "/api/show": ok(SHOWN)}) as server:
        env = environment(OLLAMA_HOST=server.url, MODELDEX_DB=str(catalog))
        done = piped("refresh", env=env)
    assert (done.code, done.out, done.err) == (0, "", "")
    best = run_command(catalog, "best", "--tools", OLLAMA_HOST=server.url)
    assert best.out == "ollama/llama9:8b\n"
    fresh = run_command(catalog, "status", "--max-age", "1h", OLLAMA_HOST=server.url)
    assert fresh.code == 0


def test_a_refresh_on_a_terminal_sums_up(small: Path) -> None:
    """A person sees each source and resolver with its status."""
    with StandIn({"/api/tags": ok(TAGS), "/api/show": ok(SHOWN)}) as server:
        env = environment(OLLAMA_HOST=server.url, MODELDEX_DB=str(small))
        done = on_terminal("refresh", "--source", "ollama", env=env)
        dumb = on_terminal("refresh", "--source", "ollama", env=env | {"TERM": "dumb"})
        quiet = on_terminal("refresh", "--source", "ollama", "--quiet", env=env)
    lines = [line.split() for line in unstyled(done.out).splitlines()]
    assert (done.code, ["source", "ollama", "ok", "1", "1", "0"] in lines) == (0, True)
    assert (quiet.code, quiet.out) == (0, "")
    assert (dumb.code, ESCAPE in dumb.out, "unchanged" in dumb.out) == (0, False, True)


def test_a_source_that_failed_among_others_is_exit_code_5(small: Path) -> None:
    """A configured server that is down: one line on stderr, and the rest has landed."""
    args = ("refresh", "--source", "vllm", "--source", "ollama")
    with StandIn({"/v1/models": ok({"data": [{"id": "m"}]})}) as server:
        env = {"OLLAMA_HOST": NOBODY, "VLLM_BASE_URL": server.url}
        done = run_command(small, *args, **env)
        as_json = run_command(small, *args, "--json", **env)
    assert (done.code, done.out, done.err) == (
        5, "", "Error: ollama: 127.0.0.1:9: cannot connect\n",
    )  # fmt: skip
    statuses = {(s["kind"], s["name"]): s["status"] for s in as_json.json["steps"]}
    assert (as_json.code, as_json.json["status"]) == (5, "partial")
    assert (as_json.json["asked"], as_json.json["answered"]) == (["vllm", "ollama"], ["vllm"])
    assert (statuses["source", "vllm"], statuses["source", "ollama"]) == ("ok", "failed")
    assert as_json.error["code"] == "partial_refresh"


@pytest.mark.sqlite_only("a file")
@pytest.mark.parametrize(("args", "words"), [((), 1), (("--quiet",), 0), (("--json",), 1)])
def test_a_second_refresh_steps_aside(small: Path, args: tuple[str, ...], words: int) -> None:
    """While another one runs, exit code 0, and one line unless quiet."""
    with FileLock(f"{small}.refresh.lock"):
        done = run_command(small, "refresh", *args)
    assert (done.code, done.err.count("\n")) == (0, words)
    assert ("another refresh of this catalog is running" in done.err) == bool(words)
    assert ("skipped" in done.out) == ("--json" in args)


def test_a_refresh_of_one_source_does_not_ask_the_others(small: Path) -> None:
    """--source takes names as `status` shows them."""
    steps = run_command(small, "refresh", "--source", "env", "--json").json["steps"]
    assert [step["name"] for step in steps if step["kind"] == "source"] == ["env"]
