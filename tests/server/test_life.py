"""A server from its start to its end: what it says, what it counts, how it stops."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from checkout import ROOT
from child_processes import run
from command_line import MODELS, environment, run_command, small_catalog
from fork_process import HANG
from modeldex.cli.commands.serve import serve
from modeldex.cli.settings import Settings
from modeldex.server.exports.routes import EXPORTS
from modeldex.server.operations import OPERATIONS
from modeldex.storage.backup import backup
from running_server import BEARER, TOKEN, Serving, parsed, receive_all


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of a few models."""
    return small_catalog(tmp_path_factory.mktemp("life") / "catalog.db", MODELS)


@pytest.fixture(scope="module")
def server(catalog: Path) -> Iterator[Serving]:
    """A server of it."""
    with Serving(catalog, "--open-reads", token=TOKEN) as serving:
        yield serving


# The end.

HEAD = (
    b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{"
)


def test_what_was_begun_is_answered_before_the_end(catalog: Path) -> None:
    """A request under way gets its answer, an idle connection is closed, and the exit is 0."""
    with Serving(catalog) as server, server.connect() as begun, server.connect() as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while part := idle.recv(65536):
            if part.endswith(b"}"):
                break
        begun.sendall(HEAD)
        server.request("/healthz")
        server.send(signal.SIGTERM)
        left = receive_all(idle)
        begun.sendall(b"}")
        answer = parsed(receive_all(begun))
        refused = _refused(server.port)
        code = server.wait()
    assert (left, answer.status, refused, code) == (b"", 200, True, 0)
    assert [line for line in server.told if "Traceback" in line or "rror" in line] == []


def _refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=HANG).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: in the queue when it closed
        return True
    return False


def test_a_second_signal_does_not_wait(catalog: Path) -> None:
    """Who is impatient sends another one."""
    with Serving(catalog) as server, server.connect() as begun:
        begun.sendall(HEAD)
        server.request("/healthz")
        server.send(signal.SIGINT)
        while not _refused(server.port):
            time.sleep(0.005)
        server.send(signal.SIGTERM)
        assert server.wait() == 0


# The beginning.


def test_a_taken_port_is_said_in_one_line(catalog: Path, server: Serving) -> None:
    """No traceback; the exit code is that of a failure."""
    done = run_command(catalog, "serve", "--port", str(server.port))
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "Address already in use; choose another with --host or --port" in done.err


def test_where_it_listens_is_told_on_stderr(catalog: Path, server: Serving) -> None:
    """As a sentence, or as JSON; it answers as soon as that is there."""
    assert server.told[0] == f"Listening on http://127.0.0.1:{server.port}"
    with Serving(catalog, "--json", "--host", "localhost", "--no-access-log") as other:
        assert json.loads(other.told[0]) == {"listening": other.url}
        assert other.request("/healthz").json["status"] == "ok"
        assert other.told[1:] == []


BARE = """
import sys
for name in ("starlette", "uvicorn", "jinja2"):
    sys.modules[name] = None
sys.argv = ["modeldex", "--db", ARGS[0], "serve"]
import modeldex.__main__
from modeldex.cli import main
main()
"""


def test_without_the_extra_it_says_what_to_install(catalog: Path) -> None:
    """One line with the command."""
    ended = run(BARE, catalog)
    assert ended.code == 1
    assert ended.errors.strip() == (
        "Error: serve needs more packages; run: pip install 'modeldex[server]'"
    )


def test_the_command_line_does_not_pay_for_the_server(catalog: Path) -> None:
    """Neither a query nor `serve --help` imports any of it."""
    heavy = ("starlette", "uvicorn", "jinja2", "mcp", "modeldex.server.app")
    script = (
        "import sys\nsys.argv = ['modeldex', *ARGS]\n"
        "from modeldex.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(__import__('json').dumps([m for m in {heavy} if m in sys.modules]))"
    )
    loaded = [
        run(script, *args).said[-1:]
        for args in (("--db", str(catalog), "best", "--known", "--json"),)
    ]
    assert loaded == [[[]]]


# The log.


def test_each_request_is_a_line_of_json(server: Serving) -> None:
    """With time, client, path without query, status, size and duration, and nothing else."""
    server.request("/models/openai/small?as_of=0s", headers={"authorization": "Bearer secret"})
    server.request("/models/openai/nope")
    server.logged("/models/openai/nope")
    lines = [each for each in server.log if each["path"].startswith("/models/openai/")]
    assert [(each["method"], each["path"], each["status"], each["client"]) for each in lines] == [
        ("GET", "/models/openai/small", 200, "127.0.0.1"),
        ("GET", "/models/openai/nope", 404, "127.0.0.1"),
    ]
    assert {tuple(each) for each in lines} == {
        ("time", "client", "method", "path", "status", "bytes", "ms"),
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]) for e in lines)


# The figures.

_LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')


def figures(server: Serving) -> dict[tuple[str, str], float]:
    """What /metrics says, by name and labels."""
    answer = server.request("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [each for each in answer.body.decode().splitlines() if not each.startswith("#")]
    read = [_LINE.fullmatch(line) for line in lines]
    assert None not in read
    return {(each[1], each[2] or ""): float(each[3]) for each in read if each}


def test_requests_are_counted_by_route_and_status(server: Serving) -> None:
    """Not by path, of which there are as many as callers like to invent."""
    before = figures(server)
    for name in ("small", "flagship", "nope"):
        server.request(f"/models/openai/{name}")
    for each in range(5):
        server.request(f"/invented/{each}")
        server.request("/best?quality_tier=best")
    after = figures(server)
    name = "modeldex_http_requests_total"
    grown = {key[1]: n - before.get(key, 0) for key, n in after.items() if key[0] == name}
    assert {labels: n for labels, n in grown.items() if n and "metrics" not in labels} == {
        'method="GET",route="/models/{provider}/{name:path}",status="200"': 2,
        'method="GET",route="/models/{provider}/{name:path}",status="404"': 1,
        'method="GET",route="none",status="404"': 5,
        'method="GET",route="/best",status="200"': 5,
    }
    buckets = [n for key, n in after.items() if "/best" in key[1] and "duration" in key[0]
               and key[0].endswith("_bucket")]  # fmt: skip
    assert buckets == sorted(buckets)
    assert buckets[-1] == after["modeldex_http_request_duration_seconds_count", 'route="/best"']


def test_the_catalog_is_told_too(server: Serving) -> None:
    """Whether it can be read, and how many models there are."""
    told = figures(server)
    assert told["modeldex_catalog_up", ""] == 1
    assert told["modeldex_models", 'scope="known"'] == len(MODELS)
    assert told["modeldex_http_requests_in_flight", ""] == 1


# Beside it.


def test_a_backup_is_whole_while_it_serves_and_measures(
    tmp_path: Path, catalog: Path, server: Serving
) -> None:
    """Taken between two measurements over HTTP it holds the first, and is a sound catalog."""
    sample = {"provider": "groq", "name": "shared", "tokens_per_second": 5, "run_id": "one"}
    server.request("/measurements", "POST", BEARER, {"measurements": [sample]})
    copy = backup(catalog, tmp_path / "copy.db")
    server.request("/measurements", "POST", BEARER, {"measurements": [{**sample, "run_id": "two"}]})
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        held = connection.execute("SELECT run_id FROM measurements").fetchall()
        sound = connection.execute("PRAGMA integrity_check").fetchone()
    assert (held, sound) == ([("one",)], ("ok",))
    assert copy is not None


DEPLOY = ROOT / "docs" / "deploy"


def test_the_files_for_operators_start_it_as_it_can_be_started() -> None:
    """The systemd unit and the container give `serve` options that it has."""
    unit = (DEPLOY / "modeldex-serve.service").read_text("utf-8")
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    [line] = re.findall(r"^ExecStart=\S+/modeldex serve (.*)$", unit, re.MULTILINE)
    [words] = re.findall(r"^CMD (\[.*\])$", container, re.MULTILINE)
    started = [line.split(), json.loads(words)[1:]]
    read = [serve.make_context("serve", given, obj=Settings()).params for given in started]
    assert [(each["host"], each["port"], bool(each["token_file"])) for each in read] == [
        ("127.0.0.1", 8765, True),
        ("0.0.0.0", 8765, True),  # noqa: S104
    ]


def test_the_page_for_operators_names_every_route() -> None:
    """And every status that is an error of the library's."""
    page = (DEPLOY.parent / "server.md").read_text("utf-8")
    paths = [row.path.replace(":path}", "}") for row in (*OPERATIONS.values(), *EXPORTS)]
    names = [name for name in OPERATIONS if f"`{name}`" not in page]
    assert [path for path in paths if f"{path}`" not in page] == []
    assert names == []


@pytest.mark.nightly
def test_the_benchmark_runs(tmp_path: Path) -> None:
    """It prints how many questions are answered beside a refresh, and next to a constant."""
    script = DEPLOY.parents[1] / "benchmarks" / "serve.py"
    short = ("--seconds", "0.5", "--rounds", "1", "--json", str(tmp_path / "figures.json"))
    done = subprocess.run(
        [sys.executable, str(script), *short],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (done.returncode, "promised: 1,000 a second" in done.stdout) == (0, True)
    assert figures["Starlette, a constant"]["ratio"] == 1
    assert len(figures) == 3


def test_it_is_a_command_like_the_others() -> None:
    """Listed, with help that says what it needs."""
    assert "serve" in run_command(None, "--help").out
    assert "--token-file" in run_command(None, "serve", "--help").out
