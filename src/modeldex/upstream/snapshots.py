"""Load the snapshots: dated copies of open data sets, shipped for use without network.

A snapshot is one JSON array: a header, then one model per line, sorted. The header has the upstream
package and the date, so that each fact has an origin and a date. A source tree has them as text in
`data/`, where a change can be reviewed; an installed package has them compressed, and all headers
in `data/ready/headers.json`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from modeldex import errors
from modeldex.upstream import editions
from modeldex.version import __version__

NAMES = ("pi_ai", "models_dev", "litellm", "genai_prices")
"""The shipped snapshots, lowest precedence first."""

WITH_FEED = NAMES[1:]
"""Those of which a current version can be fetched."""

LISTED = (*WITH_FEED, NAMES[0])
"""The same, in the order in which their models are entered: pi_ai knows no family of one."""

DATA = Path(__file__).parents[1] / "data"
"""The folder of the shipped data."""

READY = DATA / "ready"
"""What the build makes of it, for an installed package; git ignores this folder."""

HEADERS = READY / "headers.json"


class Header(TypedDict):
    """The first line of a snapshot: the origin and the date of its rows.

    `version` is that of the upstream package, `sha256` the digest of its wheel, `as_of` the date
    of the facts. `rows_sha256` changes when a row does.
    """

    name: str
    package: str
    version: str
    sha256: str
    url: str
    licence: str
    copyright: str
    as_of: str
    rows: int
    rows_sha256: str


class Snapshot(NamedTuple):
    """One snapshot: `version` changes with any row, `as_of` is the date of the facts.

    A row has `provider`, `name`, optional `family`, `display_name`, `aliases` and `listed`, and
    capability fields. `listed` false: a price for a name, no statement that it exists.
    """

    name: str
    version: str
    as_of: str
    rows: list[dict[str, Any]]


def path(name: str) -> Path:
    """Return the path of a snapshot's text. Raises ValueError for an unknown name."""
    if name not in NAMES:
        raise ValueError(f"no snapshot {name!r}; expected one of {', '.join(NAMES)}")
    return DATA / f"{name}.json"


def compressed_path(name: str) -> Path:
    """Return the path at which an installed package has the snapshot, as .xz."""
    return READY / f"{path(name).name}.xz"


def header(name: str) -> Header:
    """Return the header of a snapshot; reads one line. Raises CatalogError without the data."""
    try:
        return _first_line(path(name))
    except FileNotFoundError:
        head: Header = _headers()[name]
        return head


@cache
def _headers() -> dict[str, Any]:
    try:
        headers: dict[str, Any] = json.loads(HEADERS.read_text("utf-8"))
        return {name: headers[name] for name in NAMES}
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(HEADERS, error) from None


def _first_line(text: Path) -> Header:
    with text.open(encoding="utf-8") as file:
        # The header is the first line of a JSON array: drop the bracket and the comma.
        head: Header = json.loads(file.readline().rstrip().removeprefix("[").rstrip(",]"))
    return head


def _damaged(path: Path, error: Exception) -> errors.CatalogError:
    reason = f"part of modeldex is missing or damaged ({error}); install modeldex again"
    return errors.CatalogError(path, reason)


def version(name: str) -> str:
    """Return the version of a snapshot as text that begins with its date; reads one line."""
    return _version(header(name))


def _version(head: Header) -> str:
    return editions.shipped(head["as_of"], head["rows_sha256"], head["version"], __version__)


def load(name: str) -> Snapshot:
    """Return a snapshot with its rows; parses them at each call, which takes about 10 ms.

    Raises CatalogError without the data.
    """
    head, *rows = json.loads(_text(name))
    return Snapshot(name, _version(head), head["as_of"], rows)


def _text(name: str) -> bytes:
    try:
        return path(name).read_bytes()
    except FileNotFoundError:
        return _decompressed(compressed_path(name))


def _decompressed(compressed: Path) -> bytes:
    import lzma

    try:
        return lzma.decompress(compressed.read_bytes())
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise _damaged(compressed, error) from None
