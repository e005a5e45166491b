"""Temporary copies of a catalog, for `refresh --dry-run`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def copies(path: Path) -> Iterator[tuple[Path, Path]]:
    """Paths of two equal copies with the current schema; empty if there is no catalog at `path`.

    One is refreshed and then compared with the other; both are deleted at the end.
    """
    from modeldex.backup import copy
    from modeldex.migrate import migrate

    with TemporaryDirectory(prefix="modeldex-") as folder:
        before, after = Path(folder) / "before.db", Path(folder) / "after.db"
        if path.exists():
            copy(path, before)
        migrate(before)  # before the second copy is made, so that a migration is no difference
        shutil.copyfile(before, after)
        yield before, after
