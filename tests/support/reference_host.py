"""A host on loopback that answers as every provider of the reference payloads does.

Each provider has a prefix of its own, so that one server stands in for all of them. Run as
a program it prints what the reference listings hold, as docs/listings.json keeps it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from checkout import SHARED
from misbehaving_host import Reply, Route, Seen, StandIn, error, ok
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.providers import Provider, providers

REFERENCE = SHARED / "fixtures" / "providers"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference payloads are elsewhere"
)

FOLDERS = {
    "gemini": "google_gemini", "watsonx": "ibm_watsonx", "bedrock": "aws_bedrock",
    "github": "github_models", "nvidia": "nvidia_nim", "vercel": "vercel_ai_gateway",
    "baseten": "extras/baseten",
}  # fmt: skip
"""Where the payloads of a provider lie whose folder has another name than its id."""

_CURSORS = frozenset({"after_id", "pageToken", "start", "page_token", "nextToken"})


class Payload(NamedTuple):
    """One recorded answer: its file and the request that it answers."""

    file: str
    path: str
    query: Mapping[str, str]

    @property
    def cursor(self) -> dict[str, str]:
        """The part of the query that asks for a further page."""
        return {key: value for key, value in self.query.items() if key in _CURSORS}


def listed() -> list[Provider]:
    """The providers that have a listing."""
    return [provider for provider in providers().values() if provider.listing]


def root(provider: Provider) -> str:
    """The path of a provider's API on this host."""
    return f"/{provider.id}{urlsplit(provider.base_url or '').path}"


def _payloads() -> list[Payload]:
    files = json.loads((REFERENCE / "manifest.json").read_text("utf-8"))["files"]
    found = []
    for entry in files:
        parts = urlsplit(entry["path"])
        if entry["method"] == "GET" and entry["status"] == 200:
            found.append(Payload(entry["file"], parts.path, dict(parse_qsl(parts.query))))
    return sorted(found, key=lambda payload: payload.file.replace("_page1", "") == payload.file)


def _reply(payloads: list[Payload], seen: Seen) -> Reply:
    asked = {key: values[0] for key, values in parse_qs(urlsplit(seen.path).query).items()}
    cursor = {key: value for key, value in asked.items() if key in _CURSORS}
    fitting = (payload for payload in payloads if payload.cursor == cursor)
    payload = next(fitting, None)
    return error(404) if payload is None else ok(body(payload.file))


def body(file: str) -> Any:
    """A reference payload."""
    return json.loads((REFERENCE / file).read_text("utf-8"))


def routes() -> dict[str, Route]:
    """What this host answers, by path; of several recordings the paged one, else the first."""
    found: dict[str, Route] = {}
    whole = [p for p in _payloads() if not p.file.startswith("openrouter/models_page")]
    for provider in listed():
        folder = FOLDERS.get(provider.id, provider.id)
        own = [p for p in whole if p.file.startswith(f"{folder}{'_' if '/' in folder else '/'}")]
        for path in {payload.path for payload in own}:
            answers = [payload for payload in own if payload.path == path]
            at = f"/{provider.id}{urlsplit(path).path}"
            found[at] = lambda seen, answers=answers: _reply(answers, seen)  # type: ignore[misc]
    found["/iam"] = ok({"access_token": "a-token-of-an-hour"})
    found["/ollama/api/tags"] = ok(body("ollama/tags_extended.json"))
    found["/ollama/api/show"] = ok(body("ollama/show_text_tools.json"))
    return found


def environment(url: str) -> dict[str, str]:
    """Every key set, every provider asked on this host, nothing else asked."""
    keys = {key: f"{key.lower()}-0123456789" for p in listed() for key in p.keys}
    places = {f"MODELDEX_{p.id.upper()}_BASE_URL": f"{url}{root(p)}" for p in listed()}
    return {
        **keys,
        **places,
        "MODELDEX_FEEDS": "0",
        "MODELDEX_IBM_IAM_URL": f"{url}/iam",
        "OLLAMA_BASE_URL": f"{url}/ollama",
    }


async def measured() -> dict[str, dict[str, object]]:
    """How many models each reference listing has, and which fields it states."""
    found: dict[str, dict[str, object]] = {}
    with StandIn(routes()) as host:
        environ = environment(host.url)
        for provider in listed():
            rows = (await ProviderListing(provider.id, environ).fetch()).rows
            fields = {field for row in rows for field in row} - {"provider", "name", "listed"}
            found[provider.id] = {"models": len(rows), "states": sorted(fields)}
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured()), indent=1))
