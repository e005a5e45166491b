"""The base model and variant that a benchmark table's names spell.

A table names a model twice: an id (`moonshot/kimi-k2`) and a label with what was run
(`Kimi K2 Preview (0905)`, `Claude Opus 4.5 (High, 32K, 20251101)`). The label is the more exact;
the id counts only where the label adds nothing that makes other weights of it, so that a distilled
model filed under its teacher is never taken for the teacher.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from modeldex.vocabulary.base_names import Identity, identify
from modeldex.vocabulary.bases import bases

_BRACKETS = re.compile(r"\(([^()]*)\)")
_BUDGET = re.compile(r"^\d+k$|-\d+k$")
_EFFORT = "-max"
# A label without them, an id without them: the same weights all the same.
_SAME_WEIGHTS = frozenset({"preview", "beta"})


class Measured(NamedTuple):
    """What was measured: a base of the reviewed table or not, and the variant, None for none."""

    base: str
    variant: str | None = None


def measured(model: str, label: str = "") -> Measured | None:
    """Return what an id and a label name; None if that is not certain.

    The base may be one that the reviewed table does not have.
    """
    label = " ".join((label or model).split())
    spelled, words = _spelled(label, model)
    named = _reviewed().get(label.lower())
    found = _identify(model, spelled)
    if named is not None:
        return None if named == "?" else Measured(named, _variant(found, words))
    stated = _identify(model, model)
    if found is None:
        same = stated is not None and _plain(label) == _plain(model)
        return Measured(stated.base, _variant(stated, words)) if stated and same else None
    if found.base not in bases() and stated is not None and _is_same(found, stated):
        found = found._replace(base=stated.base)
    return Measured(found.base, _variant(found, words))


@cache
def _reviewed() -> Mapping[str, str]:
    text = Path(__file__).with_name("benchmark_names.toml").read_text("utf-8")
    names: Mapping[str, str] = tomllib.loads(text)["names"]
    return names


def _identify(model: str, name: str) -> Identity | None:
    maker, slash, rest = model.partition("/")
    given = name if name != model else rest if slash else model
    return identify(maker if slash else "", given)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower().rpartition("/")[2])


def _spelled(label: str, model: str) -> tuple[str, list[str]]:
    """Return a label as a name, and the words in its brackets that a name cannot have."""
    head, words = _BRACKETS.sub("", label).strip().lower(), list[str]()
    if head.endswith(_EFFORT) and not model.lower().endswith(_EFFORT):
        head, words = head.removesuffix(_EFFORT), ["max"]
    for text in ",".join(_BRACKETS.findall(label)).lower().split(","):
        word = text.strip().replace(" ", "-").replace("non-thinking", "nothinking")
        if word == "max":
            words.append(word)
        elif word and not word.endswith("-harness") and not _BUDGET.fullmatch(word):
            head += "-" + _BUDGET.sub("", word)
    return (label if head == label.lower() else head).replace(" ", "-"), words


def _variant(found: Identity | None, words: list[str]) -> str | None:
    stated = (found.variant or "").split("-") if found else []
    return "-".join(filter(None, [*stated, *words])) or None


def _is_same(found: Identity, stated: Identity) -> bool:
    """Whether a label's base is the id's under another name: a preview, or its day of release."""
    base = bases().get(stated.base)
    if base is None:
        return False
    if found.snapshot and found.base == f"{stated.base}-{found.snapshot}":
        return _is_day(found.snapshot, base.released)
    return set(found.base.split("-")) - set(stated.base.split("-")) <= _SAME_WEIGHTS


def _is_day(snapshot: str, released: str | None) -> bool:
    return released == snapshot and snapshot.count("-") == 2  # noqa: PLR2004 - of YYYY-MM-DD
