"""Client of another registry (`modeldex serve`): its models, with its facts about each.

Fetched by `GET {url}/models`, or by the MCP tool `models` if the address has only MCP. The
payload is untrusted: it is bounded and validated, and models relayed through this catalog are
dropped.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_changed
from modeldex.http.failures import KeyRefused, NotFound, TooSlow
from modeldex.http.reach import Reach
from modeldex.http.redirects import same_origin
from modeldex.upstream import editions
from modeldex.upstream.datasets import CachedFetch, Feed
from modeldex.upstream.formats.rows import Mapped
from modeldex.upstream.remote import origins
from modeldex.upstream.remote.origins import Origins
from modeldex.version import __version__
from modeldex.vocabulary import clock
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.normalize import identity, normalize_answer
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.redaction import shown_path

TOKEN = "MODELDEX_REGISTRY_TOKEN"  # noqa: S105 - the name of a variable
MAX_MODELS = 100_000
_PAGE = 20_000
_MAX_PAGES = 100
_MAX_ALIASES = 100
_QUERY = urlencode({"capabilities": 1, "relay": 1, "limit": _PAGE})
_MAX_NAME = 64 - len("remote:")  # names of sources and resolvers have 64 characters at most
_COPY = (
    "it has this catalog's id: it is the same catalog, or one of the two is a copy of the other; "
    "give the copy a new id in modeldex shell, or psql, by: "
    "UPDATE about SET value = '{}' WHERE key = 'catalog_id'"
)


class _FetchedItems(NamedTuple):
    """Items of all pages, None if nothing changed; `validator` is that of JsonResponse."""

    items: list[object] | None
    validator: str | None = None


class RemoteRegistry(Feed):
    """Another registry, shared by its source and resolver; fetched at most every five minutes.

    `token`: by default MODELDEX_REGISTRY_TOKEN of `environ`; sent to this host only, never
    along a redirect. `name`: source and resolver are called `remote:<name>`, by default after the
    host. `timeout`: seconds for one whole fetch. `allow_private=False` refuses addresses of
    private networks. Raises ValueError for an invalid URL.
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
        self.name = f"remote:{(name or _named_for(self._url))[:_MAX_NAME]}"
        self.environ = os.environ if environ is None else environ
        self.timeout = timeout
        self.catalog_id = ""
        self.note: str | None = None
        self._reach = Reach.MACHINE if allow_private else Reach.PUBLIC
        self._last = None

    @property
    def url(self) -> str:
        """Base URL, without `/models`."""
        return self._url

    async def _fetch(self, token: str | None) -> CachedFetch:
        known = self._stored_validator(token, clock.today().isoformat())
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._fetch_items(known)
        except TimeoutError:
            raise TooSlow(self.name, f"no complete response within {self.timeout:g} s") from None
        if answer.items is None and token is not None:
            return CachedFetch(clock.steady(), token)
        return await asyncio.to_thread(self._mapped_items, answer)

    def _stored_validator(self, token: str | None, today: str) -> str | None:
        """Return the validator for a conditional request; None for the first fetch of a day.

        A model is retired only after several complete lists without it, so an unchanged list
        must be fetched again from time to time.
        """
        stored = editions.parse(token)
        if stored is None or (stored.day, stored.reader) != (today, self._reader):
            return None
        return stored.validator

    @property
    def _reader(self) -> str:
        """What else the mapped rows depend on: this version of modeldex, and this catalog's id."""
        return f"{__version__}@{self.catalog_id}"

    async def _fetch_items(self, validator: str | None) -> _FetchedItems:
        try:
            return await self._pages(validator)
        except KeyRefused as refused:
            remedy = f"check the token ({TOKEN})" if self.secret else f"set {TOKEN}"
            raise KeyRefused(refused.source, f"{refused.reason}: {remedy}") from None
        except NotFound:
            if not urlsplit(self._url).path.endswith("/mcp"):
                raise
        from modeldex.upstream.remote.mcp import models

        found = await models(self._url, self.name, self.secret, MAX_MODELS, reach=self._reach)
        return _FetchedItems(found)

    @property
    def secret(self) -> str:
        """The token to send; empty for none."""
        return (self._token or self.environ.get(TOKEN, "")).strip()

    async def _pages(self, validator: str | None) -> _FetchedItems:
        """Fetch all pages. The validator is None if there are several: it covers only one page."""
        address = f"{self._url}/models?{_QUERY}"
        items: list[object] = []
        for page in range(_MAX_PAGES):
            content, found, following, unchanged = await fetch_changed(
                address, source=self.name, validator=None if page else validator,
                headers={"authorization": f"Bearer {self.secret}"} if self.secret else {},
                follow=not self.secret, reach=self._reach, deadline=self.timeout,
            )  # fmt: skip
            if unchanged:
                return _FetchedItems(None)
            items += self._items(content)
            if following is None:
                return _FetchedItems(items, None if page else found)
            address = self._next(address, following)
        raise SourceFailed(self.name, f"more than {_MAX_PAGES} pages of models")

    def _items(self, content: object) -> list[object]:
        listed = content.get("models") if isinstance(content, dict) else content
        if not isinstance(listed, list):
            raise SourceFailed(self.name, "the response is not a list of models")
        return listed

    def _next(self, here: str, following: str) -> str:
        there = urljoin(here, following)
        if not same_origin(here, there):
            raise SourceFailed(self.name, "its next page is on another host: not followed")
        return there

    def _mapped_items(self, answer: _FetchedItems) -> CachedFetch:
        taken = map_payload(answer.items or [], self.catalog_id)
        if taken.only_itself:
            raise SourceFailed(self.name, _COPY.format(os.urandom(16).hex()))
        self.note = origins.packed(taken.origins)
        content = [*taken.mapped.rows, self.note]
        version = editions.fetched(
            clock.today().isoformat(), editions.digest(content), answer.validator,
            self._reader,
        )  # fmt: skip
        return CachedFetch(clock.steady(), version, taken.mapped)


class RegistryPart:
    """A source or resolver of a remote registry; passes the id of the local catalog to it."""

    registry: RemoteRegistry

    @property
    def catalog_id(self) -> str:
        """Id of the local catalog."""
        return self.registry.catalog_id

    @catalog_id.setter
    def catalog_id(self, given: str) -> None:
        """Set the id of the local catalog."""
        self.registry.catalog_id = given


def registry_at(
    registry: str | RemoteRegistry, token: str | None, name: str | None
) -> RemoteRegistry:
    """Return the registry of a URL, or the given object. Raises ValueError for an invalid URL."""
    if isinstance(registry, RemoteRegistry):
        return registry
    return RemoteRegistry(registry, token=token, name=name)


class MappedPayload(NamedTuple):
    """Mapped rows of a payload, and the origins of each model by `provider/name`.

    `only_itself`: every model came through the local catalog and no other.
    """

    mapped: Mapped
    origins: Mapping[str, Origins]
    only_itself: bool = False


def map_payload(items: list[object], catalog_id: str = "", most: int = MAX_MODELS) -> MappedPayload:
    """Map a payload to rows; models relayed through the local catalog are left out.

    An item is an object with `provider`, `name` and optionally `family`, `display_name` and
    `aliases`, or with a `spec` that has these, and optionally `via` and `capabilities`. Invalid
    items, and those after the first `most`, are counted as lost.
    """
    rows: dict[str, dict[str, object]] = {}
    origins_of: dict[str, Origins] = {}
    lost: Counter[str] = Counter()
    values: Counter[str] = Counter()
    only_here = (catalog_id,)
    own = 0
    for item in items[:most]:
        try:
            row, via = _row(item, values)
        except ValueError as error:
            lost[str(error)] += 1
            continue
        own += via == only_here
        if catalog_id not in via:
            model = f"{row['provider']}/{row['name']}"
            rows.setdefault(model, row)
            origins_of.setdefault(model, via)
    if len(items) > most:
        lost[f"beyond the first {most:,} models"] = len(items) - most
    ordered = [rows[model] for model in sorted(rows)]
    return MappedPayload(
        Mapped(ordered, lost, values), origins_of, only_itself=0 < own == len(items)
    )


def _row(item: object, values: "Counter[str]") -> tuple[dict[str, object], Origins]:
    """Return one item as a validated row, and its origins. Raises ValueError."""
    if not isinstance(item, Mapping):
        raise ValueError("an item that is not an object")
    via = origins.parse_origins(item["via"]) if "via" in item else ()
    stated_spec = item.get("spec", item)
    spec, faults = identity(stated_spec if isinstance(stated_spec, Mapping) else {})
    if spec is None:
        raise ValueError(f"{faults[0].field}: {faults[0].reason}")
    stated = item.get("capabilities")
    given: Mapping[Any, Any] = stated if isinstance(stated, Mapping) else {}
    clean, refused = normalize_answer(spec.name, given)
    values.update(f"{each.field}: {each.reason}" for each in (*faults, *refused))
    optional = {
        "family": spec.family,
        "display_name": spec.display_name,
        "aliases": list(spec.aliases[:_MAX_ALIASES]) or None,
    }
    facts = {name: BY_NAME[name].restore(clean[name]) for name in clean if name in BY_NAME}
    plain = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in facts.items()}
    known = {key: value for key, value in optional.items() if value is not None}
    return {"provider": canonical(spec.provider), "name": spec.name, **known, **plain}, via


def _checked(url: str) -> str:
    """Validate a URL; return it without a trailing slash. Raises ValueError."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(
            "expected the address of a registry, such as https://models.example.org, without "
            "user, password, query or fragment"
        )
    return url.strip().rstrip("/")


def _named_for(url: str) -> str:
    parts = urlsplit(url)
    path = shown_path(parts.path.removesuffix("/mcp")).replace("***", "...")
    return re.sub(r"[^A-Za-z0-9.:_/-]", "", parts.netloc + path).lower()
