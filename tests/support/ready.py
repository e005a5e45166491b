"""Processes that start in milliseconds, forked from one that has imported modeldex already.

Each is a process with a pid, an environment, a folder and standard streams of its own; warnings
are errors in it. What is about the start or the end of an interpreter, about what is imported or
about memory needs a fresh one.
"""

import atexit
import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

import modeldex

OURS = (str(Path(modeldex.__file__).parents[1]), str(Path(__file__).parent))
"""Where modules are found in every process that tests start."""

ALWAYS = (
    "modeldex.cli.program", "modeldex.registry.registry", "modeldex.storage.sqlite.migrate",
    "rich.console", "rich.table",
    "sqlalchemy.dialects.sqlite",
)  # fmt: skip
"""What the process that forks has imported, if it is not asked for more."""

READ_AT_START = ("PYTHON", "LC_", "LANG", "MODELDEX_PROVIDERS")
"""Beginnings of variables that only the start of an interpreter looks at."""


class Streams(NamedTuple):
    """The file descriptors of stdin, stdout and stderr."""

    stdin: int
    stdout: int
    stderr: int


class Started:
    """One of these processes; what it can do it does as subprocess.Popen does."""

    def __init__(self, said: socket.socket) -> None:
        self._said, self._heard = said, b""
        self.pid = self._number(None)
        self.returncode: int | None = None

    def _number(self, timeout: float | None) -> int:
        self._said.settimeout(timeout)
        while b"\n" not in self._heard:
            piece = self._said.recv(64)
            assert piece, "the process that forks has gone"
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        return int(line)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; gives the exit code, minus the signal where one ended it."""
        if self.returncode is None:
            try:
                self.returncode = self._number(timeout)
            except (TimeoutError, BlockingIOError) as late:
                raise subprocess.TimeoutExpired("forked", timeout or 0.0) from late
            self._said.close()
        return self.returncode

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to this one process, if it has not ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Forking:
    """The process that has imported everything, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ours: socket.socket | None = None

    def _begin(self) -> socket.socket:
        if self._ours is None:
            paths = [*OURS, *filter(None, [os.environ.get("PYTHONPATH")])]
            # A module may look for keys when it is imported: those of the test that comes first.
            env = {name: it for name, it in os.environ.items() if not name.endswith("_KEY")}
            self._ours, theirs = socket.socketpair()
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", __file__, str(theirs.fileno())],
                env={**env, "PYTHONPATH": os.pathsep.join(paths)},
                pass_fds=[theirs.fileno()],
            )
            theirs.close()
        return self._ours

    def start(self, task: Mapping[str, Any], streams: Streams, env: Mapping[str, str]) -> Started:
        """Start a process that does a task: a module with arguments, or the text of a program."""
        control = self._begin()
        ours, theirs = socket.socketpair()
        socket.send_fds(control, [b"."], [theirs.fileno(), *streams])
        theirs.close()
        told = json.dumps({"cwd": str(Path.cwd()), **task, "env": dict(env)})
        ours.sendall(f"{told}\n".encode())
        return Started(ours)

    def stop(self) -> None:
        """End the process that forks; those it has forked are waited for."""
        if self._process is not None and self._ours is not None:
            self._ours.close()
            self._process.wait()
        self._process = self._ours = None


forking = Forking()


def starts_alike(env: Mapping[str, str]) -> bool:
    """Whether an interpreter starts in this environment as it does in that of this process."""
    return hasattr(os, "fork") and _read_at_start(env) == _read_at_start(os.environ)


def _read_at_start(env: Mapping[str, str]) -> dict[str, object]:
    paths = dict.fromkeys(filter(None, env.get("PYTHONPATH", "").split(os.pathsep)))
    read = {name: value for name, value in env.items() if name.startswith(READ_AT_START)}
    return {**read, "PYTHONPATH": [path for path in paths if path not in OURS]}


# In the process that forks.


def _serve(control: socket.socket) -> dict[str, Any]:
    """Fork for each task that comes; returns in the process that is to do it."""
    for name in ALWAYS:
        import_module(name)
    gc.freeze()
    while True:
        _, given, _, _ = socket.recv_fds(control, 1, 4)
        if not given:
            _reap(wait=True)
            os._exit(0)
        _reap(wait=False)
        with socket.socket(fileno=given[0]) as asking:
            task: dict[str, Any] = json.loads(asking.makefile().readline())
            for name in task.get("imports", ()):
                import_module(name)
            if os.fork() == 0:
                control.close()
                if _is_forked(asking, given[1:]):
                    return task
        for descriptor in given[1:]:
            os.close(descriptor)


def _reap(*, wait: bool) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0 if wait else os.WNOHANG)[0]:
            pass


def _is_forked(asking: socket.socket, streams: list[int]) -> bool:
    """Fork once more: true in the process itself, the other tells how it ends and ends too."""
    pid = os.fork()
    if pid:
        for descriptor in (0, 1, 2, *streams):
            os.close(descriptor)
        asking.sendall(f"{pid}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            asking.sendall(f"{code}\n".encode())
        os._exit(0)
    asking.close()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    return True


def _do(task: Mapping[str, Any]) -> None:
    """What a fresh interpreter would do with these arguments."""
    os.environ.clear()
    os.environ.update(task["env"])
    os.chdir(task["cwd"])
    time.tzset()
    tempfile.tempdir = None
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", 1 if os.isatty(1) else -1, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", 1, errors="backslashreplace", closefd=False
    )
    sys.argv = ["-c", *task["arguments"]]
    sys.path[0] = task["cwd"]
    if module := task.get("module"):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return
    main = sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(task["text"], "<string>", "exec"), vars(main))  # noqa: S102 - a test's own


def _end(task: Mapping[str, Any]) -> NoReturn:
    """End with the code and the last words of an interpreter, but without taking it apart."""
    code: object = 0
    try:
        _do(task)
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - whatever it is, it is told as an interpreter does
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    _end(_serve(socket.socket(fileno=int(sys.argv[1]))))
