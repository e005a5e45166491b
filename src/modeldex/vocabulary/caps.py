"""How much is taken of data from elsewhere: one row per cap, the same for every reader.

Each bounds what a reader of bytes costs in memory or time; who reads less than a cap allows needs
no care of its own. A cap is checked before the work that it bounds.
"""

LINE = 1_000_000
"""Characters of a line, or of one record of several lines."""

DOCUMENT = 32 * 1024 * 1024
"""Bytes of a document that is parsed as a whole: a response, a file of JSON."""

SETTINGS = 1024 * 1024
"""Bytes of a file that a person writes: overrides, providers, credentials, a token."""

VALUES = 1_000_000
"""Values of a document: millions of tiny ones need far more memory than its bytes."""

DIGITS = 40
"""Characters of a number."""

DEPTH = 20
"""Levels of a document that a person writes: tables in tables, words of a dotted key."""

ROWS = 10_000_000
"""Rows of one import."""

INVALID = 10_000
"""Rows at the start of an import that may all be invalid."""

NEW_MODELS = 100_000
"""Models that one import may add."""


class TooMuch(ValueError):
    """A cap is exceeded; the text names it. `line` counts from 1, None where it is not known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(reason)
