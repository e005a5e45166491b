"""Reads the body of an HTTP response: size-limited, decompressed in steps, parsed strictly."""

import zlib
from collections.abc import AsyncIterator

from modeldex.vocabulary.caps import VALUES
from modeldex.vocabulary.redaction import plain

_MAX_ERROR_BYTES = 16 * 1024
_STEP = 64 * 1024
# A compressed body may expand 100 times; below 4 MB the ratio is not checked.
_MAX_RATIO, _UNCHECKED_BYTES = 100, 4 * 1024 * 1024


class BadBody(ValueError):
    """The body is unusable; the text is the reason."""


class OtherBody(BadBody):
    """The body is a page for people, or empty: nothing that an API sends."""


class Body:
    """Collects the body of one response, at most `cap` bytes after decompression.

    Beyond 4 MB it must not expand to more than 100 times the bytes received.
    """

    def __init__(self, coding: str, cap: int) -> None:
        if coding.lower() not in ("identity", "gzip"):
            raise BadBody("the response has a compression that was not requested")
        self._inflate = zlib.decompressobj(wbits=31) if coding.lower() == "gzip" else None
        self._content = bytearray()
        self._cap = cap
        self._received = 0

    def add(self, chunk: bytes) -> None:
        """Add a received chunk. Raises BadBody as soon as a limit is exceeded."""
        self._received += len(chunk)
        while chunk:
            try:
                self._content += self._inflate.decompress(chunk, _STEP) if self._inflate else chunk
            except zlib.error:
                raise BadBody("the compressed response is corrupt") from None
            chunk = self._inflate.unconsumed_tail if self._inflate else b""
            if len(self._content) > self._cap:
                raise BadBody(f"the response is larger than {self._cap:,} bytes")
            if len(self._content) > max(_UNCHECKED_BYTES, _MAX_RATIO * self._received):
                raise BadBody("the compressed response expands to more than 100 times its size")

    def parsed(self) -> object:
        """The JSON value. Raises BadBody for invalid JSON, NaN, infinity or too many values."""
        from pydantic_core import from_json

        if self._inflate and not self._inflate.eof:
            raise BadBody("the compressed response is incomplete")
        # Counted before parsing: millions of tiny values would need far more memory than bytes.
        if sum(self._content.count(mark) for mark in (b",", b"[", b"{")) > VALUES:
            raise BadBody(f"the response has more than {VALUES:,} values")
        try:
            return from_json(self._content, allow_inf_nan=False)
        except ValueError as error:
            start = bytes(self._content[:200]).lstrip()[:1]
            kinds = {b"<": "HTML instead of JSON", b"": "an empty response"}
            if start in kinds:
                raise OtherBody(kinds[start]) from None
            raise BadBody(f"not JSON ({plain(str(error))})") from None


async def short_json(chunks: AsyncIterator[bytes]) -> object:
    """The JSON of an error response, if it is short; else None."""
    from pydantic_core import from_json

    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > _MAX_ERROR_BYTES:
            return None
    try:
        return from_json(content)
    except ValueError:
        return None
