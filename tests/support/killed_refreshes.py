"""Refreshes that are killed: a host whose data has editions, and forks that ask it and die."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from fork_process import HANG, ended, fork, say
from misbehaving_host import Reply, Seen, StandIn, ok
from modeldex.errors import CatalogError
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import Progress, refresh
from modeldex.resolvers.feed import FeedResolver
from modeldex.resolvers.listing import ListingResolver
from modeldex.sources.feed import FeedSource
from modeldex.sources.listing import ListingSource
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_writer
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.upstream.datasets import Feed
from modeldex.upstream.provider_api import ProviderListing

FEED, LIVE = "litellm", "vllm"


def names(part: str, edition: int, count: int) -> list[str]:
    """The models of one edition: a quarter of them is new in each, a quarter is gone."""
    first = edition * count // 4
    return [f"{part}-{(first + at) % (2 * count)}" for at in range(count)]


class Editions(StandIn):
    """A host with data in editions: a feed with an ETag, and the listing of a server without.

    The number of the edition is the price of the feed's models and the window of the others;
    `count` is how many there are of each.
    """

    def __init__(self) -> None:
        super().__init__({"/feed": self._feed, "/v1/models": self._served})
        self.count = 12
        self.edition = 1

    def _feed(self, seen: Seen) -> Reply:
        tag = {"etag": f'"{self.edition}"'}
        if seen.headers.get("if-none-match") == tag["etag"]:
            return 304, tag, b""
        price = {"litellm_provider": "acme", "input_cost_per_token": self.edition / 1e6}
        status, headers, content = ok(dict.fromkeys(self._names(FEED), price))
        return status, {**headers, **tag}, content

    def _served(self, _seen: Seen) -> Reply:
        served = [{"id": name, "max_model_len": self.edition} for name in self._names(LIVE)]
        return ok({"data": served})

    def _names(self, part: str) -> list[str]:
        return names(part, self.edition, self.count)


async def refreshed(path: Place, url: str, told: Progress = lambda _text: None) -> RefreshReport:
    """One refresh over all that the host at `url` offers."""
    feed = Feed(FEED, {"MODELDEX_LITELLM_URL": f"{url}/feed"})
    listing = ProviderListing(LIVE, {"MODELDEX_VLLM_BASE_URL": f"{url}/v1"})
    return await refresh(
        path,
        [FeedSource(feed), ListingSource(listing)],
        [FeedResolver(feed), ListingResolver(listing)],
        # A lock file dies with its owner, a server has to notice.
        wait=HANG if isinstance(path, Postgres) else 0.0,
        progress=told,
    )


def measures(path: Place, first: int) -> None:
    """Write one measurement after the other, and say the number of each that is committed."""
    with open_writer(path, HANG) as writer:
        for number in itertools.count(first):
            with writer.transaction() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO measurements (provider, name, tokens_per_second, run_id) "
                    "VALUES ('acme', :name, :speed, :run)",
                    {
                        "name": f"{FEED}-{number % 7}",
                        "speed": 1 + number % 100,
                        "run": str(number),
                    },
                )
            say(number)
            time.sleep(0.005)


def _refreshes(path: Place, url: str) -> None:
    asyncio.run(refreshed(path, url, say))


def _complaining(work: Callable[[], object]) -> None:
    try:
        work()
    except CatalogError as error:
        say({"error": str(error)})


def serve(hear: Callable[[], Any], spare: str, url: str) -> None:
    """Fork a writer and a refresh per line heard, and kill both after the seconds it names.

    Or say that they are over, have the server end the refresh, and kill the writer only. `spare`
    is the path of a catalog to warm up with. Forks say what they have done.
    """
    asyncio.run(refreshed(catalog_path(spare), url))
    say("ready")
    while (task := hear()) is not None:
        given, first, seconds, by_the_server = task
        place = catalog_path(given)
        victims = partial(measures, place, first), partial(_refreshes, place, url)
        writer, refresh_ = (fork(partial(_complaining, victim)) for victim in victims)
        time.sleep(seconds)
        if by_the_server:
            say("now")
            hear()
            code = ended(refresh_)
            os.kill(writer, signal.SIGKILL)
            say([ended(writer), code])
        else:
            for pid in (writer, refresh_):
                os.kill(pid, signal.SIGKILL)
            say([ended(writer), ended(refresh_)])
