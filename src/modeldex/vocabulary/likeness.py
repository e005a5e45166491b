"""Which known words may be meant by an unknown one."""

from collections.abc import Iterable

MOST = 3
"""Words that are suggested, by default."""

_SURE = 0.9
"""How alike two words are of which one can only be a slip of the other."""

_TOLD = 3
"""Letters from which on a part of a word says something."""


def likely(text: str, known: Iterable[str], most: int = MOST) -> list[str]:
    """Return the known words that may be meant by a text, the likeliest first.

    Those that begin with it, then those that contain it, then similar ones; only the first where
    the text can only be a slip of it.
    """
    from difflib import SequenceMatcher, get_close_matches

    written = text.lower()
    words = {word: word.lower() for word in known}
    lowered: dict[str, str] = {}
    for word, low in words.items():
        lowered.setdefault(low, word)
    alike = [lowered[low] for low in get_close_matches(written, lowered, most)]
    if alike and SequenceMatcher(None, alike[0].lower(), written).ratio() >= _SURE:
        return alike[:1]
    holds = [word for word, low in words.items() if len(written) >= _TOLD and written in low]

    def place(word: str) -> tuple[float, str]:
        low = words[word]
        bonus = (written in low) + (low.startswith(written))
        return -bonus - SequenceMatcher(None, low, written).ratio(), word

    return sorted({*alike, *holds}, key=place)[:most]


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return the question whether one of these was meant; empty where none is likely."""
    meant = likely(text, known)
    return f"did you mean {' or '.join(meant)}?" if meant else ""
