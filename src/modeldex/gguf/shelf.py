"""The models that the GGUF files of some folders make.

Shards are one model. A projector is none: it gives the model beside it eyes or ears. A header
is read once, as long as its file stays the same.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from modeldex.claims import Dropped, clean_name
from modeldex.gguf.folders import File, Scan, default_folders, printed, scan
from modeldex.gguf.header import InvalidGguf, read_header
from modeldex.listings.gguf import Facts, facts, wanted
from modeldex.providers import canonical
from modeldex.refusals import NotSetUp

Folders = str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None
"""One folder, several, or the usual ones."""

# What is made of a header; another number lets a refresh look at unchanged files again.
_READING = 1
_REMEMBERED = 16_384


class Model(NamedTuple):
    """One model on disk: what its header says, and a projector beside it."""

    family: str | None
    display_name: str | None
    capabilities: dict[str, object]


class Contents(NamedTuple):
    """What is on a shelf: models by name, why others cannot be read, and what was left out."""

    models: dict[str, Model]
    unreadable: dict[str, str]
    dropped: list[Dropped]


class Shelf:
    """The GGUF files below `folders`, by default the usual ones of `environ`.

    `name` is that of the source and of the resolver which answer for its models.
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
        """The folders to look into; of two files of one name the earlier folder's counts."""
        environ = os.environ if self._environ is None else self._environ
        return default_folders(environ) if self._folders is None else self._folders

    @property
    def version(self) -> str:
        """Text that changes when a file does; lists the folders and opens no file."""
        return f"{_READING}+{scan(self.folders).digest}"

    async def read(self) -> Contents:
        """Every model, with the facts about it; SourceFailed when the folders cannot be told."""
        found = await asyncio.to_thread(scan, self.folders)
        if found.fault:
            raise NotSetUp(self.name, found.fault)
        return await asyncio.to_thread(contents, found)


def contents(found: Scan) -> Contents:
    """The models that the files make; a file that has gone since is unreadable."""
    there = Contents({}, {}, list(found.dropped))
    beside: dict[str, list[tuple[str, Facts]]] = defaultdict(list)
    for name, file in _named(found.files, there.dropped).items():
        try:
            said = _said(file.path, file.size, file.mtime_ns)
        except (OSError, ValueError) as error:
            there.unreadable[name] = _reason(error)
            there.dropped.append(Dropped(name, "file", _reason(error)))
        else:
            beside[os.path.dirname(file.path)].append((name, said))  # noqa: PTH120
    for group in beside.values():
        there.models.update(_models(group))
    return there


@lru_cache(maxsize=_REMEMBERED)
def _said(path: str, _size: int, _mtime_ns: int) -> Facts:
    header = read_header(path, wanted)
    return facts(header.values, header.tensor_count)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, InvalidGguf):
        return error.reason
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)


def _named(files: Iterable[File], dropped: list[Dropped]) -> dict[str, File]:
    """The file that speaks for each model: of the first folder, there the newest."""
    taken: dict[str, File] = {}
    for file in sorted(_first(files, dropped), key=lambda f: (f.root, -f.mtime_ns, f.path)):
        try:
            name = clean_name(file.name)
        except ValueError as error:
            dropped.append(Dropped(printed(file.name), "name", str(error)))
            continue
        other = taken.setdefault(name, file)
        if other.root != file.root:
            dropped.append(Dropped(name, "file", f"hidden by {printed(other.path)}"))
    return taken


def _first(files: Iterable[File], dropped: list[Dropped]) -> Iterator[File]:
    """The first shard of each model; what is missing is counted."""
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
    """The models of one folder, with what its projectors add to them."""
    models = [(name, said) for name, said in group if said.kind == "model"]
    projectors = [said for _, said in group if said.kind == "projector"]
    alone = len({said.title if said.title[0] else name for name, said in models}) == 1
    for name, said in models:
        fitting = [p for p in projectors if _fits(p, said, alone=alone)]
        senses: dict[str, object] = {}
        if any(p.sees for p in fitting):
            senses["supports_vision"] = True
        if any(p.hears for p in fitting):
            senses["supports_audio"] = True
        yield name, Model(said.family, said.display_name, {**said.capabilities, **senses})


def _fits(projector: Facts, model: Facts, *, alone: bool) -> bool:
    """Whether a projector is this model's; `alone` when no other model lies in the folder."""
    theirs, ours = projector.title[0], model.title[0]
    if alone:
        return theirs == ours or not (theirs and ours)
    return bool(ours) and projector.title == model.title
