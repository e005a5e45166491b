"""Resolver: a curated table of well-known chat models, read from data/curated.toml."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

_KEYS = {"like", "names", "provider"}


class _Table(NamedTuple):
    reviewed: str
    rows: Mapping[tuple[str, str], ModelCapabilities]


def _inherited(row: Mapping[str, Any], profiles: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row's fields merged over those of its profile, recursively."""
    base = _inherited(profiles[row["like"]], profiles) if "like" in row else {}
    return base | {key: value for key, value in row.items() if key not in _KEYS}


@cache
def _table() -> _Table:
    import tomllib
    from importlib.resources import files

    data = tomllib.loads(files("modeldex").joinpath("data/curated.toml").read_text("utf-8"))
    rows: dict[tuple[str, str], ModelCapabilities] = {}
    for row in data["models"]:
        known = ModelCapabilities(**_inherited(row, data["profiles"]))
        rows |= {(row["provider"], name): known for name in row["names"]}
    return _Table(data["reviewed"], rows)


class StaticCapabilityResolver:
    """The facts of a reviewed table of well-known chat models; no opinion on others.

    A model is matched by provider and by one of the exact names that the row lists, since the
    same weights at another host are another offer.
    """

    name = "static"
    network = False
    may_shrink = True

    @property
    def version(self) -> str:
        """Date of the table's last review, YYYY-MM-DD."""
        return _table().reviewed

    @property
    def observed_at(self) -> str:
        """Date of the table's last review, YYYY-MM-DD."""
        return _table().reviewed

    def _find(self, spec: ModelSpec) -> ModelCapabilities | None:
        return _table().rows.get((canonical(spec.provider), spec.name))

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the facts of the model's row; empty without a row."""
        return self._find(spec) or ModelCapabilities()

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[ModelCapabilities | None]:
        """Return one value per spec, in order; None without a row."""
        return [self._find(spec) for spec in specs]
