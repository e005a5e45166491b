"""Read the key-values in the header of a GGUF file, without arrays and tensors.

GGUF versions 2 and 3, either byte order. A header is untrusted input: every count and length
is checked against the file's size before it is used.
"""

import stat
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from struct import Struct, calcsize
from typing import NamedTuple

from modeldex.errors import ModeldexError

Value = int | float | bool | str

VERSIONS = (2, 3)
# Bytes; a vocabulary is the largest part of a header, and a few MB of it are usual.
MAX_READ = 64 * 1024 * 1024
MAX_KEYS = 65_536
MAX_KEY = 65_535
MAX_NESTED = 65_536
MAX_STRING = 1024 * 1024
WINDOW = 64 * 1024

_MAGIC = b"GGUF"
_LENGTH = 8
# Lower bounds in bytes: length of the key 8, type 4, value 1; length of the name 8, number of
# dimensions 4, type 4, offset 8.
_SMALLEST_KEY_VALUE = 13
_SMALLEST_TENSOR = 24
# An array in an array: type 4, length 8.
_SMALLEST_ARRAY = 12
_DEEPEST = 8
_BOOL, _STRING, _ARRAY = 7, 8, 9
_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_WIDTHS = {kind: calcsize(f"<{code}") for kind, code in _SCALARS.items()}


class InvalidGguf(ModeldexError, ValueError):
    """The file at `path` is not a readable GGUF file, for `reason`."""

    def __init__(self, path: str | Path, reason: str) -> None:
        self.path = Path(path)
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class Header(NamedTuple):
    """The header of a GGUF file.

    `values` holds the wanted key-values that are numbers, flags or strings; `bytes_read` is the
    number of bytes read from the file.
    """

    version: int
    big_endian: bool
    tensor_count: int
    values: dict[str, Value]
    bytes_read: int


class _Invalid(Exception):
    """The reason why the file is invalid."""


def _any(_key: str) -> bool:
    return True


def read_header(path: str | Path, wanted: Callable[[str], bool] = _any) -> Header:
    """Return the header of the file with the key-values whose key is `wanted`.

    Skips arrays and strings that are longer than MAX_STRING bytes or not UTF-8. Raises
    InvalidGguf for a file that is not GGUF, is truncated, states counts beyond its size or has
    a header of more than MAX_READ bytes; OSError if it cannot be opened.
    """
    path = Path(path)
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InvalidGguf(path, "not a regular file")
    with path.open("rb", buffering=0) as file:
        try:
            return _read(_Cursor(file, status.st_size), wanted)
        except _Invalid as invalid:
            raise InvalidGguf(path, str(invalid)) from None


class _Cursor:
    """Reads one file forward through a buffered window and counts the bytes read.

    `nested` counts the arrays in arrays.
    """

    def __init__(self, file: FileIO, size: int) -> None:
        self.bytes_read = 0
        self.nested = 0
        self.order = "<"
        self._length = Struct("<Q")
        self._file = file
        self._size = size
        self._window = b""
        self._start = 0
        self._at = 0

    def orient(self, order: str) -> None:
        """Set the byte order of the following numbers, `<` or `>`."""
        self.order = order
        self._length = Struct(f"{order}Q")

    @property
    def left(self) -> int:
        """Number of bytes after the cursor; negative if it is beyond the end."""
        return self._size - self._start - self._at

    def need(self, count: int) -> None:
        """Raise _Invalid unless the file has `count` more bytes."""
        if count > self.left:
            raise _Invalid(f"ends at byte {self._size}, in the middle of its header")

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self._load(count)
        piece = self._window[self._at : self._at + count]
        self._at += count
        return piece

    def skip(self, count: int) -> None:
        """Skip the next bytes without reading them."""
        self.need(count)
        self._at += count

    def number(self, kind: int) -> int | float:
        """Return the next number, of this GGUF value type."""
        form = Struct(self.order + _SCALARS[kind])
        number: int | float = form.unpack(self.take(form.size))[0]
        return number

    def kind(self) -> int:
        """Return the next GGUF value type."""
        return int.from_bytes(self.take(4), "little" if self.order == "<" else "big")

    def length(self) -> int:
        """Return the next length or count."""
        length: int = self._length.unpack(self.take(_LENGTH))[0]
        return length

    def skip_strings(self, count: int) -> None:
        """Skip strings by their lengths; a vocabulary has hundreds of thousands."""
        while count:
            self._load(_LENGTH)
            count = self._skip_loaded(count)
            # A string length may have moved the cursor beyond the end of the file.
            self.need(0)

    def _skip_loaded(self, count: int) -> int:
        """Skip the strings that begin in the window; return how many remain."""
        # Local names: this loop runs once per string of the vocabulary.
        window, at, size = self._window, self._at, self._length.unpack_from
        last = len(window) - _LENGTH
        for left in range(count, 0, -1):
            if at > last:
                self._at = at
                return left
            at += _LENGTH + size(window, at)[0]
        self._at = at
        return 0

    def _load(self, count: int) -> None:
        """Read the next `count` bytes into the window."""
        if self._at + count <= len(self._window):
            return
        self.need(count)
        rest = self._window[self._at :]
        self._start += self._at
        self._at = 0
        self._file.seek(self._start + len(rest))
        while len(rest) < count:
            fresh = self._file.read(max(count, WINDOW) - len(rest))
            if not fresh:
                raise _Invalid("shrank while it was read")
            rest += fresh
            self.bytes_read += len(fresh)
        if self.bytes_read > MAX_READ:
            raise _Invalid(f"has a header of more than {MAX_READ} bytes")
        self._window = rest


def _read(cursor: _Cursor, wanted: Callable[[str], bool]) -> Header:
    if cursor.left < len(_MAGIC) or cursor.take(len(_MAGIC)) != _MAGIC:
        raise _Invalid("not a GGUF file")
    version = _version(cursor)
    tensors = _count(cursor, "tensors", _SMALLEST_TENSOR)
    keys = _count(cursor, "key-values", _SMALLEST_KEY_VALUE)
    if keys > MAX_KEYS:
        raise _Invalid(f"claims {keys} key-values")
    values: dict[str, Value] = {}
    for _ in range(keys):
        key = _key(cursor)
        kind = cursor.kind()
        if wanted(key):
            if key in values:
                raise _Invalid(f"states {ascii(key)[:80]} twice")
            value = _value(cursor, kind)
            if value is not None:
                values[key] = value
        else:
            _skip(cursor, kind)
    return Header(version, cursor.order == ">", tensors, values, cursor.bytes_read)


def _version(cursor: _Cursor) -> int:
    # The version is 2 or 3 in the file's byte order, which it thereby reveals.
    raw = cursor.take(4)
    little, big = int.from_bytes(raw, "little"), int.from_bytes(raw, "big")
    if big in VERSIONS:
        cursor.orient(">")
        return big
    if little not in VERSIONS:
        raise _Invalid(f"GGUF version {min(little, big)} is not supported, only 2 and 3")
    return little


def _count(cursor: _Cursor, what: str, smallest: int) -> int:
    count = cursor.length()
    if count * smallest > cursor.left:
        raise _Invalid(f"claims {count} {what}, more than its size can hold")
    return count


def _key(cursor: _Cursor) -> str:
    length = cursor.length()
    if not 0 < length <= MAX_KEY:
        raise _Invalid(f"has a key of {length} bytes")
    try:
        return cursor.take(length).decode()
    except UnicodeDecodeError:
        raise _Invalid("has a key that is not UTF-8") from None


def _value(cursor: _Cursor, kind: int) -> Value | None:
    if kind == _STRING:
        return _string(cursor)
    if kind not in _SCALARS:
        _skip(cursor, kind)
        return None
    number = cursor.number(kind)
    if kind != _BOOL:
        return number
    if number > 1:
        raise _Invalid(f"has a flag with the value {number}, expected 0 or 1")
    return bool(number)


def _string(cursor: _Cursor) -> str | None:
    length = cursor.length()
    if length > MAX_STRING:
        cursor.skip(length)
        return None
    try:
        return cursor.take(length).decode()
    except UnicodeDecodeError:
        return None


def _skip(cursor: _Cursor, kind: int) -> None:
    if kind == _STRING:
        cursor.skip(cursor.length())
    elif kind == _ARRAY:
        _skip_array(cursor)
    else:
        cursor.skip(_width(kind))


def _skip_array(cursor: _Cursor, depth: int = 1) -> None:
    cursor.nested += depth > 1
    if depth > _DEEPEST or cursor.nested > MAX_NESTED:
        raise _Invalid(f"has arrays in arrays, more than {_DEEPEST} deep or {MAX_NESTED}")
    kind = cursor.kind()
    if kind == _STRING:
        cursor.skip_strings(_count(cursor, "strings", _LENGTH))
    elif kind == _ARRAY:
        for _ in range(_count(cursor, "arrays", _SMALLEST_ARRAY)):
            _skip_array(cursor, depth + 1)
    else:
        width = _width(kind)
        cursor.skip(_count(cursor, "numbers", width) * width)


def _width(kind: int) -> int:
    if kind not in _WIDTHS:
        raise _Invalid(f"has a value of the unknown type {kind}")
    return _WIDTHS[kind]
