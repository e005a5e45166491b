"""The curated table: what is known of the well-known chat models."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from modeldex.providers import canonical
from modeldex.values import ModelCapabilities, ModelSpec

_KEYS = {"like", "names", "provider"}


class _Table(NamedTuple):
    reviewed: str
    rows: Mapping[tuple[str, str], ModelCapabilities]


def _inherited(row: Mapping[str, Any], profiles: Mapping[str, Any]) -> dict[str, Any]:
    """The row's fields on top of those of its profile, and so on upwards."""
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
    """What a reviewed table says of the well-known chat models; no opinion on others.

    A model is matched by its exact name, or by another id that the row lists, at its own
    provider: the same weights at another host are another offer.
    """

    name = "static"
    network = False
    may_shrink = True

    @property
    def version(self) -> str:
        """The day on which the table was last reviewed."""
        return _table().reviewed

    @property
    def observed_at(self) -> str:
        """The day on which the table was last reviewed."""
        return _table().reviewed

    def _find(self, spec: ModelSpec) -> ModelCapabilities | None:
        return _table().rows.get((canonical(spec.provider), spec.name))

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What the table says of the model; an empty value where it has no row."""
        return self._find(spec) or ModelCapabilities()

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[ModelCapabilities | None]:
        """One answer per spec, in order; None where the table has no row."""
        return [self._find(spec) for spec in specs]
