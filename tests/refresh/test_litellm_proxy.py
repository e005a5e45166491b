"""A real LiteLLM proxy: what its groups are known to do, and what a restricted key sees.

Its keys are those of a hook of its own, as a proxy keeps virtual keys in a database only.
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

from command_line import run_command
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import PRECEDENCE
from raw_catalog import bare

LITELLM_PYTHON = os.environ.get("LITELLM_PYTHON") or (
    sys.executable if find_spec("litellm") else None
)
KEY, VIRTUAL = "sk-0123456789", "sk-virtual"
HOOK = f"""
from litellm.proxy._types import UserAPIKeyAuth

KEYS = {{
    {KEY!r}: {{"user_role": "proxy_admin"}},
    {VIRTUAL!r}: {{"models": ["plain", "short"], "allowed_routes": ["/v1/models"]}},
}}

async def check(request, api_key):
    return UserAPIKeyAuth(api_key=api_key, **KEYS[api_key])
"""
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


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a proxy with the models above, and `short` as an alias of one."""
    tmp_path = tmp_path_factory.mktemp("proxy")
    (tmp_path / "hook.py").write_text(HOOK)
    config = tmp_path / "config.yaml"
    rows = [{"model_name": n, "litellm_params": p, "model_info": i} for n, p, i in MODELS]
    settings = {"model_group_alias": {"short": "plain"}}
    config.write_text(
        json.dumps({
            "model_list": rows,
            "router_settings": settings,
            "general_settings": {"master_key": KEY, "custom_auth": "hook.check"},
            "litellm_settings": {"enable_post_custom_auth_checks": True},
        })
    )  # fmt: skip
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


async def _refreshed(catalog: Path, proxy: str, key: str) -> RefreshReport:
    parts = default_parts(
        {"MODELDEX_FEEDS": "0", "LITELLM_PROXY_API_BASE": proxy, "LITELLM_PROXY_API_KEY": key}
    )
    names = {"litellm_proxy", "litellm_proxy_api", *PRECEDENCE}
    return await refresh(
        catalog,
        [source for source in parts.sources if part_name(source) in names],
        [resolver for resolver in parts.resolvers if part_name(resolver) in names],
    )


async def test_groups_of_a_real_proxy_have_what_they_wrap(
    proxy: str, shipped_catalog: Path, tmp_path: Path
) -> None:
    """Tier, price and window of one model; none of several, of a wildcard or of a foreign host."""
    catalog = Path(shutil.copy(shipped_catalog, tmp_path / "catalog.db"))
    report = await _refreshed(catalog, proxy, KEY)
    assert (report.status, report.answered) == ("ok", ("litellm_proxy",)), report
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


async def test_a_restricted_key_sees_its_own_names(proxy: str, shipped_catalog: Path) -> None:
    """Two names with the facts of the plain list; that the details are refused is no failure."""
    report = await _refreshed(shipped_catalog, proxy, VIRTUAL)
    assert (report.status, report.answered) == ("ok", ("litellm_proxy",)), report
    found = run_command(shipped_catalog, "status", "--json").json["sources"]["litellm_proxy"]
    assert found["remark"] == "details refused: this key may not read /model/info"
    with bare(shipped_catalog) as connection:
        facts = connection.execute(
            "SELECT name, mode, max_context, max_output_tokens FROM catalog "
            "WHERE provider = 'litellm_proxy' AND live = 1 ORDER BY name"
        ).fetchall()
    assert facts == [("plain", "chat", 128_000, 16_384), ("short", "chat", 128_000, 16_384)]


@pytest.mark.parametrize(
    ("key", "told"),
    [("", "no key was set"), ("sk-other", "check LITELLM_PROXY_API_KEY")],
)
async def test_a_key_that_is_missing_or_wrong_is_told(
    proxy: str, blank_catalog: Path, key: str, told: str
) -> None:
    """Whatever code the proxy answers with, the reason names the variable."""
    report = await _refreshed(blank_catalog, proxy, key)
    errors = {str(step.error) for step in report.failed}
    assert (report.status, report.answered) == ("failed", ())
    assert all(told in error and "LITELLM_PROXY_API_KEY" in error for error in errors), errors
