"""Two copies of a catalog, one of which a refresh may write to."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def copies(path: Path) -> Iterator[tuple[Path, Path]]:
    """Two copies of a catalog as it is now, up to date; of one that does not exist, empty ones."""
    from modeldex.backup import copy
    from modeldex.migrate import migrate

    with TemporaryDirectory(prefix="modeldex-") as folder:
        before, after = Path(folder) / "before.db", Path(folder) / "after.db"
        if path.exists():
            copy(path, before)
        migrate(before)
        shutil.copyfile(before, after)
        yield before, after
