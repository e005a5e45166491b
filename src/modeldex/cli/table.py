"""Tables for a terminal, none of whose columns is narrower than its longest word.

Columns without any value are left out. Where the others do not fit beside each other, some stand
below each row, with their titles.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = 2
_NOTHING = ("", "-")
_EASY = 40
"""Characters per line that a text needs, if it is as long, to stand beside others."""
_BROKEN_AT = 24
"""Characters at which a word is broken in a column that `breaks`; else half of a line."""
_PLAIN = Console(color_system=None)
"""Wraps text; nothing is printed on it."""


class Heading(NamedTuple):
    """The title of a column; its cells are on the right if it `is_number`.

    `may_go_below` and `breaks` as of `modeldex.cli.terminal.Column`.
    """

    title: str
    is_number: bool = False
    may_go_below: bool = False
    breaks: bool = False


class _Shown:
    """A column with its cells, and its widths at most and at least."""

    def __init__(self, heading: Heading, cells: Sequence[str], screen: int | None) -> None:
        self.heading, self.cells = heading, cells
        texts = (heading.title, *cells)
        self.most = max(cell_len(line) for text in texts for line in text.split("\n"))
        longest = max((cell_len(word) for text in texts for word in text.split()), default=1)
        # One long name is no reason to take the room of all others.
        most = _BROKEN_AT if heading.breaks else (screen or longest) // 2
        self.least = max(1, min(longest, most, screen or longest))
        if heading.may_go_below:  # below it is easier to read than in a narrow column
            self.least = max(self.least, min(self.most, _EASY, screen or _EASY))
        self.width = self.most

    def lines(self, text: str) -> list[Text]:
        """The lines of a text, each as wide as the column."""
        found = list(Text(text).wrap(_PLAIN, self.width)) or [Text("")]
        for line in found:
            line.align("right" if self.heading.is_number else "left", self.width)
        return found


def lines(
    headings: Sequence[Heading], rows: Sequence[Sequence[str]], screen: int | None
) -> Iterator[Text]:
    """The lines of a table on a screen of so many columns; None means that each row is one line."""
    shown = [
        _Shown(heading, cells, screen)
        for heading, cells in zip(headings, map(list, zip(*rows, strict=True)), strict=False)
        if any(cell not in _NOTHING for cell in cells)
    ] or [_Shown(heading, [""] * len(rows), screen) for heading in headings]
    beside, below = _placed(shown, screen)
    for line in _beside(beside, [each.heading.title for each in beside]):
        line.stylize("bold")
        yield line
    for at in range(len(rows)):
        yield from _beside(beside, [each.cells[at] for each in beside])
        yield from _below([(each.heading.title, each.cells[at]) for each in below], screen)


def _placed(shown: list[_Shown], screen: int | None) -> tuple[list[_Shown], list[_Shown]]:
    """The columns that stand beside each other, with their widths, and those below each row."""
    beside = list(shown)
    below: list[_Shown] = []
    while len(beside) > 1 and screen is not None and _sum(each.least for each in beside) > screen:
        found = [each for each in beside[1:] if each.heading.may_go_below] or beside[1:]
        beside.remove(found[-1])
        below.insert(0, found[-1])
    if screen is not None:
        _narrow(beside, screen)
    return beside, below


def _sum(widths: Iterable[int]) -> int:
    found = list(widths)
    return sum(found) + _GAP * (len(found) - 1)


def _narrow(shown: Sequence[_Shown], screen: int) -> None:
    """Take from the widest columns what is too much for the screen."""
    for _ in range(_sum(each.width for each in shown) - screen):
        wider = [each for each in shown if each.width > each.least]
        if not wider:
            return
        max(wider, key=lambda each: each.width).width -= 1


def _beside(shown: Sequence[_Shown], texts: Sequence[str]) -> Iterator[Text]:
    """The lines of one row."""
    cells = [each.lines(text) for each, text in zip(shown, texts, strict=True)]
    for parts in zip_longest(*cells):
        filled = (
            Text(" " * each.width) if part is None else part
            for each, part in zip(shown, parts, strict=True)
        )
        line = Text(" " * _GAP).join(filled)
        line.rstrip()
        yield line


def _below(facts: Iterable[tuple[str, str]], screen: int | None) -> Iterator[Text]:
    """What stands below a row: what is known, as text that is set in."""
    text = "; ".join(f"{title}: {value}" for title, value in facts if value not in _NOTHING)
    if text:
        for line in Text(text).wrap(_PLAIN, (screen or len(text)) - 2 * _GAP):
            line.rstrip()
            yield Text(" " * 2 * _GAP) + line
