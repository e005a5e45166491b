"""Resolver: the facts in the user's override files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modeldex.upstream import override_files
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec


class OverridesResolver:
    """The facts of the override files, for exact names only; `paths` as in OverridesSource.

    A `quality_tier` without a `quality_basis` gets the basis `user`.
    """

    name = "overrides"
    network = False
    may_shrink = True

    def __init__(self, paths: Iterable[str | Path] | None = None) -> None:
        self._paths = None if paths is None else tuple(paths)
        self.fault: str | None = None

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """The override files, lowest precedence first."""
        return override_files.default_paths() if self._paths is None else self._paths

    @property
    def version(self) -> str:
        """A digest of the files' content; `none` without files."""
        return override_files.digest(self.paths)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the declared facts about one model. Raises InvalidOverrides."""
        [values] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(values or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Return one mapping of field values per spec, in order; None without a sound override.

        `fault` then names what is wrong with others. Raises InvalidOverrides if nothing can be
        taken of a file.
        """
        read = override_files.read_all(self.paths)
        self.fault = read.fault
        declared = {(o.provider, o.name): o.capabilities for o in read.entries}
        found = (declared.get((canonical(spec.provider), spec.name)) for spec in specs)
        return [values or None for values in found]
