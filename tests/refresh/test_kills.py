"""kill -9 at any moment of a refresh: a whole catalog, old or new, and nothing said is lost."""

import itertools
from collections.abc import Iterator

import pytest

from child_processes import Child
from kill_at_random import HOURS, Killer, forker
from killed_refreshes import Editions
from modeldex.storage.batch import CHUNK
from modeldex.storage.location import Place

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(HOURS)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
ON_FILES = pytest.mark.sqlite_only("slow on a server, which has its turn every night")


@pytest.fixture(scope="module")
def host() -> Iterator[Editions]:
    """The host that all refreshes of this module ask."""
    with Editions() as server:
        yield server


@pytest.fixture(scope="module")
def forking(
    host: Editions, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Child]:
    """A process that has imported everything and forks victims."""
    spare: Place = tmp_path_factory.mktemp("spare") / "catalog.db"
    if request.config.getoption("engine") == "postgresql":
        spare = request.getfixturevalue("postgres").create()
    with forker(spare, host) as child:
        yield child


@pytest.mark.parametrize(
    ("count", "kills", "in_a_row"),
    [
        (12, 6, 3),
        pytest.param(12, 60, 3, marks=PROMISED),
        pytest.param(1000, 5, 1, marks=[*PROMISED, ON_FILES]),
        pytest.param(12, 500, 1, marks=NIGHTLY),
        pytest.param(2500, 100, 2, marks=NIGHTLY),
    ],
)
def test_a_kill_during_a_refresh_harms_nothing(
    either_journal: Place, engine: str, host: Editions, forking: Child, *, count: int,
    kills: int, in_a_row: int,
) -> None:  # fmt: skip
    """Each answer is there wholly or not at all, as its ETag says, and the next refresh ends well.

    An answer that takes several transactions may be there in part, but not under its ETag.
    """
    host.edition, host.count = 1, count
    killer = Killer(either_journal, host, forking)
    wrong, unfinished = [], []
    for turn in itertools.count(1):
        killer.kill()
        wrong += killer.wrong()
        unfinished += killer.unfinished() if turn % in_a_row == 0 else []
        if turn >= kills and killer.cut > kills / 3:
            break
    print(f"{engine}, {count} models: {dict(sorted(killer.moments.items()))}, {killer.mixed} mixed")
    assert (wrong + killer.wrong(), unfinished, killer.complaints) == ([], [], [])
    assert killer.mixed == 0 or count >= CHUNK / 2
