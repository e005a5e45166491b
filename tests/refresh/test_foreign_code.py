"""What the code of a plug-in does wrong costs its own steps, and nobody else's."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from typing import Any, NamedTuple

import pytest

from command_line import MODELS, environment, piped, small_catalog
from custom_parts import DictResolver, ListSource, spec, sql
from fork_process import HANG
from installed_plugins import install_package
from modeldex import ModelRegistry
from modeldex.refresh.part import CUSTOM_PRECEDENCE, class_name
from modeldex.storage.location import Place

DEADLINE = 12
"""Seconds of the refresh with all of them, most of which it waits for those that block."""

PRELUDE = """
import asyncio, os, signal, subprocess, sys, threading, time, warnings
from collections import UserDict
from modeldex import ModelCapabilities, ModelSpec, SourceFailed

FOREVER = 100_000

def listed(*names):
    return [ModelSpec(provider=NAME, name=name) for name in names or ("sound",)]

def fails(*_args, **_options):
    raise RuntimeError("trapped")

def forever():
    while True:
        time.sleep(0.01)

class End(BaseException):
    pass

class Mute(Exception):
    __str__ = __repr__ = fails

class Sly(SourceFailed):
    problem = retry_at = reason = property(fails)
    def __init__(self):
        pass

class Text(str):
    strip = lower = split = __len__ = __eq__ = __str__ = __iter__ = encode = fails
    def __hash__(self):
        fails()

class Number(int):
    __lt__ = __gt__ = __le__ = __ge__ = __eq__ = __int__ = __index__ = __str__ = fails
    def __hash__(self):
        fails()

class Endless(list):
    def __iter__(self):
        while True:
            yield "word"

class Lying(list):
    __len__ = __bool__ = __eq__ = __getitem__ = fails

class Closed(list):
    __iter__ = fails

class Shy:
    __class__ = property(fails)
"""

OK = "ok"


class Bad(NamedTuple):
    """What a plug-in does, and what becomes of it: a part of its step's error, or OK.

    `code` is the body of its method, `members` are lines of its class, `first` those before it.
    """

    code: str
    becomes: str
    members: str = ""
    first: str = ""


BLOCKED = "no result within"
SOURCES: dict[str, Bad] = {
    # It raises.
    "exits": Bad("sys.exit(3)", "SystemExit: 3"),
    "interrupts": Bad("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "is_closed": Bad("raise GeneratorExit", "GeneratorExit"),
    "ends": Bad("raise End('of days')", "End: of days"),
    "is_mute": Bad("raise Mute", "Mute: <exception str() failed>"),
    "is_sly": Bad("raise Sly", "cannot be described"),
    "shouts": Bad("raise ValueError('A' * 10**7)", "ValueError: AAA"),
    "recurses": Bad("def f(): f()\nf()", "RecursionError"),
    "is_cancelled": Bad("raise asyncio.CancelledError", "cancelled itself"),
    "cancels_its_task": Bad(
        "asyncio.current_task().cancel()\nawait asyncio.sleep(1)", "cancelled itself"
    ),
    # It is at the loop.
    "stops_the_loop": Bad(
        "asyncio.get_running_loop().stop()\nawait asyncio.sleep(0.001)\nreturn listed()", OK
    ),
    "closes_the_loop": Bad("asyncio.get_running_loop().close()", "RuntimeError: Cannot close"),
    "leaves_tasks": Bad(
        "for ending in (sys.exit, fails, lambda: asyncio.sleep(FOREVER)):\n"
        "    async def go(ending=ending):\n"
        "        await ending()\n"
        "    asyncio.create_task(go())\n"
        "await asyncio.sleep(0.001)\nreturn listed()",
        OK,
    ),
    # It blocks.
    "sleeps": Bad("time.sleep(FOREVER)", BLOCKED),
    "loops": Bad("forever()", BLOCKED),
    "awaits": Bad("await asyncio.sleep(FOREVER)", BLOCKED),
    "is_deaf": Bad(
        "while True:\n    try:\n        await asyncio.sleep(FOREVER)\n"
        "    except asyncio.CancelledError:\n        pass", BLOCKED,
    ),
    "blocks_a_thread": Bad("await asyncio.to_thread(time.sleep, FOREVER)", BLOCKED),
    "leaves_a_thread": Bad(
        "threading.Thread(target=time.sleep, args=[FOREVER]).start()\nreturn listed()", OK
    ),
    "sleeps_at_import": Bad("", BLOCKED, first="time.sleep(FOREVER)"),
    "loops_when_made": Bad("", BLOCKED, members="__init__ = lambda self: forever()"),
    "sleeps_when_named": Bad(
        "", BLOCKED, members="name = property(lambda self: time.sleep(FOREVER))"
    ),
    "sleeps_when_gone": Bad(
        "self.gone = type('Gone', (), {'__del__': lambda _: time.sleep(FOREVER)})()\n"
        "return listed()", OK,
    ),
    # It writes.
    "prints": Bad(
        "print('foreign')\nos.write(1, b'foreign\\n')\nsubprocess.run(['echo', 'foreign'])\n"
        "sys.__stdout__.write('foreign\\n')\nsys.stdout.close()\nreturn listed()", OK,
    ),
    "prints_at_import": Bad("return listed()", OK, first="print('foreign')"),
    "takes_stdout": Bad("sys.stdout = open(os.devnull, 'w')\nreturn listed()", OK),
    "closes_stdin": Bad("sys.stdin.close()\nreturn listed()", OK),
    # It lists too much, or what cannot be read.
    "lists_300000": Bad("return listed() * 300_000", "more than 100,000 models"),
    "lists_for_ever": Bad("return Endless()", "more than 100,000 models"),
    "lists_a_generator": Bad("return (each for each in listed())", "no list of models"),
    "lies": Bad("return Lying(listed())", OK),
    "cannot_be_read": Bad("return Closed()", "RuntimeError: trapped"),
    "lists_shy_ones": Bad("return [Shy()]", "none of the 1 items"),
    "has_texts_of_its_own": Bad(
        "return [dict(provider=Text(NAME), name=Text('sound'), family=Text('f'),\n"
        "             aliases=Closed(), display_name=Text('d'))]", "RuntimeError: trapped",
    ),
    "has_plain_texts": Bad(
        "return [dict(provider=Text(NAME), name=Text('sound'), aliases=[Text('a')] * 10**6)]", OK
    ),
    "is_long": Bad(
        "self.note = self.origin = 'n' * 10**7\nself.dropped = [1] * 10\n"
        "return [*listed(), dict(provider=NAME, name='n' * 10**7)]", OK,
    ),
    # It wants to be another.
    "is_env": Bad("", "already named env", members="name = 'env'"),
    "is_sound": Bad("", "already named a_sound", members="name = 'a_sound'"),
    "renames_itself": Bad("self.name = 'env'\nself.kind = 'reference'\nreturn listed()", OK),
    # It changes the process.
    "changes_all": Bad(
        "os.chdir('/')\nwarnings.simplefilter('error')\nos.environ['MODELDEX_DB'] = '/nowhere'\n"
        "threading.excepthook = sys.excepthook = fails\nreturn listed()", OK,
    ),
    "takes_signals": Bad("signal.signal(signal.SIGINT, signal.SIG_IGN)", "ValueError: signal"),
}  # fmt: skip
RESOLVERS: dict[str, Bad] = {
    "answers_and_exits": Bad("sys.exit(4)", "SystemExit: 4"),
    "answers_never": Bad("time.sleep(FOREVER)", BLOCKED),
    "answers_too_much": Bad(
        "return UserDict({str(each): each for each in range(300)})", "more than 256 fields"
    ),
    "answers_words_for_ever": Bad("return {'known_params': Endless()}", OK),
    "answers_shyly": Bad("return Shy()", "expected capabilities, got Shy"),
    "numbers_of_its_own": Bad("return {'max_context': Number(4242)}", OK),
    "changes_the_question": Bad(
        "object.__setattr__(spec, 'name', 'other')\nvars(spec).clear()\nreturn None", OK
    ),
    "is_the_user": Bad("", "already named user", members="name = 'user'"),
    "renames_to_user": Bad(
        "self.name, self.precedence = 'user', 10**6\nreturn {'max_context': 7}", OK
    ),
}

SOUND = """
from modeldex import ModelSpec
class Source:
    async def discover(self):
        return [ModelSpec(provider="well", name=f"{number}") for number in range(50)]
class Resolver:
    async def get_capabilities(self, spec):
        return {"max_output_tokens": 4096} if spec.provider == "well" else None
"""


def module_of(name: str, bad: Bad, method: str) -> str:
    """The code of a plug-in that does that in its method."""
    body = indent(bad.code or "pass", 8 * " ")
    part = f"class Part:\n    {bad.members}\n    async def {method}:\n{body}\n"
    return f"{PRELUDE}\nNAME = {name!r}\n{bad.first}\n{part}"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages: each of the bad ones, and two sound ones around them."""
    folder = tmp_path / "site"
    for name in ("a_sound", "z_sound"):
        code = SOUND.replace("well", name)
        points = f"{name} = {name}:"
        install_package(
            folder, name, code, sources=f"{points}Source", resolvers=f"{points}Resolver"
        )
    for name, bad in SOURCES.items():
        code = module_of(name, bad, "discover(self)")
        install_package(folder, name, code, sources=f"{name} = {name}:Part")
    for name, bad in RESOLVERS.items():
        code = module_of(name, bad, "get_capabilities(self, spec)")
        install_package(folder, name, code, resolvers=f"{name} = {name}:Part")
    return folder


def refreshed(site: Path, catalog: Place) -> Any:
    """The document and the stderr of a refresh, as a process of its own."""
    paths = f"{site}:{environment()['PYTHONPATH']}"
    env = environment(PYTHONPATH=paths, MODELDEX_DB=str(catalog), PYTHONWARNINGS="ignore")
    done = piped("refresh", "--json", "--deadline", str(DEADLINE), env=env)
    assert done.out.count("\n") == 1, (done.out, done.err)
    return json.loads(done.out), done.err


def test_whatever_a_plugin_does_is_a_step_of_its_own(site: Path, catalog_path: Place) -> None:
    """Each is recorded with its reason, the sound ones land whole, stdout is the answer's."""
    catalog = small_catalog(catalog_path, MODELS)
    document, words = refreshed(site, catalog)
    steps = {(step["kind"], step["name"]): step for step in document["steps"]}
    bad = [("source", SOURCES), ("resolver", RESOLVERS)]
    expected = {(kind, name): row.becomes for kind, rows in bad for name, row in rows.items()}
    ends = {key: steps[key].get("error") or steps[key]["status"] for key in expected}
    assert {key: end for key, end in ends.items() if expected[key] not in end} == {}
    assert "foreign" in words
    for kind, name in itertools.product(("source", "resolver"), ("a_sound", "z_sound")):
        assert (steps[kind, name]["status"], steps[kind, name]["dropped"]) == ("ok", 0)
    seen = sql(
        catalog,
        "SELECT provider, count(*) FROM catalog WHERE provider LIKE '%_sound' AND live = 1 "
        "AND max_output_tokens = 4096 GROUP BY provider ORDER BY 1",
    )
    assert seen == [("a_sound", 50), ("z_sound", 50)]
    places = "SELECT name, precedence FROM resolvers WHERE name IN ('user', 'renames_to_user')"
    assert dict(sql(catalog, places)) == {"user": 1000, "renames_to_user": CUSTOM_PRECEDENCE}
    assert sql(catalog, "SELECT count(*) FROM models WHERE name = 'other'") == [(0,)]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs one plug-in in this process: its name and what it does."""
    names: list[str] = []
    monkeypatch.syspath_prepend(tmp_path / "site")

    def put(name: str, bad: Bad) -> None:
        names.append(name)
        code = module_of(name, bad, "discover(self)")
        install_package(tmp_path / "site", name, code, sources=f"{name} = {name}:Part")

    yield put
    for name in names:
        sys.modules.pop(name, None)


def plugin_threads() -> list[str]:
    """The threads of plug-ins that run in this process."""
    return [one.name for one in threading.enumerate() if one.name.startswith("plug-in")]


async def ends_of(registry: ModelRegistry, **options: Any) -> dict[str, str]:
    """The steps of sources in a refresh: the error, or the status."""
    report = await registry.refresh(**options)
    return {step.name: step.error or step.status for step in report.steps if step.kind == "source"}


async def test_a_thread_that_loops_is_ended(
    installed: Callable[..., None], catalog_path: Place
) -> None:
    """What runs Python code without end is stopped when its refresh ends; so is all else."""
    installed("loops_on", SOURCES["loops"])
    installed("sounds", SOURCES["leaves_tasks"])
    async with ModelRegistry(resolvers=[], db=small_catalog(catalog_path, MODELS)) as registry:
        ends = await ends_of(registry, deadline=3, only=["loops_on", "sounds"])
    assert ends["loops_on"] == "no result within 3 s"
    assert plugin_threads() == []


async def test_a_thread_that_cannot_be_ended_is_not_started_again(
    installed: Callable[..., None], catalog_path: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has returned, its plug-in has failed; then it is loaded as any other."""
    waits, returns = os.pipe()
    monkeypatch.setenv("GATE", str(waits))
    wait = "os.environ.get('GATE') and os.read(int(os.environ['GATE']), 1)"
    installed("gated", Bad("return listed()", OK, first=wait))
    async with ModelRegistry(resolvers=[], db=small_catalog(catalog_path, MODELS)) as registry:
        first = await ends_of(registry, deadline=1)
        second = await ends_of(registry, deadline=1)
        threads = plugin_threads()
        monkeypatch.delenv("GATE")
        os.write(returns, b"1")
        while plugin_threads():
            await asyncio.sleep(0.01)
        third = await ends_of(registry, deadline=HANG)
    os.close(waits)
    os.close(returns)
    assert first["gated"] == "gated: no result within 0.5 s"
    assert "has not returned since an earlier refresh" in second["gated"]
    assert threads == ["plug-in gated"]
    assert third["gated"] == OK


# The parts of a caller, on his own event loop.


class Text(str):
    """A text whose methods raise."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def strip(self, *_: object) -> str:
        """Raise."""
        raise RuntimeError("trapped")


class Renaming(ListSource):
    """A source that wants to be another after its call."""

    async def discover(self) -> Any:
        """Its list."""
        vars(self).update(name="ollama", kind="reference", precedence=10**6)
        return await super().discover()


class Deaf(ListSource):
    """A source that goes on when it is cancelled for the first time."""

    async def discover(self) -> Any:
        """Nothing, until it is cancelled again."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(HANG)
        await asyncio.sleep(HANG)


class Nameless(ListSource):
    """A source whose name cannot be read."""

    @property
    def name(self) -> str:
        """Raise."""
        raise SystemExit("trapped")

    @name.setter
    def name(self, _: str) -> None: ...


OWN: dict[str, tuple[ListSource, str]] = {
    "renames": (Renaming([spec("r")], "renames"), OK),
    "texts": (ListSource([{"provider": Text("acme"), "name": Text("t")}], "texts"), OK),
    "many": (ListSource([None] * 100_001, "many"), "more than 100,000 models"),
    "exits": (ListSource(SystemExit(3), "exits"), "SystemExit: 3"),
    "deaf": (Deaf((), "deaf"), "no result within"),
    class_name(Nameless): (Nameless(), "SystemExit: trapped"),
}


async def test_the_parts_of_a_caller_are_held_to_the_same(catalog_path: Place) -> None:
    """Their names hold, their values are copied, their lists have an end, and so has their time."""
    resolver = DictResolver({"t": {"base": Text("acme/base")}}, "says")
    parts = [part for part, _ in OWN.values()]
    async with ModelRegistry([*parts, ListSource([spec("s")])], [resolver], db=catalog_path) as own:
        ends = await ends_of(own, deadline=6)
        names = sorted(model.spec.name for model in await own.get_models())
    assert {
        name: end for name, end in ends.items() if (OWN.get(name) or ("", OK))[1] not in end
    } == {}
    assert ends.keys() == {*OWN, "lists"}
    assert names == ["r", "s", "t"]
    assert sql(catalog_path, "SELECT live FROM catalog") == [(1,)] * 3
