"""Reads text files line by line, of which none is longer than a cap, however they are made."""

import csv
import io
from collections.abc import Iterator
from typing import IO

from modeldex.vocabulary.caps import LINE, TooMuch

_PART = 1 << 17  # characters that are read at once


def lines(file: IO[str]) -> Iterator[list[str]]:
    """Yield the lines of a file, opened with newline="", some at once. Raises TooMuch."""
    number, rest = 1, ""
    while part := file.read(_PART):
        # The last line may go on in the next part, be it by the second half of its end.
        *whole, rest = io.StringIO(rest + part, newline="").readlines()
        if len(max(whole, key=len, default="")) > LINE or len(rest) > LINE:
            raise _too_long(number + next(n for n, x in enumerate([*whole, rest]) if len(x) > LINE))
        number += len(whole)
        yield whole
    yield [rest] if rest else []


def csv_records(file: IO[str]) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the records of a CSV file: the first line and the cells, or the reason why not.

    Raises TooMuch.
    """
    source = _RecordLines(file)
    reader = csv.reader(source)
    while True:
        # Lines, not records: a quoted cell may contain newlines.
        number = reader.line_num + 1
        source.begin(number)
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"not CSV: {error}"


class _RecordLines:
    """The lines of a file; those since the last `begin` have at most LINE characters together."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._left = LINE
        self._first = 1

    def begin(self, number: int) -> None:
        """A record begins on the line of this number."""
        self._left, self._first = LINE, number

    def __iter__(self) -> "_RecordLines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise _too_long(self._first)
        if not line:
            raise StopIteration
        return line


def _too_long(number: int) -> TooMuch:
    return TooMuch(f"line {number:,} is longer than {LINE:,} characters", number)
