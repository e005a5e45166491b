"""Feeds: the live versions of the open data sets of which modeldex ships copies.

A feed is fetched during a refresh only, by a conditional GET, so that unchanged data is not
sent again. MODELDEX_<NAME>_URL sets a mirror, MODELDEX_FEEDS=0 disables all feeds.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from modeldex.errors import SourceFailed
from modeldex.http.client import JsonResponse, fetch_changed
from modeldex.upstream import editions
from modeldex.upstream.formats.rows import Mapped
from modeldex.version import __version__
from modeldex.vocabulary import clock

_FRESH = 300.0


def _models_dev(payload: object, today: date) -> tuple[Mapped, date]:
    from modeldex.upstream.formats import models_dev

    return models_dev.rows(payload), models_dev.newest_update(payload, today)


def _litellm(payload: object, today: date) -> tuple[Mapped, date]:
    from modeldex.upstream.formats import litellm

    return litellm.rows(payload), today


def _genai_prices(payload: object, today: date) -> tuple[Mapped, date]:
    from modeldex.upstream import snapshots
    from modeldex.upstream.formats import genai_prices

    names = (name for name in snapshots.NAMES if name != "genai_prices")
    others = [row for name in names for row in snapshots.load(name).rows]
    return genai_prices.confirmed(genai_prices.rows(payload, today), others), today


class DataSet(NamedTuple):
    """The URL of a data set. `map_payload` maps its payload on a day to rows and their day.

    `dated` means that the same payload gives other rows on another day, so that a stored
    validator is only valid on its own day.
    """

    url: str
    map_payload: Callable[[object, date], tuple[Mapped, date]]
    dated: bool = False


_GITHUB = "https://raw.githubusercontent.com"
FEEDS: Mapping[str, DataSet] = {
    "models_dev": DataSet("https://models.dev/api.json", _models_dev),
    "litellm": DataSet(
        f"{_GITHUB}/BerriAI/litellm/main/model_prices_and_context_window.json", _litellm
    ),
    "genai_prices": DataSet(
        f"{_GITHUB}/pydantic/genai-prices/main/prices/data.json", _genai_prices, dated=True
    ),
}
"""The feeds by the name of their shipped snapshot."""


class CachedFetch(NamedTuple):
    """The outcome of the last request and its time; `mapped` is None if nothing had changed."""

    at: float
    version: str = ""
    mapped: Mapped | None = None
    failure: SourceFailed | None = None


class Feed:
    """One data set, shared by its source and resolver; an outcome is cached for five minutes.

    `timeout` (seconds) limits each request. Raises ValueError for a name not in FEEDS.
    """

    def __init__(
        self, name: str, environ: Mapping[str, str] | None = None, timeout: float = 60.0
    ) -> None:
        if name not in FEEDS:
            raise ValueError(f"no feed {name!r}; expected one of {', '.join(FEEDS)}")
        self.name = name
        self.environ = os.environ if environ is None else environ
        self.timeout = timeout
        self._last: CachedFetch | None = None

    @property
    def url(self) -> str:
        """The URL to fetch: that of the environment, else the published one."""
        given = self.environ.get(f"MODELDEX_{self.name.upper()}_URL", "").strip()
        return given or FEEDS[self.name].url

    async def fetch(self, token: str | None) -> str:
        """Fetch the data set. Returns its version token: `token` itself if that is current.

        Raises SourceFailed, also if the data set has no valid model.
        """
        self._last = None
        try:
            self._last = await self._fetch(token)
        except SourceFailed as failure:
            self._last = CachedFetch(clock.steady(), failure=failure)
            raise
        return self._last.version

    async def cached_or_fetch(self, token: str | None) -> str:
        """As `fetch`, but from the cached outcome if that is fresh and sufficient."""
        last = self._last
        if last is None or clock.steady() - last.at > _FRESH:
            return await self.fetch(token)
        if last.failure:
            # Without its old traceback, which would grow at each raise.
            raise last.failure.with_traceback(None)
        # "Unchanged" was relative to another token: fetch the rows after all.
        if last.mapped is None and last.version != token:
            return await self.fetch(token)
        return last.version

    async def rows(self) -> tuple[str, Mapped]:
        """The current version token and all rows. Raises SourceFailed."""
        version = await self.cached_or_fetch(None)
        if self._last is None or self._last.mapped is None:
            raise SourceFailed(self.name, "the server sent no data, although none is stored yet")
        return version, self._last.mapped

    async def _fetch(self, token: str | None) -> CachedFetch:
        today = clock.today()
        answer = await fetch_changed(
            self.url, source=self.name, validator=self._validator(token, today),
            deadline=self.timeout,
        )  # fmt: skip
        if answer.unchanged and token is not None:
            return CachedFetch(clock.steady(), token)
        return await asyncio.to_thread(self._mapped, answer, today)

    def _validator(self, token: str | None, today: date) -> str | None:
        """The stored HTTP validator; None if the same payload could give other rows now."""
        stored = editions.parse(token)
        if stored is None or stored.reader != __version__:
            return None  # mapped by another modeldex version
        if FEEDS[self.name].dated and stored.day != today.isoformat():
            return None
        return stored.validator

    def _mapped(self, answer: JsonResponse, today: date) -> CachedFetch:
        mapped, day = FEEDS[self.name].map_payload(answer.payload, today)
        if not mapped.rows:
            raise SourceFailed(self.name, "the data set has no valid model")
        rows_sha256 = editions.digest(mapped.rows)
        version = editions.fetched(day.isoformat(), rows_sha256, answer.validator, __version__)
        return CachedFetch(clock.steady(), version, mapped)
