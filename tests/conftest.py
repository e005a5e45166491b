"""Fixtures shared by all tests: real files, no network beyond loopback."""

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from modeldex import ModelRegistry
from modeldex.migrate import migrate
from modeldex.providers import providers

# Read once and kept: a file of the person who runs the tests must not leak in.
os.environ["MODELDEX_PROVIDERS"] = os.devnull

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def pytest_report_header() -> str:
    return f"sqlite3 {sqlite3.sqlite_version}, python {sys.version.split()[0]}"


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no catalog and no configuration of the person who runs the tests."""
    for provider in providers().values():
        for variable in provider.keys:
            monkeypatch.delenv(variable, raising=False)
    for variable in [name for name in os.environ if name.startswith(("MODELDEX_", "OLLAMA_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("MODELDEX_FEEDS", "0")
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    for kind in ("DATA", "CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere but this machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def catalog_path(tmp_path: Path) -> Path:
    """Where a catalog may be made; nothing is there yet."""
    return tmp_path / "catalog.db"


@pytest.fixture(scope="session")
def _blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalog, made once."""
    path = tmp_path_factory.mktemp("blank") / "catalog.db"
    migrate(path, journal="delete")
    return path


@pytest.fixture
def blank_catalog(_blank: Path, tmp_path: Path) -> Path:
    """A private copy of an empty catalog."""
    return Path(shutil.copyfile(_blank, tmp_path / "catalog.db"))


@pytest.fixture(params=["delete", "wal"])
def either_journal(request: pytest.FixtureRequest, catalog_path: Path) -> Path:
    """A migrated, empty catalog in each of the two journal modes."""
    migrate(catalog_path, journal=request.param)
    return catalog_path


@pytest.fixture(scope="session")
def _shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One catalog with the shipped data, made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shipped"
    shared.mkdir(exist_ok=True)
    path = shared / "catalog.db"
    with FileLock(shared / "made.lock"):
        if not (shared / "made").exists():
            asyncio.run(_load(path))
            (shared / "made").touch()
    return path


async def _load(path: Path) -> None:
    async with ModelRegistry(db=path, environ={}) as registry:
        await registry.load_shipped()


@pytest.fixture
def shipped_catalog(_shipped: Path, tmp_path: Path) -> Iterator[Path]:
    """A private copy of a catalog that holds the shipped data."""
    copy = tmp_path / "shipped.db"
    shutil.copyfile(_shipped, copy)
    copy.chmod(0o600)
    yield copy
