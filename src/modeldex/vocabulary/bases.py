"""The reviewed base models, with the facts of their weights: bases.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class Base(NamedTuple):
    """One base model: what a lab trained, whoever offers it. None is unknown.

    `line` is the id without version and size (`claude-sonnet`). `released` and `cutoff` are
    YYYY-MM-DD or YYYY-MM, `licence` is an SPDX id or the licence's name, `hugging_face` the id of
    the weights there, `parent` the base whose weights these were made of.
    """

    id: str
    maker: str
    line: str
    version: str | None = None
    display_name: str | None = None
    released: str | None = None
    cutoff: str | None = None
    licence: str | None = None
    open_weights: bool | None = None
    hugging_face: str | None = None
    parent: str | None = None


@cache
def bases() -> Mapping[str, Base]:
    """Return the reviewed bases by id, sorted; read once per process."""
    rows = tomllib.loads(Path(__file__).with_name("bases.toml").read_text("utf-8"))["bases"]
    return MappingProxyType(
        {key: Base(id=key, maker=key.partition("/")[0], **row) for key, row in rows.items()}
    )
