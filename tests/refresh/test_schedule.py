"""Units and crontab lines that run a refresh every hour."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import MODELS, environment, piped, run_command, small_catalog, write
from modeldex.refresh import schedule

HARD = '/opt/a b/50% of $HOME/it\'s "ours".db'


def said(line: str, environ: dict[str, str]) -> list[list[str]]:
    """What a shell runs for a crontab line, one list of arguments per run of `tell`."""
    command = line.split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(
        ["sh", "-c", command], env={**os.environ, **environ}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return [row.split("\x1f")[:-1] for row in done.stdout.splitlines()]


@pytest.fixture
def tell(tmp_path: Path) -> Path:
    """A program that prints its arguments and a key."""
    path = tmp_path / "a %b" / "tell"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\nprintf "%s\\037" "$@" "$A_KEY"; echo\n')
    path.chmod(0o755)
    return path


def test_a_crontab_line_survives_the_shell(tell: Path, tmp_path: Path) -> None:
    """Every argument arrives as it is, and keys are read from the file where there is one."""
    keys = tmp_path / "my keys"
    line = schedule.cron([str(tell), "--db", HARD, "refresh"], keys, 17)
    assert re.match(r"17 \* \* \* \* ", line)
    assert "%" not in line.replace("\\%", "")
    assert said(line, {}) == [["--db", HARD, "refresh", ""]]
    keys.write_text("A_KEY=from-file\n")
    assert said(line, {}) == [["--db", HARD, "refresh", "from-file"]]


def test_the_minute_is_spread_over_machines() -> None:
    """The same machine has the same minute, many machines have many."""
    assert schedule.minute("host a") == schedule.minute("host a")
    minutes = {schedule.minute(f"host {n}") for n in range(1000)}
    assert minutes == set(range(60))
    assert schedule.minute("\udcff") in range(60)


def test_units_say_what_is_to_be_run() -> None:
    """One service with the command and the file of keys, one hourly timer with a random delay."""
    units = schedule.systemd(["/opt/bin/modeldex", "refresh", "--quiet"], Path("/home/me/env"))
    assert list(units) == ["modeldex-refresh.service", "modeldex-refresh.timer"]
    service, timer = (configparser.ConfigParser(interpolation=None) for _ in units)
    service.read_string(units["modeldex-refresh.service"])
    timer.read_string(units["modeldex-refresh.timer"])
    assert service["Service"]["ExecStart"] == "/opt/bin/modeldex refresh --quiet"
    assert service["Service"]["EnvironmentFile"] == "-/home/me/env"
    assert (service["Service"]["Type"], service["Service"]["SuccessExitStatus"]) == ("oneshot", "5")
    assert (timer["Timer"]["OnCalendar"], timer["Timer"]["Persistent"]) == ("hourly", "true")
    assert timer["Timer"]["RandomizedDelaySec"] == "10m"


WORDS: list[tuple[str, str]] = [
    ("plain", "plain"), ("a b", '"a b"'), ("50%", "50%%"), ("$HOME", "$$HOME"),
    ("back\\slash", "back\\\\slash"), ('say "hi"', '"say \\"hi\\""'), ("", '""'),
    ("it's", '"it\'s"'), ("a;b", '"a;b"'),
]  # fmt: skip


def test_a_word_is_quoted_for_systemd() -> None:
    """Blanks, quotes, specifiers, variables and escapes lose their meaning."""
    for word, written in WORDS:
        service = schedule.systemd(["/bin/x", word], Path("/k"))["modeldex-refresh.service"]
        assert f"ExecStart=/bin/x {written}\n" in service, (word, written)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say about them."""
    units = schedule.systemd([sys.executable, "-m", "modeldex", "--db", HARD], tmp_path / "my env")
    for name, text in units.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *(tmp_path / name for name in units)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_program_is_a_real_path() -> None:
    """What is printed can be run from anywhere and is this modeldex."""
    command = schedule.program()
    assert Path(command[0]).is_absolute()
    done = subprocess.run(
        [*command, "--version"], cwd="/", env=environment(PATH="/nowhere"), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("modeldex ")


def test_the_program_is_found_without_a_script(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where no script `modeldex` is beside Python, it is run as a module."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "argv", ["/some/where/__main__.py"])
    assert schedule.program() == [str(tmp_path / "python"), "-m", "modeldex"]
    script = tmp_path / "modeldex"
    script.write_text("")
    script.chmod(0o755)
    assert schedule.program() == [str(script)]


# The command.


def test_the_printed_crontab_line_refreshes(tmp_path: Path) -> None:
    """The line runs as it stands, on the catalog that was meant, and is silent."""
    path = small_catalog(tmp_path / "my catalog.db", MODELS)
    done = piped("--db", str(path), "refresh", "--source", "env", "--print-timer", "cron")
    line = done.out.splitlines()[-1]
    assert (done.code, done.err) == (0, "")
    assert [text[0] for text in done.out.splitlines()[:-1]] == ["#", "#"]
    bare = {"PYTHONPATH": environment()["PYTHONPATH"], "HOME": str(tmp_path)}
    ran = subprocess.run(
        ["sh", "-c", line.split(" ", 5)[5].replace("\\%", "%")], env=bare, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    with write(path) as connection:
        runs = connection.execute("SELECT status FROM runs WHERE kind = 'refresh'").fetchall()
    assert runs == [("ok",)]


def test_what_was_asked_is_in_the_printed_command(catalog_path: Path) -> None:
    """Catalog, sources and deadline are those of the command that printed it."""
    args = ("refresh", "--source", "env", "--accept", "env", "--deadline", "30")
    found = run_command(catalog_path, *args, "--print-timer", "cron", "--json").json
    words = shlex.split(found["crontab"].rpartition("; ")[2].replace("\\%", "%"))
    at = words.index("--db")
    assert words[:at] == schedule.program()
    assert words[at:] == [
        "--db", str(catalog_path), "refresh", "--quiet", "--source", "env", "--accept", "env",
        "--deadline", "30",
    ]  # fmt: skip


@pytest.mark.sqlite_only("a file")
def test_printing_a_timer_does_nothing_else(catalog_path: Path) -> None:
    """No catalog is made; both units are printed, each behind the place where it belongs."""
    done = run_command(catalog_path, "refresh", "--print-timer", "systemd")
    assert (done.code, done.err, catalog_path.exists()) == (0, "", False)
    heads = re.findall(r"^# (~/.config/systemd/user/\S+)$", done.out, re.MULTILINE)
    files = run_command(catalog_path, "refresh", "--print-timer", "systemd", "--json").json
    assert heads == list(files)
    assert [text in done.out + "\n" for text in files.values()] == [True, True]
    assert "systemctl --user enable --now modeldex-refresh.timer" in done.out
    assert run_command(catalog_path, "refresh", "--print-timer", "at").code == 2
