"""Short texts that may be stored and shown: in one Unicode form, without control characters."""

import unicodedata

MAX_TEXT = 200
"""Characters of a name, and of any other text where nothing else is said."""


def printable(text: str) -> bool:
    """Whether the text has no control, bidi, zero-width, surrogate or line-break characters."""
    if text.isascii():
        return text.isprintable()
    return not any(
        (kind := unicodedata.category(c))[0] == "C" or kind in ("Zl", "Zp") for c in text
    )


def clean_text(value: object, limit: int = MAX_TEXT) -> str:
    """The text in NFC, without surrounding blanks. Raises ValueError if not short and printable."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    # NFC may lengthen a text, so the limit is checked after it; huge texts skip the work.
    text = unicodedata.normalize("NFC", value.strip()) if len(value) <= limit else value
    if len(text) > limit:
        raise ValueError(f"longer than {limit} characters")
    if not printable(text):
        raise ValueError("contains control characters")
    return text
