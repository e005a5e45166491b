"""Disks that fill up: one that only SQLite sees, and one that is real where mounting is allowed.

For use in a child process: both change the process they are in.
"""

import _sqlite3
import ctypes
import errno
import os
from pathlib import Path

PAGE = 4096

_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_NAMES = (b"pwrite64", b"pwrite")


class _Vfs(ctypes.Structure):
    """SQLite's `sqlite3_vfs`, whose last members replace single system calls, for tests."""

    _fields_ = (
        ("version", ctypes.c_int), ("file_size", ctypes.c_int), ("longest_path", ctypes.c_int),
        ("following", ctypes.c_void_p), ("name", ctypes.c_char_p), ("own", ctypes.c_void_p),
        ("methods", ctypes.c_void_p * 13),
        ("set_call", ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)),
        ("get_call", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)),
    )  # fmt: skip


class Unsupported(Exception):
    """This kind of disk cannot be had here."""


class PretendedDisk:
    """SQLite's own write call, which after some writes finds no space left.

    Writes that only overwrite need none, unless the disk is `copying`, as btrfs and ZFS are.
    """

    copying = False

    def __init__(self) -> None:
        self._room: int | None = None
        try:
            library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
            library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        except (OSError, AttributeError) as error:
            raise Unsupported(f"SQLite cannot be reached: {error}") from None
        vfs = library.sqlite3_vfs_find(None)
        found = {name: vfs.contents.get_call(vfs, name) for name in _NAMES}
        name, address = next((own for own in found.items() if own[1]), (b"", None))
        if address is None:
            raise Unsupported("SQLite does not write with pwrite")
        self._write, self._replacement = _WRITE(address), _WRITE(self._try_to_write)
        vfs.contents.set_call(vfs, name, ctypes.cast(self._replacement, ctypes.c_void_p))

    def _try_to_write(self, file: int, data: int, size: int, at: int) -> int:
        needs_room = self.copying or at + size > os.fstat(file).st_size
        if needs_room and self._room is not None:
            if self._room == 0:
                ctypes.set_errno(errno.ENOSPC)
                return -1
            self._room -= 1
        written: int = self._write(file, data, size, at)
        return written

    def leave(self, room: int | None) -> None:
        """There is room for so many writes; None is all of them."""
        self._room = room


_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000


class RealDisk:
    """A file system in memory that only this process sees, in which other data takes the room."""

    def __init__(self, folder: Path, size: int = 16 << 20) -> None:
        folder.mkdir()
        self._other = folder / "other data"
        user, group = os.getuid(), os.getgid()
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "unshare") or libc.unshare(_NEW_USER | _NEW_MOUNTS):
            raise Unsupported("a process may have no file system of its own")
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError as error:
            raise Unsupported(f"nothing may be mounted: {error}") from None
        if libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()):
            raise Unsupported(f"nothing may be mounted: {os.strerror(ctypes.get_errno())}")

    def leave(self, room: int | None) -> None:
        """There is room for so many pages; None is for all the other data took."""
        self._other.unlink(missing_ok=True)
        if room is None:
            return
        there = os.statvfs(self._other.parent)
        with self._other.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, there.f_bavail * there.f_frsize - PAGE * room)
