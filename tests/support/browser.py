"""A real headless Chromium that looks at pages, with the rules of axe-core at hand."""

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from fork_process import HANG

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")

MISSING = "no Chromium on this machine; apt-get install chromium, or set CHROMIUM to its path"
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
window.alert = () => violations.push("a script of the data ran");
"""
_AXE = """async (rules) => {
  const only = rules.length ? { runOnly: rules } : {};
  const found = await axe.run({ resultTypes: ["violations"], ...only });
  return found.violations.map((each) =>
    `${each.impact} ${each.id}: ${each.nodes[0].target} ${each.nodes[0].failureSummary}`);
}"""


def program() -> str | None:
    """Where Chromium is."""
    given = os.environ.get("CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return given or next(filter(None, map(shutil.which, names)), None)


class Tab(NamedTuple):
    """One page in a profile of its own; `heard` is what its console and its scripts complain of."""

    page: "Page"
    heard: list[str]

    def open(self, url: str) -> int:
        """Go there; gives the status."""
        response = self.page.goto(url)
        assert response is not None
        return response.status

    @property
    def complaints(self) -> list[str]:
        """The console, errors of scripts, and what the Content-Security-Policy refused."""
        return [*self.heard, *self.page.evaluate("window.violations ?? []")]

    def axe(self, *rules: str) -> list[str]:
        """What axe finds wrong with the page as it is now, by all its rules or by some."""
        if self.page.evaluate("typeof axe === 'undefined'"):
            source = files("axe_playwright_python") / "axe.min.js"
            self.page.evaluate(source.read_text("utf-8"))
        found: list[str] = self.page.evaluate(_AXE, rules)
        return found


class Browser:
    """Chromium, driven from a thread of its own: playwright's loop would stop other tests' loops.

    What a page is looked at with is a function of a Tab, which gives the facts to compare.
    """

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._driver, self._chromium = self._thread.submit(self._start, path).result()

    @staticmethod
    def _start(path: str) -> tuple[Any, Any]:
        from playwright.sync_api import sync_playwright

        driver = sync_playwright().start()
        return driver, driver.chromium.launch(executable_path=path, args=_FLAGS)

    def look(self, see: Callable[[Tab], T], **profile: Any) -> T:
        """What `see` gives of a fresh tab; `profile` are options of a browser context."""
        return self._thread.submit(self._look, see, {"viewport": DESK, **profile}).result()

    def _look(self, see: Callable[[Tab], T], profile: dict[str, Any]) -> T:
        with self._chromium.new_context(**profile) as context:
            context.add_init_script(_WATCH)
            page = context.new_page()
            page.set_default_timeout(HANG * 1000)
            heard: list[str] = []
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.on("dialog", lambda dialog: (heard.append("a dialog"), dialog.dismiss()))
            return see(Tab(page, heard))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._thread.submit(self._chromium.close).result()
        self._thread.submit(self._driver.stop).result()
        self._thread.shutdown()


def tabbed(tab: Tab, times: int) -> Sequence[str]:
    """What has the focus after each press of the Tab key, and whether one can see that it has."""
    seen = []
    for _ in range(times):
        tab.page.keyboard.press("Tab")
        seen.append(
            tab.page.evaluate("""() => {
              const at = document.activeElement;
              const drawn = getComputedStyle(at).outlineStyle === "none" ? " unseen" : "";
              return (at.name || at.textContent.trim() || at.tagName) + drawn;
            }""")
        )
    return seen
