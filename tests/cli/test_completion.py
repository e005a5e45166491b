"""What a shell completes: commands, options, and values from the catalog; and who asks for it."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from command_line import MODELS, environment, run_command, small_catalog
from fork_process import HANG
from modeldex.cli.program import program

pytestmark = pytest.mark.sqlite_only("a shell completes from a file")


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A small catalog."""
    return small_catalog(catalog_path, MODELS)


def completed(db: object, *words: str) -> list[str]:
    """What is proposed for the last of these words."""
    shell = BashComplete(program, {}, "modeldex", "_MODELDEX_COMPLETE")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MODELDEX_DB", str(db))
        return [each.value for each in shell.get_completions(list(words[:-1]), words[-1])]


TYPED: list[tuple[tuple[str, ...], list[str]]] = [
    (("sear",), ["search"]),
    (("list", "--vis"), ["--vision"]),
    (("list", "--provider", "o"), ["openai"]),
    (("list", "--provider", "groq,mis"), ["groq,mistral"]),
    (("list", "--not-class", "lab,h"), ["lab,host"]),
    (("list", "--tier", "b"), ["best", "balanced"]),
    (("best", "--base", "flag"), ["flagship"]),
    (("best", "--base", "openai/f"), ["openai/flagship"]),
    (("show", "fla"), ["flagship"]),
    (("show", "openai/s"), ["openai/small"]),
    (("show", "mis"), ["mistral/shared", "mistral/vectors"]),
    (("explain", "openai/small", "max_c"), ["max_context"]),
    (("offers", "fl"), ["flagship"]),
    (("changes", "--provider", "gr"), ["groq"]),
    (("list", "--provider", "*"), []),
]
"""Words of a command line, and what completes the last one."""


def test_values_come_from_the_catalog(small: Path) -> None:
    """Providers, models, bases and fields; of a list with commas the last word."""
    assert [completed(small, *words) for words, _ in TYPED] == [found for _, found in TYPED]


def test_the_catalog_that_the_line_names_is_read(small: Path, tmp_path: Path) -> None:
    """By --db before or after the command."""
    none = tmp_path / "none.db"
    assert completed(none, "--db", str(small), "show", "fla") == ["flagship"]
    assert completed(none, "show", "--db", str(small), "fla") == ["flagship"]


def test_any_error_is_silence(tmp_path: Path) -> None:
    """A missing or broken file, a folder and a server complete nothing, and none is made."""
    broken, missing = tmp_path / "broken.db", tmp_path / "missing.db"
    broken.write_text("no catalog " * 100)
    for place in (broken, missing, tmp_path, "postgresql://localhost:1/nothing", "x://y"):
        assert completed(place, "list", "--provider", "o") == []
    assert not missing.exists()


def test_the_script_is_that_of_the_shell() -> None:
    """Of each of three; another shell is an error that names what may be meant."""
    scripts = [run_command(None, "completion", shell) for shell in ("bash", "zsh", "fish")]
    assert [each.code for each in scripts] == [0, 0, 0]
    for shell, each in zip(("bash", "zsh", "fish"), scripts, strict=True):
        assert f"_MODELDEX_COMPLETE={shell}_complete" in each.out
    wrong = run_command(None, "completion", "fisch")
    assert (wrong.code, "did you mean fish?" in wrong.err) == (2, True)


# In real shells.


@pytest.fixture
def at_shell(small: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that knows the program, and the catalog."""
    script = tmp_path / "bin" / "modeldex"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m modeldex "$@"\n')
    script.chmod(0o755)
    return environment(
        MODELDEX_DB=str(small), PATH=f"{script.parent}:{os.environ['PATH']}", HOME=str(tmp_path)
    )


def run(at_shell: dict[str, str], *command: str) -> str:
    """What a shell prints."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, env=at_shell, capture_output=True, text=True, check=True, timeout=HANG
    )
    return done.stdout


def test_bash_completes_values(at_shell: dict[str, str]) -> None:
    """The script defines what bash calls when somebody presses the key."""
    text = (
        "source <(modeldex completion bash); COMP_WORDS=(modeldex show openai/s); COMP_CWORD=2; "
        '_modeldex_completion modeldex; echo "${COMPREPLY[@]}"'
    )
    assert run(at_shell, "bash", "--norc", "-c", text) == "openai/small\n"


def test_fish_completes_values(at_shell: dict[str, str]) -> None:
    """Fish itself says what it would propose."""
    text = "modeldex completion fish | source; complete --do-complete 'modeldex show openai/s'"
    assert run(at_shell, "fish", "--no-config", "-c", text).split() == ["openai/small"]


def test_zsh_completes_values(at_shell: dict[str, str]) -> None:
    """On a terminal, where the key is pressed."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    start = "autoload -U compinit; compinit -u -D; source <(modeldex completion zsh); print re''ady"
    with typing(at_shell, "zsh", "-f", "-i") as shell:
        write(shell, f"{start}\n")
        wait_for(shell, b"\nready")
        write(shell, "modeldex show openai/sm\t")
        wait_for(shell, b"openai/small")


@contextmanager
def typing(env: dict[str, str], *command: str) -> Iterator[int]:
    """A shell on a terminal of its own; the descriptor of the side where one types."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def write(terminal: int, text: str) -> None:
    """Type a text."""
    os.write(terminal, text.encode())


def wait_for(terminal: int, text: bytes) -> None:
    """Read until a text is shown."""
    seen, end = b"", time.monotonic() + HANG
    while text not in seen:
        left = end - time.monotonic()
        assert left > 0, seen
        ready, _, _ = select.select([terminal], [], [], left)
        assert ready, seen
        seen += os.read(terminal, 65536)
