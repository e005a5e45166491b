"""What the headers of the GGUF files on this machine say of their models."""

from collections.abc import Mapping, Sequence

from modeldex.claims import claim
from modeldex.errors import SourceFailed
from modeldex.fields import BY_NAME
from modeldex.gguf.shelf import Contents, Folders, Shelf
from modeldex.providers import canonical
from modeldex.values import ModelCapabilities, ModelSpec

Answer = Mapping[str, object] | SourceFailed | None


class GgufResolver:
    """Answers for the models that a GgufSource with the same arguments lists."""

    network = False
    precedence = 405

    def __init__(
        self,
        folders: Folders = None,
        environ: Mapping[str, str] | None = None,
        provider: str = "gguf",
    ) -> None:
        self._shelf = Shelf(folders, environ, provider)
        self.name = self._shelf.name

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are looked into."""
        return self._shelf.folders

    @property
    def version(self) -> str:
        """A digest of names, sizes and times of the files; opens none of them."""
        return self._shelf.version

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What the file of a model says; empty where it has none, SourceFailed where it is bad."""
        [answer] = await self.resolve_many([spec])
        if isinstance(answer, SourceFailed):
            raise answer
        clean = claim(spec.id, answer or {}).values
        return ModelCapabilities.model_validate(
            {field: BY_NAME[field].restore(value) for field, value in clean.items()}
        )

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Answer]:
        """Per spec: field values, None where no file is, or why its file cannot be read.

        Raises SourceFailed when not one folder can be read.
        """
        if not any(map(self._is_mine, specs)):
            return [None] * len(specs)
        contents = await self._shelf.read()
        return [self._answer(contents, spec) for spec in specs]

    def _is_mine(self, spec: ModelSpec) -> bool:
        return canonical(spec.provider) == self._shelf.provider

    def _answer(self, contents: Contents, spec: ModelSpec) -> Answer:
        if not self._is_mine(spec):
            return None
        if spec.name in contents.unreadable:
            return SourceFailed(self.name, contents.unreadable[spec.name])
        model = contents.models.get(spec.name)
        return model and model.capabilities
