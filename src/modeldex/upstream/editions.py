"""The stored version of a data set: a token of one line that begins with a day.

    2026-11-22 sha:0123456789ab etag:"67" p0.1.0
    2026-11-22 sha:0123456789ab v1.109.1 p0.1.0

It holds the day of the facts, a digest of the rows, the HTTP validator (fetched data) or the
version of the upstream package (shipped data), and the modeldex version that mapped them.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

_FETCHED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+)(?: ((?:etag|date):.+))? p(\S+)")
_SHIPPED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+) v(\S+)(?: p(\S+))?")
_DIGITS = 12
IS_SHIPPED = f"(substr(token, 12, 4) = 'sha:' AND substr(token, {16 + _DIGITS}, 2) = ' v')"
"""SQL: whether a stored token is that of shipped data."""

_MAX_VALIDATOR = 200


class Edition(NamedTuple):
    """A parsed token. Shipped data has a `version` and no `validator`; `reader` may be None."""

    day: str
    digest: str
    validator: str | None = None
    reader: str | None = None
    version: str | None = None


def line(value: object) -> str:
    """A value as one line of JSON, keys sorted."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def digest(rows: Iterable[object]) -> str:
    """The SHA-256 of the rows as JSON, in hex."""
    from hashlib import sha256

    return sha256(",\n".join(map(line, rows)).encode()).hexdigest()


def fetched(day: str, rows_sha256: str, validator: str | None, reader: str) -> str:
    """The token of fetched data; a validator that is not printable ASCII, or long, is omitted."""
    known = validator or ""
    usable = known.isascii() and known.isprintable() and len(known) <= _MAX_VALIDATOR
    return " ".join(
        [day, f"sha:{rows_sha256[:_DIGITS]}", *([known] if known and usable else []), f"p{reader}"]
    )


def shipped(day: str, rows_sha256: str, version: str, reader: str) -> str:
    """The token of shipped data, taken from a version of the upstream package."""
    return f"{day} sha:{rows_sha256[:_DIGITS]} v{version} p{reader}"


def parse(token: str | None) -> Edition | None:
    """Parse a token; None for any other text."""
    if match := _FETCHED.fullmatch(token or ""):
        return Edition(*match.groups())
    if match := _SHIPPED.fullmatch(token or ""):
        day, digest, version, reader = match.groups()
        return Edition(day, digest, reader=reader, version=version)
    return None


def is_newer(token: str | None, stored: str | None) -> bool:
    """Whether the data of a token is newer than the stored data, or nothing valid is stored.

    A later day is newer. Of two shipped tokens of the same day with different rows, the one
    mapped by the later modeldex version is newer.
    """
    new, old = parse(token), parse(stored)
    if new is None or old is None:
        return old is None
    return new.day > old.day or (new.day == old.day and _is_mapped_by_later(new, old))


def is_older(token: str | None, stored: str | None) -> bool:
    """Whether the data of a token is older than the stored data."""
    return is_newer(stored, token) and parse(stored) is not None


def _is_mapped_by_later(new: Edition, old: Edition) -> bool:
    both = new.version is not None and old.version is not None
    return both and new.digest != old.digest and _release(new) > _release(old)


def _release(edition: Edition) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", edition.reader or "")]
