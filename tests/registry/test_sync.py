"""The registry without asyncio: the same methods, from scripts, loops and threads."""

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from child_processes import run
from command_line import MODELS, small_catalog
from fork_process import HANG
from modeldex import ModelQuery, errors, registry, sync

KEYS = {"OPENAI_API_KEY": "sk-1"}


@pytest.fixture
def catalog(catalog_path: Path) -> Path:
    """The small catalog of the command line's tests."""
    return small_catalog(catalog_path, MODELS)


def names(kind: type) -> set[str]:
    """The public methods that ask or write."""
    return {
        name
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and name not in ("close", "aclose")
    }


def test_it_has_every_method_of_the_other() -> None:
    """Nothing that awaits is missing, nothing is added."""
    awaited = {
        name
        for name in names(registry.ModelRegistry)
        if inspect.iscoroutinefunction(getattr(registry.ModelRegistry, name))
    }
    assert names(sync.ModelRegistry) == awaited
    assert sync.ModelRegistry.query.__doc__ == registry.ModelRegistry.query.__doc__


def test_it_answers_as_the_other_does(catalog: Path) -> None:
    """The same question gives the same models in both."""
    with sync.ModelRegistry(db=catalog, environ=KEYS) as asked:
        found = asked.query(ModelQuery(requires_tools=True))
        best = asked.find_best(requires_tools=True)

    async def other() -> object:
        async with registry.ModelRegistry(db=catalog, environ=KEYS) as awaited:
            return await awaited.query(ModelQuery(requires_tools=True))

    assert found == asyncio.run(other())
    assert best == found[0]


def test_errors_come_through(catalog: Path) -> None:
    """What the other raises is raised here."""
    with (
        sync.ModelRegistry(db=catalog, environ=KEYS) as asked,
        pytest.raises(errors.InvalidQuery, match="min_context"),
    ):
        asked.find_best(min_context=-1)


async def test_it_may_be_called_where_a_loop_runs(catalog: Path) -> None:
    """As in a notebook: no 'loop is already running'."""
    with sync.ModelRegistry(db=catalog, environ=KEYS) as asked:
        best = asked.find_best()
        assert best is not None
        assert best.spec.id == "openai/flagship"


def test_threads_may_share_one(catalog: Path) -> None:
    """Sixteen threads ask the same registry; every answer is right."""
    with (
        sync.ModelRegistry(db=catalog, environ=KEYS) as asked,
        ThreadPoolExecutor(16) as threads,
    ):
        found = list(threads.map(lambda _: asked.find_model("openai", "small"), range(64)))
    assert {model.spec.id for model in found if model} == {"openai/small"}
    assert len([model for model in found if model]) == 64


def test_it_leaves_no_thread_behind(catalog: Path) -> None:
    """After close() the loop's thread is gone, and the registry can be used again."""
    before = set(threading.enumerate())
    asked = sync.ModelRegistry(db=catalog, environ=KEYS)
    first = asked.find_best()
    asked.close()
    for thread in set(threading.enumerate()) - before:  # one that has ended may take its time
        thread.join(HANG)
    left = {thread for thread in threading.enumerate() if thread not in before}
    again = asked.find_best()
    asked.close()
    assert (left, again) == (set(), first)


def test_a_forgotten_one_does_not_keep_the_process(catalog: Path) -> None:
    """A script that never closes it ends all the same, and quietly."""
    script = """
from modeldex.sync import ModelRegistry
registry = ModelRegistry(db=ARGS[0], environ={"OPENAI_API_KEY": "k"})
say(registry.find_best().spec.id)
"""
    ended = run(script, str(catalog))
    assert (ended.said, ended.code, ended.errors) == (["openai/flagship"], 0, "")
