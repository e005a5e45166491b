"""The user's folders: those of modeldex for configuration, catalog and marks, and `~`."""

import os
import sys
from pathlib import Path

from modeldex.errors import NoHome

_ON_LINUX = {"config": ".config", "data": ".local/share", "state": ".local/state"}


def user_folder(kind: str) -> Path:
    """The folder for `config`, `data` or `state`, existing or not. Raises NoHome."""
    given = Path(os.environ.get(f"XDG_{kind.upper()}_HOME", ""))
    base = given if given.is_absolute() else Path(os.environ.get("HOME", ""), _ON_LINUX[kind])
    # What platformdirs says here, whose import takes longer than a question does.
    if sys.platform == "linux" and base.is_absolute():
        return base / "modeldex"
    import platformdirs

    try:
        return at_home(getattr(platformdirs, f"user_{kind}_path")("modeldex"))
    except RuntimeError:
        raise NoHome from None


def here(path: str | os.PathLike[str]) -> str:
    """A path with the name of this machine, which tells apart those that share a catalog."""
    import platform

    return f"{platform.node()}:{os.path.abspath(path)}"  # noqa: PTH100 - follows no link


def at_home(path: str | os.PathLike[str]) -> Path:
    """The path with `~` resolved. Raises NoHome."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise NoHome from None
