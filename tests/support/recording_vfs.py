"""A disk that remembers: which file operations SQLite made, and what a power cut leaves of them.

apsw brings a SQLite of its own, so what the library sent to its connections is sent again to
one that writes through a recording VFS.
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import apsw

SECTOR = 512


class Operation(NamedTuple):
    """One change of a file or its name; nothing before a `sync` of the file is safe.

    `what` is create, write, truncate, sync, delete, or acknowledged: a COMMIT has returned.
    """

    what: str
    file: str = ""
    at: int = 0
    data: bytes = b""


class Sent(NamedTuple):
    """One thing that a connection was asked to do: open, run or close."""

    what: str
    connection: int
    sql: str = ""
    values: tuple[Any, ...] = ()


# Recording.


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], note: Callable[..., None]) -> None:
        super().__init__("", name, flags)
        self.note = note

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self.note("write", offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self.note("truncate", newsize)
        super().xTruncate(newsize)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self.note("sync")


class _Recorder(apsw.VFS):
    name = "recording"

    def __init__(self, log: list[Operation]) -> None:
        super().__init__(self.name, "")
        self.log = log

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if name is None:  # temporary: nobody looks for it after a cut
            return apsw.VFSFile("", name, flags)
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        if not path.exists():
            self.log.append(Operation("create", path.name))
        return _File(name, flags, lambda what, *more: self._note(what, path.name, *more))

    def _note(self, what: str, name: str, *more: Any) -> None:
        self.log.append(Operation(what, name, *more))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        name = Path(filename).name
        self.log.append(Operation("delete", name))
        if syncdir:
            self.log.append(Operation("sync", name))


class Recording(NamedTuple):
    """What happened to the files, and what `look` saw at first and after each COMMIT."""

    operations: list[Operation]
    states: list[Any]


def record(path: Path, script: Iterable[Sent], look: Callable[[apsw.Connection], Any]) -> Recording:
    """Send a script to the database at `path`; each COMMIT that returns is noted."""
    log: list[Operation] = []
    recorder = _Recorder(log)
    connections: dict[int, apsw.Connection] = {}
    states = []
    for what, number, sql, values in script:
        if what == "open":
            connections[number] = apsw.Connection(str(path), vfs=recorder.name)
            states = states or [look(connections[number])]
        elif what == "close":
            connections.pop(number).close()
        else:
            for row in values or (None,):
                connections[number].execute(sql, row).fetchall()
            if sql == "COMMIT":
                log.append(Operation("acknowledged"))
                states.append(look(connections[number]))
    recorder.unregister()
    return Recording(log, states)


# Cutting.


def _write(content: bytearray, at: int, data: bytes) -> None:
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def _done(content: bytearray | None, operation: Operation) -> bytearray | None:
    """A file after an operation that was completed; None is no file."""
    if operation.what == "delete":
        return None
    if operation.what == "create" or content is None:
        content = bytearray()
    if operation.what == "write":
        _write(content, operation.at, operation.data)
    elif operation.what == "truncate":
        del content[operation.at :]
    return content


class _Luck:
    """How one cut treats what was under way: sectors land or not, torn ones and noise."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.odds = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        self.noise = chance.choice((0.0, 0.0, 0.1))
        self.sector = chance.choice((SECTOR, 8 * SECTOR))

    def lands(self) -> bool:
        return self.chance.random() < self.odds

    def piece(self, data: bytes) -> bytes:
        """A sector as it landed."""
        if self.chance.random() >= self.noise:
            return data
        kept = self.chance.randrange(len(data))
        return data[:kept] + self.chance.choice((b"", self.chance.randbytes(len(data) - kept)))

    def apply(self, content: bytearray, operation: Operation) -> None:
        """Some sectors of a write, or perhaps a truncation."""
        start, end = operation.at, operation.at + len(operation.data)
        if operation.what == "truncate" and self.lands():
            del content[operation.at :]
        while start < end:
            stop = min(end, (start // self.sector + 1) * self.sector)
            if self.lands():
                data = operation.data[start - operation.at : stop - operation.at]
                _write(content, start, self.piece(data))
            start = stop


class _Stored:
    """One file name: what is safe behind it, and what is under way, in order."""

    def __init__(self, safe: bytes | None) -> None:
        self.safe = None if safe is None else bytearray(safe)
        self.under_way: list[Operation] = []

    def take(self, operation: Operation) -> None:
        if operation.what != "sync":
            self.under_way.append(operation)
            return
        for done in self.under_way:
            self.safe = _done(self.safe, done)
        self.under_way = []

    def after_a_cut(self, luck: _Luck) -> bytes | None:
        """Names change in order, up to any point; of what was written since, any part landed."""
        named = [i for i, o in enumerate(self.under_way) if o.what in ("create", "delete")]
        reached = luck.chance.choice([-1, *named])
        content = bytearray(self.safe) if self.safe is not None else None
        if reached >= 0:
            content = _done(content, self.under_way[reached])
        if content is None:
            return None
        for operation in self.under_way[reached + 1 :]:
            if operation.what in ("create", "delete"):
                break
            luck.apply(content, operation)
        return bytes(content)


class Disk:
    """Files as operations come in, and as a cut of the power would leave them."""

    def __init__(self, name: str, content: bytes) -> None:
        self.acknowledged = 0
        self._files = {name: _Stored(content)}

    def take(self, operation: Operation) -> None:
        """Let one operation happen."""
        if operation.what == "acknowledged":
            self.acknowledged += 1
        else:
            self._files.setdefault(operation.file, _Stored(None)).take(operation)

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files that somebody finds who switches on again."""
        luck = _Luck(chance)
        found = {name: file.after_a_cut(luck) for name, file in self._files.items()}
        return {name: content for name, content in found.items() if content is not None}
