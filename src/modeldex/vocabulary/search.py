"""What a search text asks of the names of an offer: words, all of which occur in them.

A word with `*` or `?` is a pattern that one whole name has to fit: that of the offer, with or
without its provider, that of its base, or the one for display. Upper and lower case are the same.
"""

import re
from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase

from modeldex.errors import InvalidQuery

MOST = 20
"""Words of one search."""

# Of the databases only one lowers more than these.
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_WILD = {"*": "%", "?": "_"}
_ESCAPED = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def words_of(text: str) -> list[str]:
    """Return the words of a search text in lower case. Raises InvalidQuery for none or too many."""
    words = text.translate(_LOWER).split()
    if not 0 < len(words) <= MOST:
        raise InvalidQuery("search", text, f"expected 1 to {MOST} words")
    return words


def is_pattern(word: str) -> bool:
    """Whether a word has `*` or `?`."""
    return not _WILD.keys().isdisjoint(word)


def as_like(word: str) -> str:
    r"""Return a word or pattern as one of SQL's LIKE, with `\` as its escape."""
    return "".join(_WILD.get(each) or each.translate(_ESCAPED) for each in word)


def occurs(text: str, known: Mapping[str, object]) -> bool:
    """Whether all words of a search occur in the names of a model, given by column."""
    named = [known.get(name) for name in ("display_name", "base", "family")]
    id_ = f"{known['provider']}/{known['name']}"
    aliases = known.get("aliases")
    others = aliases if isinstance(aliases, tuple) else ()
    every = " ".join(map(str, filter(None, (id_, *named, *others)))).translate(_LOWER)
    names = [f"/{name or ''}".translate(_LOWER) for name in (id_, *named[:2])]
    return all(
        any(_fits(word, name) for name in names) if is_pattern(word) else word in every
        for word in words_of(text)
    )


def _fits(pattern: str, name: str) -> bool:
    """Whether a pattern fits a name from its beginning, or from behind a slash, to its end."""
    wild = {"*": ".*", "?": "."}
    parts = "".join(wild.get(each) or re.escape(each) for each in pattern)
    return re.search(f"/{parts}\\Z", name, re.DOTALL) is not None
