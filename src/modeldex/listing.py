"""One provider's own list of models: where it is, how to ask, fetched once and read twice."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from modeldex import bedrock, clock
from modeldex.errors import SourceFailed
from modeldex.http import fetch_json, open_client
from modeldex.listings.page import Page
from modeldex.listings.rows import Mapped, table
from modeldex.providers import Listing, Provider, first_set, providers
from modeldex.refusals import KeyRefused, NotSetUp, NotThere

if TYPE_CHECKING:
    from modeldex.http import Client

MAX_PAGES = 100
MAX_MODELS = 50_000
_FRESH = 300.0
_IAM = "https://iam.cloud.ibm.com/identity/token"

_AUTH = {
    "bearer": ("Authorization", "Bearer {}"),
    "ibm_iam": ("Authorization", "Bearer {}"),
    "aws": ("Authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "x-goog-api-key": ("x-goog-api-key", "{}"),
    "api-key": ("api-key", "{}"),
}
_PLACE = re.compile(r"\{([A-Z_|]+)\}")
_PART_OF_A_HOST = re.compile(r"[a-z0-9-]+")


def url_variable(provider: Provider, environ: Mapping[str, str]) -> str | None:
    """The variable that says where the provider is: ours comes before its own."""
    ours = f"MODELDEX_{re.sub('[-.]', '_', provider.id.upper())}_BASE_URL"
    return first_set((ours, *provider.base_url_vars), environ)


def base_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """The API root without a slash at its end; SourceFailed where it cannot be told.

    MODELDEX_<PROVIDER>_BASE_URL comes before the provider's own variables. A root given
    without a path gets the path of the usual one, as the providers' own clients do.
    """
    default = (provider.base_url or "").rstrip("/")
    variable = url_variable(provider, environ)
    if variable is None:
        return _filled(default, provider, environ)
    given = environ[variable].strip().rstrip("/")
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
    except ValueError:
        raise NotSetUp(provider.id, f"{variable} holds no address") from None
    return parts.geturl() if parts.path else parts.geturl() + urlsplit(default).path


def _filled(url: str, provider: Provider, environ: Mapping[str, str]) -> str:
    """The URL with the values of the variables that it names."""
    for place in _PLACE.finditer(url):
        names = tuple(place[1].split("|"))
        variable = first_set(names, environ)
        if variable is None:
            raise NotSetUp(provider.id, f"where to ask is not known: set {' or '.join(names)}")
        value = environ[variable].strip()
        if not _PART_OF_A_HOST.fullmatch(value):
            raise NotSetUp(provider.id, f"{variable} holds no part of a host name")
        url = url.replace(place[0], value)
    return url


def is_configured(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether this environment can list the provider: a key, or the place of a local server."""
    if provider.listing is None:
        return False
    placed = url_variable(provider, environ) is not None
    if provider.local:
        return placed or (provider.file is not None and provider.base_url is not None)
    if provider.listing.auth == "aws" and bedrock.is_configured(environ):
        return True
    keyed = first_set(provider.keys, environ) is not None
    return keyed and (placed or provider.base_url is not None)


def configured(environ: Mapping[str, str]) -> list[str]:
    """The ids of the providers that this environment can list, in the order of the file."""
    return [p.id for p in providers().values() if is_configured(p, environ)]


class _Walk(NamedTuple):
    """All pages of one call: as they came, and what they say."""

    payloads: Sequence[object]
    mapped: Mapped


class ProviderListing:
    """The listing of one provider id; the outcome is kept for five minutes.

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
        self._kept: tuple[float, Mapped | SourceFailed] | None = None

    @property
    def optional(self) -> bool:
        """The account was set up for other purposes, so it may well not list these models."""
        aws = self.provider.listing is not None and self.provider.listing.auth == "aws"
        return aws and self._key_variable is None

    @property
    def _key_variable(self) -> str | None:
        return first_set(self.provider.keys, self.environ)

    async def fetch(self) -> Mapped:
        """Every page, asked anew. Raises SourceFailed, its kind KeyRefused names the variable."""
        self._kept = None
        try:
            mapped = await self._fetched()
        except SourceFailed as failure:
            self._kept = clock.steady(), failure
            raise
        self._kept = clock.steady(), mapped
        return mapped

    async def latest(self) -> Mapped:
        """The outcome of the last five minutes, be it a failure, else a new one."""
        if self._kept is None or clock.steady() - self._kept[0] > _FRESH:
            return await self.fetch()
        outcome = self._kept[1]
        if isinstance(outcome, SourceFailed):
            raise outcome.with_traceback(None)
        return outcome

    async def _fetched(self) -> Mapped:
        listing, note = self.provider.listing, self.provider.note
        if listing is None:
            raise NotSetUp(self.provider.id, note or "this provider has no listing to ask")
        if self.optional:
            return await self._through_boto3(listing)
        try:
            async with open_client(self.provider.id) as client:
                return await self._whole(listing, client)
        except KeyRefused as refused:
            raise KeyRefused(refused.source, f"{refused.reason}: {self._remedy()}") from None
        except NotThere as gone:
            raise NotThere(gone.source, "; ".join(filter(None, (gone.reason, note)))) from None

    def _failed(self, reason: str) -> SourceFailed:
        return SourceFailed(self.provider.id, reason)

    def _remedy(self) -> str:
        if variable := self._key_variable:
            return f"check {variable}"
        return f"set {self.provider.keys[0]}" if self.provider.keys else "it asks for a key"

    async def _through_boto3(self, listing: Listing) -> Mapped:
        placed = url_variable(self.provider, self.environ) is not None
        root = base_url(self.provider, self.environ)
        answer = await bedrock.lists(
            self.provider.id, self.environ, root if placed else None, self.timeout
        )
        return self._read(listing, answer).mapped

    async def _whole(self, listing: Listing, client: "Client") -> Mapped:
        """The listing, completed by its further calls; one that is not there is left out."""
        payloads, mapped = await self._first(listing, client)
        for call in listing.also:
            if call.how == "instead":
                continue
            try:
                more = await self._walk(call, client)
            except NotThere:
                continue
            if call.how == "payload":
                payloads = [*payloads, *more.payloads]
                mapped = self._read(listing, _joined(payloads)).mapped
            else:
                mapped = _completed(mapped, more.mapped, adding=call.how == "rows")
        return mapped

    async def _first(self, listing: Listing, client: "Client") -> _Walk:
        """The first of these calls that the server knows."""
        calls = [listing, *(call for call in listing.also if call.how == "instead")]
        for call in calls[:-1]:
            try:
                return await self._walk(call, client)
            except NotThere:
                continue
        return await self._walk(calls[-1], client)

    async def _walk(self, call: Listing, client: "Client") -> _Walk:
        rows: dict[tuple[object, object], dict[str, object]] = {}
        lost: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        payloads: list[object] = []
        query = dict(call.query)
        headers = await self._headers(call, client)
        for _ in range(MAX_PAGES):
            payloads.append(await self._asked(call, query, headers, client))
            page = self._read(call, payloads[-1])
            new = {(row["provider"], row["name"]): row for row in page.mapped.rows}
            if page.following is not None and new.keys() <= rows.keys():
                raise self._failed("the listing repeats a page")
            rows |= new
            lost[0].update(page.mapped.dropped)
            lost[1].update(page.mapped.values)
            if page.following is None:
                return _Walk(payloads, Mapped(list(rows.values()), *lost))
            if len(rows) > MAX_MODELS:
                break
            query |= page.following
        raise self._failed(f"the listing does not end after {len(rows)} models")

    async def _asked(
        self,
        call: Listing,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        client: "Client",
    ) -> object:
        root = base_url(self.provider, self.environ)
        if call.from_root:
            root = root.removesuffix(urlsplit(self.provider.base_url or "").path)
        address = root + call.path
        return await fetch_json(
            f"{address}?{urlencode(query)}" if query else address,
            source=self.provider.id, headers=headers, deadline=self.timeout, client=client,
        )  # fmt: skip

    def _read(self, call: Listing, payload: object) -> Page:
        page: Page = import_module(f"modeldex.listings.{call.format}").read(
            payload, self.provider.id
        )
        return page

    async def _headers(self, call: Listing, client: "Client") -> dict[str, str]:
        variable = self._key_variable
        headers = dict(call.headers)
        if variable is None or call.auth == "none":
            return headers
        key = self.environ[variable].strip()
        if call.auth == "ibm_iam":
            key = await self._iam_token(key, client)
        name, form = _AUTH["bearer" if variable in call.tokens else call.auth]
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


def _joined(payloads: Sequence[object]) -> dict[str, object]:
    """Several answers as one: of equal names lists are put together, else the first counts."""
    whole: dict[str, object] = {}
    for payload in payloads:
        for key, value in table(payload).items():
            before = whole.setdefault(key, value)
            if before is not value and isinstance(before, list) and isinstance(value, list):
                whole[key] = before + value
    return whole


def _completed(mapped: Mapped, more: Mapped, *, adding: bool) -> Mapped:
    """Rows with what further rows say beyond them; with `adding` also those that are new."""
    rows = {(row["provider"], row["name"]): row for row in mapped.rows}
    for row in more.rows:
        key = row["provider"], row["name"]
        if adding or key in rows:
            rows[key] = {**row, **rows.get(key, {})}
    return Mapped(list(rows.values()), mapped.dropped + more.dropped, mapped.values + more.values)
