"""A server that cuts its clients off in the middle of a refresh, or stops and comes back."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from child_processes import Child, broken_rules
from command_line import MODELS, environment, piped, run_command, small_catalog
from fork_process import HANG
from kill_at_random import HOURS, Killer, forker
from killed_refreshes import Editions
from misbehaving_host import Reply, Seen, StandIn, ok
from modeldex.storage.location import Postgres
from pooler import is_front
from postgres_server import Server
from raw_catalog import bare

pytestmark = pytest.mark.postgresql_only

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(HOURS)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
SECRET = "geheim"  # noqa: S105 - it opens nothing


@pytest.fixture
def place(blank_catalog: Postgres) -> Postgres:
    """A catalog with a password, on a server that has written down what it acknowledges."""
    if is_front(blank_catalog):
        pytest.skip("a pooler connects again to a server that was gone between two transactions")
    with bare(blank_catalog) as connection:
        [(name,)] = connection.execute("SELECT current_database()").fetchall()
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    return Postgres(blank_catalog.url.replace("catalog@", f"catalog:{SECRET}@"))


@pytest.fixture(scope="module")
def host() -> Iterator[Editions]:
    """The host that all refreshes of this module ask."""
    with Editions() as server:
        yield server


@pytest.fixture(scope="module")
def forking(host: Editions, postgres: Server) -> Iterator[Child]:
    """A process that has imported everything and forks victims."""
    with forker(postgres.create(), host) as child:
        yield child


def cut_off(server: Server) -> None:
    """End all connections of modeldex, as an administrator does."""
    server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'modeldex'"
    )


def restart(server: Server) -> None:
    """Stop at once, without a word to anybody, and start again."""
    server.stop()
    server.start()


WAYS: dict[str, Callable[[Server], None]] = {"cut off": cut_off, "restarted": restart}


def unclear(complaints: list[str], place: Postgres) -> list[str]:
    """The complaints that are not one line which names the place, or that give a secret away."""
    return [
        text
        for text in complaints
        if not text.startswith(f"{place}: ") or "\n" in text or SECRET in text
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("times", "in_a_row"),
    [(4, 2), pytest.param(12, 3, marks=PROMISED), pytest.param(250, 1, marks=NIGHTLY)],
)
def test_a_server_that_ends_a_refresh_harms_nothing(
    place: Postgres, postgres: Server, host: Editions, forking: Child, *, way: str, times: int,
    in_a_row: int,
) -> None:  # fmt: skip
    """There is one clear error; what was acknowledged is there, and the next refresh ends well."""
    host.edition, host.count = 1, 12
    killer = Killer(place, host, forking)
    wrong, unfinished = [], []
    for turn in itertools.count(1):
        killer.cut_off(lambda: WAYS[way](postgres))
        wrong += killer.wrong()
        unfinished += killer.unfinished() if turn % in_a_row == 0 else []
        if turn >= times and len(killer.complaints) > times / 8:
            break
    moments, complaints = dict(sorted(killer.moments.items())), killer.complaints
    print(f"{way}: {moments}, {len(complaints)} complaints, such as {complaints[:1]}")
    assert (wrong, unfinished, unclear(complaints, place)) == ([], [], [])


@pytest.mark.parametrize("way", WAYS)
def test_a_command_that_is_cut_off_says_so_in_a_line(
    place: Postgres, postgres: Server, way: str
) -> None:
    """A refresh whose server goes while a host is asked ends with a line, and works after."""
    small_catalog(place, MODELS)
    asked, gone = Event(), Event()

    def listed(_seen: Seen) -> Reply:
        asked.set()
        gone.wait(HANG)
        return ok({"data": [{"id": "m", "max_model_len": 4096}]})

    with StandIn({"/v1/models": listed}) as host, ThreadPoolExecutor(1) as thread:
        env = environment(MODELDEX_DB=place.url, MODELDEX_VLLM_BASE_URL=f"{host.url}/v1")
        running = thread.submit(piped, "refresh", "--source", "vllm", env=env)
        assert asked.wait(HANG)
        WAYS[way](postgres)
        gone.set()
        first = running.result()
        second = run_command(
            place, "refresh", "--source", "vllm", MODELDEX_VLLM_BASE_URL=f"{host.url}/v1"
        )
    assert (first.code, first.out, len(first.err.splitlines())) == (1, "", 1)
    assert (SECRET in first.err, "Traceback" in first.err) == (False, False)
    assert str(place) in first.err
    assert second.code == 0
    assert broken_rules(place) == []
