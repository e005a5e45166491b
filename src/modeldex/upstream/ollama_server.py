"""The Ollama server that an environment names: its address, by Ollama's own rules, and its key."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_URL = "http://localhost:11434"
CLOUD = "ollama.com"
KEY = "OLLAMA_API_KEY"

_PORTS = {"http": "80", "https": "443"}
_CONNECTABLE = {"": "localhost", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
_BELOW = re.compile(r"/(v1(/models|/chat/completions)?|api(/tags|/chat|/generate)?)$")


class Server(NamedTuple):
    """One server; `hosted` means Ollama's own cloud, the only host that is sent the key."""

    url: str
    hosted: bool
    headers: dict[str, str]


def server(environ: Mapping[str, str] | None, given: str | None = None) -> Server:
    """The server named by `given`, else by the environment (default: this process's)."""
    environ = os.environ if environ is None else environ
    url = base_url(environ, given)
    hosted = urlsplit(url).hostname == CLOUD
    key = environ.get(KEY, "").strip()
    private = hosted and url.startswith("https://") and key
    return Server(url, hosted, {"authorization": f"Bearer {key}"} if private else {})


def base_url(environ: Mapping[str, str], given: str | None = None) -> str:
    """`given`, OLLAMA_BASE_URL, OLLAMA_HOST or the default URL; without a trailing slash."""
    base = given or environ.get("OLLAMA_BASE_URL", "").strip()
    if base:
        # Other clients expect their own root or the path of a request in this variable.
        return _BELOW.sub("", host_url(base))
    host = environ.get("OLLAMA_HOST", "").strip(" \t\r\n\"'")
    return host_url(host) if host else DEFAULT_URL


def configured(environ: Mapping[str, str] | None) -> bool:
    """Whether the environment sets the server's address."""
    known = os.environ if environ is None else environ
    return any(known.get(name, "").strip() for name in ("OLLAMA_BASE_URL", "OLLAMA_HOST"))


def host_url(text: str) -> str:
    """The URL to connect to, parsed by the rules of Ollama's own OLLAMA_HOST.

    Without a scheme the port defaults to 11434; a wildcard address becomes its loopback one.
    """
    text = text.strip().strip("\"'").strip()
    if text == CLOUD:
        return f"https://{CLOUD}:443"
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "http", text
    default = _PORTS.get(scheme, "11434") if separator else "11434"
    authority, _, path = rest.partition("/")
    user, at, place = authority.rpartition("@")
    host, port = _host_port(place, default)
    host = _CONNECTABLE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{user}{at}{shown}:{port}/{path}".rstrip("/")


def _host_port(place: str, default: str) -> tuple[str, str]:
    try:
        return str(ip_address(place.strip("[]"))), default
    except ValueError:
        host, colon, port = place.rpartition(":")
    if not colon:
        return place, default
    valid = port.isascii() and port.isdecimal() and int(port[:6]) <= 65535  # noqa: PLR2004
    return host.strip("[]"), port if valid else default
