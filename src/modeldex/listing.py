"""One provider's own list of models: where it is, how to ask, fetched once and read twice."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from modeldex.errors import SourceFailed
from modeldex.http import fetch_json, open_client
from modeldex.listings.page import Page
from modeldex.listings.rows import Mapped
from modeldex.providers import Listing, Provider, first_set, key_variable, providers

if TYPE_CHECKING:
    from modeldex.http import Client

MAX_PAGES = 100
MAX_MODELS = 50_000
_FRESH = 300.0
_IAM = "https://iam.cloud.ibm.com/identity/token"

_AUTH = {
    "bearer": ("Authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "x-goog-api-key": ("x-goog-api-key", "{}"),
    "api-key": ("api-key", "{}"),
}


def _own_variable(provider: Provider) -> str:
    return f"MODELDEX_{provider.id.upper().replace('-', '_').replace('.', '_')}_BASE_URL"


def base_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """The API root without a slash at its end.

    MODELDEX_<PROVIDER>_BASE_URL comes before the provider's own variables. A root given
    without a path gets the path of the usual one, as the providers' own clients do.
    """
    default = (provider.base_url or "").rstrip("/")
    variable = first_set((_own_variable(provider), *provider.base_url_vars), environ)
    if variable is None:
        return default
    given = environ[variable].strip().rstrip("/")
    if "://" not in given:
        given = f"http://{given}"
    return given if urlsplit(given).path else given + urlsplit(default).path


def is_configured(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether this environment can list the provider: a key, or the place of a local server."""
    if provider.listing is None:
        return False
    if provider.local:
        named = first_set((_own_variable(provider), *provider.base_url_vars), environ)
        return named is not None or bool(provider.file and provider.base_url)
    return key_variable(provider.id, environ) is not None and bool(base_url(provider, environ))


def configured(environ: Mapping[str, str]) -> list[str]:
    """The ids of the providers that this environment can list, in the order of the file."""
    return [p.id for p in providers().values() if is_configured(p, environ)]


class ProviderListing:
    """The listing of one provider id; the answer is kept for five minutes.

    `timeout` (seconds) bounds each page. The key is read from the environment at the moment
    of asking and goes into a header only.
    """

    def __init__(
        self, provider: str, environ: Mapping[str, str] | None = None, timeout: float = 30.0
    ) -> None:
        if provider not in providers():
            raise ValueError(f"no provider {provider!r}; add it to providers.toml")
        self.provider = providers()[provider]
        self.environ = os.environ if environ is None else environ
        self.timeout = timeout
        self._kept: tuple[float, Mapped] | None = None

    async def fetch(self) -> Mapped:
        """Every page, asked anew. Raises SourceFailed."""
        listing = self.provider.listing
        if listing is None:
            raise self._failed(self.provider.note or "this provider has no listing to ask")
        async with open_client(self.provider.id) as client:
            mapped = await self._pages(listing, client)
        self._kept = time.monotonic(), mapped
        return mapped

    async def latest(self) -> Mapped:
        """The answer of the last five minutes, else a new one."""
        if self._kept is not None and time.monotonic() - self._kept[0] < _FRESH:
            return self._kept[1]
        return await self.fetch()

    def _failed(self, reason: str) -> SourceFailed:
        return SourceFailed(self.provider.id, reason)

    async def _pages(self, listing: Listing, client: "Client") -> Mapped:
        rows: dict[tuple[object, object], dict[str, object]] = {}
        dropped: Counter[str] = Counter()
        values: Counter[str] = Counter()
        query = dict(listing.query)
        headers = await self._headers(listing, client)
        for _ in range(MAX_PAGES):
            page = await self._page(listing, query, headers, client)
            new = {(row["provider"], row["name"]): row for row in page.mapped.rows}
            if page.following is not None and new.keys() <= rows.keys():
                raise self._failed("the listing repeats a page")
            rows |= new
            dropped.update(page.mapped.dropped)
            values.update(page.mapped.values)
            if page.following is None:
                return Mapped(list(rows.values()), dropped, values)
            if len(rows) > MAX_MODELS:
                break
            query |= page.following
        raise self._failed(f"the listing does not end after {len(rows)} models")

    async def _page(
        self,
        listing: Listing,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        client: "Client",
    ) -> Page:
        root = base_url(self.provider, self.environ)
        if listing.from_root:
            root = root.removesuffix(urlsplit(self.provider.base_url or "").path)
        address = root + listing.path
        payload = await fetch_json(
            f"{address}?{urlencode(query)}" if query else address,
            source=self.provider.id, headers=headers, deadline=self.timeout, client=client,
        )  # fmt: skip
        page: Page = import_module(f"modeldex.listings.{listing.format}").read(
            payload, self.provider.id
        )
        return page

    async def _headers(self, listing: Listing, client: "Client") -> dict[str, str]:
        variable = key_variable(self.provider.id, self.environ)
        headers = dict(listing.headers)
        if variable is None or listing.auth == "none":
            return headers
        key = self.environ[variable].strip()
        if listing.auth == "ibm_iam":
            key = await self._iam_token(key, client)
        name, form = _AUTH["bearer" if listing.auth == "ibm_iam" else listing.auth]
        return {**headers, name: form.format(key)}

    async def _iam_token(self, key: str, client: "Client") -> str:
        """IBM exchanges the key for a token of an hour."""
        answer = await fetch_json(
            self.environ.get("MODELDEX_IBM_IAM_URL", "").strip() or _IAM,
            source=self.provider.id, method="POST", client=client, deadline=self.timeout,
            form={"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key},
        )  # fmt: skip
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise self._failed("the token exchange gave no token")
        return token
