"""Find GGUF files on this machine and derive a model name from each path.

A model's name is the path relative to the searched folder, without `.gguf` and shard number:
`publisher/repo/file` in LM Studio's folder. In a cache of the Hugging Face Hub it is
`org/repo/file`, without the revision.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.text import printable

# Bounds the time of a scan if someone configures a folder such as their whole disk.
MAX_ENTRIES = 200_000

# (variable, subfolder). All existing folders are searched, as a cache that was moved by a
# variable may leave files in its old place.
_DEFAULTS = (
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
_SKIPPED = re.compile(r"\..*|blobs|(?:datasets|spaces)--.*")


class File(NamedTuple):
    """One GGUF file; `root` is the index of its searched folder.

    `shard` is (number, count), counting from 1; (1, 1) for a model in one file.
    """

    root: int
    path: str
    name: str
    shard: tuple[int, int]
    size: int
    mtime_ns: int


class Scan(NamedTuple):
    """Result of a scan: files in the order of the folders; `fault` if the scan failed."""

    files: list[File]
    dropped: list[Dropped]
    fault: str | None = None

    @property
    def digest(self) -> str:
        """Text that changes when a file is added, removed, renamed or modified."""
        sha = sha256(repr(self.fault).encode())
        for file in self.files:
            line = f"{file.name}\0{file.path}\0{file.size}\0{file.mtime_ns}\n"
            sha.update(os.fsencode(line))
        return f"{len(self.files)}+{sha.hexdigest()[:32]}"


class _TooMany(Exception):
    """The folders have more than MAX_ENTRIES entries."""


def default_folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders in MODELDEX_GGUF, then existing ones of LM Studio, llama.cpp and Hub."""
    known = {"HOME": environ.get("USERPROFILE", "")} | {k: v for k, v in environ.items() if v}
    named = [_expanded(path, known) for path in environ.get("MODELDEX_GGUF", "").split(os.pathsep)]
    defaults = [
        os.path.normpath(f"{_expanded(known[variable], known)}/{below}")
        for variable, below in _DEFAULTS
        if known.get(variable)
    ]
    return tuple(dict.fromkeys([*filter(None, named), *filter(os.path.isdir, defaults)]))


def _expanded(path: str, known: Mapping[str, str]) -> str:
    path = path.strip()
    is_home = path.startswith("~") and path[1:2] in ("", "/", os.sep) and known["HOME"]
    return known["HOME"] + path[1:] if is_home else path


def scan(folders: Iterable[str | os.PathLike[str]]) -> Scan:
    """Return every GGUF file below the folders; follows links, visits each folder once.

    Hidden entries are skipped. What cannot be read is in `dropped`; `fault` is set if none of
    the folders can be read or they have more than MAX_ENTRIES entries.
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
    """One walk over all folders that visits each only once."""

    def __init__(self) -> None:
        self.dropped: list[Dropped] = []
        self.closed: set[str] = set()
        self._visited: set[tuple[int, int]] = set()
        self._count = 0

    def below(self, root: str, number: int) -> Iterator[File]:
        """Yield the GGUF files below a folder.

        Links are followed last, so that a folder reachable both ways keeps its real path.
        """
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
        """Return the visible entries of a folder in reverse order; none if visited before."""
        try:
            # Links may form a loop: device and inode identify a folder, its path does not.
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in self._visited:
                return []
            self._visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                found = list(islice(entries, MAX_ENTRIES + 1 - self._count))
        except OSError as error:
            self.closed.add(folder)
            self._drop(folder, error)
            return []
        self._count += len(found)
        if self._count > MAX_ENTRIES:
            raise _TooMany
        shown = (entry for entry in found if not _SKIPPED.fullmatch(entry.name))
        return sorted(shown, key=lambda entry: entry.name, reverse=True)

    def _drop(self, path: str, error: OSError) -> None:
        self.dropped.append(Dropped(printed(path), "file", error.strerror or type(error).__name__))


def _file(entry: os.DirEntry[str], root: str, number: int) -> Iterator[File]:
    status = entry.stat()
    if stat.S_ISREG(status.st_mode):
        name, shard = _named(entry.path, root)
        yield File(number, entry.path, name, shard, status.st_size, status.st_mtime_ns)


def _named(path: str, root: str) -> tuple[str, tuple[int, int]]:
    """Return the name of the model that a file belongs to, and its shard."""
    stem = path[: -len(_SUFFIX)].replace(os.sep, "/")
    if hub := _HUB.fullmatch(stem):
        name = f"{hub[1].replace('--', '/')}/{hub[2]}"
    else:
        name = stem[len(root) :].lstrip("/")
    if part := _SHARD.fullmatch(name):
        return part[1], (int(part[2]), int(part[3]))
    return name, (1, 1)


def printed(path: str) -> str:
    """Return the path in printable form, escaped if it holds control characters."""
    return path if printable(path) else ascii(path)
