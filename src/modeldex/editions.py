"""Which edition of a data set is stored: one line of text that begins with its day.

    2026-11-22 sha:0123456789ab etag:"67" p0.1.0
    2026-11-22 sha:0123456789ab v1.109.1 p0.1.0

The day of the facts, a digest of the rows, then, of fetched data, what to send to learn
whether they are still current, of shipped data, the version they were cut from, and which
modeldex read them.
"""

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

_FETCHED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+)(?: ((?:etag|date):.+))? p(\S+)")
_SHIPPED = re.compile(r"(\d{4}-\d\d-\d\d) sha:([0-9a-f]+) v(\S+)(?: p(\S+))?")
_DIGITS = 12
_LONGEST = 200


class Edition(NamedTuple):
    """One edition: a shipped one has a `version`, no `validator`, perhaps no `reader`."""

    day: str
    digest: str
    validator: str | None = None
    reader: str | None = None
    version: str | None = None


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


def shipped(day: str, rows_sha256: str, version: str, reader: str) -> str:
    """The text for an edition that came with modeldex, cut from a version of a package."""
    return f"{day} sha:{rows_sha256[:_DIGITS]} v{version} p{reader}"


def read(token: str | None) -> Edition | None:
    """The edition that a text stands for; None for any other text."""
    if match := _FETCHED.fullmatch(token or ""):
        return Edition(*match.groups())
    if match := _SHIPPED.fullmatch(token or ""):
        day, digest, version, reader = match.groups()
        return Edition(day, digest, reader=reader, version=version)
    return None


def is_newer(token: str | None, stored: str | None) -> bool:
    """Whether an edition is of a later day than the stored one, or none is stored.

    Of two that were shipped for the same day, the one that a later modeldex read otherwise.
    """
    ours, theirs = read(token), read(stored)
    if ours is None or theirs is None:
        return theirs is None
    return ours.day > theirs.day or (ours.day == theirs.day and _reads_more(ours, theirs))


def is_older(token: str | None, stored: str | None) -> bool:
    """Whether an edition is of an earlier day than the stored one."""
    return is_newer(stored, token) and read(stored) is not None


def _reads_more(ours: Edition, theirs: Edition) -> bool:
    both = ours.version is not None and theirs.version is not None
    return both and ours.digest != theirs.digest and _release(ours) > _release(theirs)


def _release(edition: Edition) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", edition.reader or "")]
