"""What kind of service each provider is, written in provider_classes.toml.

Apart from the other facts of providers, as few commands ask for it and TOML is slow to read.
`modeldex.vocabulary.providers.provider_class` also asks the user's own file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

CLASSES = ("lab", "cloud", "host", "gateway", "reseller", "local", "plan", "unclassed")
"""The classes, as described in docs/providers.md."""


@cache
def classes() -> Mapping[str, str]:
    """Return the shipped class of every classed provider id, also of those without a row."""
    file = _file()
    return MappingProxyType({key: word for word in CLASSES for key in file[word]})


@cache
def makers() -> Mapping[str, str]:
    """Return, by provider, the maker of base models whose own service it is."""
    named = _file()["makers"].items()
    return MappingProxyType({provider: maker for maker, own in named for provider in own})


def classified() -> list[tuple[str, str, str | None]]:
    """Return every classed provider with its class and the maker whose own service it is."""
    return [(provider, word, makers().get(provider)) for provider, word in classes().items()]


def reviewed() -> str:
    """Return the day on which the shipped classes were last reviewed: YYYY-MM-DD."""
    return str(_file()["reviewed"])


@cache
def _file() -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
