"""The web page: the operations as HTML, on the server, without a script that must run.

Templates escape everything; no value is marked as safe. `/` and `/m/` are for people only; the
other pages are below `/web`, beside the operations of the same names.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modeldex import __version__
from modeldex.changes import KINDS
from modeldex.errors import InvalidQuery, ModeldexError
from modeldex.fields import NAMES
from modeldex.server import finder, model_page, query_string, showing
from modeldex.server.faults import Fault, fault
from modeldex.server.operations import OPERATIONS
from modeldex.server.plots import TIERS
from modeldex.server.replies import Reply
from modeldex.server.routes import Service

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


class Asked(NamedTuple):
    """What a page is asked: the query string without what was left blank, and the path."""

    service: Service
    query: bytes
    path: Mapping[str, str]

    @property
    def typed(self) -> dict[str, list[str]]:
        """The parameters as text."""
        return parse_qs(self.query.decode("ascii", "replace"))

    def given(self, operation: str) -> dict[str, Any]:
        """The parameters of an operation that are not as usual. Raises Fault, InvalidQuery."""
        kind = OPERATIONS[operation].parameters
        found: dict[str, Any] = query_string.given(kind, self.query)
        for name, value in found.items():
            if isinstance(value, list):
                found[name] = " ".join(value).replace(",", " ").split()
        fields = kind.model_fields
        return {
            name: value
            for name, value in found.items()
            if name not in fields or value != fields[name].default
        }

    async def ask(self, operation: str, **more: Any) -> Any:
        """The answer of an operation to the parameters, and to more that they do not state."""
        given = {**more, **self.given(operation)}
        return await OPERATIONS[operation].ask(self.service.registry, given)


class Page(NamedTuple):
    """A page: where it is, its template, and what is in it.

    It is the same until the catalog changes or the day ends, unless `seconds` says for how long
    what it says of times is good.
    """

    path: str
    template: str
    contents: Callable[[Asked], Awaitable[Contents]]
    seconds: float = math.inf


async def _find(asked: Asked) -> Contents:
    given = asked.given("query")
    return {"found": await finder.found(asked.service.registry, given), **await _form(asked)}


async def _form(asked: Asked, wrong: str | None = None) -> Contents:
    hosts: Any = await _PROVIDERS.ask(asked.service.registry, {})
    known = [(each.id, f"{each.name} ({each.known:,})") for each in hosts.providers if each.known]
    return {"form": finder.form(asked.typed, known, wrong)}


async def _model(asked: Asked) -> Contents:
    name = asked.path.get("name") or "".join(asked.typed.get("name", ()))
    found = await model_page.found(asked.service.registry, asked.path["provider"], name)
    return {"found": found}


async def _changes(asked: Asked) -> Contents:
    begun = await asked.service.registry.consult(model_page.begun)
    given = asked.given("changes")
    try:
        found = await asked.ask("changes")
    except InvalidQuery as error:
        if error.field != "since" or "since" in given:
            raise
        found = await asked.ask("changes", since=begun)
    by_kind = {kind: [each for each in found.changes if each.kind == kind] for kind in KINDS}
    return {"found": found, "by_kind": by_kind, "begun": begun, "given": given}


async def _expiring(asked: Asked) -> Contents:
    return {"found": await asked.ask("expiring"), "given": asked.given("expiring")}


async def _drift(asked: Asked) -> Contents:
    found = await asked.ask("drift", limit=200)
    return {"found": found, "given": asked.given("drift"), "fields": NAMES}


async def _health(asked: Asked) -> Contents:
    return {"found": await asked.ask("status")}


PAGES = (
    Page("/", "find.html", _find),
    Page("/m/{provider}/{name:path}", "model.html", _model),
    Page("/m/{provider}", "model.html", _model),
    Page("/web/changes", "changes.html", _changes, seconds=_MINUTE),
    Page("/web/expiring", "expiring.html", _expiring),
    Page("/web/drift", "drift.html", _drift),
    Page("/web/health", "health.html", _health, seconds=_MINUTE),
)


class Shown:
    """One page as an ASGI application."""

    def __init__(self, service: Service, page: Page) -> None:
        self._service = service
        self._page = page

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with the page, or with one that says what is wrong."""
        query = b"&".join(p for p in scope["query_string"].split(b"&") if p.partition(b"=")[2])
        asked = Asked(self._service, query, scope["path_params"])
        try:
            reply = await self._reply(scope, asked)
        except (Fault, ModeldexError) as error:
            await self._refuse(error, asked, scope, send)
        else:
            await reply.send(scope, send)

    async def _reply(self, scope: Scope, asked: Asked) -> Reply:
        if b"as_of=" in asked.query:
            return await self._made(scope, asked)
        make = lambda: self._made(scope, asked)  # noqa: E731
        return await self._service.kept.reply(scope, self._page.path, make, self._page.seconds)

    async def _made(self, scope: Scope, asked: Asked) -> Reply:
        contents = await self._page.contents(asked)
        return Reply(_render(self._page.template, scope, contents), HTML)

    async def _refuse(
        self, error: Fault | ModeldexError, asked: Asked, scope: Scope, send: Send
    ) -> None:
        """The page that says what is wrong; of a form that was filled in wrong, the form."""
        wrong = error if isinstance(error, Fault) else fault(error, self._service.registry.path)
        contents: Contents = {"fault": wrong}
        template = "error.html"
        if isinstance(error, InvalidQuery) and self._page.template == "find.html":
            contents |= {**await _form(asked, error.field), "found": None}
            template = "find.html"
        await _send(wrong, _render(template, scope, contents), send)


async def _send(fault: Fault, body: bytes, send: Send) -> None:
    told = {
        "content-type": HTML, "content-length": str(len(body)), "cache-control": "no-store",
        **fault.headers,
    }  # fmt: skip
    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _render(template: str, scope: Scope, contents: Contents) -> bytes:
    base = scope.get("root_path", "")
    known = {
        "base": base, "here": scope["path"].removeprefix(base), "version": __version__,
        "tiers": TIERS, "fault": None,
    }  # fmt: skip
    text: str = _templates().get_template(template).render({**known, **contents})
    return text.encode()


@cache
def _templates() -> Any:
    """The templates, which escape everything."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.filters |= showing.FILTERS
    return found


class _File:
    """One file of the style, as an ASGI application."""

    def __init__(self, name: str) -> None:
        self._reply = Reply((_HERE / "static" / name).read_bytes(), _STATIC[name])

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._reply.send(scope, send)


def routes(service: Service) -> Iterator[BaseRoute]:
    """A route for each page, and for the files that pages ask for."""
    for page in PAGES:
        yield Route(page.path, Shown(service, page), methods=["GET"])
    for name in _STATIC:
        yield Route(f"/web/static/{name}", _File(name), methods=["GET"])
