"""A writer that stays open between short writes."""

import contextlib
import os
import threading
from collections.abc import Iterator

from modeldex.storage.location import Place
from modeldex.storage.open import make_current, open_writer
from modeldex.storage.reader import inherited
from modeldex.storage.sqlite.writer import Writer


class KeptWriter:
    """The writer of one catalog, for one write after another of any thread.

    Its connections know the schema and have compiled their statements, which takes ten times as
    long as a short write. It is opened anew after an error or a fork, and where the file was
    replaced or changed to another schema.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._writer: Writer | None = None
        self._pid = os.getpid()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def use(self) -> Iterator[Writer]:
        """Yield the writer. Raises CatalogError."""
        self._notice_fork()
        with self._lock, contextlib.ExitStack() as failed:
            failed.callback(self._close)
            yield self._opened()
            failed.pop_all()

    def close(self) -> None:
        """Close it after the write that is running; the next one opens it again."""
        self._notice_fork()
        with self._lock:
            self._close()

    def _notice_fork(self) -> None:
        """Leave connections and lock to the parent process, where another thread may hold it."""
        if os.getpid() != self._pid:
            inherited.append(self._writer)
            self._pid, self._writer, self._lock = os.getpid(), None, threading.Lock()

    def _opened(self) -> Writer:
        if self._writer is not None and not self._writer.is_usable():
            self._close()
            make_current(self._place)
        if self._writer is None:
            self._writer = open_writer(self._place)
        self._writer.held_ms.clear()  # or it would grow without end
        return self._writer

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
