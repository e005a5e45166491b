"""Which edition of a data set is stored: one line of text that begins with its day.

    2026-11-22 sha:0123456789ab etag:"67" p0.1.0

The day of the facts, a digest of the rows, then, of fetched data, what to send to learn
whether they are still current, and which modeldex read them.
"""

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

_FETCHED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+)(?: ((?:etag|date):.+))? p(\S+)")
_SHIPPED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+) v\S+")
_DIGITS = 12
_LONGEST = 200


class Edition(NamedTuple):
    """A fetched edition; of a shipped one `validator` and `reader` are None."""

    day: str
    digest: str
    validator: str | None = None
    reader: str | None = None


def line(value: object) -> str:
    """One line of JSON, keys sorted."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def digest(rows: Iterable[object]) -> str:
    """Text that is the same for the same rows only."""
    return sha256(",\n".join(map(line, rows)).encode()).hexdigest()


def fetched(day: str, rows_sha256: str, validator: str | None, reader: str) -> str:
    """The text for an edition that came from upstream; a validator that is no use is left out."""
    known = validator or ""
    usable = known.isascii() and known.isprintable() and len(known) <= _LONGEST
    return " ".join(
        [day, f"sha:{rows_sha256[:_DIGITS]}", *([known] if known and usable else []), f"p{reader}"]
    )


def shipped(day: str, rows_sha256: str, version: str) -> str:
    """The text for an edition that came with modeldex, cut from a version of a package."""
    return f"{day} sha:{rows_sha256[:_DIGITS]} v{version}"


def read(token: str | None) -> Edition | None:
    """The edition that a text stands for; None for any other text."""
    if match := _FETCHED.fullmatch(token or ""):
        return Edition(*match.groups())
    if match := _SHIPPED.fullmatch(token or ""):
        return Edition(*match.groups())
    return None


def is_newer(token: str | None, stored: str | None) -> bool:
    """Whether an edition is of a later day than the stored one, or none is stored."""
    ours, theirs = read(token), read(stored)
    return theirs is None or (ours is not None and ours.day > theirs.day)


def is_older(token: str | None, stored: str | None) -> bool:
    """Whether an edition is of an earlier day than the stored one."""
    return is_newer(stored, token) and read(stored) is not None
