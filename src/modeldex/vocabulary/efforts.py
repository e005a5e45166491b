"""Levels of reasoning effort, and the one spelling of each."""

LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""From the least effort to the most."""

_SPELLINGS = {
    "off": "none", "disabled": "none", "min": "minimal", "med": "medium", "x-high": "xhigh",
    "x_high": "xhigh", "extra-high": "xhigh", "extra_high": "xhigh", "extra high": "xhigh",
    "maximum": "max",
}  # fmt: skip


def spelling(text: str) -> str:
    """The one spelling of a level. Raises ValueError for any other word."""
    word = text.strip().lower()
    level = _SPELLINGS.get(word, word)
    if level and level not in LEVELS:
        raise ValueError(f"expected one of {', '.join(LEVELS)}")
    return level


def known(words: set[str]) -> list[str]:
    """Those of a list of upstream that are levels, from the least to the most."""
    found = {_SPELLINGS.get(word.lower(), word.lower()) for word in words}
    return [level for level in LEVELS if level in found]
