"""The models that the user declares in his override files."""

from collections.abc import Iterable
from pathlib import Path

from modeldex import overrides
from modeldex.providers import providers
from modeldex.values import ModelSpec


class OverridesSource:
    """Names the models of the override files; `paths` by default those of the user.

    A later path has the higher precedence. `version` changes with the files' bytes. With
    `own` only those of providers that nobody else knows, and local ones: what the user says
    can be called here. A corrected price of a hosted model gives nobody a key to it.
    """

    network = False
    may_shrink = True

    def __init__(self, paths: Iterable[str | Path] | None = None, *, own: bool = False) -> None:
        self._paths = None if paths is None else tuple(paths)
        self._own = own
        self.name = "own_models" if own else "overrides"
        self.kind = "live" if own else "reference"

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """The files that are read, lowest precedence first."""
        return overrides.default_paths() if self._paths is None else self._paths

    @property
    def version(self) -> str:
        """A digest of the files, or `none`."""
        return overrides.digest(self.paths)

    async def discover(self) -> list[ModelSpec]:
        """Every declared model; InvalidOverrides when a file cannot be used."""
        return [
            ModelSpec(provider=o.provider, name=o.name, family=o.family, aliases=o.aliases)
            for o in overrides.read_all(self.paths)
            if not self._own or _callable(o.provider)
        ]


def _callable(provider: str) -> bool:
    known = providers().get(provider)
    return known is None or known.local
