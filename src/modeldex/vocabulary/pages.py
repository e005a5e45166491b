"""Addresses of the pages that state a fact: http or https, without credentials."""

from urllib.parse import urlsplit

from modeldex.vocabulary.text import clean_text

KEY = "source_url"
"""The column of an opinion, and the key in an answer of a resolver."""

MAX_URL = 500


def page_url(value: object) -> str | None:
    """The address as stored, None if it is unknown. Raises ValueError for one that no page has."""
    if value is None:
        return None
    url = clean_text(value, MAX_URL)
    if url and not is_page(url):
        raise ValueError("expected the http(s) address of a page")
    return url or None


def is_page(url: str | None) -> bool:
    """Whether a browser may be sent to an address; what a shell user has typed may be any text."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
