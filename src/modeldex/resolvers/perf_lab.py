"""What the file of a performance lab says of models: figures that were measured."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from modeldex import perf_file
from modeldex.errors import InvalidMeasurements, SourceFailed
from modeldex.fields import BY_NAME
from modeldex.providers import canonical
from modeldex.samples import Measurement, Rows, Unfit, who
from modeldex.samples_file import format_of, read_rows
from modeldex.values import ModelCapabilities, ModelSpec

Answer = Mapping[str, object] | SourceFailed | None

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
"""The fields that figures are an opinion about; a score says a tier in a catalog only."""


class PerfLabResolver:
    """The figures of one file, by default `~/.cache/chuk-llm/perf.json`; JSON, JSON Lines or CSV.

    Of several samples of a model the median counts; tests of a capability that contradict each
    other say nothing. Outranked by samples in the catalog itself: `modeldex measure import`
    makes such of a file.
    """

    name = perf_file.NAME
    network = False
    may_shrink = True
    precedence = 495

    def __init__(self, path: str | os.PathLike[str] = "~/.cache/chuk-llm/perf.json") -> None:
        self.path = Path(path).expanduser()
        self._said: tuple[str, Mapping[tuple[str, str], Answer]] = ("", {})

    @property
    def version(self) -> str:
        """Text that changes when the file does; OSError where it cannot be found."""
        return perf_file.version(self.path)

    @property
    def observed_at(self) -> str:
        """When the file was written."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).isoformat()

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What was measured of one model, empty where nothing was; SourceFailed for bad figures."""
        [answer] = await self.resolve_many([spec])
        if isinstance(answer, SourceFailed):
            raise answer
        return ModelCapabilities.model_validate(answer or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Answer]:
        """Per spec: field values, None where there are none, or why its figures cannot be facts.

        Raises SourceFailed for a file that cannot be read, or holds no good row.
        """
        try:
            if self._said[0] != self.version:
                self._said = self.version, self._read()
        except OSError as error:
            raise self._failure(f"cannot be read: {error.strerror}") from None
        except InvalidMeasurements as error:
            raise self._failure(error.reason) from None
        known = self._said[1]
        return [known.get((canonical(spec.provider), spec.name)) for spec in specs]

    def _failure(self, reason: str) -> SourceFailed:
        return SourceFailed(self.name, f"{self.path}: {reason}")

    def _read(self) -> dict[tuple[str, str], Answer]:
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = list(read_rows(file, format_of(str(self.path)), str(self.path)))
        good: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
        bad: dict[tuple[str, str], SourceFailed] = {}
        reader, first = Rows(), ""
        for number, row in rows:
            try:
                sample = _sample(reader, row)
            except Unfit as error:
                first = first or f"row {number}: {error}"
                _blame(bad, row, SourceFailed(self.name, str(error)))
            else:
                good[sample.provider, sample.name].append(sample)
        if first and not good:
            raise InvalidMeasurements(f"no row can be used; {first}")
        return {**bad, **{model: _opinion(samples) for model, samples in good.items()}}


def _sample(reader: Rows, row: Mapping[str, object] | str) -> Measurement:
    if isinstance(row, str):
        raise Unfit("", row)
    return reader.read(row)


def _blame(bad: dict[tuple[str, str], SourceFailed], row: object, failure: SourceFailed) -> None:
    """Note a failure under the model that a row is about, where that can be told."""
    try:
        if isinstance(row, Mapping):
            bad[who(row)] = failure
    except Unfit:
        return


def _opinion(samples: Sequence[Measurement]) -> dict[str, object]:
    """The median of each figure."""
    found: dict[str, object] = {}
    for field, figure in _FIGURES.items():
        values = [value for s in samples if (value := getattr(s, figure)) is not None]
        middle = median(values) if values else None
        if middle is not None and (BY_NAME[field].kind != "flag" or middle in (0, 1)):
            found[field] = BY_NAME[field].restore(middle)
    return found
