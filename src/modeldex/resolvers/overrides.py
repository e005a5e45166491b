"""What the user's override files say of models; it outranks everything else."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modeldex import overrides
from modeldex.providers import canonical
from modeldex.values import ModelCapabilities, ModelSpec


class OverridesResolver:
    """Answers for the models that the override files name exactly; `paths` as OverridesSource.

    A quality tier of the user's has the basis `user` unless he says otherwise.
    """

    name = "overrides"
    network = False
    may_shrink = True

    def __init__(self, paths: Iterable[str | Path] | None = None) -> None:
        self._paths = None if paths is None else tuple(paths)

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """The files that are read, lowest precedence first."""
        return overrides.default_paths() if self._paths is None else self._paths

    @property
    def version(self) -> str:
        """A digest of the files, or `none`."""
        return overrides.digest(self.paths)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What is declared of one model; InvalidOverrides when a file cannot be used."""
        [values] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(values or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """One mapping of field values per spec, None where nothing is declared."""
        declared = {(o.provider, o.name): o.capabilities for o in overrides.read_all(self.paths)}
        found = (declared.get((canonical(spec.provider), spec.name)) for spec in specs)
        return [values or None for values in found]
