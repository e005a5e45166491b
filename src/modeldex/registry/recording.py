"""Recording of measurements by a registry."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Unpack, cast

from modeldex.measurements.import_file import import_file
from modeldex.measurements.record import RecordReport, numbered_rows, record
from modeldex.measurements.sample import Figures, Measurement
from modeldex.measurements.staging import Progress
from modeldex.storage.concurrency import run_to_completion
from modeldex.storage.kept_writer import KeptWriter
from modeldex.storage.location import Place
from modeldex.upstream import import_benchmarks as benchmarks
from modeldex.upstream.import_benchmarks import BenchmarkReport


class Recording(ABC):
    """Stores measurements in one catalog; `modeldex.measurements.record` defines what is a
    duplicate.
    """

    path: Place
    _writer: KeptWriter

    @abstractmethod
    async def _prepare(self) -> None:
        """Load shipped data and overrides that the catalog lacks."""

    async def record(self, /, provider: str, name: str, **figures: Unpack[Figures]) -> RecordReport:
        """Store one sample; `figures` are the other fields of Measurement.

        An unknown model is created and listed in the report. Raises InvalidMeasurements for an
        invalid value, TypeError for an unknown field.
        """
        return await self.record_many([Measurement(provider, name, **figures)], strict=True)

    async def record_many(
        self,
        measurements: Iterable[Measurement | Mapping[str, object]],
        *,
        strict: bool = False,
        dry_run: bool = False,
        new_models: int | None = None,
    ) -> RecordReport:
        """Store many samples: Measurements, or mappings with their fields or common synonyms.

        Invalid ones are refused, listed by their place from 1, and the rest is stored; with
        `strict` InvalidMeasurements is raised instead and nothing is stored. With `dry_run`
        nothing is stored, and the report states what would be. `new_models` is the most models
        that samples may create in a day; with 0, samples of unknown models are refused.
        """
        await self._prepare()
        rows = numbered_rows(measurements)
        options = {
            "strict": strict, "dry_run": dry_run, "new_models": new_models, "kept": self._writer,
        }  # fmt: skip
        return cast("RecordReport", await run_to_completion(record, self.path, rows, **options))

    async def import_measurements(
        self,
        file: str | os.PathLike[str],
        *,
        format: str | None = None,  # noqa: A002 - the name of the option on the command line
        strict: bool = False,
        dry_run: bool = False,
        new_models: int | None = None,
        progress: Progress = lambda _text: None,
    ) -> RecordReport:
        """Store the samples of a file, or of another catalog, which is only read.

        `format` is json, jsonl, csv or db, by default the suffix of the file name. Rows without
        a time get that of the file. `strict`, `dry_run` and `new_models` as in `record_many`.
        Raises InvalidMeasurements, OSError if the file cannot be read, CatalogError.
        """
        await self._prepare()
        options = {
            "strict": strict, "dry_run": dry_run, "new_models": new_models, "progress": progress,
            "kept": self._writer,
        }  # fmt: skip
        return cast(
            "RecordReport", await run_to_completion(import_file, self.path, file, format, **options)
        )

    async def import_benchmarks(
        self, file: str | os.PathLike[str], *, dry_run: bool = False
    ) -> BenchmarkReport:
        """Store the scores of a CSV file; those that the catalog has already are not stored again.

        The shape of the file: modeldex.upstream.formats.benchmarks. A row without a day gets that
        of the import. With `dry_run` nothing is stored. Raises InvalidMeasurements if it is no such
        file, OSError if it cannot be read, CatalogError.
        """
        await self._prepare()
        found = await run_to_completion(benchmarks.import_file, self.path, file, dry_run=dry_run)
        return cast("BenchmarkReport", found)
