"""Dated copies of open data sets, shipped for a first run without network.

A snapshot is one JSON array in `data/`: a header, then one model per line, sorted. The
header names the package it was cut from, so each fact has an origin and a date.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from modeldex import __version__, editions

NAMES = ("models_dev", "litellm", "genai_prices")
"""The shipped snapshots, lowest precedence first."""

_DATA = Path(__file__).with_name("data")


class Header(TypedDict):
    """The first line of a snapshot: where its rows come from and of which day they are.

    `version` is that of the upstream package, `sha256` that of its wheel. `rows_sha256`
    changes when a row does.
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
    """One snapshot: `version` changes with any row, `as_of` dates the facts.

    A row has `provider`, `name`, perhaps `family`, `display_name`, `aliases` and `listed`,
    and capability fields.
    """

    name: str
    version: str
    as_of: str
    rows: list[dict[str, Any]]


def path(name: str) -> Path:
    """The file of a snapshot; ValueError when there is none of that name."""
    if name not in NAMES:
        raise ValueError(f"no snapshot {name!r}; there are {', '.join(NAMES)}")
    return _DATA / f"{name}.json"


def header(name: str) -> Header:
    """The header of a snapshot; reads one line."""
    with path(name).open(encoding="utf-8") as file:
        read: Header = json.loads(file.readline().rstrip().removeprefix("[").rstrip(",]"))
    return read


def version(name: str) -> str:
    """The edition of a snapshot as text, its day in front; reads one line."""
    return _version(header(name))


def _version(head: Header) -> str:
    return editions.shipped(head["as_of"], head["rows_sha256"], head["version"], __version__)


def load(name: str) -> Snapshot:
    """A snapshot with its rows, parsed anew: about 10 ms, and nothing stays in memory."""
    head, *rows = json.loads(path(name).read_text(encoding="utf-8"))
    return Snapshot(name, _version(head), head["as_of"], rows)
