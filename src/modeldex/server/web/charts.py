"""Scatter charts of price against another figure, as coordinates on logarithmic axes.

The SVG itself is written by a template, so that model names are escaped as everywhere else.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from modeldex.vocabulary.formatting import dollars

WIDTH, HEIGHT = 480, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 468, 16, 286
MAX_POINTS = 40
"""Models drawn per tier, the highest ranked ones."""

FREE = 48
"""Width of the strip at the left for free models, because a logarithmic axis has no 0."""

_CLOSE = 1e-9  # tolerance, because 10.0 ** n is not exact for negative n
_WIDE = 2.5  # decades; a longer axis has ticks at powers of ten only


class Tick(NamedTuple):
    """A grid line and its label."""

    at: float
    text: str


class Charted(NamedTuple):
    """A model to chart: its blended price, its tier and its figure, None for unknown."""

    id: str
    tier: str | None
    price: float | None
    figure: float | None

    @property
    def known(self) -> bool:
        """Whether it can be drawn."""
        return self.price is not None and (self.figure or 0) > 0


class Point(NamedTuple):
    """One model: its coordinates, and its figures as text."""

    id: str
    tier: str
    x: float
    y: float
    price: str
    figure: str
    marked: bool


class Plot(NamedTuple):
    """Price against a figure, for the best models of each tier; a highlighted model comes last.

    `free` is the x coordinate of free models, None if there are none.
    """

    title: str
    figure: str
    unit: str
    points: tuple[Point, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    free: float | None
    most: int = MAX_POINTS

    @property
    def summary(self) -> str:
        """Description of the chart for screen readers."""
        low, high = self.across[0].text, self.across[-1].text
        return (
            f"{len(self.points)} models, one mark each. Horizontal axis: price from {low} to "
            f"{high} per 1M tokens. Vertical axis: {self.figure} from {self.up[0].text} to "
            f"{self.up[-1].text} {self.unit}. Both axes are logarithmic. The table below has the "
            "same data."
        )


class Axis(NamedTuple):
    """A log axis from `low` to `high`, drawn between two coordinates."""

    low: float
    high: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        """Return the coordinate of a value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.begin + share * (self.end - self.begin), 1)

    def ticks(self) -> Iterator[float]:
        """Yield the tick values: powers of ten, and 2 and 5 times those on a short axis."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1,) if math.log10(self.high / self.low) > _WIDE else (1, 2, 5)
        for value in (step * 10.0**decade for decade in decades for step in steps):
            if self.low * (1 - _CLOSE) <= value <= self.high * (1 + _CLOSE):
                yield value


def axis(values: Iterable[float], begin: float, end: float) -> Axis:
    """Return an axis with round ends that holds these values, all above 0."""
    known = list(values) or [1.0]
    low, high = _round(min(known), up=False), _round(max(known), up=True)
    return Axis(low, high if high > low else low * 10, begin, end)


def _round(value: float, *, up: bool) -> float:
    """Round to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [step * power for step in (1, 2, 5, 10)]
    if up:
        return next(step for step in steps if step >= value * (1 - _CLOSE))
    return next(step for step in reversed(steps) if step <= value * (1 + _CLOSE))


def plot(
    models: Iterable[Charted], figure: str, unit: str, marked: Charted | None = None
) -> Plot | None:
    """Chart the blended price against a figure; None with fewer than two models.

    `models` are best first; `marked` is one to highlight, which is added if it is not among them.
    """
    known = [each for each in models if each.known]
    if len(known) < 2 or (marked and not marked.known):  # noqa: PLR2004
        return None
    name = marked.id if marked else None
    best = [each for each in known if each.id != name] + ([marked] if marked else [])
    begin = LEFT + FREE if any(each.price == 0 for each in best) else LEFT
    x = axis((each.price for each in best if each.price), begin, RIGHT)
    y = axis((each.figure or 0 for each in best), BOTTOM, TOP)
    return Plot(
        f"Price against {figure}", figure, unit,
        tuple(_point(each, x, y, name) for each in best),
        tuple(Tick(x.place(value), dollars(value)) for value in x.ticks()),
        tuple(Tick(y.place(value), short(value)) for value in y.ticks()),
        LEFT + FREE / 3 if begin > LEFT else None,
    )  # fmt: skip


def _point(model: Charted, x: Axis, y: Axis, marked: str | None) -> Point:
    price, figure = model.price or 0, model.figure or 0
    return Point(
        model.id, model.tier or "unknown",
        x.place(price) if price else LEFT + FREE / 3, y.place(figure),
        dollars(price), f"{figure:,.10g}",
        model.id == marked,
    )  # fmt: skip


def short(value: float) -> str:
    """Format a tick label: 500, 32k, 1M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


TIERS: Sequence[str] = ("best", "balanced", "cheap", "unknown")
"""Quality tiers in the order of the legend."""
