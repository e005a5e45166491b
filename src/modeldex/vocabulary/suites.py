"""The benchmark suites whose scores count, with family, task and anchors: suites.toml."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

TASKS = ("general", "coding", "vision", "documents")
"""What a score can be asked for; `general` is the mean of all families."""


class Suite(NamedTuple):
    """One column of scores that can be compared with each other.

    `family` is the vote or laboratory that a suite is a slice of, and counts once. `zero_at` and
    `hundred_at` are the scores of standing 0 and 100. A score below `lowest` or above `highest`
    cannot be of this suite. `half_width` is that of the interval where a row states none, in the
    suite's own unit.
    """

    id: str
    family: str
    task: str
    zero_at: float
    hundred_at: float
    lowest: float
    highest: float
    half_width: float

    def standing(self, score: float) -> float:
        """Return a score's place between the anchors, 0 to 100."""
        share = (score - self.zero_at) / (self.hundred_at - self.zero_at)
        return min(max(share, 0.0), 1.0) * 100

    def holds(self, score: float) -> bool:
        """Whether a score can be of this suite."""
        return self.lowest <= score <= self.highest


@cache
def suites() -> Mapping[str, Suite]:
    """Return the suites by id, sorted; read once per process."""
    found = {
        suite: Suite(suite, **_columns(name, {**family, **anchors}))
        for name, family in _data()["families"].items()
        for suite, anchors in family["suites"].items()
    }
    return MappingProxyType(dict(sorted(found.items())))


def _columns(family: str, row: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: row[key] for key in ("task", "zero_at", "hundred_at")}
    return {"family": family, **own, **_data()["scales"][row["scale"]]}


def suite_id(suite: str, version: str = "", harness: str = "", metric: str = "") -> str:
    """Return the id of a suite as a table names it: `arena/overall`, `swe-bench-pro/resolve-rate`.

    A name with a slash is an id already. The harness and the metric belong to it, since the same
    tasks give 62 by one and 45 by another.
    """
    if "/" in suite:
        return "/".join(filter(None, map(_slug, suite.split("/"))))
    parts = (f"{suite} {version}", harness, metric)
    return "/".join(filter(None, map(_slug, parts)))


def _slug(text: str) -> str:
    plain = text.lower().replace("@", "-at-").replace("τ", "tau")
    return re.sub(r"[^a-z0-9._]+", "-", plain.replace("\u2019", "")).strip("-")


class CutPoint(NamedTuple):
    """Where evidence takes a model into a tier from the one below, and out of it."""

    tier: str
    above: float
    below: float


@cache
def cut_points() -> tuple[CutPoint, ...]:
    """Return the cut points of the general score, the best tier first."""
    return tuple(CutPoint(tier, **row) for tier, row in _data()["tiers"].items())


@cache
def band_width() -> float:
    """Return the points of standing of one band, inside which the price decides."""
    width: float = _data()["bands"]["width"]
    return width


@cache
def weaker_words() -> tuple[str, ...]:
    """Return the words of a variant that may do less than the model at its best.

    They are patterns of SQL's LIKE for one word: `low`, `_bit`, `iq%`.
    """
    return tuple(_data()["weaker"])


def is_weaker(variant: str | None) -> bool:
    """Whether a variant has a word that may do less than the model at its best."""
    return any(_weaker().fullmatch(word) for word in (variant or "").split("-"))


@cache
def _weaker() -> re.Pattern[str]:
    words = "|".join(map(re.escape, weaker_words()))
    return re.compile(words.replace("%", ".*").replace("_", "."))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("suites.toml").read_text("utf-8"))
