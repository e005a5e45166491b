"""Dates inside the names of models: 20250929, 2025-09-29, 251201, 08-2024, 05-20, 0324, 001."""

import re
from typing import NamedTuple

DATE = "@"
"""Stands for the date among the words of a name."""


class Release(NamedTuple):
    """The dated release that a name spells: an ISO date, or the digits as written."""

    text: str
    is_full: bool = False
    is_revision: bool = False


_YEAR, _MONTH, _DAY = r"(20[12]\d)", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_FULL = re.compile(rf"{_YEAR} ?{_MONTH} ?{_DAY}")
_SHORT_YEAR = re.compile(rf"(2[3-9]){_MONTH}{_DAY}")
_PARTIAL = re.compile(rf"{_MONTH} {_YEAR}|{_MONTH} {_DAY}|\d{{4}}")
_REVISION = re.compile(r"00[1-9]")


def take_release(tokens: list[str]) -> tuple[list[str], Release | None]:
    """Return the words with DATE for the first date, and the date; None if there is none."""
    for at, token in enumerate(tokens):
        for count in (3, 2, 1) if token[0].isdigit() and len(token) > 1 else ():
            found = _release(" ".join(tokens[at : at + count]))
            if found is not None:
                return [*tokens[:at], DATE, *tokens[at + count :]], found
    return tokens, None


def _release(text: str) -> Release | None:
    if found := _FULL.fullmatch(text):
        return Release("-".join(found.groups()), is_full=True)
    if found := _SHORT_YEAR.fullmatch(text):
        return Release("20" + "-".join(found.groups()), is_full=True)
    if _PARTIAL.fullmatch(text):
        return Release(text.replace(" ", "-"))
    return Release(text, is_revision=True) if _REVISION.fullmatch(text) else None
