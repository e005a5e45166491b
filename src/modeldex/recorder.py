"""What a registry takes in beside refreshes: samples of a perf lab."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, cast

from modeldex.intake import Progress
from modeldex.measurements import RecordReport, given, import_file, record
from modeldex.places import Place
from modeldex.samples import Measurement
from modeldex.threads import to_its_end


class Recorder(ABC):
    """Keeps measurements in one catalog; the law of merging is in `modeldex.measurements`."""

    path: Place

    @abstractmethod
    async def _prepare(self) -> None:
        """Load what is on this machine, if that is not done yet."""

    async def record(self, provider: str, name: str, **figures: Any) -> RecordReport:
        """Keep one sample; `figures` are the other fields of Measurement.

        A model that nobody knows is created, and named in the report. Raises
        InvalidMeasurements for a figure that cannot be a fact, TypeError for one that there
        is not.
        """
        return await self.record_many([Measurement(provider, name, **figures)], strict=True)

    async def record_many(
        self,
        measurements: Iterable[Measurement | Mapping[str, object]],
        *,
        strict: bool = False,
        dry_run: bool = False,
    ) -> RecordReport:
        """Keep many samples: Measurements, or mappings with their fields or the usual synonyms.

        Those that cannot be facts are refused, by their place counted from 1, and the rest is
        kept; with `strict` InvalidMeasurements is raised instead and nothing is kept. With
        `dry_run` the report says what would happen.
        """
        await self._prepare()
        rows = given(measurements)
        report = await to_its_end(record, self.path, rows, strict=strict, dry_run=dry_run)
        return cast("RecordReport", report)

    async def import_measurements(
        self,
        file: str | os.PathLike[str],
        *,
        format: str | None = None,  # noqa: A002 - what the command line calls it, too
        strict: bool = False,
        dry_run: bool = False,
        progress: Progress = lambda _text: None,
    ) -> RecordReport:
        """Keep the samples of a file, or of another catalog, which is only read.

        `format` is json, jsonl, csv or db, by default as the name of the file ends. Rows that
        state no time have that of the file. `strict` and `dry_run` as in `record_many`.
        Raises InvalidMeasurements, OSError where it cannot be read, CatalogError.
        """
        await self._prepare()
        how = {"strict": strict, "dry_run": dry_run, "progress": progress}
        return cast("RecordReport", await to_its_end(import_file, self.path, file, format, **how))
