"""Responses encoded once, with ETag and an optional gzip copy."""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Mapping
from typing import Any

from starlette.types import Send

JSON = "application/json"
_WORTH_PACKING = 1024
_MAY_BLOCK = 64 * 1024
"""Bytes up to which compressing takes less time than a hop to another thread."""

_GZIP_WINDOW = 31  # 15 bits, plus 16 for a gzip header


class Reply:
    """A response that can be sent any number of times, plain or compressed."""

    def __init__(
        self, body: bytes, media: str = JSON, headers: Mapping[str, str] | None = None
    ) -> None:
        self.body = body
        # Weak, because the gzip copy has the same ETag.
        self.etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'.encode()
        self._packed: bytes | None = None
        self._headers = [
            (b"content-type", media.encode()),
            (b"etag", self.etag),
            (b"cache-control", b"no-cache"),  # clients may store it, but must revalidate
            (b"vary", b"accept-encoding"),
            *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
        ]

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.body) + len(self._packed or b"")

    async def send(self, scope: Mapping[str, Any], send: Send) -> None:
        """Send the response to a GET or HEAD request; 304 if If-None-Match has its ETag."""
        matches, packs = _negotiated(scope["headers"], self.etag)
        if matches:
            await send({"type": "http.response.start", "status": 304, "headers": self._headers[1:]})
            await send({"type": "http.response.body", "body": b""})
            return
        body, encoded = self.body, []
        if packs and len(body) >= _WORTH_PACKING:
            body, encoded = await self._compressed(), [(b"content-encoding", b"gzip")]
        length = (b"content-length", b"%d" % len(body))
        headers = [*self._headers, length, *encoded]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _compressed(self) -> bytes:
        if self._packed is None:
            large = len(self.body) > _MAY_BLOCK
            self._packed = await asyncio.to_thread(_pack, self.body) if large else _pack(self.body)
        return self._packed


def _pack(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()


def _negotiated(headers: list[tuple[bytes, bytes]], etag: bytes) -> tuple[bool, bool]:
    """Return whether If-None-Match has the ETag, and whether gzip is accepted."""
    matches = packs = False
    for name, value in headers:
        if name == b"if-none-match":
            matches = matches or value.strip() == b"*" or _matches(value, etag)
        elif name == b"accept-encoding":
            packs = packs or _takes_gzip(value)
    return matches, packs


def _matches(given: bytes, etag: bytes) -> bool:
    opaque = etag.removeprefix(b"W/")
    return any(one.strip().removeprefix(b"W/") == opaque for one in given.split(b","))


_REFUSED = re.compile(rb"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)


def _takes_gzip(given: bytes) -> bool:
    return b"gzip" in given.lower() and not _REFUSED.search(given)
