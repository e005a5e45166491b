"""By whom a model came here: the ids of the catalogs that passed it on, as one text per source.

A catalog names itself on all that it passes on, and takes nothing that names it already. So
what vanishes where it was discovered vanishes everywhere, however registries read each other.

    {"usual": ["0a1b"], "others": [[["0a1b", "2c3d"], ["openai/gpt-5-mini"]]]}

Most models of a registry came the usual way; the others are listed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from modeldex.editions import line

Trail = tuple[str, ...]
"""Ids of catalogs, sorted."""

LONGEST = 64
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Trails(NamedTuple):
    """The trail of each model of one registry, by `provider/name`."""

    usual: Trail = ()
    others: Mapping[str, Trail] = {}

    def of(self, model: str) -> Trail:
        """By whom a model came."""
        return self.others.get(model, self.usual)


def trail(given: object) -> Trail:
    """The trail in an answer; ValueError where it is none."""
    ids = given if isinstance(given, list) else None
    if ids is None or len(ids) > LONGEST:
        raise ValueError(f"expected a list of at most {LONGEST} ids of catalogs")
    if not all(isinstance(each, str) and _ID.fullmatch(each) for each in ids):
        raise ValueError("expected ids of catalogs: letters, digits, - and _")
    return joined([tuple(ids)])


def joined(trails: Iterable[Trail]) -> Trail:
    """All ids of some trails."""
    return tuple(sorted({each for trail in trails for each in trail}))


def packed(by_model: Mapping[str, Trail]) -> str:
    """The trails of all models of a registry as one text."""
    groups: dict[Trail, list[str]] = {}
    for model, came_by in sorted(by_model.items()):
        groups.setdefault(came_by, []).append(model)
    usual = max(groups, key=lambda each: (len(groups[each]), each), default=())
    others = [[each, models] for each, models in sorted(groups.items()) if each != usual]
    return line({"usual": usual, "others": others})


def unpacked(text: str) -> Trails:
    """The trails in such a text; none in any other."""
    try:
        told: Any = json.loads(text)
        others = {model: trail(ids) for ids, models in told["others"] for model in models}
        return Trails(trail(told["usual"]), others)
    except (ValueError, TypeError, KeyError, RecursionError):
        return Trails()
