"""The web pages: operations rendered as HTML on the server; no JavaScript is required.

Templates escape every value, and none is marked as safe. `/` and `/m/` have no JSON counterpart;
the other pages live under `/web`, because `/changes` and the like are operations.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modeldex.errors import InvalidQuery, ModeldexError
from modeldex.history.changes import KINDS
from modeldex.server import query_string
from modeldex.server.errors import Fault, fault
from modeldex.server.operations import OPERATIONS, RELATIVE_SECONDS
from modeldex.server.parameters import parsed
from modeldex.server.responses import Reply
from modeldex.server.routes import Service
from modeldex.server.web import filters, model_page, search_page
from modeldex.server.web.charts import TIERS
from modeldex.version import __version__
from modeldex.vocabulary.fields import NAMES

HTML = "text/html; charset=utf-8"
_HERE = Path(__file__).parent
_STATIC = {
    "modeldex.css": "text/css; charset=utf-8",
    "modeldex.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_PROVIDERS = OPERATIONS["providers"]
_MINUTE = 60.0

Contents = dict[str, Any]


class PageRequest(NamedTuple):
    """Request for a page: the query string without empty parameters, and the path parameters."""

    service: Service
    query: bytes
    path: Mapping[str, str]

    @property
    def typed(self) -> dict[str, list[str]]:
        """The query parameters as text, to fill the form in again."""
        return parse_qs(self.query.decode("ascii", "replace"))

    def given(self, operation: str) -> dict[str, Any]:
        """Return the parameters that differ from an operation's defaults.

        Lists may be separated by commas or spaces. Raises Fault and InvalidQuery.
        """
        kind = OPERATIONS[operation].parameters
        found: dict[str, Any] = query_string.given(kind, self.query)
        for name, value in found.items():
            if isinstance(value, list):
                found[name] = " ".join(value).replace(",", " ").split()
        values = parsed(kind, found)
        usual = {name: field.default for name, field in kind.model_fields.items()}
        return {name: value for name in found if (value := getattr(values, name)) != usual[name]}

    async def call(self, operation: str, **more: Any) -> Any:
        """Run an operation with the request's parameters; `more` are defaults for absent ones."""
        given = {**more, **self.given(operation)}
        return await OPERATIONS[operation].call(self.service.registry, given)


class PageRoute(NamedTuple):
    """A page: its path, its template, and the function that loads its contents.

    A page may be cached until the catalog changes or the day ends, and for `seconds` at most. The
    limit is for pages that show relative times such as "3 minutes ago".
    """

    path: str
    template: str
    contents: Callable[[PageRequest], Awaitable[Contents]]
    seconds: float = math.inf


async def _find(request: PageRequest) -> Contents:
    given = request.given("query")
    return {
        "found": await search_page.search(request.service.registry, given),
        **await _form(request),
    }


async def _form(request: PageRequest, wrong: str | None = None) -> Contents:
    hosts: Any = await _PROVIDERS.call(request.service.registry, {})
    known = [(each.id, f"{each.name} ({each.known:,})") for each in hosts.providers if each.known]
    return {"form": search_page.form(request.typed, known, wrong)}


async def _model(request: PageRequest) -> Contents:
    name = request.path.get("name") or "".join(request.typed.get("name", ()))
    found = await model_page.load_model_page(
        request.service.registry, request.path["provider"], name
    )
    return {"found": found}


async def _search(request: PageRequest) -> Contents:
    sought = "".join(request.typed.get("text", ()))
    if not sought.strip():
        return {"sought": "", "found": None, "pages": {}}
    given = request.given("search")
    found: Any = await OPERATIONS["search"].call(request.service.registry, given)
    query = parsed(OPERATIONS["search"].parameters, given)
    pages = search_page.pages(given, query, found.total, "/web/search")
    return {"sought": sought, "found": found, "pages": pages}


async def _changes(request: PageRequest) -> Contents:
    begun = await request.service.registry.run_read(model_page.history_start)
    given = request.given("changes")
    try:
        found = await request.call("changes")
    except InvalidQuery as error:
        if error.field != "since" or "since" in given:
            raise
        found = await request.call("changes", since=begun)
    by_kind = {kind: [each for each in found.changes if each.kind == kind] for kind in KINDS}
    return {"found": found, "by_kind": by_kind, "begun": begun, "given": given}


async def _expiring(request: PageRequest) -> Contents:
    return {"found": await request.call("expiring"), "given": request.given("expiring")}


async def _drift(request: PageRequest) -> Contents:
    found = await request.call("drift", limit=200)
    return {"found": found, "given": request.given("drift"), "fields": NAMES}


async def _health(request: PageRequest) -> Contents:
    return {"found": await request.call("status")}


PAGES = (
    PageRoute("/", "find.html", _find),
    PageRoute("/web/search", "search.html", _search),
    PageRoute("/m/{provider}/{name:path}", "model.html", _model),
    PageRoute("/m/{provider}", "model.html", _model),
    PageRoute("/web/changes", "changes.html", _changes, seconds=_MINUTE),
    PageRoute("/web/expiring", "expiring.html", _expiring),
    PageRoute("/web/drift", "drift.html", _drift),
    PageRoute("/web/health", "health.html", _health, seconds=_MINUTE),
)


class PageEndpoint:
    """One page as an ASGI application."""

    def __init__(self, service: Service, page: PageRoute) -> None:
        self._service = service
        self._page = page

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the page, or an error page."""
        # A browser submits empty fields too; an empty value would fail validation.
        query = b"&".join(p for p in scope["query_string"].split(b"&") if p.partition(b"=")[2])
        request = PageRequest(self._service, query, scope["path_params"])
        try:
            reply = await self._reply(scope, request)
        except (Fault, ModeldexError) as error:
            await self._refuse(error, request, scope, send)
        else:
            await reply.send(scope, send)

    async def _reply(self, scope: Scope, request: PageRequest) -> Reply:
        make = lambda: self._rendered(scope, request)  # noqa: E731
        seconds = self._page.seconds
        if b"as_of=" in request.query:  # which may be relative to now, as `7d` is
            seconds = min(seconds, RELATIVE_SECONDS)
        return await self._service.cache.get_or_make(scope, self._page.path, make, seconds)

    async def _rendered(self, scope: Scope, request: PageRequest) -> Reply:
        contents = await self._page.contents(request)
        return Reply(_render(self._page.template, scope, contents), HTML)

    async def _refuse(
        self, error: Fault | ModeldexError, request: PageRequest, scope: Scope, send: Send
    ) -> None:
        """Send an error page; for an invalid value in the search form, the form with the error."""
        wrong = error if isinstance(error, Fault) else fault(error, self._service.registry.path)
        contents: Contents = {"fault": wrong}
        template = "error.html"
        if isinstance(error, InvalidQuery) and self._page.template == "find.html":
            contents |= {**await _form(request, error.field), "found": None}
            template = "find.html"
        await _send(wrong, _render(template, scope, contents), send)


async def _send(fault: Fault, body: bytes, send: Send) -> None:
    fields = {
        "content-type": HTML, "content-length": str(len(body)), "cache-control": "no-store",
        **fault.headers,
    }  # fmt: skip
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _render(template: str, scope: Scope, contents: Contents) -> bytes:
    base = scope.get("root_path", "")
    known = {
        "base": base, "here": scope["path"].removeprefix(base), "version": __version__,
        "tiers": TIERS, "fault": None, "sought": "",
    }  # fmt: skip
    text: str = _templates().get_template(template).render({**known, **contents})
    return text.encode()


@cache
def _templates() -> Any:
    """Return the Jinja environment, with autoescaping on."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.filters |= filters.FILTERS
    return found


class _StaticFile:
    """One static file as an ASGI application."""

    def __init__(self, name: str) -> None:
        self._reply = Reply((_HERE / "static" / name).read_bytes(), _STATIC[name])

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._reply.send(scope, send)


def routes(service: Service) -> Iterator[BaseRoute]:
    """Yield a route per page and per static file."""
    for page in PAGES:
        yield Route(page.path, PageEndpoint(service, page), methods=["GET"])
    for name in _STATIC:
        yield Route(f"/web/static/{name}", _StaticFile(name), methods=["GET"])
