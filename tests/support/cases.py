"""Several cases in one test, each of which is named where it fails."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def case(*told: object) -> Iterator[None]:
    """Says of a failure inside which of the cases it was."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"the case: {', '.join(repr(each)[:200] for each in told)}")
        raise
