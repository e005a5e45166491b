"""What pages tell of, and for how long they are kept: until somebody writes, or they grow old."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from command_line import MODELS, small_catalog
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.registry import ServedRegistry
from modeldex.server.response_cache import ResponseCache
from modeldex.server.responses import Reply
from modeldex.server.web import search_page
from modeldex.server.web.routes import PAGES

pytestmark = pytest.mark.sqlite_only("what is kept is the same on both")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A catalog of a few models; nobody writes to it."""
    yield small_catalog(tmp_path_factory.mktemp("kept") / "catalog.db", MODELS)


async def test_every_page_is_made_once(catalog: Path) -> None:
    """What was answered stands ready for the next who asks the same."""
    paths = [page.path for page in PAGES if "{" not in page.path] + ["/m/openai/flagship"]
    async with ServedRegistry(db=catalog, environ={}) as registry:
        gate: Any = application(registry, rules("127.0.0.1"))
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
            await web.get("/healthz")  # opens the catalog, whose revision can be told then
            codes = {path: (await web.get(path)).status_code for path in paths}
        kept = {path: await gate._cache.get({"path": path, "query_string": b""}) for path in paths}
    assert codes == dict.fromkeys(paths, 200)
    assert [path for path, answer in kept.items() if answer is None] == []


async def test_the_page_says_what_puts_a_model_behind(catalog: Path) -> None:
    """Of two that are alike in all else, the page says that the older one is behind by that."""
    async with ServedRegistry(db=catalog, environ={}) as registry:
        found = await search_page.search(registry, {"provider": "openai"})
    behind = dict(zip((model.spec.name for model in found.models), found.behind, strict=True))
    own = "same price, but not known as its maker's own offer (lab)"
    assert (behind["flagship"], behind["older"]) == ("first", own)


@pytest.mark.parametrize(("seconds", "made"), [(60.0, 1), (0.0, 2)])
async def test_what_tells_of_times_grows_old(catalog: Path, seconds: float, made: int) -> None:
    """It is kept for the time it is good for, although nobody wrote."""
    scope = {"path": "/web/health", "query_string": b""}
    replies: list[Reply] = []

    async def make() -> Reply:
        replies.append(Reply(b"{}"))
        return replies[-1]

    async with ServedRegistry(db=catalog, environ={}) as registry:
        await registry.run_read(lambda each: each.rows("SELECT 1"))
        kept = ResponseCache(registry)
        for _ in range(2):
            if await kept.get(scope) is None:
                await kept.get_or_make(scope, "/web/health", make, seconds)
    assert len(replies) == made
