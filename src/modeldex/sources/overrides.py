"""Source: the models declared in the user's override files."""

from collections.abc import Iterable
from pathlib import Path

from modeldex.upstream import override_files
from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.values import ModelSpec


class OverridesSource:
    """Lists the models of the override files; default `paths`: the user's files.

    A later path has the higher precedence. With `own`, the source is "live" and lists only the
    models of local providers and of providers missing from providers.toml: those the user can
    call. An override of a hosted model only corrects facts and does not make it callable.
    """

    network = False
    may_shrink = True

    def __init__(self, paths: Iterable[str | Path] | None = None, *, own: bool = False) -> None:
        self._paths = None if paths is None else tuple(paths)
        self._own = own
        self.name = "own_models" if own else "overrides"
        self.kind = "live" if own else "reference"
        self.fault: str | None = None

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """The override files, lowest precedence first."""
        return override_files.default_paths() if self._paths is None else self._paths

    @property
    def version(self) -> str:
        """A digest of the files' content; `none` without files."""
        return override_files.digest(self.paths)

    async def discover(self) -> list[ModelSpec]:
        """Return every model of a sound entry; `fault` then names what is wrong with others.

        Raises InvalidOverrides if nothing can be taken of a file.
        """
        found = override_files.read_all(self.paths)
        self.fault = found.fault
        return [
            ModelSpec(provider=o.provider, name=o.name, family=o.family, aliases=o.aliases)
            for o in found.entries
            if not self._own or _callable(o.provider)
        ]


def _callable(provider: str) -> bool:
    known = providers().get(provider)
    return known is None or known.local
