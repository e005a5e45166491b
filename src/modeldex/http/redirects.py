"""Redirect policy: which may be followed, and with which headers; a key never changes host."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

# Headers that never carry a key; an allowlist, as providers name their key headers freely.
_HARMLESS = ("accept", "accept-encoding", "if-none-match", "if-modified-since", "user-agent")


def is_loopback(url: str) -> bool:
    """Whether the URL's host is localhost or a loopback address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def same_origin(here: str, there: str) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    return _origin(here) == _origin(there)


def may_follow(here: str, there: str) -> bool:
    """Whether the scheme allows a redirect: to http or https, and not from https to http."""
    schemes = _origin(here)[0], _origin(there)[0]
    return schemes[1] in ("http", "https") and schemes != ("https", "http")


def headers_for(here: str, there: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to send on: all to the same origin, only harmless ones elsewhere."""
    if same_origin(here, there):
        return dict(headers)
    return {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
