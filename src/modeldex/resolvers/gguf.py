"""Resolver: the facts in the headers of the GGUF files on this machine."""

from collections.abc import Mapping, Sequence

from modeldex.errors import SourceFailed
from modeldex.upstream.gguf.library import Contents, Folders, GgufLibrary
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

_Result = Mapping[str, object] | SourceFailed | None


class GgufResolver:
    """States facts about the models that a GgufSource with the same arguments lists."""

    network = False
    precedence = 405

    def __init__(
        self,
        folders: Folders = None,
        environ: Mapping[str, str] | None = None,
        provider: str = "gguf",
    ) -> None:
        self._library = GgufLibrary(folders, environ, provider)
        self.name = self._library.name

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are searched."""
        return self._library.folders

    @property
    def version(self) -> str:
        """A digest of the files' names, sizes and modification times; opens no file."""
        return self._library.version

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the facts of the model's file; empty without a file. Raises SourceFailed."""
        [result] = await self.resolve_many([spec])
        if isinstance(result, SourceFailed):
            raise result
        clean = normalize_answer(spec.id, result or {}).values
        return ModelCapabilities.model_validate(
            {field: BY_NAME[field].restore(value) for field, value in clean.items()}
        )

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[_Result]:
        """Return per spec: field values, None without a file, or the error reading its file.

        Raises SourceFailed if no folder can be read.
        """
        if not any(map(self._is_local, specs)):
            return [None] * len(specs)
        contents = await self._library.load()
        return [self._resolve(contents, spec) for spec in specs]

    def _is_local(self, spec: ModelSpec) -> bool:
        return canonical(spec.provider) == self._library.provider

    def _resolve(self, contents: Contents, spec: ModelSpec) -> _Result:
        if not self._is_local(spec):
            return None
        if spec.name in contents.unreadable:
            return SourceFailed(self.name, contents.unreadable[spec.name])
        model = contents.models.get(spec.name)
        return model and model.capabilities
