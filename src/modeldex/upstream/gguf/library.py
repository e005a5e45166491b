"""Turn the GGUF files of some folders into models.

The shards of a model are one model. A projector file is not a model: it adds vision or audio to
the model beside it. Headers are cached by path, size and modification time.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from modeldex.http.failures import NotConfigured
from modeldex.upstream.formats.gguf import Facts, facts, wanted
from modeldex.upstream.gguf.folders import File, Scan, default_folders, printed, scan
from modeldex.upstream.gguf.header import InvalidGguf, read_header
from modeldex.vocabulary.normalize import Dropped, clean_name
from modeldex.vocabulary.providers import canonical

Folders = str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None
"""One folder, several, or None for the default ones."""

# Increase when the mapping of headers to facts changes: a refresh then rereads unchanged files.
_MAPPING_VERSION = 1
_CACHED_HEADERS = 16_384


class Model(NamedTuple):
    """One model on disk, with the facts of its header and of a projector beside it."""

    family: str | None
    display_name: str | None
    capabilities: dict[str, object]


class Contents(NamedTuple):
    """Result of reading a shelf: models by name, reasons by unreadable name, dropped files."""

    models: dict[str, Model]
    unreadable: dict[str, str]
    dropped: list[Dropped]


class GgufLibrary:
    """The GGUF files below `folders`; None: the default folders of `environ`.

    `name` is the name of the source and of the resolver of its models.
    """

    def __init__(self, folders: Folders, environ: Mapping[str, str] | None, provider: str) -> None:
        self.provider = canonical(provider)
        self.name = "gguf" if self.provider == "gguf" else f"gguf:{self.provider}"
        if isinstance(folders, str | os.PathLike):
            folders = [folders]
        self._folders = None if folders is None else tuple(os.fspath(f) for f in folders)
        self._environ = environ

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders to search; of two files with one name, the earlier folder's wins."""
        environ = os.environ if self._environ is None else self._environ
        return default_folders(environ) if self._folders is None else self._folders

    @property
    def version(self) -> str:
        """Text that changes when a file does; lists the folders, opens no file."""
        return f"{_MAPPING_VERSION}+{scan(self.folders).digest}"

    async def load(self) -> Contents:
        """Return every model with its facts. Raises SourceFailed if the scan fails."""
        found = await asyncio.to_thread(scan, self.folders)
        if found.fault:
            raise NotConfigured(self.name, found.fault)
        return await asyncio.to_thread(contents, found)


def contents(found: Scan) -> Contents:
    """Read the files' headers into models; a file removed since the scan is unreadable."""
    result = Contents({}, {}, list(found.dropped))
    by_folder: dict[str, list[tuple[str, Facts]]] = defaultdict(list)
    for name, file in _named(found.files, result.dropped).items():
        try:
            known = _facts(file.path, file.size, file.mtime_ns)
        except (OSError, ValueError) as error:
            result.unreadable[name] = _reason(error)
            result.dropped.append(Dropped(name, "file", _reason(error)))
        else:
            by_folder[os.path.dirname(file.path)].append((name, known))  # noqa: PTH120
    for group in by_folder.values():
        result.models.update(_models(group))
    return result


@lru_cache(maxsize=_CACHED_HEADERS)
def _facts(path: str, _size: int, _mtime_ns: int) -> Facts:
    header = read_header(path, wanted)
    return facts(header.values, header.tensor_count)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, InvalidGguf):
        return error.reason
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)


def _named(files: Iterable[File], dropped: list[Dropped]) -> dict[str, File]:
    """Map each model name to one file: of the first folder, in it the newest."""
    chosen: dict[str, File] = {}
    for file in sorted(_first(files, dropped), key=lambda f: (f.root, -f.mtime_ns, f.path)):
        try:
            name = clean_name(file.name)
        except ValueError as error:
            dropped.append(Dropped(printed(file.name), "name", str(error)))
            continue
        other = chosen.setdefault(name, file)
        if other.root != file.root:
            dropped.append(Dropped(name, "file", f"same name as {printed(other.path)}"))
    return chosen


def _first(files: Iterable[File], dropped: list[Dropped]) -> Iterator[File]:
    """Yield the first shard of each model; missing shards are added to `dropped`."""
    groups: dict[tuple[str, str, int], dict[int, File]] = defaultdict(dict)
    for file in files:
        number, count = file.shard
        groups[os.path.dirname(file.path), file.name, count][number] = file  # noqa: PTH120
    for (_, name, count), parts in groups.items():
        missing = next((n for n in range(1, max(count, 1) + 1) if n not in parts), None)
        if missing:
            reason = f"shard {missing} of {count} is missing"
            dropped.append(Dropped(printed(name), "file", reason))
        if 1 in parts:
            yield parts[1]


def _models(group: Sequence[tuple[str, Facts]]) -> Iterator[tuple[str, Model]]:
    """Yield the models of one folder, with the modalities that its projectors add."""
    models = [(name, known) for name, known in group if known.kind == "model"]
    projectors = [known for _, known in group if known.kind == "projector"]
    # Quantizations of one model in a folder have one title and count as one model.
    alone = len({known.title if known.title[0] else name for name, known in models}) == 1
    for name, known in models:
        fitting = [p for p in projectors if _fits(p, known, alone=alone)]
        modalities: dict[str, object] = {}
        if any(p.sees for p in fitting):
            modalities["supports_vision"] = True
        if any(p.hears for p in fitting):
            modalities["supports_audio"] = True
        yield name, Model(known.family, known.display_name, {**known.capabilities, **modalities})


def _fits(projector: Facts, model: Facts, *, alone: bool) -> bool:
    """Whether a projector belongs to this model; `alone`: the only model in its folder."""
    base, model_base = projector.title[0], model.title[0]
    if alone:
        return base == model_base or not (base and model_base)
    return bool(model_base) and projector.title == model.title
