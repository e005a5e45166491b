"""The requests and tool calls whose answers are golden files."""

import json
import re
from collections.abc import Mapping
from typing import Any

from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from running_server import HttpAnswer, Serving

_MODEL = "openai/flagship"

SMALL: Mapping[str, tuple[str, ...]] = {
    "find_best": (
        "/best", "/best?available=0&requires_tools=1", "/best?available=0&n=3&distinct=provider",
        "/best?available=0&input_tokens=20000&output_tokens=1000", "/best?nonsense=1",
        "/best?available=0&min_context=-1", "/best?available=0&as_of=2026-11-01",
    ),
    "query": (
        "/query?available=0", "/query?available=0&mode=any&limit=2&offset=1", "/query?sort=none",
    ),
    "search": ("/search?text=shared", "/search?text=mi*&limit=1", "/search", "/search?text=zzz"),
    "find_model": (
        f"/models/{_MODEL}", "/models/openai/mini", "/models/openai/nothing",
        "/models/mistral/shared?as_of=2026-11-01",
    ),
    "explain": (f"/explain/{_MODEL}", "/explain/groq/newcomer", "/explain/openai/nothing"),
    "explain_query": ("/explain_query?available=0&requires_vision=1", "/explain_query"),
    "changes": ("/changes?since=2026-11-01", "/changes?since=0s", "/changes"),
    "expiring": ("/expiring?within=90d&available=0", "/expiring?available=0&past=1", "/expiring"),
    "offers": ("/offers/openai/flagship", "/offers/flagshp", "/models/flagship"),
    "bases": ("/bases", "/bases?unreviewed=true&limit=1"),
    "scored_bases": ("/benchmarks?limit=2", "/benchmarks?limit=0"),
    "benchmarks": ("/benchmarks/anthropic/claude-opus-5.5", "/benchmarks/flagshp"),
    "drift": ("/drift", "/drift?provider=openai&field=max_context"),
    "providers": ("/providers",),
    "status": ("/status",),
    "models": ("/models", "/models?capabilities=1", "/models?limit=2&offset=1"),
    "openai": ("/v1/models", f"/v1/models/{_MODEL}", "/v1/models/nothing"),
    "models_dev": ("/api.json",),
    "openapi": ("/openapi.json",),
    "pages": (
        "/", "/?requires_tools=1&available=0", f"/m/{_MODEL}", "/m/openai/nothing",
        "/m/groq/newcomer", "/web/search", "/web/search?text=shared", "/web/search?text=zzz",
        "/web/changes", "/web/changes?since=2026-11-01",
        "/web/expiring?within=90d", "/web/drift", "/web/health",
    ),
    "errors": ("/nothing", "/healthz", "/best?n=0", "/measurements"),
}  # fmt: skip
"""Over the small catalog, by operation."""

SHIPPED: Mapping[str, tuple[str, ...]] = {
    "find_best": ("/best?available=0&requires_tools=1&n=5", "/best?available=0&mode=embedding"),
    "query": ("/query?available=0&provider=anthropic&limit=5",),
    "search": ("/search?text=claude+sonnet+4.5&limit=3",),
    "find_model": ("/models/openai/gpt-4o-mini",),
    "explain": ("/explain/openai/gpt-4o-mini",),
    "explain_query": ("/explain_query?available=0&requires_tools=1&min_context=128000",),
    "drift": ("/drift?provider=openai&min_ratio=2",),
    "offers": ("/offers/gpt-4o-mini", "/models/claude-sonnet-4.5"),
    "expiring": ("/expiring?within=30d&available=0",),
    "providers": ("/providers",),
    "models": ("/models?capabilities=1",),
    "openai": ("/v1/models",),
    "models_dev": ("/api.json",),
    "pages": ("/?available=0", "/m/openai/gpt-4o-mini", "/web/drift", "/web/expiring"),
}
"""Over the data that the package ships."""

TOOLS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "find_best": ({"available": False, "requires_tools": True, "n": 2}, {"n": 0}),
    "query": ({"available": False, "mode": "any", "limit": 2},),
    "search": ({"text": "shared"}, {}),
    "find_model": ({"provider": "OpenAI", "name": "flagship"}, {"provider": "openai"}),
    "explain": ({"provider": "openai", "name": "small"},),
    "changes": ({"since": "2026-11-01"},),
    "expiring": ({"within": "90d", "available": False},),
    "drift": ({"provider": "openai"},),
    "offers": ({"base": "flagship"},),
    "bases": ({"limit": 1},),
    "scored_bases": ({"limit": 1},),
    "benchmarks": ({"base": "anthropic/claude-opus-5.5"},),
    "providers": ({},),
    "status": ({},),
    "models": ({"limit": 2, "offset": 1},),
    "nothing": ({},),
}
"""Over the small catalog, by tool."""

_HEADERS = ("allow", "cache-control", "content-type", "link", "location")


def record(server: Serving, target: str) -> str:
    """One request and its answer: the status, the headers that clients act on, the body."""
    answer = server.request(target)
    headers = [f"{name}: {answer.headers[name]}" for name in _HEADERS if name in answer.headers]
    return "\n".join([f"GET {target}", str(answer.status), *headers, "", _body(answer), ""])


def _body(answer: HttpAnswer) -> str:
    text = answer.body.decode()
    if answer.headers["content-type"].startswith("application/json"):
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return re.sub(r"\?v=[0-9a-f]+", "?v=<digest>", text)


async def record_tools(url: str) -> dict[str, str]:
    """By tool, its description and what its calls answer."""
    async with Client(streamable_http_client(f"{url}/mcp")) as client:
        described = {tool.name: tool.model_dump() for tool in (await client.list_tools()).tools}
        return {
            name: _text([described.get(name), *[await _called(client, name, c) for c in calls]])
            for name, calls in TOOLS.items()
        }


async def _called(client: Client, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = await client.call_tool(name, arguments)
    except Exception as error:  # noqa: BLE001 - whatever a client meets is what is recorded
        return {"call": arguments, "error": str(error)}
    return {
        "call": arguments,
        "is_error": answer.is_error,
        "content": answer.structured_content or [part.model_dump() for part in answer.content],
    }


def _text(parts: list[object]) -> str:
    return "\n".join(
        json.dumps(part, indent=1, ensure_ascii=False, sort_keys=True, default=str)
        for part in parts
    )
