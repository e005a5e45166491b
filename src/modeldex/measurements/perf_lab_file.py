"""The result file of chuk-llm's performance lab."""

import os
from pathlib import Path

from modeldex.errors import NoHome
from modeldex.vocabulary.user_folders import at_home

NAME = "perf_json"
"""Name of the resolver of its figures."""


def default_path() -> Path | None:
    """Return the path of the file; None if it does not exist."""
    try:
        path = at_home("~/.cache/chuk-llm/perf.json")
    except NoHome:  # a service account may have no home
        return None
    return path if os.path.isfile(path) else None  # noqa: PTH113 - False where it may not look


def version(path: Path) -> str:
    """Return the file's modification time and size as text. Raises OSError."""
    status = path.stat()
    return f"{status.st_mtime_ns}-{status.st_size}"
