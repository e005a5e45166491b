"""The ready file: a catalog that holds the shipped data, compressed, for new catalogs to copy.

The build makes it (`scripts/build_ready.py`) and an installed package has it. In a source tree it
lies in a folder that git ignores, and is used only while nothing has changed that it was made
from. Whoever cannot use it loads the snapshots, with the same outcome.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from modeldex.storage.sqlite.scratch import image_connection
from modeldex.storage.sqlite.state import state
from modeldex.upstream import snapshots
from modeldex.vocabulary.providers import canonical

CATALOG = snapshots.READY / "catalog.db.xz"
MADE_FROM = snapshots.READY / "made-from"
"""Holds the digest of what the ready file was made from; in a source tree only."""

_PACKAGE = snapshots.DATA.parent
_INPUTS = ("data", "refresh", "resolvers", "sources", "storage", "upstream", "vocabulary")


def made_from() -> str:
    """The digest of all that decides about the content of the ready file, in a source tree."""
    from hashlib import sha256

    total = sha256((_PACKAGE / "version.py").read_bytes())
    for file in sorted(_inputs()):
        total.update(f"\n{file.relative_to(_PACKAGE).as_posix()} ".encode())
        total.update(sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _inputs() -> Iterator[Path]:
    for folder in _INPUTS:
        for kind in ("*.py", "*.toml", "*.json", "*.csv"):
            for file in (_PACKAGE / folder).rglob(kind):
                if snapshots.READY not in file.parents:
                    yield file


def is_current() -> bool:
    """Whether there is a ready file of this version and, in a source tree, of this source."""
    if not CATALOG.exists():
        return False
    if not snapshots.path(snapshots.NAMES[0]).exists():
        return True
    return MADE_FROM.exists() and MADE_FROM.read_text("ascii") == made_from()


def image() -> bytes | None:
    """The catalog file, about 10 MB; None if it is missing, damaged or not of this program.

    None, too, where the user's own providers.toml gives shipped providers other ids.
    """
    import lzma

    if not is_current():
        return None
    try:
        content = lzma.decompress(CATALOG.read_bytes())
    except (OSError, EOFError, lzma.LZMAError):
        return None
    return content if _is_ours(content) else None


def _is_ours(content: bytes) -> bool:
    if not content.startswith(b"SQLite format 3\0"):
        return False
    with closing(image_connection(content)) as catalog:
        if not state(catalog).is_current:
            return False
        rows = catalog.execute("SELECT DISTINCT provider FROM models").fetchall()
    return all(canonical(provider) == provider for (provider,) in rows)
