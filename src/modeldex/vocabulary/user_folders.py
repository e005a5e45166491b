"""The user's folders of modeldex: for configuration, and for the catalog."""

import os
import sys
from pathlib import Path

_ON_LINUX = {"config": ".config", "data": ".local/share"}


def user_folder(kind: str) -> Path:
    """The folder for `config` or `data`, existing or not. Raises RuntimeError without a home."""
    given = Path(os.environ.get(f"XDG_{kind.upper()}_HOME", ""))
    base = given if given.is_absolute() else Path(os.environ.get("HOME", ""), _ON_LINUX[kind])
    # What platformdirs says here, whose import takes longer than a question does.
    if sys.platform == "linux" and base.is_absolute():
        return base / "modeldex"
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_path")("modeldex"))
