"""The GGUF files on this machine."""

from collections.abc import Mapping

from modeldex.claims import Dropped, identity
from modeldex.gguf.shelf import Folders, Shelf
from modeldex.values import ModelSpec


class GgufSource:
    """Lists the models in some folders of GGUF files, as models of `provider`.

    `folders` are those given, else those that MODELDEX_GGUF names and those of LM Studio,
    llama.cpp and the Hugging Face Hub that exist. A model is named by its path below its
    folder. `dropped` names the files that could not be read in the last answer, and why.
    """

    kind = "live"
    network = False

    def __init__(
        self,
        folders: Folders = None,
        environ: Mapping[str, str] | None = None,
        provider: str = "gguf",
    ) -> None:
        self._shelf = Shelf(folders, environ, provider)
        self.name = self._shelf.name
        self.dropped: list[Dropped] = []

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are looked into."""
        return self._shelf.folders

    @property
    def version(self) -> str:
        """A digest of names, sizes and times of the files; opens none of them."""
        return self._shelf.version

    async def discover(self) -> list[ModelSpec]:
        """Every model of the folders; SourceFailed when not one folder can be read."""
        contents = await self._shelf.read()
        self.dropped = contents.dropped
        specs = []
        for name, model in contents.models.items():
            said = {"family": model.family, "display_name": model.display_name}
            who, faults = identity({"provider": self._shelf.provider, "name": name, **said})
            self.dropped += faults
            if who:
                specs.append(ModelSpec.model_validate(who))
        return specs
