"""A real llama.cpp server with a tiny model: what it serves is what the catalog has.

XLLAMACPP_PYTHON names an interpreter with `xllamacpp`; by default that of the tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from command_line import run_command, seem_loaded
from gguf_writer import loadable
from modeldex.storage.location import Place
from raw_catalog import bare

XLLAMACPP_PYTHON = os.environ.get("XLLAMACPP_PYTHON") or (
    sys.executable if find_spec("xllamacpp") else None
)
TRAINED = 4096
SERVER = """
import json, sys, xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
for name, value in json.loads(sys.argv[2]).items():
    setattr(parameters, name, value)
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
FACTS = ("served_context", "max_context", "quantization", "param_count", "price_basis", "live")
Start = Callable[..., str]

pytestmark = pytest.mark.skipif(XLLAMACPP_PYTHON is None, reason="no xllamacpp installed")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server with a tiny model and return its address; it ends with the test."""
    model = tmp_path / "tiny.gguf"
    model.write_bytes(loadable(TRAINED))
    with ExitStack() as running:

        def started(**settings: object) -> str:
            given = json.dumps({"port": 0, "warmup": False, **settings})
            log = running.enter_context((tmp_path / "log").open("wb"))
            server = running.enter_context(
                subprocess.Popen(
                    [str(XLLAMACPP_PYTHON), "-c", SERVER, model.name, given], cwd=tmp_path,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                )
            )  # fmt: skip
            assert server.stdin is not None
            assert server.stdout is not None
            running.callback(server.stdin.close)  # which ends it
            address = server.stdout.readline().strip()
            assert address, (tmp_path / "log").read_text(errors="replace")
            return address

        yield started


def served(place: Place) -> dict[str, tuple[object, ...]]:
    """The facts of each model of the server, by name."""
    with bare(place) as connection:
        rows = connection.execute(
            f"SELECT name, {', '.join(FACTS)} FROM catalog WHERE provider = 'llamacpp'"
        ).fetchall()
    return {name: tuple(facts) for name, *facts in rows}


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"n_ctx": 8192, "n_parallel": 4}, 2048),
        ({"n_ctx": 1024, "n_parallel": 1}, 1024),
        ({"n_ctx": 65_536, "n_parallel": 1}, TRAINED),
    ],
)
def test_the_window_is_that_of_one_slot(
    start: Start, blank_catalog: Place, settings: dict[str, object], window: int
) -> None:
    """The slots share what the server allocates, and none has more than the model was trained for.

    Quantization and size are those of the file; using it costs nothing.
    """
    with bare(blank_catalog) as connection:
        seem_loaded(connection)
    done = run_command(blank_catalog, "refresh", LLAMACPP_BASE_URL=start(**settings))
    assert (done.code, done.err) == (0, "")
    [(name, facts)] = served(blank_catalog).items()
    assert (name, facts[:3], facts[4:]) == (
        "tiny.gguf", (window, TRAINED, "F32"), ("self_hosted", 1),
    )  # fmt: skip


def test_aliases_and_the_key_of_a_server(start: Start, blank_catalog: Place) -> None:
    """The first alias is the name, the others find it; without the key the reason names it."""
    with bare(blank_catalog) as connection:
        seem_loaded(connection)
    address = start(model_alias=["tiny-chat", "tiny:latest"], api_keys=["secret"], n_ctx=1024)
    refused = run_command(blank_catalog, "refresh", LLAMACPP_BASE_URL=address)
    assert (refused.code, "no key was set; set LLAMACPP_API_KEY" in refused.err) == (1, True)
    assert served(blank_catalog) == {}
    env = {"LLAMACPP_BASE_URL": f"{address}/v1", "LLAMACPP_API_KEY": "secret"}
    assert run_command(blank_catalog, "refresh", **env).code == 0
    assert list(served(blank_catalog)) == ["tiny-chat"]
    found = run_command(blank_catalog, "show", "llamacpp/tiny:latest", "--json", **env)
    assert found.json["model"]["id"] == "llamacpp/tiny-chat"
