"""Ends and beginnings: exits without closing, forks, loops in a row, interrupts, kill -9."""

import asyncio
import contextlib
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from child_processes import Child, ChildResult, broken_rules, leave_half_a_transaction, put, run
from modeldex import ModelRegistry
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog
from raw_catalog import bare, migrated

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
ON_FILES = pytest.mark.sqlite_only("slow on a server, which has its turn every night")
STRICT = ("-W", "error")
COMMON = """
import asyncio, os, sys
from fork_process import HANG
from modeldex import ModelRegistry, ModelSpec, get_registry
path = ARGS[0]

class Listed:
    name = "listed"
    network = True
    def __init__(self, count=3, seconds=0.0):
        self.count, self.seconds = count, seconds
    async def discover(self):
        say("asked")
        await asyncio.sleep(self.seconds)
        return [ModelSpec(provider="acme", name=f"m{i}") for i in range(self.count)]

def opened(*sources):
    return ModelRegistry(list(sources), [], db=path)

async def knows(registry, name="m"):
    return await registry.find_model("acme", name) is not None
"""


def ended(script: str, path: Place, *flags: str, forked: bool = False) -> ChildResult:
    """A finished child of COMMON and `script`; what is about its end is not `forked`."""
    return run(COMMON + script, path, flags=flags or STRICT, forked=forked)


@pytest.fixture
def small(blank_catalog: Place) -> Place:
    """A catalog with one model, acme/m."""
    put(blank_catalog, "m")
    return blank_catalog


# Exits.

EXITS = {
    "local": """
async def main():
    say(await knows(opened()))
asyncio.run(main())
""",
    "global": """
registry = opened()
say(asyncio.run(knows(registry)))
""",
    "exception": """
async def main():
    registry = opened()
    say(await knows(registry))
    raise SystemExit(0)
asyncio.run(main())
""",
    "pending": """
registry = opened()
async def main():
    say(await knows(registry))
    asyncio.create_task(asyncio.sleep(10**6))
    asyncio.create_task(knows(registry, "other"))
asyncio.run(main())
""",
    "never used": "registry = opened()\nsay(True)\n",
    "closed twice": """
async def main():
    async with opened() as registry:
        say(await knows(registry))
        await registry.aclose()
asyncio.run(main())
""",
}


@pytest.mark.promised_on_server
@pytest.mark.parametrize("way", EXITS)
def test_a_process_that_forgets_to_close_ends(blank_catalog: Place, way: str) -> None:
    """Without aclose a process ends by itself and says nothing, though warnings are errors."""
    put(blank_catalog, "m")
    child = ended(EXITS[way], blank_catalog)
    assert (child.said, child.errors, child.code) == ([True], "", 0)


def test_a_refresh_without_closing_ends(small: Place) -> None:
    """A process that refreshed and asked, and closed nothing, ends without a word."""
    child = ended(
        """
async def main():
    registry = opened(Listed())
    say((await registry.refresh()).status)
    say(len(await registry.get_models()))
asyncio.run(main())
""",
        small,
    )
    assert (child.said, child.errors, child.code) == (["asked", "ok", 3], "", 0)


# Loops.


def test_one_registry_serves_one_loop_after_another(small: Place) -> None:
    """Two runs of asyncio in a row may share a registry, also to refresh."""
    child = ended(
        """
registry = opened(Listed())
async def twice(name):
    return await asyncio.gather(knows(registry, name), knows(registry, name))
say(asyncio.run(twice("m")))
asyncio.run(registry.refresh())
say(asyncio.run(twice("m1")))
asyncio.run(registry.aclose())
say(asyncio.run(twice("m2")))
""",
        small,
        forked=True,
    )
    assert child.said == [[True, True], "asked", [True, True], [True, True]]
    assert (child.errors, child.code) == ("", 0)


def test_a_failed_first_loop_does_not_spoil_the_second(tmp_path: Path) -> None:
    """Questions that failed together in one loop can be asked together in another."""
    child = ended(
        """
from pathlib import Path
from modeldex import NotACatalog
registry = opened()
async def twice():
    asked = (knows(registry, "m"), knows(registry, "n"))
    return await asyncio.gather(*asked, return_exceptions=True)
Path(path).write_text("not a database, and long enough " * 40)
say([type(answer) is NotACatalog for answer in asyncio.run(twice())])
os.unlink(path)
say([answer if answer is False else str(answer) for answer in asyncio.run(twice())])
""",
        tmp_path / "catalog.db",
        forked=True,
    )
    assert child.said == [[True, True], [False, False]]
    assert (child.errors, child.code) == ("", 0)


def test_get_registry_belongs_to_its_loop(shipped_catalog: Place) -> None:
    """Within a loop it is one object, in the next loop another, and both answer."""
    child = ended(
        """
os.environ["MODELDEX_DB"] = path
os.environ["OPENAI_API_KEY"] = "sk-not-a-key"
async def main():
    one, two = await asyncio.gather(get_registry(), get_registry())
    best = await one.find_best(requires_tools=True)
    return one is two, best.spec.provider, id(one)
first, second = asyncio.run(main()), asyncio.run(main())
say([first[:2], second[:2]])
""",
        shipped_catalog,
        forked=True,
    )
    assert child.said == [[[True, "openai"], [True, "openai"]]]
    assert (child.errors, child.code) == ("", 0)


GIVEN_UP = (
    COMMON
    + """
registry = opened()
say(asyncio.run(knows(registry)))
hear()
async def hurry():
    try:
        async with asyncio.timeout(0.1):
            return await knows(registry, "other")
    except TimeoutError:
        return "gave up"
say(asyncio.run(hurry()))
hear()
say(asyncio.run(knows(registry)))
"""
)

KEEP_OUT = {False: ["BEGIN EXCLUSIVE"], True: ["BEGIN", "LOCK TABLE catalog"]}
"""What keeps readers out, of a file with a rollback journal and of a server."""


def test_a_question_given_up_does_not_hang_the_next_loop(blank_catalog: Place) -> None:
    """An answer that comes after its loop was closed harms nobody who asks later."""
    put(blank_catalog, "m")
    with bare(blank_catalog) as writer, Child(GIVEN_UP, blank_catalog, forked=True) as child:
        assert child.receive() is True
        for statement in KEEP_OUT[isinstance(blank_catalog, Postgres)]:
            writer.execute(statement)
        child.send_value("readers are kept out")
        assert child.receive() == "gave up"
        writer.execute("COMMIT")
        child.send_value("they are not")
        end = child.end()
    assert (end.said, end.errors, end.code) == ([True], "", 0)


def readers() -> int:
    """How many threads read a catalog."""
    return sum(each.name.startswith("modeldex reader") for each in threading.enumerate())


async def test_a_hundred_tasks_share_one_connection(small: Place) -> None:
    """Tasks that ask at the same time, also right after a close, open the file once."""
    registry = ModelRegistry([], [], db=small)
    await registry.find_model("acme", "m")
    await registry.aclose()
    while readers():  # the thread of the closed connection is about to end
        await asyncio.sleep(0.01)
    threads = [0]

    async def ask() -> bool:
        found = await registry.find_model("acme", "m")
        threads.append(readers())
        return found is not None

    assert await asyncio.gather(*(ask() for _ in range(100))) == [True] * 100
    await registry.aclose()
    assert max(threads) <= 1


# Forks.


def test_a_forked_child_may_use_the_registry(either_journal: Place) -> None:
    """Parent and child both get answers after a fork, and both may refresh and exit."""
    put(either_journal, "m")
    child = ended(
        """
registry = opened(Listed())
say(["parent", asyncio.run(knows(registry))])
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    stop_after(HANG)
    say(["child", asyncio.run(knows(registry))])
    say(["child", asyncio.run(registry.refresh()).status])
    say(["child", asyncio.run(knows(registry, "m2"))])
    sys.exit(7)
say(["parent", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])])
say(["parent", asyncio.run(knows(registry, "m2"))])
say(["parent", asyncio.run(registry.refresh()).status])
""",
        either_journal,
        "-W",
        "ignore::DeprecationWarning",
    )
    heard = [line for line in child.said if line != "asked"]
    assert heard == [
        ["parent", True],
        ["child", True],
        ["child", "ok"],
        ["child", True],
        ["parent", 7],
        ["parent", True],
        ["parent", "ok"],
    ]
    assert (child.errors, child.code) == ("", 0)


# Interrupts.

INTERRUPTED = """
import signal
from sqlalchemy import Engine, event

transactions = 0

@event.listens_for(Engine, "commit")
def interrupts(connection):
    global transactions
    transactions += 1
    if transactions == ARGS[3]:
        os.kill(os.getpid(), signal.SIGINT)

async def main():
    async with opened(Listed(ARGS[1], ARGS[2])) as registry:
        await registry.refresh()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    say("interrupted")
async def again():
    other = Listed(2)
    other.name = "other"
    async with opened(other) as registry:
        return (await registry.refresh()).status
say(asyncio.run(again()))
"""


@pytest.mark.promised_on_server
@pytest.mark.parametrize(
    ("count", "seconds", "at"),
    [(3, 10**6, None), (12_000, 0, 3), (12_000, 0, 5)],
    ids=["while asking", "while writing", "later while writing"],
)
def test_an_interrupt_ends_a_refresh(
    blank_catalog: Place, count: int, seconds: float, at: int | None
) -> None:
    """Ctrl-C while a source is asked, or in the transaction with that number, ends a refresh,
    leaves a whole catalog, and a second one works.
    """
    script = COMMON + INTERRUPTED
    with Child(script, blank_catalog, count, seconds, at, forked=True) as child:
        assert child.receive() == "asked"
        if at is None:
            child.send(signal.SIGINT)
        end = child.end()
    assert (end.said, end.errors, end.code) == (["interrupted", "asked", "ok"], "", 0)
    assert broken_rules(blank_catalog) == []


# Kills.


LOADING = """
import asyncio
from modeldex import ModelRegistry

async def main():
    async with ModelRegistry(db=ARGS[0], environ={}) as registry:
        say("begun")
        await registry.load_shipped(progress=say)

asyncio.run(main())
say("done")
"""


def written(path: Place) -> Counter[str]:
    """How many steps of each name are on record as written."""
    with contextlib.closing(open_catalog(path)) as connection:
        rows = connection.execute("SELECT name FROM run_steps WHERE status = 'ok'").fetchall()
    return Counter(name for (name,) in rows)


def killed(path: Place, after: float) -> list[Any]:
    """What a loading process said before it was killed, or "done" where it was too quick."""
    with Child(LOADING, path, forked=True) as child:
        assert child.receive() == "begun"
        time.sleep(after)
        child.send(signal.SIGKILL)
        return child.end().said


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(4, marks=[*PROMISED, ON_FILES]),
        pytest.param(500, marks=NIGHTLY),
    ],
)
def test_a_kill_while_loading_harms_nothing(
    either_journal: Place, engine: str, new_place: Callable[[], Place], kills: int
) -> None:
    """Killed at random moments, a load leaves a whole catalog in which what it said stands."""
    moments = random.Random(2026)  # noqa: S311 - not a secret
    broken, lost, path = [], [], either_journal
    acknowledged: Counter[str] = Counter()
    for _ in range(kills):
        said = killed(path, moments.uniform(0, 2.0))
        acknowledged.update(line.split(":")[0] for line in said if ": ok," in line)
        broken += broken_rules(path)
        lost += list((acknowledged - written(path)).elements())
        if "done" in said:
            path, acknowledged = migrated(new_place(), engine), Counter()
    assert (broken, lost) == ([], [])
    assert run(LOADING, path, forked=True).said[-1] == "done"
    assert broken_rules(path) == []
    with contextlib.closing(open_catalog(path)) as connection:
        assert connection.execute("SELECT count(*) FROM models").fetchone()[0] > 5000


def put_many(place: Place) -> None:
    """Add so many models that SQLite writes a change of all to the file before it is whole."""
    with bare(place) as connection:
        connection.execute(
            "INSERT INTO models (provider, name) WITH RECURSIVE n(i) AS "
            "(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) SELECT 'acme', 'm' || i FROM n"
        )


async def test_half_a_transaction_is_never_read(either_journal: Place) -> None:
    """What a killed writer left half done is undone for those who open the catalog after."""
    put_many(either_journal)
    leave_half_a_transaction(either_journal)
    async with ModelRegistry([], [], db=either_journal) as registry:
        model = await registry.find_model("acme", "m1")
    assert model is not None
    assert model.spec.display_name is None
    assert broken_rules(either_journal) == []


async def test_half_a_transaction_does_not_stop_who_was_there_before(either_journal: Place) -> None:
    """A registry that is in use when a writer is killed goes on answering."""
    put_many(either_journal)
    async with ModelRegistry([], [], db=either_journal) as registry:
        assert await registry.find_model("acme", "m0") is not None
        leave_half_a_transaction(either_journal)
        model = await registry.find_model("acme", "m1")
        assert model is not None
        assert model.spec.display_name is None
        put(either_journal, "new")
        assert await registry.find_model("acme", "new") is not None
    assert broken_rules(either_journal) == []
