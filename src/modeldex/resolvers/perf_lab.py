"""Resolver: the measured figures in the file of a performance lab."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from statistics import median

from modeldex.errors import InvalidMeasurements, SourceFailed
from modeldex.measurements import perf_lab_file
from modeldex.measurements.file_formats import format_of, read_rows
from modeldex.measurements.sample import InvalidSample, Measurement, SampleParser, model_of_row
from modeldex.vocabulary.bounded_file import read_bounded
from modeldex.vocabulary.caps import DOCUMENT, TooMuch
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.user_folders import at_home
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

_Result = Mapping[str, object] | SourceFailed | None

_FIGURES = {
    "speed_hint_tps": "tokens_per_second",
    **{
        name: name
        for name in (
            "ttft_ms", "input_cost_per_1m", "output_cost_per_1m", "supports_tools",
            "supports_vision", "supports_json_mode", "supports_structured_outputs",
        )
    },
}  # fmt: skip
"""Figure of a sample by capability field; scores are left out, as only a catalog has suites."""


class PerfLabResolver:
    """The figures of one file in JSON, JSON Lines or CSV; default `~/.cache/chuk-llm/perf.json`.

    Several samples of a model count by their median; contradicting tests of a capability
    count as unknown. Measurements in the catalog outrank it; `modeldex measure import` stores
    a file there.
    """

    name = perf_lab_file.NAME
    network = False
    may_shrink = True
    # Below `perf_lab` (500), the resolver of measurements stored in the catalog.
    precedence = 495

    def __init__(self, path: str | os.PathLike[str] = "~/.cache/chuk-llm/perf.json") -> None:
        self.path = at_home(path)
        self._cached: tuple[str, Mapping[tuple[str, str], _Result]] = ("", {})

    @property
    def version(self) -> str:
        """Text that changes when the file does. Raises OSError."""
        return perf_lab_file.version(self.path)

    @property
    def observed_at(self) -> str:
        """Modification time of the file, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).isoformat()

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the figures of one model, empty without samples. Raises SourceFailed."""
        [result] = await self.resolve_many([spec])
        if isinstance(result, SourceFailed):
            raise result
        return ModelCapabilities.model_validate(result or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[_Result]:
        """Return per spec: field values, None without samples, or the error of its invalid rows.

        Raises SourceFailed if the file cannot be read or has no valid row.
        """
        try:
            if self._cached[0] != self.version:
                self._cached = self.version, self._load()
        except OSError as error:
            raise self._failure(f"cannot be read: {error.strerror}") from None
        except InvalidMeasurements as error:
            raise self._failure(error.reason) from None
        except TooMuch as error:
            raise self._failure(str(error)) from None
        known = self._cached[1]
        return [known.get((canonical(spec.provider), spec.name)) for spec in specs]

    def _failure(self, reason: str) -> SourceFailed:
        return SourceFailed(self.name, f"{self.path}: {reason}")

    def _load(self) -> dict[tuple[str, str], _Result]:
        # A byte order mark is skipped; a byte that is not UTF-8 invalidates its row, not the file.
        text = read_bounded(self.path, DOCUMENT).decode("utf-8-sig", "surrogateescape")
        rows = read_rows(StringIO(text, newline=""), format_of(str(self.path)), str(self.path))
        good: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
        bad: dict[tuple[str, str], SourceFailed] = {}
        reader, first = SampleParser(), ""
        for number, row in rows:
            try:
                sample = _sample(reader, row)
            except InvalidSample as error:
                first = first or f"row {number}: {error}"
                _note_failure(bad, row, SourceFailed(self.name, str(error)))
            else:
                good[sample.provider, sample.name].append(sample)
        if first and not good:
            raise InvalidMeasurements(f"no row is valid; {first}")
        # One valid row is enough: errors count only for models without any.
        return {**bad, **{model: _opinion(samples) for model, samples in good.items()}}


def _sample(reader: SampleParser, row: Mapping[str, object] | str) -> Measurement:
    if isinstance(row, str):
        raise InvalidSample("", row)
    return reader.parse(row)


def _note_failure(
    bad: dict[tuple[str, str], SourceFailed], row: object, failure: SourceFailed
) -> None:
    """Store a failure under the model of its row, if the row names one."""
    try:
        if isinstance(row, Mapping):
            bad[model_of_row(row)] = failure
    except InvalidSample:
        return


def _opinion(samples: Sequence[Measurement]) -> dict[str, object]:
    """Return the median of each figure; a flag only if the median is exactly 0 or 1."""
    found: dict[str, object] = {}
    for field, figure in _FIGURES.items():
        values = [value for s in samples if (value := getattr(s, figure)) is not None]
        middle = median(values) if values else None
        if middle is not None and (BY_NAME[field].kind != "flag" or middle in (0, 1)):
            found[field] = BY_NAME[field].restore(middle)
    return found
