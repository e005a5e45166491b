"""Another registry, as `modeldex serve` offers it: what it lists, with what it knows of each.

It is asked by `GET {url}/models`, or by the tools of MCP where that is all that the address
speaks. All that it says is foreign: bounded, cleaned, and without what came from here.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from modeldex import __version__, clock, editions, trails
from modeldex.claims import claim, identity
from modeldex.errors import SourceFailed
from modeldex.feeds import Feed, Last
from modeldex.fields import BY_NAME
from modeldex.http import fetch_changed
from modeldex.listings.rows import Mapped
from modeldex.providers import canonical
from modeldex.redirects import is_private, same_origin
from modeldex.refusals import KeyRefused, NotSetUp, NotThere, TooSlow
from modeldex.trails import Trail

TOKEN = "MODELDEX_REGISTRY_TOKEN"  # noqa: S105 - the name of a variable
MAX_MODELS = 100_000
_PAGE = 20_000
_MAX_PAGES = 100
_MAX_ALIASES = 100
_ASKED = urlencode({"capabilities": 1, "relay": 1, "limit": _PAGE})
_LONGEST_NAME = 64 - len("remote:")
_COPY = (
    "it is this very catalog, or a copy of it; a copy gets an id of its own in modeldex shell, or "
    "psql, by: UPDATE about SET value = '{}' WHERE key = 'catalog_id'"
)


class _Answer(NamedTuple):
    """All items of all pages; None where nothing changed. `validator` as in http.Answer."""

    items: list[object] | None
    validator: str | None = None


class RemoteRegistry(Feed):
    """One other registry, shared by its source and its resolver; asked once in five minutes.

    The token is `token`, else MODELDEX_REGISTRY_TOKEN of `environ`; it goes to this host only,
    by no redirect. `name` is what is said of it here: it is `remote:` and the name, by default
    the host. `timeout` (seconds) bounds a whole question. Without `allow_private` no address of
    a private network is asked. Raises ValueError for what is no address.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        name: str | None = None,
        environ: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        allow_private: bool = True,
    ) -> None:
        self._url = _checked(url)
        self._token = token
        self.name = f"remote:{(name or _named_for(self._url))[:_LONGEST_NAME]}"
        self.environ = os.environ if environ is None else environ
        self.timeout = timeout
        self.catalog_id = ""
        self.note: str | None = None
        self._allow_private = allow_private
        self._last = None

    @property
    def url(self) -> str:
        """Below which `/models` is."""
        return self._url

    async def _asked(self, token: str | None) -> Last:
        if not self._allow_private and await is_private(self._url):
            raise NotSetUp(self.name, "an address of a private network, which is not allowed")
        known = self._known(token, clock.today().isoformat())
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._fetched(known)
        except TimeoutError:
            raise TooSlow(self.name, f"no whole answer within {self.timeout:g} s") from None
        if answer.items is None and token is not None:
            return Last(clock.steady(), token)
        return await asyncio.to_thread(self._taken, answer)

    def _known(self, token: str | None, today: str) -> str | None:
        """What to send to learn that nothing changed; nothing once a day.

        A model is only retired after some answers without it, so there must be answers.
        """
        stored = editions.read(token)
        if stored is None or (stored.day, stored.reader) != (today, self._reader):
            return None
        return stored.validator

    @property
    def _reader(self) -> str:
        """Who would read the same again out of the same answer: this version, for this catalog."""
        return f"{__version__}@{self.catalog_id}"

    async def _fetched(self, validator: str | None) -> _Answer:
        try:
            return await self._pages(validator)
        except KeyRefused as refused:
            remedy = f"check the token, {TOKEN} or the one given" if self.secret else f"set {TOKEN}"
            raise KeyRefused(refused.source, f"{refused.reason}: {remedy}") from None
        except NotThere:
            if not urlsplit(self._url).path.endswith("/mcp"):
                raise
        from modeldex.remote_tools import models

        return _Answer(await models(self._url, self.name, self.secret, MAX_MODELS))

    @property
    def secret(self) -> str:
        """The token that is sent; empty for none."""
        return (self._token or self.environ.get(TOKEN, "")).strip()

    async def _pages(self, validator: str | None) -> _Answer:
        """Every page. What it takes to learn that nothing changed is known of a single one."""
        address = f"{self._url}/models?{_ASKED}"
        items: list[object] = []
        for page in range(_MAX_PAGES):
            content, found, following = await fetch_changed(
                address, source=self.name, validator=None if page else validator,
                headers={"authorization": f"Bearer {self.secret}"} if self.secret else {},
                follow=not self.secret and self._allow_private, deadline=self.timeout,
            )  # fmt: skip
            if content is None:
                return _Answer(None)
            items += self._items(content)
            if following is None:
                return _Answer(items, None if page else found)
            address = self._next(address, following)
        raise SourceFailed(self.name, f"more than {_MAX_PAGES} pages")

    def _items(self, content: object) -> list[object]:
        listed = content.get("models") if isinstance(content, dict) else content
        if not isinstance(listed, list):
            raise SourceFailed(self.name, "answers with something else than a list of models")
        return listed

    def _next(self, here: str, following: str) -> str:
        there = urljoin(here, following)
        if not same_origin(here, there):
            raise SourceFailed(self.name, "its next page is on another host: not followed")
        return there

    def _taken(self, answer: _Answer) -> Last:
        taken = read(answer.items or [], self.catalog_id)
        if taken.only_itself:
            raise SourceFailed(self.name, _COPY.format(os.urandom(16).hex()))
        self.note = trails.packed(taken.trails)
        told = [*taken.mapped.rows, self.note]
        version = editions.fetched(
            clock.today().isoformat(), editions.digest(told), answer.validator,
            self._reader,
        )  # fmt: skip
        return Last(clock.steady(), version, taken.mapped)


class OfRegistry:
    """A source or resolver that a registry is behind, which it tells what catalog asks."""

    registry: RemoteRegistry

    @property
    def catalog_id(self) -> str:
        """The catalog that asks."""
        return self.registry.catalog_id

    @catalog_id.setter
    def catalog_id(self, given: str) -> None:
        """Say which catalog asks."""
        self.registry.catalog_id = given


def registry_at(
    registry: str | RemoteRegistry, token: str | None, name: str | None
) -> RemoteRegistry:
    """The registry of an address, or the one given. Raises ValueError for what is no address."""
    if isinstance(registry, RemoteRegistry):
        return registry
    return RemoteRegistry(registry, token=token, name=name)


class Taken(NamedTuple):
    """What an answer says in our terms, and by whom each model came.

    `only_itself`: all of it was passed on by the catalog that asks, and by nobody else.
    """

    mapped: Mapped
    trails: Mapping[str, Trail]
    only_itself: bool = False


def read(items: list[object], catalog_id: str = "", most: int = MAX_MODELS) -> Taken:
    """Model specs, with what is known of each, as rows; without those that came from here.

    An item is an object of `provider`, `name` and perhaps `family`, `display_name`, `aliases`,
    `via` and `capabilities`. One that cannot stand, or is beyond the first `most`, is counted as
    lost.
    """
    rows: dict[str, dict[str, object]] = {}
    came: dict[str, Trail] = {}
    lost: Counter[str] = Counter()
    values: Counter[str] = Counter()
    ours = (catalog_id,)
    own = 0
    for item in items[:most]:
        try:
            row, trail = _row(item, values)
        except ValueError as error:
            lost[str(error)] += 1
            continue
        own += trail == ours
        if catalog_id not in trail:
            model = f"{row['provider']}/{row['name']}"
            rows.setdefault(model, row)
            came.setdefault(model, trail)
    if len(items) > most:
        lost[f"beyond the first {most:,} models"] = len(items) - most
    kept = [rows[model] for model in sorted(rows)]
    return Taken(Mapped(kept, lost, values), came, only_itself=0 < own == len(items))


def _row(item: object, values: "Counter[str]") -> tuple[dict[str, object], Trail]:
    """One item as a clean row, and by whom it came. Raises ValueError."""
    if not isinstance(item, Mapping):
        raise ValueError("a model that is no object")
    trail = trails.trail(item["via"]) if "via" in item else ()
    who, faults = identity(item)
    if who is None:
        raise ValueError(f"{faults[0].field}: {faults[0].reason}")
    said = item.get("capabilities")
    given: Mapping[Any, Any] = said if isinstance(said, Mapping) else {}
    clean, refused = claim(who.name, given)
    values.update(f"{each.field}: {each.reason}" for each in (*faults, *refused))
    optional = {
        "family": who.family,
        "display_name": who.display_name,
        "aliases": list(who.aliases[:_MAX_ALIASES]) or None,
    }
    facts = {name: BY_NAME[name].restore(value) for name, value in clean.items()}
    plain = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in facts.items()}
    known = {key: value for key, value in optional.items() if value is not None}
    return {"provider": canonical(who.provider), "name": who.name, **known, **plain}, trail


def _checked(url: str) -> str:
    """An address without a slash at its end. Raises ValueError."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(
            "expected the address of a registry, such as https://models.example.org, without "
            "user, query or fragment"
        )
    return url.strip().rstrip("/")


def _named_for(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"[^A-Za-z0-9.:_/-]", "", parts.netloc + parts.path.removesuffix("/mcp")).lower()
