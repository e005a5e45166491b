"""What the cases share: a temporary folder, the sizes asked for, and catalogs of those sizes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import stretched
from modeldex import ModelRegistry


class Sizes(NamedTuple):
    """How much is measured."""

    models: tuple[int, ...]
    measurements: tuple[int, ...]
    starts: int
    rounds: int
    questions: int


class Ground:
    """A temporary folder in which files are made at first use and then kept."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes

    async def shipped(self) -> Path:
        """A catalog that holds the shipped data and nothing else."""
        path = self.folder / "shipped.db"
        if not path.exists():
            with telling("loading the shipped data"):
                async with ModelRegistry(db=path, environ={}) as registry:
                    await registry.load_shipped()
        return path

    async def catalog(self, models: int) -> Path:
        """A catalog of so many models; those of all sizes are alike."""
        path = self.folder / f"models_{models}.db"
        if not path.exists():
            patterns = stretched.patterns(await self.shipped(), min(self.sizes.models))
            with telling(f"making a catalog of {models:,} models"):
                stretched.build(path, patterns, models)
        return path


@contextmanager
def telling(work: str) -> Iterator[None]:
    """Say on stderr what takes long, and how long it took."""
    print(f"{work} ...", file=sys.stderr, end=" ", flush=True)
    begun = time.perf_counter()
    yield
    print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
