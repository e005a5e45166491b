"""The pages as HTML: what they say, where their links lead, how they are kept."""

import math
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout import ROOT
from command_line import small_catalog, write
from modeldex.server.app import application
from modeldex.server.auth import HEADERS, rules
from modeldex.server.registry import ServedRegistry
from modeldex.server.web.charts import BOTTOM, FREE, LEFT, RIGHT, TOP, Charted, plot
from modeldex.server.web.search_page import QUERY
from modeldex.storage.location import Place
from web_catalog import HOSTILE, made

FOLDER = ROOT / "src" / "modeldex" / "server" / "web"
TOKEN = "0123456789abcdef-token"  # noqa: S105 - of these tests only


def client(registry: ServedRegistry, root: str = "", token: str | None = None) -> httpx.AsyncClient:
    """Asks the whole application, without a network."""
    app = application(registry, rules("127.0.0.1", token=token))
    transport = httpx.ASGITransport(app, root_path=root)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture(scope="module")
def catalog(new_catalog: Callable[[], Place]) -> Place:
    """The small catalog; nobody writes to it."""
    return made(new_catalog())


@pytest.fixture
async def web(catalog: Place) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of the small catalog."""
    async with ServedRegistry(db=catalog, environ={}) as registry, client(registry) as asked:
        yield asked


@pytest.fixture
async def bare(blank_catalog: Place) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of a catalog with nothing in it."""
    path = small_catalog(blank_catalog, {})
    async with ServedRegistry(db=path, environ={}) as registry, client(registry) as asked:
        yield asked


def text(answer: httpx.Response) -> str:
    """What a reader reads."""
    main = answer.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/", "The catalog is empty: run modeldex refresh on the server"),
        ("/web/changes", "run modeldex refresh on the server"),
        ("/web/expiring", "run modeldex refresh on the server"),
        ("/web/drift", "modeldex refresh fetches more"),
        ("/web/health", "No refresh has run"),
    ],
)
async def test_where_there_is_nothing_a_page_says_what_to_do(
    path: str, advice: str, bare: httpx.AsyncClient
) -> None:
    """An empty catalog is no blank page."""
    answer = await bare.get(path)
    assert (answer.status_code, advice in text(answer)) == (200, True)


async def test_what_was_not_measured_says_how_to_measure(web: httpx.AsyncClient) -> None:
    """Of a model without samples, and where no plot of speeds can be drawn."""
    model = text(await web.get("/m/globex/plain-1"))
    found = text(await web.get("/?provider=initech"))
    command = "modeldex measure add"
    assert (f"{command} globex/plain-1 --tps" in model, f"{command} PROVIDER" in found) == (
        True, True,
    )  # fmt: skip


async def test_the_form_has_every_criterion(web: httpx.AsyncClient) -> None:
    """As the query operation has them, each once; the page is chosen by links."""
    form = (await web.get("/")).text.partition('<form class="criteria"')[2].partition("</form>")[0]
    names = re.findall(r'<(?:input|select)[^>]* name="(\w+)"', form)
    assert sorted(names) == sorted(QUERY.parameters.model_fields.keys() - {"offset", "known"})


async def test_every_page_searches_names(web: httpx.AsyncClient) -> None:
    """A form without a script; what was typed stands in it, and its hits are in pages."""
    nothing, few, none = [
        (await web.get(f"/web/search{query}")).text
        for query in ("", "?text=globex&limit=1", "?text=<b>zzz</b>")
    ]
    boxes = [re.search(r'<input type="search" name="text" value="([^"]*)"', page)
             for page in (nothing, few, none, (await web.get("/")).text)]  # fmt: skip
    assert [box and box[1] for box in boxes] == ["", "globex", "&lt;b&gt;zzz&lt;/b&gt;", ""]
    assert "/web/search?text=globex&amp;limit=1&amp;offset=1" in few
    assert "No known model is named" in none


async def test_a_form_left_blank_asks_for_nothing(web: httpx.AsyncClient) -> None:
    """Blank fields, and choices left as they are, give the page without parameters."""
    plain = await web.get("/")
    blank = await web.get("/?min_context=&provider=&mode=chat&quality_tier=any&requests=1&limit=25")
    assert blank.status_code == 200
    assert text(blank) == text(plain)


async def test_several_words_may_be_separated_by_commas(web: httpx.AsyncClient) -> None:
    """As people write them into one field."""
    one = await web.get("/", params={"providers": ["globex", "initech"]})
    other = await web.get("/", params={"providers": "globex, initech"})
    assert "of 36 known models match" in text(one)
    assert text(other).partition("known models")[0] == text(one).partition("known models")[0]


async def test_the_pages_of_a_query_have_each_model_once(web: httpx.AsyncClient) -> None:
    """The links to the next ones lead through all that match."""
    path, seen = "/?limit=10", []
    while path:
        page = (await web.get(path)).text
        ranking = page.partition("<tbody")[2].partition("</tbody>")[0]
        seen += re.findall(r'scope="row"><a href="([^"]+)"', ranking)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    total = re.search(r"(\d+) of 36 known", text(await web.get("/")))
    assert total
    assert (len(seen), len(set(seen))) == (int(total[1]), int(total[1]))


async def test_a_criterion_can_be_dropped_by_its_link(web: httpx.AsyncClient) -> None:
    """As many models as the page promises match without it."""
    page = (await web.get("/?requires_tools=true&min_context=400000&requires_vision=true")).text
    [(path, more)] = re.findall(r'href="(/\?[^"]*)">(\d+) more without it', page)[-1:]
    without = text(await web.get(unescape(path)))
    counts = [int(re.findall(r"(\d+) of 36 known", each)[0]) for each in (text_of(page), without)]
    assert counts[1] - counts[0] == int(more)


def text_of(page: str) -> str:
    """A page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("as_of=24h", "It has tier best, blended price"),
        ("input_tokens=20000&output_tokens=500&requests=10", "cost of the workload"),
        ("distinct=provider", "3 of 36 known models match"),
        ("quality_tier=unknown&limit=2&offset=2", "Previous 3 to 4 Next"),
        ("offset=900", "No more models. Go back"),
        ("requires_params=top_p,temperature&mode=any&price_basis=any", "known models match"),
    ],
)
async def test_whatever_a_query_takes_the_page_takes(
    asked: str, said: str, web: httpx.AsyncClient
) -> None:
    """Moments, workloads, one of each provider, pages beyond the end."""
    answer = await web.get(f"/?{asked}")
    assert (answer.status_code, said in text(answer)) == (200, True)


async def test_a_model_has_its_opinions_its_history_and_its_samples(
    web: httpx.AsyncClient,
) -> None:
    """Who says what, which of it counts, what it was before, what was measured where."""
    said = text(await web.get("/m/globex/quick"))
    facts = (
        "context 8,000 litellm 210, 30 days ago effective 9,000 models_dev 200, 30 days ago",
        "speed 210.5 tokens per second perf_lab 500, today , 9 requests from",
        "Aliases quick!1",
        "litellm reference",
        "still listed",
        "the ringed mark is this model",
        "Unknown (no opinion): ",
    )
    assert [fact for fact in facts if fact not in said] == []


async def test_a_page_of_an_opinion_is_a_link_only_if_it_is_one(blank_catalog: Place) -> None:
    """A text that no browser may be sent to is shown as text, and every link says nothing of us."""
    path = small_catalog(blank_catalog, {"acme/one": {"max_context": 8}})
    with write(path) as connection:
        connection.execute("UPDATE capabilities SET source_url = 'https://example.com/?a=1&b=<x>'")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, max_context, source_url) "
            "SELECT id, 'static', 9, 'javascript:alert(1)' FROM models"
        )
    async with ServedRegistry(db=path, environ={}) as registry, client(registry) as asked:
        page = (await asked.get("/m/acme/one")).text
    link = '<a href="https://example.com/?a=1&amp;b=&lt;x&gt;" rel="noopener noreferrer">'
    assert link in page
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


async def test_a_price_that_changed_is_told(web: httpx.AsyncClient) -> None:
    """Of this week: what it was, what it is, by how much, and who says so."""
    week = text(await web.get("/web/changes"))
    prices = text(await web.get("/web/changes?kinds=price&since=24h"))
    row = "acme/plain-6 input price $0.98 $9 9.184 litellm"
    assert (row in week, row in prices) == (True, True)
    assert ("New models" in week, "Limits" in week, "Limits" in prices) == (False, True, False)


async def test_a_young_catalog_tells_its_whole_history(bare: httpx.AsyncClient) -> None:
    """A span that is longer begins there, too; whoever asks for an earlier day is told."""
    usual, asked = await bare.get("/web/changes"), await bare.get("/web/changes?since=30d")
    early = await bare.get("/web/changes?since=2025-01-01")
    assert (usual.status_code, asked.status_code, early.status_code) == (200, 200, 409)
    assert "history begins" in text(early)


async def test_a_name_that_is_nearly_right_is_told_the_right_one(web: httpx.AsyncClient) -> None:
    """As a page, with the status, the headers and the links."""
    answer = await web.get("/m/globex/quik")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert 'href="/m/globex/quick"' in answer.text


async def test_a_page_is_sent_once_until_somebody_writes(blank_catalog: Place) -> None:
    """304 for who has it; another one after a commit of anybody."""
    path = small_catalog(blank_catalog, {"acme/one": {"max_context": 8000}})
    async with ServedRegistry(db=path, environ={}) as registry, client(registry) as web:
        first = await web.get("/m/acme/one")
        has = {"if-none-match": first.headers["etag"]}
        again = await web.get("/m/acme/one", headers=has)
        with write(path) as connection:
            connection.execute("UPDATE capabilities SET max_context = 9000")
        after = await web.get("/m/acme/one", headers=has)
    assert (again.status_code, again.content, after.status_code) == (304, b"", 200)
    assert ("9,000" in text(first), "9,000" in text(after)) == (False, True)


@pytest.mark.sqlite_only("a file")
async def test_a_catalog_that_is_gone_is_told_on_a_page(tmp_path: Path) -> None:
    """503, not where the file was, and when to try again."""
    path = small_catalog(tmp_path / "catalog.db", {})
    async with ServedRegistry(db=path, environ={}) as registry, client(registry) as web:
        await web.get("/")
        path.unlink()
        answer = await web.get("/web/health")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ("the catalog file does not exist" in text(answer), str(path) in answer.text) == (
        True, False,
    )  # fmt: skip


async def test_below_a_path_of_a_proxy_every_link_has_it(catalog: Place) -> None:
    """So a registry can live at /registry of another site."""
    outside = set()
    paths = ("/", "/?min_context=999000000", "/m/acme/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
             "/web/changes", "/web/expiring", "/web/drift", "/web/health", "/m/a/b")  # fmt: skip
    async with (
        ServedRegistry(db=catalog, environ={}) as registry,
        client(registry, "/registry") as web,
    ):
        for path in paths:
            page = (await web.get(f"/registry{path}")).text
            outside |= set(re.findall(r'(?:href|src|action)="([^"]*)"', page))
    assert len(outside) > len(paths)
    assert {each for each in outside if not each.startswith(("/registry/", "#"))} == set()


async def test_a_browser_is_asked_for_the_token(catalog: Place) -> None:
    """As the password of Basic authentication; no page shows it."""
    basic = {"authorization": "Basic " + b64encode(f"me:{TOKEN}".encode()).decode()}
    async with (
        ServedRegistry(db=catalog, environ={}) as registry,
        client(registry, token=TOKEN) as web,
    ):
        refused, answer = await web.get("/"), await web.get("/", headers=basic)
    assert (refused.status_code, "Basic" in refused.headers["www-authenticate"]) == (401, True)
    assert (answer.status_code, TOKEN in answer.text) == (200, False)


def test_no_template_trusts_a_value_or_has_anything_inline() -> None:
    """Nothing is marked as safe, each attribute is quoted; no style, script or handler."""
    forbidden = (
        r"\|\s*safe|autoescape|Markup|\sstyle=|\son[a-z]+=|<style|<script(?! src)|\s[a-z-]+=\{\{"
        r"|//[a-z]"
    )
    pages = sorted((FOLDER / "templates").iterdir())
    found = {each.name: re.findall(forbidden, each.read_text("utf-8")) for each in pages}
    assert found == {each.name: [] for each in pages}
    assert len(found) > 8


async def test_every_hostile_name_has_its_page(web: httpx.AsyncClient) -> None:
    """Also where a client sends the path as it stands in the link."""
    page = (await web.get("/?provider=acme&limit=60&min_days_left=0")).text
    ranking = page.partition("<tbody")[2].partition("</tbody>")[0]
    links = re.findall(r'scope="row"><a href="([^"]+)"><bdi>(.*?)</bdi>', ranking)
    targets = {unescape(name): unescape(path) for path, name in links}
    answers = {name: await web.get(targets[f"acme/{name}"]) for name in HOSTILE}
    headings = {
        name: unescape(re.findall(r"<h1><bdi>(.*?)</bdi></h1>", each.text)[0])
        for name, each in answers.items()
    }
    assert headings == {name: name for name in HOSTILE}


async def test_a_measured_model_is_plotted_among_many_that_are_not(blank_catalog: Place) -> None:
    """Of each tier the best that have both figures, not the best of which a few have."""
    facts = {"input_cost_per_1m": 1.0, "output_cost_per_1m": 1.0, "quality_tier": "best"}
    fast = {**facts, "input_cost_per_1m": 5.0, "speed_hint_tps": 90.0}
    models = {f"acme/cheaper-{i}": facts for i in range(60)}
    path = small_catalog(blank_catalog, {**models, "acme/fast": fast, "acme/fast-2": fast})
    async with ServedRegistry(db=path, environ={}) as registry, client(registry) as web:
        page = await web.get("/")
    assert re.findall(r"<title>(acme/.*?):", page.text) == ["acme/fast", "acme/fast-2"]


MODELS = st.lists(
    st.builds(
        Charted,
        id=st.text("abc", min_size=1),
        tier=st.sampled_from(("best", "cheap", None)),
        price=st.none() | st.just(0.0) | st.floats(1e-6, 1e6),
        figure=st.none() | st.integers(1, 1_000_000_000),
    ),
    max_size=12,
)


@given(models=MODELS)
def test_every_mark_is_inside_the_plot_in_the_order_of_its_figures(models: list[Charted]) -> None:
    """Dearer is further right, more is higher; what is free stands in a strip of its own."""
    known = [each for each in models if each.price is not None and each.figure]
    drawn = plot(models, "context", "tokens")
    assert (drawn is None) == (len(known) < 2)
    points = drawn.points if drawn else ()
    ticks = [*(drawn.across if drawn else ()), *(drawn.up if drawn else ())]
    prices = [each.price or 0.0 for each in known[: len(points)]]
    figures = [each.figure or 0 for each in known[: len(points)]]
    assert all(LEFT <= each.x <= RIGHT and TOP <= each.y <= BOTTOM for each in points)
    assert all(math.isfinite(tick.at) for tick in ticks)
    across = sorted(zip(prices, (each.x for each in points), strict=True))
    up = sorted(zip(figures, (-each.y for each in points), strict=True))
    assert [x for _, x in across] == sorted(each.x for each in points)
    assert [y for _, y in up] == sorted(-each.y for each in points)
    free = [each.x < LEFT + FREE for each in points]
    assert free == [price == 0 for price in prices] or 0.0 not in prices
