"""A client generated from the OpenAPI document, against a running server."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from command_line import small_catalog
from rich_models import RICH
from running_server import BEARER, TOKEN, Serving

pytest.importorskip("openapi_python_client")
pytestmark = pytest.mark.sqlite_only("the document is the same")

ARGUMENTS: dict[str, object] = {
    "text": "flag",
    "provider": "openai", "name": "flagship", "id": "openai/flagship", "base": "openai/flagship",
    "requires_tools": True, "available": False, "known": True,
    "since": "0s",
}  # fmt: skip
SAMPLE = {"measurements": [{"provider": "openai", "name": "flagship", "ttft_ms": 300.0}]}
BODIES: dict[str, dict[str, Any]] = {"record": SAMPLE, "query_post": {"requires_tools": True}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server of some models, with a token."""
    with Serving(small_catalog(tmp_path / "catalog.db", RICH), token=TOKEN) as server:
        yield server


def test_a_generator_makes_every_operation_and_each_works(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has nothing to warn of; each operation of the client gets the answer that it expects."""
    document = server.request("/openapi.json", headers=BEARER).json
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json",
         "--output-path", "generated_client", "--meta", "none"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "parsing" in done.stdout + done.stderr) == (0, False), done.stdout
    monkeypatch.syspath_prepend(tmp_path)
    package = import_module("generated_client")
    api = import_module("generated_client.api.default")
    names = sorted(module.name for module in iter_modules(api.__path__))
    assert len(names) == sum(map(len, document["paths"].values()))
    with package.AuthenticatedClient(server.url, TOKEN, raise_on_unexpected_status=True) as client:
        answers = {name: asked(import_module(f"{api.__name__}.{name}"), client) for name in names}
    codes = {name: int(answer.status_code) for name, answer in answers.items()}
    assert codes == dict.fromkeys(names, 200)
    assert [each.id for each in answers["find_best"].parsed.models] != []
    assert answers["record"].parsed.added == 1


def asked(operation: Any, client: Any) -> Any:
    """What an operation answers to the arguments that it has of those above."""
    parameters = inspect.signature(operation.sync_detailed).parameters
    given = {name: value for name, value in ARGUMENTS.items() if name in parameters}
    name = operation.__name__.rpartition(".")[2]
    if name in BODIES:
        kind = inspect.get_annotations(operation.sync_detailed)["body"]
        given["body"] = kind.from_dict(BODIES[name])
    return operation.sync_detailed(client=client, **given)
