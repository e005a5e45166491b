"""The pytest plugin, in a test run of its own."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from checkout import ROOT

TESTS = """
import asyncio
import sys

import pytest

BEFORE = {"sqlalchemy", "pydantic", "httpx", "modeldex.sync"} & set(sys.modules)

from modeldex import ModelQuery

KNOWN = {"requires_tools": True, "available": False}


def test_nothing_is_imported_before_it_is_used():
    assert BEFORE == set()


def test_the_shipped_data_is_there(modeldex_sync_registry):
    assert len(modeldex_sync_registry.query(ModelQuery(**KNOWN))) > 1000
    assert modeldex_sync_registry.record("openai", "gpt-4o-mini", ttft_ms=5).added == 1


def test_what_a_test_writes_is_gone_and_no_key_is_seen(modeldex_sync_registry):
    facts = modeldex_sync_registry.explain("openai", "gpt-4o-mini")
    assert facts.field("ttft_ms") is None
    assert modeldex_sync_registry.find_best() is None
    assert modeldex_sync_registry.get_models() == []


def test_with_asyncio(modeldex_registry):
    async def asked():
        return await modeldex_registry.require(**KNOWN)

    assert asyncio.run(asked()).capabilities.supports_tools


class TestWithAKey:
    @pytest.fixture
    def modeldex_environ(self):
        return {"OPENAI_API_KEY": "placeholder"}

    def test_its_models_can_be_called(self, modeldex_sync_registry, tmp_path):
        assert modeldex_sync_registry.require(requires_tools=True).spec.provider == "openai"
        assert modeldex_sync_registry.path.is_relative_to(tmp_path)
"""


def test_its_fixtures_are_offline_registries_on_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each test has a copy, keys are those that it sets, and the library loads at first use."""
    monkeypatch.setenv("GROQ_API_KEY", "placeholder")
    (tmp_path / "test_with_it.py").write_text(TESTS)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "modeldex.testing.plugin"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "5 passed" in ended.stdout, ended.stdout + ended.stderr


def test_it_is_announced_to_pytest() -> None:
    """An installed modeldex has the entry point by which pytest finds its plugins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"modeldex": "modeldex.testing.plugin"}
