"""Source: the GGUF files on this machine."""

from collections.abc import Mapping

from modeldex.upstream.gguf.library import Folders, GgufLibrary
from modeldex.vocabulary.normalize import Dropped, identity
from modeldex.vocabulary.values import ModelSpec


class GgufSource:
    """Lists the models in folders of GGUF files, as models of `provider`.

    Default folders: those in MODELDEX_GGUF, then the existing ones of LM Studio, llama.cpp and
    the Hugging Face Hub. A model's name is its path relative to its folder. `dropped` lists the
    files that the last call of `discover` could not read, with the reasons.
    """

    kind = "live"
    network = False

    def __init__(
        self,
        folders: Folders = None,
        environ: Mapping[str, str] | None = None,
        provider: str = "gguf",
    ) -> None:
        self._library = GgufLibrary(folders, environ, provider)
        self.name = self._library.name
        self.dropped: list[Dropped] = []

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are searched."""
        return self._library.folders

    @property
    def version(self) -> str:
        """A digest of the files' names, sizes and modification times; opens no file."""
        return self._library.version

    async def discover(self) -> list[ModelSpec]:
        """Return every model in the folders. Raises SourceFailed if no folder can be read."""
        contents = await self._library.load()
        self.dropped = contents.dropped
        specs = []
        for name, model in contents.models.items():
            titles = {"family": model.family, "display_name": model.display_name}
            spec, faults = identity({"provider": self._library.provider, "name": name, **titles})
            self.dropped += faults
            if spec:
                specs.append(ModelSpec.model_validate(spec))
        return specs
