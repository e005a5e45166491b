"""The command line as people meet it: in a pipe, on a terminal, over a small catalog."""

import json
import os
import re
import secrets
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

import modeldex
from checkout import ROOT
from fork_process import HANG
from modeldex.cli.program import program
from modeldex.refresh import staleness
from modeldex.storage.location import Place, Postgres
from modeldex.vocabulary.fields import BY_NAME
from raw_catalog import bare, migrated, plain, written
from ready import Started, Streams, forking, starts_alike

COMMAND = [sys.executable, "-W", "error", "-m", "modeldex"]
ESCAPE = "\x1b"
PRICED = {"input_cost_per_1m": 1.0, "output_cost_per_1m": 4.0}

MODELS: dict[str, dict[str, object]] = {
    "openai/flagship": {
        **PRICED, "quality_tier": "best", "supports_tools": True, "max_context": 200_000,
        "release_date": "2026-05-01", "base": "openai/flagship",
    },
    "openai/older": {
        **PRICED, "quality_tier": "best", "supports_tools": True, "max_context": 200_000,
        "release_date": "2025-05-01",
    },
    "openai/small": {
        "input_cost_per_1m": 0.1, "output_cost_per_1m": 0.4, "quality_tier": "cheap",
        "supports_tools": False, "supports_vision": True, "max_context": 32_000,
        "known_params": {"seed", "top_p"},
    },
    "groq/shared": {"quality_tier": "balanced", "supports_tools": True, "max_output_tokens": 4096},
    "mistral/shared": {"mode": "chat"},
    "mistral/vectors": {"mode": "embedding"},
}  # fmt: skip
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class CommandResult(NamedTuple):
    """What a run left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error on stderr, of a run with --json."""
        return json.loads(self.err)["error"]

    @property
    def table(self) -> list[dict[str, str]]:
        """The tab-separated values on stdout, each line by the names of its header."""
        head, *lines = [line.split("\t") for line in self.out.splitlines()]
        return [dict(zip(head, line, strict=True)) for line in lines]


def environment(**more: str | None) -> dict[str, str]:
    """That of this process with `more`; None takes a variable away."""
    folders = [str(Path(modeldex.__file__).parents[1]), str(Path(__file__).parent)]
    paths = os.pathsep.join(filter(None, [*folders, os.environ.get("PYTHONPATH")]))
    merged = {
        **os.environ,
        "PYTHONPATH": paths,
        "TERM": "xterm",
        **dict.fromkeys(("COLUMNS", "LINES")),
        **more,
    }
    return {name: value for name, value in merged.items() if value is not None}


def run_command(db: Place | None, *args: str, **variables: str) -> CommandResult:
    """Run a command in this process, as in a pipe."""
    runner = CliRunner(env={"MODELDEX_DB": None if db is None else str(db), **variables})
    done = runner.invoke(program, args)
    return CommandResult(done.exit_code, done.stdout, done.stderr)


def started(
    args: Iterable[str], streams: Streams, env: Mapping[str, str] | None = None, *imports: str
) -> Started | subprocess.Popen[bytes]:
    """A command as a process of its own.

    By a fresh interpreter where the environment is about its start.
    """
    env = environment() if env is None else env
    if starts_alike(env):
        return forking.start(
            {"module": "modeldex", "arguments": list(args), "imports": imports}, streams, env
        )
    return subprocess.Popen([*COMMAND, *args], env=env, **streams._asdict())


Starts = Callable[[Streams], Started | subprocess.Popen[bytes]]


def _left(by: Starts) -> CommandResult:
    """What a process left whose stdout and stderr are files."""
    with (
        open(os.devnull) as nothing,  # noqa: PTH123
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        code = by(Streams(nothing.fileno(), out.fileno(), err.fileno())).wait(HANG)
        out.seek(0)
        err.seek(0)
        return CommandResult(code, out.read(), err.read())


def piped(*args: str, env: Mapping[str, str] | None = None) -> CommandResult:
    """Run a command as a process of its own, and not on a terminal."""
    return _left(lambda streams: started(args, streams, env))


def pasted(text: str, *args: str, env: Mapping[str, str] | None = None) -> CommandResult:
    """Run a program as a process of its own, and not on a terminal."""
    env = environment() if env is None else env
    if not starts_alike(env):
        program = [sys.executable, "-W", "error", "-c", text, *args]
        return _left(lambda streams: subprocess.Popen(program, env=env, **streams._asdict()))
    task = {"text": text, "arguments": args}
    return _left(lambda streams: forking.start(task, streams, env))


def alembic(place: Place, *args: str) -> CommandResult:
    """Alembic's own command in the project's folder, as a process of its own, for this catalog."""
    task = {"module": "alembic", "arguments": args, "imports": _ALEMBIC, "cwd": str(ROOT)}
    given = place.url if isinstance(place, Postgres) else str(place)
    env = environment(MODELDEX_DB=given)
    return _left(lambda streams: forking.start(task, streams, env))


_ALEMBIC = ("alembic.config", "alembic.command", "alembic.autogenerate", "mako.template")

OFFLINE = """
import os, sys
def hook(event, arguments):
    if event.startswith(("socket.connect", "socket.send", "socket.bind", "socket.get")):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(66)
sys.addaudithook(hook)
from modeldex.cli import main
main()
"""
"""The program, which ends with 66 when it touches an address."""


def first_command(path: Path) -> CommandResult:
    """Ask a catalog that does not exist yet, without a home folder, a key or a network."""
    kept = ("PATH", "PYTHON", "LC_", "LANG")
    bare = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    words = ("--db", str(path), "best", "--tools", "--min-context", "128k", "--known")
    return pasted(OFFLINE, *words, env={**bare, "HOME": os.devnull})


def on_terminal(
    *args: str,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
    columns: int = 160,
    cwd: Path | None = None,
) -> CommandResult:
    """Run a command, by another program where `command` names one, on a terminal.

    Its stderr comes with its stdout.
    """
    import fcntl  # these three are not on Windows
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    streams = Streams(theirs, theirs, theirs)
    child: Started | subprocess.Popen[bytes]
    if command:
        child = subprocess.Popen([*command, *args], env=env, cwd=cwd, **streams._asdict())
    else:
        child = started(args, streams, env)
    os.close(theirs)
    seen = b""
    while piece := _read(ours):
        seen += piece
    os.close(ours)
    return CommandResult(child.wait(), seen.decode().replace("\r\n", "\n"), "")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""


def unstyled(text: str) -> str:
    """A text without its escape sequences."""
    return _SEQUENCE.sub("", text)


def small_catalog(path: Place, models: Mapping[str, Mapping[str, object]]) -> Any:
    """A catalog that knows these models, by `provider/name`, and seems to be loaded.

    A file is a copy, with an identity of its own, of one that each process makes once.
    """
    if not isinstance(path, Path) or path.exists():
        return _filled(migrated(path), models)
    key = repr(sorted((model, sorted(fields.items())) for model, fields in models.items()))
    if key not in _FILLED:
        _filled(migrated(path), models)
        with bare(path) as connection:
            [own] = connection.execute("SELECT value FROM about WHERE key = 'catalog_id'")
        _FILLED[key] = path.read_bytes(), str(own[0])
        return path
    content, identity = _FILLED[key]
    return written(content, path, {identity: secrets.token_hex(16)})


_FILLED: dict[str, tuple[bytes, str]] = {}
"""Files that are copied, each with its identity, by what was asked for."""


def _filled(path: Place, models: Mapping[str, Mapping[str, object]]) -> Any:
    with write(path) as connection:
        connection.execute("BEGIN")
        seem_loaded(connection)
        for model, fields in models.items():
            _insert(connection, model, fields)
        connection.execute("COMMIT")
    return path


def seem_loaded(connection: Any) -> None:
    """Record that what is shipped was loaded just now, so that no command does it."""
    connection.execute(
        "INSERT INTO runs (kind, started_at, finished_at, status, version) VALUES "
        "('shipped', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 'ok', ?)",
        (modeldex.__version__,),
    )
    connection.executemany(
        "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
        "chunks, seen, changed, dropped, token) SELECT max(id), "
        "?, ?, 'ok', '2026-01-01T00:00:00Z', 0, 0, 0, 0, 0, 0, ? FROM runs",
        staleness.shipped_parts(),
    )


def _insert(connection: Any, model: str, fields: Mapping[str, object]) -> None:
    provider, _, name = model.partition("/")
    connection.execute("INSERT INTO models (provider, name) VALUES (?, ?)", (provider, name))
    columns = ["model_id", "resolver", *fields]
    marks = ", ".join("?" for _ in fields)
    connection.execute(
        f"INSERT INTO capabilities ({', '.join(columns)}) SELECT id, 'user'{', ' if fields else ''}"
        f"{marks} FROM models WHERE provider = ? AND name = ?",
        [*(BY_NAME[key].clean(value) for key, value in fields.items()), provider, name],
    )


class write:  # noqa: N801 - reads as a verb
    """The catalog as a bare program writes it, closed at the end."""

    def __init__(self, path: Place) -> None:
        self.connection = plain(path)

    def __enter__(self) -> Any:
        return self.connection

    def __exit__(self, *_exception: object) -> None:
        self.connection.close()


def ids(lines: Iterable[Mapping[str, str]]) -> list[str]:
    """The ids of a listing."""
    return [line["id"] for line in lines]
