"""The result file of chuk-llm's performance lab."""

import os
from pathlib import Path

NAME = "perf_json"
"""Name of the resolver of its figures."""


def default_path() -> Path | None:
    """Return the path of the file; None if it does not exist."""
    try:
        path = Path("~/.cache/chuk-llm/perf.json").expanduser()
    except RuntimeError:  # a service account may have no home
        return None
    return path if os.path.isfile(path) else None  # noqa: PTH113 - False where it may not look


def version(path: Path) -> str:
    """Return the file's modification time and size as text. Raises OSError."""
    status = path.stat()
    return f"{status.st_mtime_ns}-{status.st_size}"
