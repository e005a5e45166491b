"""The pages, in a real Chromium against a real server."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from browser import MISSING, PHONE, Browser, Tab, program, tabbed
from checkout import ROOT
from running_server import Serving
from web_catalog import EXAMPLE, HOSTILE, RESOLVED, made

pytestmark = pytest.mark.sqlite_only("the pages ask operations, which are tested on both")

PAGES = {
    "/": "Find a model",
    f"/m/{EXAMPLE}": "quick",
    "/web/search": "Search names",
    "/web/search?text=quick": "Search names",
    "/web/changes": "What changed",
    "/web/expiring": "What expires",
    "/web/drift": "Where sources disagree",
    "/web/health": "Refresh health",
    "/?min_context=999000000": "Find a model",
    "/m/globex/quik": "There is no such model",
}
"""Every page, with its heading."""

REFUSED = {"/m/globex/quik": 404}
REGENERATE = os.environ.get("MODELDEX_REGENERATE")
SCREENSHOT = ROOT / "docs" / "images" / "find.png"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server of the small catalog."""
    path = made(tmp_path_factory.mktemp("web") / "catalog.db")
    with Serving(path, "--no-access-log") as serving:
        yield serving


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for all tests of this file."""
    path = program()
    if path is None:
        pytest.skip(MISSING)
    with Browser(path) as browser:
        yield browser


def test_every_page_is_sound(server: Serving, chromium: Browser) -> None:
    """It has one heading, its landmarks and title; nothing complains, in light and dark."""

    def see(tab: Tab, path: str) -> dict[str, object]:
        tab.heard.clear()
        page = tab.page
        page.emulate_media(color_scheme="light")
        status = tab.open(server.url + path)
        said = [line for line in tab.complaints if "Failed to load" not in line]
        facts = {
            "status": status,
            "heading": page.locator("h1").all_text_contents(),
            "landmarks": [page.locator(each).count() for each in ("header", "nav", "main")],
            "title": page.title().endswith(" · modeldex"),
            "language": page.locator("html").get_attribute("lang"),
            "complaints": said,
            "light": tab.axe(),
        }
        page.emulate_media(color_scheme="dark")
        return {**facts, "dark": tab.axe("color-contrast")}

    seen = chromium.look(lambda tab: {path: see(tab, path) for path in PAGES})
    for path, facts in seen.items():
        assert min(facts.pop("landmarks")) >= 1, path  # type: ignore[call-overload]
        assert facts == {
            "status": REFUSED.get(path, 200), "heading": [PAGES[path]], "title": True,
            "language": "en", "complaints": [], "light": [], "dark": [],
        }, path  # fmt: skip


def test_axe_finds_what_is_wrong(chromium: Browser) -> None:
    """A page that is not sound would not pass."""

    def see(tab: Tab) -> list[list[str]]:
        tab.page.set_content("<p style='color: #ddd'>faint</p><img src='data:,'>")
        return [tab.axe(), tab.axe("color-contrast")]

    every, contrast = chromium.look(see)
    assert {each.split()[1] for each in every} >= {"color-contrast:", "image-alt:"}
    assert len(contrast) == 1


def test_no_page_scrolls_sideways_on_a_phone(server: Serving, chromium: Browser) -> None:
    """At 320 pixels every page is as wide as the screen; wide tables scroll by themselves."""

    def see(tab: Tab) -> dict[str, int]:
        widths = {}
        for path in PAGES:
            tab.open(server.url + path)
            tab.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            widths[path] = tab.page.evaluate("document.documentElement.scrollWidth")
        return widths

    assert chromium.look(see, viewport=PHONE) == dict.fromkeys(PAGES, PHONE["width"])


def _count(tab: Tab) -> int:
    """How many models match, as the page says it."""
    return int(tab.page.locator("#count").inner_text().split()[0].replace(",", ""))


def test_the_form_works_without_scripts(server: Serving, chromium: Browser) -> None:
    """Its button sends the criteria; the answer shows them filled in, and fewer models."""

    def see(tab: Tab) -> tuple[int, int, dict[str, list[str]], bool]:
        tab.open(server.url + "/")
        before = _count(tab)
        tab.page.get_by_label("Vision").check()
        tab.page.get_by_label("Min. context (tokens)").fill("100000")
        tab.page.get_by_role("button", name="Find").click()
        asked = parse_qs(urlsplit(tab.page.url).query)
        return before, _count(tab), asked, tab.page.get_by_label("Vision").is_checked()

    before, after, asked, checked = chromium.look(see, java_script_enabled=False)
    assert 0 < after < before
    assert (asked["requires_vision"], asked["min_context"], checked) == (["true"], ["100000"], True)


def test_the_form_filters_without_a_reload_where_scripts_run(
    server: Serving, chromium: Browser
) -> None:
    """The document stays, its answer is the one that a reload of the new address gives."""

    def see(tab: Tab) -> dict[str, object]:
        page = tab.page
        tab.open(server.url + "/")
        page.evaluate("window.same = true")
        before = _count(tab)
        page.get_by_label("Vision").check()
        page.wait_for_url("**/?requires_vision=true")
        kept, filtered = page.evaluate("window.same === true"), _count(tab)
        answer = page.locator("#answer").inner_html()
        page.reload()
        return {
            "kept": kept, "fewer": filtered < before,
            "same": page.locator("#answer").inner_html() == answer,
            "filled in": page.get_by_label("Vision").is_checked(),
            "complaints": tab.complaints,
        }  # fmt: skip

    facts = chromium.look(see)
    assert facts == {
        "kept": True, "fewer": True, "same": True, "filled in": True, "complaints": [],
    }  # fmt: skip


@pytest.mark.parametrize("scripts", [True, False])
def test_a_criterion_that_cannot_be_is_told_beside_the_form(
    scripts: bool, server: Serving, chromium: Browser
) -> None:
    """The form keeps what was typed, marks it, and says what is wrong with it."""

    def see(tab: Tab) -> tuple[str, str | None, str | None]:
        tab.open(server.url + "/?as_of=tomorrow&requires_tools=true")
        field = tab.page.locator("[aria-invalid=true]")
        checked = tab.page.get_by_label("Tools", exact=True).is_checked()
        told = tab.page.get_by_role("alert").inner_text()
        return told.partition(":")[0], field.get_attribute("value"), str(checked)

    assert chromium.look(see, java_script_enabled=scripts) == (
        "as_of='tomorrow'", "tomorrow", "True",
    )  # fmt: skip


def test_the_keyboard_reaches_the_filters_and_the_models(
    server: Serving, chromium: Browser
) -> None:
    """First a link past the menu; all that has the focus shows it, in the order of the page."""

    def see(tab: Tab) -> tuple[list[str], str, str, int]:
        tab.open(server.url + "/")
        focused = list(tabbed(tab, 1))
        tab.page.keyboard.press("Enter")
        focused += tabbed(tab, 40)
        best = tab.page.locator("table.ranking tbody a").first.inner_text()
        positive = tab.page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count()
        tab.page.get_by_label("Tools", exact=True).focus()
        tab.page.keyboard.press("Space")
        tab.page.wait_for_url("**/?requires_tools=true")
        return focused, best, tab.page.locator("#count").inner_text(), positive

    focused, best, count, positive = chromium.look(see)
    assert focused[:2] == ["Skip to the content", "requires_tools"]
    steps = [focused.index(each) for each in ("requires_tools", "min_context", "Find", best)]
    assert steps == sorted(steps)
    assert [each for each in focused if each.endswith("unseen")] == []
    assert (positive, "match" in count) == (0, True)


def test_hostile_names_are_only_names(server: Serving, chromium: Browser) -> None:
    """In tables, plots, forms and titles they stand as they are; no element is made of them."""

    def see(tab: Tab) -> dict[str, tuple[list[str], int]]:
        found = {}
        for path in ("/?provider=acme&limit=60&min_days_left=0", *PAGES):
            tab.open(server.url + path)
            made = "script:not([src]), img, [onload], [onerror], [onmouseover], body b"
            complaints = [each for each in tab.complaints if "Failed to load" not in each]
            found[path] = (complaints, tab.page.locator(made).count())
        tab.open(server.url + "/?provider=acme&limit=60&min_days_left=0")
        names = tab.page.locator("table.ranking tbody th a").all_inner_texts()
        titles = tab.page.locator("svg .mark title").evaluate_all(
            "all => all.map(e => e.textContent)"
        )
        shown.extend(name for name in HOSTILE if f"acme/{name}" in names)
        drawn.extend(n for n in HOSTILE if any(t.startswith(f"acme/{n}: ") for t in titles))
        return found

    shown: list[str] = []
    drawn: list[str] = []
    found = chromium.look(see)
    assert found == dict.fromkeys(found, ([], 0))
    assert shown == list(HOSTILE)
    assert drawn == list(HOSTILE)


def test_the_page_of_a_hostile_name_is_behind_its_link(server: Serving, chromium: Browser) -> None:
    """A browser that follows it, and resolves what it takes for a path, comes to that model."""

    def see(tab: Tab) -> dict[str, tuple[str, list[str]]]:
        found = {}
        tab.open(server.url + "/?provider=acme&limit=60&min_days_left=0")
        links = tab.page.locator("table.ranking tbody th a")
        targets = dict(links.evaluate_all("all => all.map(e => [e.textContent, e.href])"))
        for name in RESOLVED:
            tab.open(targets[f"acme/{name}"])
            heading = tab.page.locator("h1 bdi").evaluate("e => e.textContent")
            found[name] = (str(heading), tab.complaints)
        return found

    assert chromium.look(see) == {name: (name, []) for name in RESOLVED}


_FOREIGN = """async () => {
  const add = (tag, more) =>
    document.body.append(Object.assign(document.createElement(tag), more));
  add("script", { textContent: "window.ran = true" });
  add("style", { textContent: "body { display: none }" });
  add("img", { src: "http://127.0.0.1:9/x.png" });
  document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='ran = 1'>x</p>");
  document.body.lastElementChild.click();
  await fetch("http://127.0.0.1:9/").catch(() => null);
}"""


def test_the_browser_runs_nothing_that_is_not_ours(server: Serving, chromium: Browser) -> None:
    """The policy holds where escaping would not: nothing inline, nothing from elsewhere."""

    def see(tab: Tab) -> tuple[list[str], object]:
        tab.open(server.url + "/web/health")
        tab.page.evaluate(_FOREIGN)
        tab.page.wait_for_function("violations.length >= 6")
        kinds = {each.split()[0] for each in tab.page.evaluate("violations")}
        return sorted(kinds), tab.page.evaluate("window.ran ?? null")

    kinds, ran = chromium.look(see)
    assert kinds == [
        "connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr",
        "style-src-elem",
    ]  # fmt: skip
    assert ran is None


def test_the_ranking_can_be_read_from_the_page(server: Serving, chromium: Browser) -> None:
    """The first model is told with why it is first, and what puts each other behind it."""

    def see(tab: Tab) -> tuple[list[str], str]:
        tab.open(server.url + "/?limit=4")
        note = tab.page.locator("#answer .note").inner_text()
        return tab.page.locator("table.ranking .why").all_inner_texts(), note

    behind, note = chromium.look(see)
    assert [behind[0], *(text.split(" $")[0] for text in behind[1:])] == [
        "first", "blended price", "blended price", "blended price",
    ]  # fmt: skip
    assert "is first. Ranked by quality tier, then the band of the quality score" in note


def test_the_documentation_shows_the_page(
    chromium: Browser, request: pytest.FixtureRequest
) -> None:
    """Its picture was taken by this test; MODELDEX_REGENERATE=1 takes another."""
    if REGENERATE:
        _photograph(chromium, request.getfixturevalue("shipped_catalog"))
    head = SCREENSHOT.read_bytes()[:24]
    size = [int.from_bytes(head[at : at + 4], "big") for at in (16, 20)]
    assert (head[:8], size) == (b"\x89PNG\r\n\x1a\n", [1280, 1000])
    assert 20_000 < SCREENSHOT.stat().st_size < 300_000


def _photograph(chromium: Browser, catalog: Path) -> None:
    SCREENSHOT.parent.mkdir(exist_ok=True)

    def see(tab: Tab) -> None:
        tab.open(
            f"{server.url}/?requires_tools=true&requires_vision=true&min_context=200000&limit=5"
        )
        tab.page.screenshot(path=SCREENSHOT)

    with Serving(catalog, "--no-access-log") as server:
        chromium.look(see, viewport={"width": 1280, "height": 1000})
