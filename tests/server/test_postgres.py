"""A server over a PostgreSQL catalog: as fresh as over a file, and there again when that is."""

import asyncio
import threading
import time

import pytest

import modeldex
from fork_process import HANG
from modeldex import ModelCapabilities, ModelSpec
from modeldex.query.catalog import Catalog
from modeldex.refresh import staleness
from modeldex.server.limits import Limits
from modeldex.server.registry import ServedRegistry
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import connect
from modeldex.storage.postgres.migrate import migrate
from modeldex.sync import ModelRegistry
from postgres_server import MISSING, Server, programs
from running_server import BEARER, TOKEN, Serving

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)


class Lists:
    """A source of two models."""

    name = "lists"

    async def discover(self) -> list[ModelSpec]:
        return [ModelSpec(provider="acme", name=name) for name in ("one", "two")]


class States:
    """A resolver that states the same of each."""

    name = "states"

    async def get_capabilities(self, _spec: ModelSpec) -> ModelCapabilities:
        return ModelCapabilities(supports_tools=True, max_context=1000)


def made(place: Postgres) -> Postgres:
    """A catalog of two models, that seems to be loaded."""
    migrate(place)
    with ModelRegistry([Lists()], [States()], db=place, environ={}) as registry:
        assert registry.refresh().status == "ok"
    with connect(place) as connection:
        connection.execute("UPDATE runs SET version = %s", (modeldex.__version__,))
        connection.cursor().executemany(
            "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
            "chunks, seen, changed, dropped, token) VALUES ((SELECT max(id) FROM runs), %s, %s, "
            "'ok', '2026-01-01T00:00:00Z', 0, 0, 0, 0, 0, 0, %s)",
            staleness.shipped_parts(),
        )
    return place


def test_it_is_as_fresh_and_comes_back_with_its_database(own_postgres: Server) -> None:
    """304 until somebody commits, the next answer after that; 503 while the database is away."""
    place = made(own_postgres.create())
    with Serving(place.url, "--open-reads", token=TOKEN) as serving:
        first = serving.request("/models/acme/one")
        same = {"if-none-match": first.headers["etag"]}
        again = serving.request("/models/acme/one", headers=same).status
        own_postgres.run(
            "UPDATE capabilities SET max_context = 2000", place.url.split("/")[3].split("?")[0]
        )
        changed = serving.request("/models/acme/one", headers=same)
        sample = {"provider": "acme", "name": "one", "tokens_per_second": 7}
        kept = serving.request("/measurements", "POST", BEARER, {"measurements": [sample]})
        faster = serving.request("/best?min_speed_tps=5").json["models"]
        own_postgres.run("CHECKPOINT")  # it writes nothing by itself here
        own_postgres.stop()
        away = [serving.request("/models/acme/one"), serving.request("/healthz")]
        own_postgres.start()
        while serving.request("/healthz").status != 200:
            time.sleep(0.05)
        back = serving.request("/models/acme/one").json["capabilities"]
        told = list(serving.told)
    assert (first.json["capabilities"]["max_context"], again) == (1000, 304)
    assert changed.json["capabilities"]["max_context"] == 2000
    assert (kept.json["added"], [each["spec"]["name"] for each in faster]) == (1, ["one"])
    assert [(each.status, each.error["code"]) for each in away] == [(503, "catalog_error")] * 2
    assert all(str(place) not in each.error["message"] for each in away)
    assert (back["max_context"], back["speed_hint_tps"]) == (2000, 7.0)
    assert [line for line in told if "Traceback" in line] == []


async def test_a_long_read_keeps_no_quick_one_waiting(own_postgres: Server) -> None:
    """It is stopped, begins again in the slow lane, and a quick read is answered beside it."""
    place = own_postgres.create()
    migrate(place)
    slow, released = threading.Event(), threading.Event()
    runs = iter(("SELECT pg_sleep(600)", "SELECT 2"))

    def long(catalog: Catalog) -> object:
        found = catalog.rows(next(runs))
        slow.set()
        assert released.wait(HANG)
        return found

    limits = Limits(quick_seconds=1.0)
    async with ServedRegistry(db=place, environ={}, limits=limits) as registry:
        task = asyncio.create_task(registry.run_read(long))
        assert await asyncio.to_thread(slow.wait, HANG)
        quick = await registry.run_read(lambda each: each.rows("SELECT 1"))
        unfinished = not task.done()
        released.set()
        found = await task
    assert (quick, unfinished, found) == ([(1,)], True, [(2,)])
