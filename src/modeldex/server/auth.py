"""Access rules: the token, and checks of Host and Origin against DNS rebinding.

A web page can make a browser send requests to a server on this machine, also under a domain of
its own that resolves to this address. Such a request has that domain in Host, or the page in
Origin. So both must be names of this server: loopback, and those that were allowed. Health and
metrics are answered for any Host.
"""

import hashlib
import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from modeldex.server.errors import Fault

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIN_TOKEN_LENGTH = 16
PUBLIC_PATHS = ("/healthz",)
"""Paths without a token, for health checks; they disclose nothing."""

ANY_HOST_PATHS = ("/healthz", "/metrics")
"""Paths for probes and scrapers, which come by address; they tell of no model and no key."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::[0-9]{1,5})?", re.ASCII)
_TOKEN = re.compile(r"[!-~]+", re.ASCII)
_CHALLENGE = {"www-authenticate": 'Bearer realm="modeldex", Basic realm="modeldex"'}

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "interest-cohort=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Headers of every response. No inline scripts or styles, and none from other hosts."""


class InsecureSetting(ValueError):
    """A refused setting; the message states the remedy."""


class Rules(NamedTuple):
    """Access rules: accepted host names, and the SHA-256 of the token, None if there is none.

    With `open_reads` only writes need the token.
    """

    names: frozenset[str]
    token: bytes | None = None
    open_reads: bool = False

    def check(self, scope: Mapping[str, Any]) -> None:
        """Check a request. Raises Fault: 421 for Host, 403 for Origin, 401 for the token."""
        found: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            if name in (b"host", b"origin", b"authorization"):
                found.setdefault(name, []).append(value)
        path = _path(scope)
        if path not in ANY_HOST_PATHS:
            self.check_host(found.get(b"host", []))
        if b"origin" in found:
            self.check_origin(found[b"origin"])
        if self.token and not self.open_reads and path not in PUBLIC_PATHS:
            self._check_token(found.get(b"authorization", []))

    def check_host(self, headers: list[bytes]) -> None:
        """Raise Fault unless there is exactly one Host header, with a name of this server."""
        if len(headers) != 1 or hostname(headers[0].decode("latin-1")) not in self.names:
            raise Fault(
                421, "unknown_host",
                "unknown Host header; to allow the name, start the server with --allow-host NAME",
            )  # fmt: skip

    def check_origin(self, given: list[bytes]) -> None:
        """Raise Fault if a page of another site caused the request."""
        scheme, colon, host = given[0].decode("latin-1").partition("://")
        known = colon and scheme in ("http", "https") and hostname(host) in self.names
        if len(given) != 1 or not known:
            raise Fault(403, "foreign_origin", "requests from pages of other sites are not allowed")

    def check_writer(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise Fault if the request may not write; writes always need the token."""
        if self.token is None:
            raise Fault(
                403, "read_only",
                "this server is read-only; to allow writes, start it with --token-file FILE "
                "or MODELDEX_TOKEN",
            )  # fmt: skip
        self._check_token([value for name, value in headers if name == b"authorization"])

    def _check_token(self, given: list[bytes]) -> None:
        # Digests are of equal length, so the comparison takes constant time.
        digest = hashlib.sha256(_credential(given[0]) if len(given) == 1 else b"").digest()
        if not hmac.compare_digest(digest, self.token or b""):
            message = (
                "token required; send the header Authorization: Bearer TOKEN"
                if not given
                else "wrong token"
            )
            raise Fault(401, "unauthorized", message, headers=_CHALLENGE)


def _path(scope: Mapping[str, Any]) -> str:
    """Return the path of a request without the prefix."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _credential(given: bytes) -> bytes:
    """Return the token of an Authorization header: Bearer, or the password of Basic.

    Basic is what a browser can ask its user for. Empty if the header is malformed.
    """
    kind, _, value = given.partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip()
    if kind.lower() != b"basic":
        return b""
    try:
        return b64decode(value, validate=True).partition(b":")[2]
    except (NotBase64, ValueError):
        return b""


def hostname(given: str) -> str | None:
    """Return the name in a Host header without port and brackets; None if it is malformed."""
    found = _HOST.fullmatch(given.lower())
    return found[1].strip("[]").removesuffix(".") if found else None


def rules(
    host: str,
    *,
    token: str | None = None,
    allowed: Iterable[str] = (),
    open_reads: bool = False,
) -> Rules:
    """Return the rules of a server that listens on `host`. Raises InsecureSetting."""
    if token is not None and (len(token) < MIN_TOKEN_LENGTH or not _TOKEN.fullmatch(token)):
        raise InsecureSetting(
            f"the token must be {MIN_TOKEN_LENGTH} or more printable ASCII characters, no spaces; "
            "generate one with: openssl rand -hex 32"
        )
    if token is None and not open_reads and not is_loopback(host):
        raise InsecureSetting(
            f"{host} can be reached from other machines: set a token with --token-file or "
            "MODELDEX_TOKEN, or allow reads without a token with --open-reads"
        )
    names = {*LOOPBACK, *map(_name, allowed), *([] if _is_any(host) else [host.lower()])}
    digest = None if token is None else hashlib.sha256(token.encode()).digest()
    return Rules(frozenset(names), digest, open_reads)


def _name(given: str) -> str:
    """Return the host name in a value of --allow-host: a name, name:port or URL."""
    host = urlsplit(given).netloc if "://" in given else given
    name = hostname(host if "::" not in host or "[" in host else f"[{host}]")
    if name is None:
        raise InsecureSetting(f"{given}: expected a host name such as models.example.com")
    return name


def is_loopback(host: str) -> bool:
    """Whether a listening address can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host
