"""Where GGUF files lie on this machine, and what each of them is called.

A model's name is its path below the folder it was found in, without `.gguf` and the number of
a shard: `publisher/repo/file` in LM Studio's folder. In a cache of the Hugging Face Hub it is
`org/repo/file`, whatever the revision.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from modeldex.claims import Dropped
from modeldex.fields import printable

MAX_ENTRIES = 200_000

# An older cache may still hold files after a variable has moved it: each that exists counts.
_USUAL = (
    ("HOME", ".lmstudio/models"),
    ("HOME", ".cache/lm-studio/models"),
    ("LLAMA_CACHE", ""),
    ("HOME", ".cache/llama.cpp"),
    ("HOME", "Library/Caches/llama.cpp"),
    ("XDG_CACHE_HOME", "llama.cpp"),
    ("LOCALAPPDATA", "llama.cpp"),
    ("HF_HUB_CACHE", ""),
    ("HF_HOME", "hub"),
    ("XDG_CACHE_HOME", "huggingface/hub"),
    ("HOME", ".cache/huggingface/hub"),
)
_SUFFIX = ".gguf"
_SHARD = re.compile(r"(.+)-([0-9]{5})-of-([0-9]{5})")
_HUB = re.compile(r"(?:.*/)?models--([^/]+)/snapshots/[^/]+/(.+)")
_PASSED_BY = re.compile(r"\..*|blobs|(?:datasets|spaces)--.*")


class File(NamedTuple):
    """One GGUF file below the folder number `root`.

    `shard` is its number and how many there are, (1, 1) for a whole model.
    """

    root: int
    path: str
    name: str
    shard: tuple[int, int]
    size: int
    mtime_ns: int


class Scan(NamedTuple):
    """What was found: files in the order of their folders; `fault` where that is not all."""

    files: list[File]
    dropped: list[Dropped]
    fault: str | None = None

    @property
    def digest(self) -> str:
        """Text that changes when a file comes, goes, is written or gets another name."""
        whole = sha256(repr(self.fault).encode())
        for file in self.files:
            line = f"{file.name}\0{file.path}\0{file.size}\0{file.mtime_ns}\n"
            whole.update(os.fsencode(line))
        return f"{len(self.files)}+{whole.hexdigest()[:32]}"


class _TooMany(Exception):
    """The folders hold more than anybody's models."""


def default_folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Those that MODELDEX_GGUF names, then those of LM Studio, llama.cpp and Hub that exist."""
    known = {"HOME": environ.get("USERPROFILE", "")} | {k: v for k, v in environ.items() if v}
    named = [_at_home(path, known) for path in environ.get("MODELDEX_GGUF", "").split(os.pathsep)]
    usual = [
        os.path.normpath(f"{_at_home(known[variable], known)}/{below}")
        for variable, below in _USUAL
        if known.get(variable)
    ]
    return tuple(dict.fromkeys([*filter(None, named), *filter(os.path.isdir, usual)]))


def _at_home(path: str, known: Mapping[str, str]) -> str:
    path = path.strip()
    mine = path.startswith("~") and path[1:2] in ("", "/", os.sep) and known["HOME"]
    return known["HOME"] + path[1:] if mine else path


def scan(folders: Iterable[str | os.PathLike[str]]) -> Scan:
    """Every GGUF file below the folders, links followed, each folder visited once.

    Hidden entries are passed by. What cannot be read is in `dropped`; `fault` is set when not
    one of the folders can be, or when they hold more than MAX_ENTRIES entries.
    """
    roots = [os.path.abspath(folder) for folder in folders]  # noqa: PTH100
    walk = _Walk()
    try:
        files = [f for at, root in enumerate(roots) for f in sorted(walk.below(root, at))]
    except _TooMany:
        return Scan([], walk.dropped, f"the folders hold more than {MAX_ENTRIES} entries")
    closed = roots and all(root in walk.closed for root in roots)
    fault = walk.dropped[0].reason if closed else None
    return Scan(files, walk.dropped, fault and f"{printed(roots[0])}: {fault}")


class _Walk:
    """One walk over all folders, which remembers where it has been."""

    def __init__(self) -> None:
        self.dropped: list[Dropped] = []
        self.closed: set[str] = set()
        self._been: set[tuple[int, int]] = set()
        self._seen = 0

    def below(self, root: str, number: int) -> Iterator[File]:
        """The GGUF files below a folder; what lies behind a link is looked for last."""
        folders: list[str] = [root]
        linked: list[str] = []
        while folders or linked:
            for entry in self._entries((folders or linked).pop()):
                try:
                    if entry.is_dir():
                        (linked if entry.is_symlink() else folders).append(entry.path)
                    elif entry.name.lower().endswith(_SUFFIX):
                        yield from _file(entry, root, number)
                except OSError as error:
                    self._drop(entry.path, error)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        """What lies in a folder that was not visited before, by name; hidden entries do not."""
        try:
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in self._been:
                return []
            self._been.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as all_of_it:
                some = list(islice(all_of_it, MAX_ENTRIES + 1 - self._seen))
        except OSError as error:
            self.closed.add(folder)
            self._drop(folder, error)
            return []
        self._seen += len(some)
        if self._seen > MAX_ENTRIES:
            raise _TooMany
        shown = (entry for entry in some if not _PASSED_BY.fullmatch(entry.name))
        return sorted(shown, key=lambda entry: entry.name, reverse=True)

    def _drop(self, path: str, error: OSError) -> None:
        self.dropped.append(Dropped(printed(path), "file", error.strerror or type(error).__name__))


def _file(entry: os.DirEntry[str], root: str, number: int) -> Iterator[File]:
    status = entry.stat()
    if stat.S_ISREG(status.st_mode):
        name, shard = _named(entry.path, root)
        yield File(number, entry.path, name, shard, status.st_size, status.st_mtime_ns)


def _named(path: str, root: str) -> tuple[str, tuple[int, int]]:
    """The name of the model that a file holds or is a part of, and which part."""
    whole = path[: -len(_SUFFIX)].replace(os.sep, "/")
    if hub := _HUB.fullmatch(whole):
        name = f"{hub[1].replace('--', '/')}/{hub[2]}"
    else:
        name = whole[len(root) :].lstrip("/")
    if part := _SHARD.fullmatch(name):
        return part[1], (int(part[2]), int(part[3]))
    return name, (1, 1)


def printed(path: str) -> str:
    """The path as it may be shown and stored."""
    return path if printable(path) else ascii(path)
