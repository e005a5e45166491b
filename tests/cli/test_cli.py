"""The command line as a contract: pipes, terminals, exit codes, errors, speed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import modeldex
from checkout import ROOT
from command_line import (
    COMMAND,
    ESCAPE,
    MODELS,
    PRICED,
    CommandResult,
    environment,
    ids,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from modeldex.cli import terminal
from modeldex.cli.program import COMMANDS
from modeldex.vocabulary.fields import NAMES

KEY = {"OPENAI_API_KEY": "placeholder-key"}


@pytest.fixture
def small(catalog_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, and the key of openai."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    return small_catalog(catalog_path, MODELS)


# The contract, seen from outside.


def test_piped_best_is_one_bare_line(shipped_catalog: Path) -> None:
    """A script gets provider/name on stdout and nothing on stderr."""
    done = piped("--db", str(shipped_catalog), "best", "--tools", env=environment(**KEY))
    assert done.code == 0
    assert done.out.startswith("openai/")
    assert (done.out.count("\n"), done.err) == (1, "")


def test_best_explains_itself_on_a_terminal(shipped_catalog: Path) -> None:
    """A person gets context, prices and the reason beside the name."""
    env = environment(MODELDEX_DB=str(shipped_catalog), **KEY)
    done = on_terminal("best", "--tools", "--min-context", "128k", env=env)
    first, *rest = unstyled(done.out).splitlines()
    assert (done.code, first.partition("/")[0]) == (0, "openai")
    told = [line.split()[0] for line in rest]
    assert told == ["context", "price", "tier", "why", "here"]
    assert "first of" in rest[-2]
    assert ESCAPE in done.out


@pytest.mark.parametrize(
    "variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}]
)
@pytest.mark.parametrize("args", [("list", "--known", "--limit", "3"), ("best",), ("show", "nix")])
def test_a_terminal_without_colour_gets_no_escape(
    small: Path, variables: dict[str, str], args: tuple[str, ...]
) -> None:
    """NO_COLOR and a dumb terminal leave plain text, tables and errors alike."""
    done = on_terminal("--db", str(small), *args, env=environment(**variables))
    assert len(done.out) > len("openai/flagship")
    assert ESCAPE not in done.out


def test_the_option_no_color_does_what_the_variable_does(small: Path) -> None:
    """--no-color outranks FORCE_COLOR, before and after the command."""
    env = environment(FORCE_COLOR="1", MODELDEX_DB=str(small))
    assert ESCAPE in piped("show", "nix", env=env).err
    assert ESCAPE not in piped("--no-color", "show", "nix", env=env).err
    assert ESCAPE not in piped("show", "nix", "--no-color", env=env).err


def test_forced_colour_never_reaches_data(small: Path) -> None:
    """FORCE_COLOR, common in CI, does not turn tab-separated values into a coloured table."""
    done = piped("--db", str(small), "list", env=environment(FORCE_COLOR="1"))
    assert done.out.startswith("id\tusable_context\t")
    assert ESCAPE not in done.out


def test_a_pipe_closed_by_its_reader_is_silent(shipped_catalog: Path) -> None:
    """`modeldex list --known | head -1` ends without a word and without a failure."""
    child = subprocess.Popen(
        [*COMMAND, "--db", str(shipped_catalog), "list", "--known"],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline().startswith(b"id\t")
    child.stdout.close()
    complaint = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), complaint) == (0, b"")


@pytest.mark.parametrize("args", [("list", "--known"), ("best", "--known", "--json"), ("--help",)])
def test_a_closed_stdout_is_silent(small: Path, args: tuple[str, ...]) -> None:
    """Started with stdout closed, a command ends without a traceback."""
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "--db", str(small), *args],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_one_line(small: Path) -> None:
    """Output that cannot be written is a failure that says why."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--db", str(small), "list", "--known"],
            env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No space left" in done.stderr


def test_an_encoding_that_lacks_a_letter_is_no_error(catalog_path: Path) -> None:
    """What the encoding of stdout cannot hold is escaped."""
    small_catalog(catalog_path, {"openai/modèle-模型": PRICED})
    env = environment(PYTHONIOENCODING="latin-1", **KEY)
    done = subprocess.run(
        [*COMMAND, "--db", str(catalog_path), "best"], env=env, capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == ("openai/modèle-\\u6a21\\u578b\n".encode("latin-1"), b"")


def test_no_home_is_needed_with_a_path(shipped_catalog: Path) -> None:
    """A service account without HOME reads a catalog that --db names."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": environment()["PYTHONPATH"]}
    done = piped("best", "--known", "--db", str(shipped_catalog), env=bare)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null"])
def test_a_home_that_cannot_be_written_is_one_line(home: str) -> None:
    """Where no catalog can be made the error says where, and how to choose another place."""
    nowhere = {f"XDG_{kind}_HOME": None for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    done = piped("best", env=environment(HOME=home, **nowhere))
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert home in done.err
    assert "--db" in done.err


@pytest.mark.parametrize("args", [("--db", "~no-such-user/x.db", "best"), ("--db", "/", "best")])
def test_a_path_that_is_no_file_is_one_line(args: tuple[str, ...]) -> None:
    """A home that nobody has and a folder are errors, not tracebacks."""
    done = piped(*args)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("Error: ")


def test_a_path_may_hold_any_byte(tmp_path: Path) -> None:
    """A file name that is not UTF-8 can be used and named."""
    path = small_catalog(tmp_path / "plain.db", MODELS).rename(tmp_path / os.fsdecode(b"\xff#?%"))
    done = piped("--db", str(path), "list", "--known", "--json")
    assert done.json["total"] == 5
    assert piped("--db", str(path), "doctor").code == 0


def test_an_interrupted_command_has_its_own_exit_code(small: Path) -> None:
    """Ctrl-C is no failure with a traceback."""
    script = (
        "import os, signal, sys\nfrom modeldex.cli import main, catalog\n"
        "catalog.scope = lambda _: os.kill(os.getpid(), signal.SIGINT)\n"
        f"sys.argv = ['modeldex', '--db', {str(small)!r}, 'best']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.strip()) == (128 + signal.SIGINT, "", "")


HEAVY = (
    "pydantic", "sqlalchemy", "alembic", "httpx", "yaml", "asyncio", "rich", "dataclasses",
    "importlib.metadata", "filelock", "logging",
)  # fmt: skip


@pytest.mark.sqlite_only("the driver loads asyncio and logging")
@pytest.mark.parametrize(
    "args",
    [
        ("best", "--tools", "--provider", "openai"), ("list", "--json"), ("show", "openai/small"),
        ("status",), ("--help",), ("best", "--help"), ("--version",),
    ],
)  # fmt: skip
def test_a_read_imports_nothing_heavy(small: Path, args: tuple[str, ...]) -> None:
    """Speed is what is not imported."""
    script = (
        "import sys\nfrom modeldex.cli import main\n"
        f"sys.argv = ['modeldex', *{args!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(MODELDEX_DB=str(small)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == "0 []\n"


def test_a_misspelt_command_is_guessed(tmp_path: Path) -> None:
    """The error names the commands that may be meant, and none where nothing is near."""
    asked = [run_command(tmp_path / "c.db", word) for word in ("lst", "bset", "zzz")]
    assert [each.code for each in asked] == [2, 2, 2]
    assert [each.err.splitlines()[-1] for each in asked] == [
        "Error: No such command 'lst'. Did you mean list?",
        "Error: No such command 'bset'. Did you mean best or bases?",
        "Error: No such command 'zzz'.",
    ]


def test_only_the_command_that_runs_is_imported(small: Path) -> None:
    """`best` does not pay for the modules of other commands."""
    others = {f"modeldex.cli.commands.{name}" for name in COMMANDS} - {"modeldex.cli.commands.best"}
    script = (
        "import sys\nfrom modeldex.cli import main\n"
        "sys.argv = ['modeldex', 'best']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(set({others!r}) & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(MODELDEX_DB=str(small)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("openai/flagship\n", "set()\n")


# What every command takes.


def test_the_version_is_that_of_the_package() -> None:
    """`--version` prints name and number."""
    assert run_command(None, "--version").out == f"modeldex {modeldex.__version__}\n"


def test_without_a_command_the_help_is_an_error_of_usage() -> None:
    """Every command is named, on stderr."""
    done = run_command(None)
    assert (done.code, done.out) == (2, "")
    assert [name for name in COMMANDS if f"\n  {name} " not in done.err] == []


SENSELESS: list[tuple[str, ...]] = [
    ("nix",), ("best", "--nix"), ("best", "--tier", "great"), ("best", "--min-context", "-1"),
    ("best", "--min-context", "1.5"), ("best", "--min-context", "many"),
    ("list", "--limit", "0"),
    ("best", "--max-input-cost", "nan"), ("best", "--max-input-cost", "inf"),
    ("best", "--max-input-cost", "1e3"), ("best", "--min-context", "9999999999"), ("show",),
    ("best", "--provider", ""), ("show", "\udcff"), ("status", "--max-age", "soon"),
    ("refresh", "--source", "nix"), ("refresh", "--deadline", "x"), ("best", "stray"),
]  # fmt: skip


def test_a_command_line_without_sense_is_an_error_of_usage(small: Path) -> None:
    """Exit code 2, nothing on stdout; as JSON where that was asked."""
    for args in SENSELESS:
        done, as_json = run_command(small, *args), run_command(small, *args, "--json")
        assert (done.code, done.out, as_json.code, as_json.out) == (2, "", 2, ""), args
        assert "Error: " in done.err, args
        assert as_json.error["code"] == "usage", args
        assert as_json.error["message"] in done.err, args


@pytest.mark.parametrize("args", [("--db", "{}", "best"), ("best", "--db", "{}")])
def test_the_catalog_may_be_named_before_or_after_the_command(
    small: Path, args: tuple[str, ...]
) -> None:
    """--db outranks MODELDEX_DB wherever it stands."""
    done = run_command(Path("/nowhere/at/all"), *(arg.format(small) for arg in args))
    assert done.out == "openai/flagship\n"


def test_json_may_be_asked_for_before_the_command(small: Path) -> None:
    """`modeldex --json best` is `modeldex best --json`."""
    assert (
        run_command(small, "--json", "best").out == run_command(small, "best", "--json").out != ""
    )


@pytest.mark.parametrize("command", ["best", "list", "status", "refresh"])
def test_a_file_that_is_no_catalog_is_refused(tmp_path: Path, command: str) -> None:
    """The error is one line, names the file, and the file stays as it was."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear catalog, " * 100)
    done, as_json = run_command(path, command), run_command(path, command, "--json")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert str(path) in done.err
    assert (as_json.error["code"], as_json.error["path"]) == ("not_a_catalog", str(path))
    assert path.read_text() == "Dear catalog, " * 100


# The first run.


def test_the_first_command_loads_what_is_shipped(
    shipped_catalog: Path, first_done: CommandResult
) -> None:
    """On an empty path `best` answers from thousands of models, and says nothing in a pipe.

    It touches no address.
    """
    assert (first_done.code, first_done.out.count("\n"), first_done.err) == (0, 1, "")
    assert run_command(shipped_catalog, "list", "--known", "--json").json["total"] > 1000


def test_another_version_of_modeldex_loads_its_own_data(small: Path) -> None:
    """After an upgrade the shipped data is looked at again."""
    with write(small) as connection:
        connection.execute("UPDATE runs SET version = '0.0.1'")
    assert run_command(small, "best").code == 0
    runs = run_command(small, "status", "--json").json["runs"]
    assert [run["version"] for run in runs] == [modeldex.__version__, "0.0.1"]


def test_a_broken_override_file_is_a_warning(small: Path, tmp_path: Path) -> None:
    """The file and the line are named on stderr, and the question is answered."""
    path = tmp_path / "overrides.yaml"
    path.write_text("models:\n  - provider: openai\n    name: small\n    nonsense: 1\n")
    done = run_command(small, "best", MODELDEX_OVERRIDES=str(path))
    assert (done.code, done.out.count("\n"), done.err.count("\n")) == (0, 1, 1)
    assert done.err.startswith(f"Warning: {path}:4: ")
    as_json = run_command(small, "best", "--json", MODELDEX_OVERRIDES=str(path))
    assert str(path) in json.loads(as_json.err)["warning"]["message"]
    assert as_json.json["model"]["spec"]["provider"] == "openai"


def test_sound_overrides_hold_beside_faulty_ones(small: Path, tmp_path: Path) -> None:
    """A refresh stores the sound entries, names all faults and ends with 5; status tells, too."""
    path = tmp_path / "overrides.yaml"
    path.write_text(
        "models:\n  - {provider: my_proxy, name: a, capabilities: {input_cost_per_1m: 5e-07}}\n"
        "  - {provider: my_proxy, name: 1.10}\n  - {provider: my_proxy, nam: b}\n"
    )
    told = f"{path}:3: name: expected text, got float; put it in quotes; line 4: a model: "
    sources = ("--source", "overrides", "--source", "env")
    done = run_command(small, "refresh", *sources, MODELDEX_OVERRIDES=str(path))
    assert (done.code, told in done.err) == (5, True)
    listed = run_command(
        small, "list", "--provider", "my_proxy", "--json", MODELDEX_OVERRIDES=str(path)
    )
    assert [model["spec"]["name"] for model in listed.json["models"]] == ["a"]
    assert listed.json["models"][0]["capabilities"]["input_cost_per_1m"] == 5e-07
    status = run_command(small, "status", "--json", MODELDEX_OVERRIDES=str(path)).json
    assert status["sources"]["overrides"]["error"].startswith(told)


@pytest.mark.sqlite_only("a file")
def test_a_catalog_that_may_not_be_written_answers(small: Path) -> None:
    """Data that cannot be brought up to date is still data."""
    with write(small) as connection:
        connection.execute("UPDATE runs SET version = '0.0.1'")
    Path(f"{small}.refresh.lock").mkdir()  # stops root too
    done = run_command(small, "best")
    assert (done.code, done.out) == (0, "openai/flagship\n")
    assert "run modeldex refresh where the catalog can be written" in done.err
    refused = run_command(small, "refresh", "--json")
    assert (refused.code, refused.error["code"]) == (1, "catalog_read_only")


# Text from elsewhere.

HOSTILE = {
    "\u202egnp.exe": "\\u202egnp.exe",
    "zero\u200bwidth": "zero\\u200bwidth",
    "[red]markup[/red]": "[red]markup[/red]",
    ":smile:": ":smile:",
    "back\\slash": "back\\\\slash",
    "soft\u00adhyphen": "soft\\xadhyphen",
    "line\u2028separator": "line\\u2028separator",
    "\ue000private": "\\ue000private",
}


@pytest.mark.parametrize(("name", "shown"), HOSTILE.items())
def test_a_hostile_name_is_escaped_in_tsv_and_exact_in_json(
    catalog_path: Path, name: str, shown: str
) -> None:
    """What would disturb a terminal or a line is written as an escape; JSON keeps the value."""
    small_catalog(catalog_path, {f"openai/{name}": PRICED})
    assert ids(run_command(catalog_path, "list", "--known").table) == [f"openai/{shown}"]
    done = run_command(catalog_path, "best", "--known", "--json")
    assert done.json["model"]["spec"]["name"] == name
    assert done.out.isascii()


@pytest.mark.parametrize("command", [("list",), ("best",), ("show", "{}")])
def test_a_hostile_name_does_nothing_to_a_terminal(
    catalog_path: Path, command: tuple[str, ...]
) -> None:
    """Markup, emoji codes and bidirectional marks arrive as text."""
    name = "x[red]y[/red]:smile:\u202ez"
    small_catalog(catalog_path, {f"openai/{name}": PRICED})
    env = environment(MODELDEX_DB=str(catalog_path), **KEY)
    done = on_terminal(*(part.format(f"openai/{name}") for part in command), env=env)
    assert (done.code, "\u202e" in done.out) == (0, False)
    assert "x[red]y[/red]:smile:\\u202ez" in done.out


PRINTABLE: list[tuple[object, str]] = [
    ("plain", "plain"), ("naïve 模型", "naïve 模型"), ("a\tb\nc\x00", "a\\tb\\nc\\x00"),
    ("\x1b[31mred", "\\x1b[31mred"), ("\x9b31m", "\\x9b31m"), ("\ud800", "\\ud800"),
    ("\U000e0041", "\\U000e0041"), (None, "None"), (12, "12"),
]  # fmt: skip


def test_show_leaves_one_printable_line() -> None:
    """Every character of the categories C is escaped, all others stay."""
    for text, shown in PRINTABLE:
        assert terminal.escaped(text) == shown, (text, shown)
        assert terminal.escaped(text).isprintable(), (text, shown)


# The reference.


def test_the_reference_pages_are_up_to_date() -> None:
    """docs/cli.md and docs/fields.md are what the code says."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_docs.py", "--check"],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.sqlite_only("a file")
def test_the_reference_names_every_key_of_the_json(small: Path) -> None:
    """What a script may read is written down."""
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    asked = [
        ("best",), ("list",), ("show", "openai/small"), ("providers",), ("providers", "openai"),
        ("plugins",), ("status",), ("doctor",), ("refresh", "--dry-run", "--source", "env"),
    ]  # fmt: skip
    keys = {key for args in asked for key in run_command(small, *args, "--json").json} - set(NAMES)
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
