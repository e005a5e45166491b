"""Real child processes: they say JSON lines, are known by pid and stop themselves in time."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import modeldex
from fork_process import HANG
from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary.fields import NAMES
from raw_catalog import bare, broken, differing
from ready import Started, Streams, forking

_PREAMBLE = """
import faulthandler, json, signal, sys
ARGS = json.loads(sys.argv[1])
faulthandler.register(signal.SIGALRM, chain=True)
def stop_after(seconds):
    signal.setitimer(signal.ITIMER_REAL, seconds)
def say(value):
    print(json.dumps(value), flush=True)
def hear():
    return json.loads(sys.stdin.readline())
stop_after({limit})
"""


class ChildResult(NamedTuple):
    """What a child left behind; `said` are the lines nobody had heard yet."""

    code: int
    said: list[Any]
    errors: str
    seconds: float


def _environment() -> dict[str, str]:
    package, helpers = Path(modeldex.__file__).parents[1], Path(__file__).parent
    paths = [str(package), str(helpers), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _said(argument: Any) -> Any:
    return str(argument) if isinstance(argument, Path | Postgres) else argument


class Child:
    """One Python process that runs `script`, which finds `arguments` in ARGS.

    After `limit` seconds it prints where it hangs and ends itself, by SIGALRM.
    The script may use `say(value)`, `hear()` and `stop_after(seconds)`. It is run by a fresh
    interpreter with `flags`, or, which is much cheaper, by one that is `forked`.
    """

    def __init__(
        self,
        script: str,
        *arguments: Any,
        flags: Sequence[str] = (),
        limit: float = HANG,
        forked: bool = False,
    ) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in __exit__
        self._begun = time.monotonic()
        text = _PREAMBLE.format(limit=limit) + textwrap.dedent(script)
        told = json.dumps([_said(argument) for argument in arguments], default=str)
        (heard, telling), (saying, said) = os.pipe(), os.pipe()
        streams = Streams(heard, said, self._errors.fileno())
        self._process: Started | subprocess.Popen[bytes]
        if forked:
            task = {"text": text, "arguments": [told]}
            self._process = forking.start(task, streams, _environment())
        else:
            command = [sys.executable, *flags, "-c", text, told]
            self._process = subprocess.Popen(command, env=_environment(), **streams._asdict())
        os.close(heard)
        os.close(said)
        self._in, self._out = os.fdopen(telling, "w"), os.fdopen(saying)
        self.pid = self._process.pid

    def send_value(self, value: Any) -> None:
        """Give the child one value to hear."""
        self._in.write(json.dumps(value, default=str) + "\n")
        self._in.flush()

    def receive(self) -> Any:
        """The next value the child says."""
        line = self._out.readline()
        assert line, f"child {self.pid} fell silent: {self._complaints()}"
        return json.loads(line)

    def send(self, number: int) -> None:
        """Send a signal to this one process."""
        self._process.send_signal(number)

    def end(self) -> ChildResult:
        """Wait for the end."""
        self._in.close()
        said = [json.loads(line) for line in self._out]
        code = self._process.wait()
        return ChildResult(code, said, self._complaints(), time.monotonic() - self._begun)

    def _complaints(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._in.close()
        self._out.close()
        self._errors.close()


def run(
    script: str,
    *arguments: Any,
    flags: Sequence[str] = (),
    limit: float = HANG,
    forked: bool = False,
) -> ChildResult:
    """Run one child to its end."""
    with Child(script, *arguments, flags=flags, limit=limit, forked=forked) as child:
        return child.end()


@contextlib.contextmanager
def children(
    count: int, script: str, *arguments: Any, limit: float = HANG
) -> Iterator[list[Child]]:
    """Several children of one script at once; each finds its number, from 0, last in ARGS."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Child(script, *arguments, number, limit=limit, forked=True))
            for number in range(count)
        ]


def together(count: int, script: str, *arguments: Any, limit: float = HANG) -> list[ChildResult]:
    """As `children`, run to their ends; each says when it is ready and then hears its start."""
    with children(count, script, *arguments, limit=limit) as all_of_them:
        for child in all_of_them:
            assert child.receive() == "ready"
        for child in all_of_them:
            child.send_value("go")
        return [child.end() for child in all_of_them]


def put(place: Place, *names: str) -> None:
    """Add models as a shell would."""
    with bare(place) as connection:
        connection.executemany(
            "INSERT INTO models (provider, name) VALUES ('acme', ?)", [(name,) for name in names]
        )


HALF = """
import sqlite3
connection = sqlite3.connect(ARGS[0], isolation_level=None)
connection.execute("PRAGMA cache_size = 10")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE models SET display_name = 'half done'")
say("half")
hear()
"""


HALF_SERVED = """
import psycopg
connection = psycopg.connect(ARGS[0])
connection.execute("UPDATE models SET display_name = 'half done'")
say("half")
hear()
"""


def leave_half_a_transaction(place: Place) -> None:
    """Kill a writer whose transaction is already partly in the file, or on the server."""
    script = HALF_SERVED if isinstance(place, Postgres) else HALF
    with Child(script, place, forked=True) as child:
        assert child.receive() == "half"
        child.send(signal.SIGKILL)
        assert child.end().code == -signal.SIGKILL


def broken_rules(path: Place) -> list[str]:
    """The names of the invariants that a catalog breaks."""
    if isinstance(path, Postgres):
        with bare(path) as served:
            return broken(served)
    columns = ", ".join(("model_id", "provider", "name", "family", "display_name", "live", *NAMES))
    rules = {
        "integrity": "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "foreign keys": "SELECT count(*) FROM pragma_foreign_key_check",
        "copy": f"SELECT count(*) FROM ({differing(columns)})",
        "pending": "SELECT count(*) FROM pending",
        "pending measurements": "SELECT count(*) FROM pending_measurements",
        "deferral": "SELECT count(*) FROM deferral",
    }
    with contextlib.closing(open_reader(path)) as connection:
        counts = {rule: connection.execute(sql).fetchone()[0] for rule, sql in rules.items()}
    return [f"{rule}: {count}" for rule, count in counts.items() if count]
