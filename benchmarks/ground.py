"""Fixtures of the cases: a temporary folder, sizes, and catalogs of those sizes."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import stretched

from modeldex import ModelRegistry


class Sizes(NamedTuple):
    """The sizes of a run, from the command line."""

    models: tuple[int, ...]
    measurements: tuple[int, ...]
    starts: int
    rounds: int
    questions: int


class Ground:
    """Catalogs in a temporary folder, created at first use."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes

    async def shipped(self) -> Path:
        """Return the path of a catalog with only the shipped data."""
        path = self.folder / "shipped.db"
        if not path.exists():
            with telling("loading the shipped data"):
                async with ModelRegistry(db=path, environ={}) as registry:
                    await registry.load_shipped()
        return path

    def copy(self, path: Path, name: str) -> Path:
        """Copy a closed catalog file, to write to the copy."""
        return Path(shutil.copyfile(path, self.folder / f"{name}.db"))

    async def catalog(self, models: int, kind: stretched.Kind = stretched.mixed) -> Path:
        """Return the path of a synthetic catalog; all sizes are drawn from the same models."""
        path = self.folder / f"{kind.__name__}_{models}.db"
        if not path.exists():
            drawn = stretched.real(await self.shipped(), min(self.sizes.models))
            with telling(f"making a {kind.__name__} catalog of {models:,} models"):
                stretched.build(path, kind, drawn, models)
        return path


@contextmanager
def telling(work: str) -> Iterator[None]:
    """Print on stderr what is running and how long it took."""
    print(f"{work} ...", file=sys.stderr, end=" ", flush=True)
    begun = time.perf_counter()
    yield
    print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
