"""The file in which chuk-llm's performance lab leaves its figures."""

import os
from pathlib import Path

NAME = "perf_json"
"""Under which resolver its figures stand in the catalog."""


def default_path() -> Path | None:
    """The file, where it exists."""
    try:
        path = Path("~/.cache/chuk-llm/perf.json").expanduser()
    except RuntimeError:  # a service account may have no home
        return None
    return path if os.path.isfile(path) else None  # noqa: PTH113 - False where it may not look


def version(path: Path) -> str:
    """Text that changes when the file does; opens nothing. Raises OSError."""
    about = path.stat()
    return f"{about.st_mtime_ns}-{about.st_size}"
