"""Nothing matches: say what would, and what to set or leave out for it."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from modeldex.catalog import Catalog
from modeldex.cli.criteria import OPTIONS
from modeldex.cli.failures import NO_MATCH, Failure
from modeldex.providers import providers

_WIDER: dict[str, tuple[str, object]] = {
    "mode": ("with --mode any", "any"),
    "price_basis": ("with --price-basis any", "any"),
    "include_deprecated": ("with --include-deprecated", True),
}
"""What replaces a criterion that narrows a query even where nobody set it."""


class NoMatch(Failure):
    """No model meets the criteria.

    `known` counts the models that would if it did not matter what can be called from here,
    `best` is the first of them and `unlock` the variable that would hold its key. With none
    known, `instead` says which one criterion to change, and `would_match` what that gives.
    """

    exit_code = NO_MATCH

    def __init__(self, message: str, **found: object) -> None:
        super().__init__(message)
        self.known: object = 0
        self.best: object = None
        self.unlock: object = None
        self.instead: object = None
        self.would_match: object = 0
        self.__dict__.update(found)


class _Change(NamedTuple):
    text: str
    would_match: int


def no_match(catalog: Catalog, criteria: Mapping[str, object]) -> NoMatch:
    """The error for criteria that nothing meets."""
    everything = {**criteria, "available": False}
    known = catalog.count(everything)
    if known == 0:
        return _nothing_known(catalog, everything)
    [best] = catalog.records({**everything, "limit": 1, "offset": 0})
    unlock = _variable(str(best["provider"]))
    how = f"set {unlock} to unlock it" if unlock else _other_way(str(best["provider"]))
    which = "the one known model that does is" if known == 1 else f"{known:,} known ones do, first"
    return NoMatch(
        f"no model that can be called from here matches; {which} {best['id']}: {how}, "
        "or look at everything with --known",
        known=known, best=best["id"], unlock=unlock,
    )  # fmt: skip


def _variable(provider: str) -> str | None:
    row = providers().get(provider)
    return row.keys[0] if row and row.keys and not row.local else None


def _other_way(provider: str) -> str:
    row = providers().get(provider)
    if row and row.local:
        return f"start {row.name} and run modeldex refresh"
    return f"no key variable is known for {provider}"


def _nothing_known(catalog: Catalog, criteria: Mapping[str, object]) -> NoMatch:
    message = f"no known model matches{_stranger(catalog, criteria)}"
    changes = [
        change
        for name in dict.fromkeys((*criteria, *_WIDER))
        for change in _changed(catalog, criteria, name)
    ]
    most = max(changes, key=lambda change: change.would_match, default=_Change("", 0))
    if most.would_match == 0:
        return NoMatch(message)
    verb = "does" if most.would_match == 1 else "do"
    return NoMatch(
        f"{message}; {most.text} {most.would_match:,} {verb}",
        instead=most.text, would_match=most.would_match,
    )  # fmt: skip


def _stranger(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """What to say of a provider that the catalog does not have; empty where it has all."""
    asked = [criteria["provider"]] if "provider" in criteria else criteria.get("providers", [])
    known = {str(row[0]) for row in catalog.rows("SELECT DISTINCT provider FROM catalog")}
    for name in cast("list[str]", asked):
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 3)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            return f": there is no provider {name}{hint}"
    return ""


def _changed(catalog: Catalog, criteria: Mapping[str, object], name: str) -> list[_Change]:
    """What one criterion keeps out; empty for those that keep nothing out."""
    if name in ("available", "limit", "offset"):
        return []
    other = {key: value for key, value in criteria.items() if key != name}
    text = f"without {OPTIONS[name]}"
    if name in _WIDER and name not in criteria:
        text, other[name] = _WIDER[name]
    return [_Change(text, catalog.count(other))]
