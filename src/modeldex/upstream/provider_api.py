"""Fetches a provider's listing: authentication, pagination, alternative and extra endpoints."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from modeldex.errors import SourceFailed
from modeldex.http.client import Client, fetch_json, open_client
from modeldex.http.failures import KeyRefused, NotConfigured, NotFound, OtherFormat, Refused
from modeldex.upstream import bedrock, ibm_iam
from modeldex.upstream.addresses import addresses, base_url, known_segments
from modeldex.upstream.editions import line
from modeldex.upstream.formats.rows import Mapped, Page, table
from modeldex.upstream.outside import is_set_up, url_variable
from modeldex.upstream.own_listing import asked
from modeldex.vocabulary import clock
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.providers import ListingRequest, Provider, first_set_variable, providers
from modeldex.vocabulary.redaction import redact, shown_path

MAX_PAGES = 100
MAX_MODELS = 50_000
_FRESH = 300.0

_AUTH = {
    "bearer": ("Authorization", "Bearer {}"),
    "ibm_iam": ("Authorization", "Bearer {}"),
    "aws": ("Authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "x-goog-api-key": ("x-goog-api-key", "{}"),
    "api-key": ("api-key", "{}"),
}
_ABSENT = (NotFound, OtherFormat)
"""A path that is not there: some hosts answer it with a page or an error in a 200."""


def is_configured(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether this environment has what a listing needs, be it an AWS account alone."""
    by_account = provider.listing is not None and provider.listing.auth == "aws"
    return is_set_up(provider, environ) or (by_account and bedrock.is_configured(environ))


def configured(environ: Mapping[str, str]) -> list[str]:
    """The ids of the providers that this environment can list, in providers.toml's order."""
    return [p.id for p in providers().values() if is_configured(p, environ)]


class _Pages(NamedTuple):
    """All pages of one endpoint: its path, the payloads, and the rows mapped from them."""

    path: str
    payloads: Sequence[object]
    mapped: Mapped


class Answered(NamedTuple):
    """The paths that a listing was made of, and those of which this key may not see the details."""

    paths: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Both as one line of JSON, as `status` reads it; without `refused` if there are none."""
        refused = {"refused": ", ".join(self.refused)} if self.refused else {}
        return line({"answered": ", ".join(self.paths), **refused})


class ProviderListing:
    """The listing of one provider id; an outcome is cached for five minutes.

    `timeout` (seconds) limits each page; `answered` is how the last answer came. The key is read
    from the environment at each request and is sent in a header only.
    """

    def __init__(
        self, provider: str, environ: Mapping[str, str] | None = None, timeout: float = 30.0
    ) -> None:
        if provider not in providers():
            raise ValueError(f"no provider {provider!r}; add it to providers.toml")
        self.provider = providers()[provider]
        self.environ = os.environ if environ is None else environ
        self.timeout = timeout
        self.answered: Answered | None = None
        self._cached: tuple[float, Mapped | SourceFailed] | None = None

    @property
    def optional(self) -> bool:
        """Whether only an AWS account is configured, which may have no access to Bedrock."""
        aws = self.provider.listing is not None and self.provider.listing.auth == "aws"
        return aws and self._key_variable is None

    @property
    def asked(self) -> Asked | None:
        """Which listing this is, of all that a catalog may have of the provider."""
        return asked(self.provider, self.environ)

    @property
    def _key_variable(self) -> str | None:
        return first_set_variable(self.provider.keys, self.environ)

    async def fetch(self) -> Mapped:
        """Fetch all pages. Raises SourceFailed; its subclass KeyRefused names the key variable."""
        self._cached = None
        try:
            mapped = await self._fetch()
        except SourceFailed as failure:
            self._cached = clock.steady(), failure
            raise
        self._cached = clock.steady(), mapped
        return mapped

    async def cached_or_fetch(self) -> Mapped:
        """The cached outcome, also of a failure, if at most five minutes old; else a new one."""
        if self._cached is None or clock.steady() - self._cached[0] > _FRESH:
            return await self.fetch()
        outcome = self._cached[1]
        if isinstance(outcome, SourceFailed):
            raise outcome.with_traceback(None)
        return outcome

    async def _fetch(self) -> Mapped:
        listing, note = self.provider.listing, self.provider.note
        if listing is None:
            raise NotConfigured(self.provider.id, note or "this provider has no model list")
        if self.optional:
            return await self._through_boto3(listing)
        try:
            async with open_client(self.provider.id) as client:
                return await self._fetch_all(listing, client)
        except KeyRefused as refused:
            raise KeyRefused(refused.source, f"{refused.reason}: {self._remedy()}") from None
        except NotFound as gone:
            raise NotFound(gone.source, "; ".join(filter(None, (gone.reason, note)))) from None
        except Refused as failure:
            if failure.retry_at or self._key_variable or not self.provider.keys:
                raise
            # A LiteLLM proxy answers a request without a key with a bare 500.
            told = f"no key was set; if it needs one, set {self.provider.keys[0]}"
            raise Refused(failure.source, f"{failure.reason}; {told}") from None

    def _failed(self, reason: str) -> SourceFailed:
        return SourceFailed(self.provider.id, reason)

    def _remedy(self) -> str:
        if variable := self._key_variable:
            return f"check {variable}"
        if self.provider.keys:
            return f"no key was set; set {self.provider.keys[0]}"
        return "the server requires a key"

    async def _through_boto3(self, listing: ListingRequest) -> Mapped:
        has_url = url_variable(self.provider, self.environ) is not None
        root = base_url(self.provider, self.environ)
        answer = await bedrock.lists(
            self.provider.id, self.environ, root if has_url else None, self.timeout
        )
        return self._map_page(listing, answer).mapped

    async def _fetch_all(self, listing: ListingRequest, client: Client) -> Mapped:
        """The listing, completed by the further endpoints that are there for this key."""
        first, (path, payloads, mapped) = await self._first(listing, client)
        answered, refused = [path], []
        for call in listing.also:
            if call.how == "instead" or call.path == first.path:
                continue
            try:
                more = await self._fetch_pages(call, client)
            except (*_ABSENT, KeyRefused) as absent:
                refused += [call.path] if isinstance(absent, KeyRefused) else []
                continue
            answered.append(more.path)
            if call.how == "payload":
                payloads = [*payloads, *more.payloads]
                mapped = self._map_page(listing, _joined(payloads)).mapped
            else:
                mapped = _completed(mapped, more.mapped, adding=call.how == "rows")
        if not first.complete:
            mapped = mapped._replace(complete=False)
        self.answered = Answered(tuple(dict.fromkeys(answered)), tuple(dict.fromkeys(refused)))
        return mapped

    async def _first(
        self, listing: ListingRequest, client: Client
    ) -> tuple[ListingRequest, _Pages]:
        """The first endpoint (of the main one and its alternatives) that answers, with its rows.

        A key that one refuses may be good for another.
        """
        failed: list[SourceFailed] = []
        for call in (listing, *(call for call in listing.also if call.how == "instead")):
            try:
                return call, await self._fetch_pages(call, client)
            except (*_ABSENT, KeyRefused) as failure:
                failed.append(failure)
        raise next((each for each in failed if isinstance(each, KeyRefused)), failed[0])

    async def _fetch_pages(self, call: ListingRequest, client: Client) -> _Pages:
        rows: dict[tuple[object, object], dict[str, object]] = {}
        lost: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        complete = True
        headers = await self._headers(call, client)
        query = dict(call.query)
        address, payload, page = await self._first_page(call, headers, client)
        payloads = [payload]
        while True:
            new = {(row["provider"], row["name"]): row for row in page.mapped.rows}
            # Some servers ignore the page parameter: without this check it would not end.
            if page.following is not None and new.keys() <= rows.keys():
                raise self._failed("the listing repeats a page")
            rows |= new
            lost[0].update(page.mapped.dropped)
            lost[1].update(page.mapped.values)
            complete = complete and page.mapped.complete
            if page.following is None:
                path = shown_path(urlsplit(address).path, known_segments(self.provider))
                path = redact(path, self.environ)
                return _Pages(path, payloads, Mapped(list(rows.values()), *lost, complete))
            if len(rows) > MAX_MODELS or len(payloads) == MAX_PAGES:
                raise self._failed(f"the listing does not end after {len(rows)} models")
            query |= page.following
            payloads.append(await self._fetch_page(address, query, headers, client))
            page = self._map_page(call, payloads[-1])

    async def _first_page(
        self, call: ListingRequest, headers: Mapping[str, str], client: Client
    ) -> tuple[str, object, Page]:
        """The address that answers a call, with its payload and rows.

        If none does, raises the failure of the first, which is the address as it was set.
        """
        absent: list[SourceFailed] = []
        for address in addresses(self.provider, call, self.environ):
            try:
                payload = await self._fetch_page(address, call.query, headers, client)
                return address, payload, self._map_page(call, payload)
            except _ABSENT as failure:
                absent.append(failure)
        raise absent[0]

    async def _fetch_page(
        self, address: str, query: Mapping[str, str], headers: Mapping[str, str], client: Client
    ) -> object:
        return await fetch_json(
            f"{address}?{urlencode(query)}" if query else address,
            source=self.provider.id, headers=headers, deadline=self.timeout, client=client,
        )  # fmt: skip

    def _map_page(self, call: ListingRequest, payload: object) -> Page:
        page: Page = import_module(f"modeldex.upstream.formats.{call.format}").map_page(
            payload, self.provider.id
        )
        return page

    async def _headers(self, call: ListingRequest, client: Client) -> dict[str, str]:
        variable = self._key_variable
        headers = dict(call.headers)
        if variable is None or call.auth == "none":
            return headers
        key = self.environ[variable].strip()
        if call.auth == "ibm_iam":
            key = await ibm_iam.token(self.provider.id, key, self.environ, client, self.timeout)
        name, form = _AUTH["bearer" if variable in call.tokens else call.auth]
        return {**headers, name: form.format(key)}


def _joined(payloads: Sequence[object]) -> dict[str, object]:
    """Several payloads merged into one: lists of equal keys are joined, else the first wins."""
    merged: dict[str, object] = {}
    for payload in payloads:
        for key, value in table(payload).items():
            before = merged.setdefault(key, value)
            if before is not value and isinstance(before, list) and isinstance(value, list):
                merged[key] = before + value
    return merged


def _completed(mapped: Mapped, more: Mapped, *, adding: bool) -> Mapped:
    """The rows, with missing fields filled from `more`; with `adding` also its new rows."""
    rows = {(row["provider"], row["name"]): row for row in mapped.rows}
    for row in more.rows:
        key = row["provider"], row["name"]
        if adding or key in rows:
            rows[key] = {**row, **rows.get(key, {})}
    return Mapped(
        list(rows.values()), mapped.dropped + more.dropped, mapped.values + more.values,
        mapped.complete and (more.complete or not adding),
    )  # fmt: skip
