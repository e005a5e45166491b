"""Origins: the ids of the catalogs a model was relayed through; they prevent loops.

A catalog adds its own id to every model it relays, and drops models that already carry it. So a
model that disappears at its origin disappears everywhere, even if registries read each other in
a ring. The origins of one source are stored as one text:

    {"usual": ["0a1b"], "others": [[["0a1b", "2c3d"], ["openai/gpt-5-mini"]]]}

`usual` is the most frequent trail; models with another one are listed under `others`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from modeldex.upstream.editions import line

Origins = tuple[str, ...]
"""Ids of catalogs, sorted."""

MAX_ORIGINS = 64
"""Ids in one trail at most: a payload with more is invalid."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RegistryOrigins(NamedTuple):
    """Origins of the models of one registry, by `provider/name`."""

    usual: Origins = ()
    others: Mapping[str, Origins] = {}

    def of(self, model: str) -> Origins:
        """Return the origins of a model."""
        return self.others.get(model, self.usual)


def parse_origins(given: object) -> Origins:
    """Validate the `via` of a payload. Raises ValueError."""
    ids = given if isinstance(given, list) else None
    if ids is None or len(ids) > MAX_ORIGINS:
        raise ValueError(f"expected a list of at most {MAX_ORIGINS} catalog ids")
    if not all(isinstance(each, str) and _ID.fullmatch(each) for each in ids):
        raise ValueError("expected catalog ids: letters, digits, - and _")
    return union([tuple(ids)])


def union(origins: Iterable[Origins]) -> Origins:
    """Return the union of several origins."""
    return tuple(sorted({each for trail in origins for each in trail}))


def packed(by_model: Mapping[str, Origins]) -> str:
    """Encode the origins of all models of a registry as JSON."""
    groups: dict[Origins, list[str]] = {}
    for model, via in sorted(by_model.items()):
        groups.setdefault(via, []).append(model)
    usual = max(groups, key=lambda each: (len(groups[each]), each), default=())
    others = [[each, models] for each, models in sorted(groups.items()) if each != usual]
    return line({"usual": usual, "others": others})


def unpacked(text: str) -> RegistryOrigins:
    """Decode what `packed` returned; empty origins for any other text."""
    try:
        stored: Any = json.loads(text)
        others = {model: parse_origins(ids) for ids, models in stored["others"] for model in models}
        return RegistryOrigins(parse_origins(stored["usual"]), others)
    except (ValueError, TypeError, KeyError, RecursionError):
        return RegistryOrigins()
