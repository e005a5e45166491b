"""Keeps what the code of plug-ins prints away from stdout, which has the answer of the command."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import IO, Any

_STDOUT, _STDERR = 1, 2


@contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send to stderr what is written to stdout inside, by Python, C code and child processes.

    Whatever is done inside to the two streams and their descriptors is undone at the end.
    """
    with ExitStack() as undo:
        undo.enter_context(_descriptors())
        if sys.stderr is not None:
            undo.enter_context(redirect_stdout(_Unclosable(sys.stderr)))
            undo.enter_context(redirect_stderr(_Unclosable(sys.stderr)))
        yield


@contextmanager
def _descriptors() -> Iterator[None]:
    if sys.stdout is not None:
        sys.stdout.flush()
    with ExitStack() as undo:
        with suppress(OSError):  # the caller has closed one of them
            for number in (_STDERR, _STDOUT):
                undo.callback(_restore, os.dup(number), number)
            os.dup2(_STDERR, _STDOUT)
        yield


def _restore(copy: int, number: int) -> None:
    os.dup2(copy, number)
    os.close(copy)


class _Unclosable:
    """Another stream, but that `close` does nothing."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Whatever the stream has."""
        return getattr(self._stream, name)

    def close(self) -> None:
        """Do nothing: others write to the stream later."""
