"""Parses TOML that a person wrote, within caps that tomllib does not have.

tomllib keeps every beginning of a dotted key, which takes the square of its words in memory, and
fails by a bare ValueError at a number of thousands of digits.
"""

import re
from typing import Any

from modeldex.vocabulary.caps import DEPTH, DIGITS, TooMuch

# What is open to the end of the text is an error for tomllib to find: no text is read twice.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)' r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*"?' r"|'[^'\n]*'?" r"|\#[^\n]*",
    re.DOTALL,
)  # fmt: skip
_BETWEEN_KEYS = re.compile(r"[,=\[\]{}]")
_TOO_LONG = re.compile(rf"\b(?:[0-9][0-9_]{{{DIGITS}}}|0[xob][0-9a-fA-F_]{{{DIGITS}}})")


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a text. Raises TooMuch, tomllib.TOMLDecodeError."""
    import tomllib

    for number, line in enumerate(_STRING_OR_COMMENT.sub(_blank, text).split("\n"), 1):
        if max(key.count(".") for key in _BETWEEN_KEYS.split(line)) >= DEPTH:
            raise TooMuch(f"a key of more than {DEPTH} words", number)
        if _TOO_LONG.search(line):
            raise TooMuch(f"a number of more than {DIGITS} digits", number)
    try:
        return tomllib.loads(text)
    # Nested arrays are parsed by recursion.
    except RecursionError:
        raise TooMuch("nested too deeply") from None


def _blank(found: re.Match[str]) -> str:
    """A word in place of a string, with its line ends; nothing in place of a comment."""
    text = found[0]
    return "" if text.startswith("#") else "s" + "\n" * text.count("\n")
