"""A real LiteLLM proxy, and what its groups are known to do.

LITELLM_PYTHON names an interpreter with `litellm[proxy]`; by default that of the tests.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import PRECEDENCE
from raw_catalog import bare

LITELLM_PYTHON = os.environ.get("LITELLM_PYTHON") or (
    sys.executable if find_spec("litellm") else None
)
KEY = "sk-0123456789"
STARTS = "from litellm.proxy.proxy_cli import run_server; run_server()"
PATIENCE = 300
AZURE = {"api_base": "https://team.openai.azure.com", "api_key": "k"}
MODELS = [
    ("plain", {"model": "openai/gpt-4o-mini", "api_key": "k"}, {}),
    ("named", {"model": "azure/prod", **AZURE}, {"base_model": "azure/gpt-4o"}),
    ("unnamed", {"model": "azure/prod", **AZURE}, {}),
    ("pair", {"model": "azure/prod-a", **AZURE}, {"base_model": "gpt-4o-mini"}),
    ("pair", {"model": "azure/prod-b", **AZURE}, {"base_model": "gpt-4o-mini"}),
    ("mixed", {"model": "openai/gpt-4o-mini", "api_key": "k"}, {}),
    ("mixed", {"model": "anthropic/claude-haiku-4-5", "api_key": "k"}, {}),
    ("foreign", {"model": "openai/gpt-4o", "api_base": "http://10.0.0.7/v1", "api_key": "k"}, {}),
    ("lab/*", {"model": "openai/*", "api_key": "k"}, {}),
]
PLAIN = ("openai/gpt-4o-mini", "cheap", 0.15, 0.6, 128_000)
FACTS = {
    "plain": PLAIN,
    "short": PLAIN,
    "named": ("azure_openai/gpt-4o", "balanced", 2.5, 10.0, 128_000),
    "unnamed": ("azure_openai/prod", None, None, None, None),
    "pair": ("azure_openai/gpt-4o-mini", *PLAIN[1:]),
    "mixed": (None, None, None, None, None),
}

pytestmark = [
    pytest.mark.sqlite_only("reads shipped data"),
    pytest.mark.skipif(LITELLM_PYTHON is None, reason="no litellm[proxy] installed"),
]


def _answers(url: str) -> bool:
    try:
        asked = Request(f"{url}/model/info", headers={"authorization": f"Bearer {KEY}"})  # noqa: S310
        with urlopen(asked, timeout=PATIENCE) as reply:  # noqa: S310
            return bool(json.load(reply)["data"])
    except (URLError, ConnectionError):
        return False


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """The address of a proxy with the models above, and `short` as an alias of one."""
    config = tmp_path / "config.yaml"
    rows = [{"model_name": n, "litellm_params": p, "model_info": i} for n, p, i in MODELS]
    settings = {"model_group_alias": {"short": "plain"}}
    master = {"master_key": KEY}
    content = {"model_list": rows, "router_settings": settings, "general_settings": master}
    config.write_text(json.dumps(content))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": str(tmp_path)}
    options = ["--config", str(config), "--port", str(port), "--host", "127.0.0.1"]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [str(LITELLM_PYTHON), "-c", STARTS, *options, "--telemetry", "False"],
            env={"PATH": os.environ["PATH"], **environ}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(url := f"http://127.0.0.1:{port}"):
            assert running.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE)


async def test_groups_of_a_real_proxy_have_what_they_wrap(
    proxy: str, shipped_catalog: Path, tmp_path: Path
) -> None:
    """Tier, price and window of one model; none of several, of a wildcard or of a foreign host."""
    catalog = Path(shutil.copy(shipped_catalog, tmp_path / "catalog.db"))
    parts = default_parts(
        {"MODELDEX_FEEDS": "0", "LITELLM_PROXY_API_BASE": proxy, "LITELLM_PROXY_API_KEY": KEY}
    )
    names = {"litellm_proxy", "litellm_proxy_api", *PRECEDENCE}
    report = await refresh(
        catalog,
        [source for source in parts.sources if part_name(source) in names],
        [resolver for resolver in parts.resolvers if part_name(resolver) in names],
    )
    assert report.status == "ok", report
    with bare(catalog) as connection:
        found = {
            name: facts
            for name, *facts in connection.execute(
                "SELECT name, target, quality_tier, input_cost_per_1m, output_cost_per_1m, "
                "max_context FROM catalog WHERE provider = 'litellm_proxy' AND live = 1"
            )
        }
    assert {name: tuple(found[name]) for name in FACTS} == FACTS
    assert found["foreign"][:2] == [None, None]
    covered = [facts[0] for name, facts in found.items() if name.startswith("lab/")]
    assert len(covered) > 50
    assert set(covered) == {None}
