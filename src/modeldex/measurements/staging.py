"""Determines which samples of an import the catalog does not have yet.

All samples are validated and stored in a private temporary database, and compared there with
the catalog's samples of the same models, times and runs. So an import of any size needs
little memory and no write lock until the comparison is done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, Self

from modeldex.measurements.file_formats import NumberedRow
from modeldex.measurements.sample import (
    COLUMNS,
    InvalidSample,
    Measurement,
    RefusedSample,
    SampleParser,
)
from modeldex.storage.sqlite.connection import scratch
from modeldex.vocabulary.normalize import OfferKey

Progress = Callable[[str], None]

MAX_REFUSED = 1000
"""The maximum number of refused rows that are listed."""

LAST = "SELECT coalesce(max(id), 0) FROM measurements"
"""SQL: the id of the newest sample."""

_EVERY = 20_000  # rows between two progress messages
LIST = ", ".join(COLUMNS)
_OF_MODEL = (
    f"SELECT {LIST} FROM measurements WHERE provider = :provider AND name = :name "
    "AND measured_at >= :first AND measured_at <= :last"
)
_OF_RUN = f"SELECT {LIST} FROM measurements WHERE run_id = :run_id"
_MODEL = "SELECT provider, name FROM models WHERE provider = :provider AND name = :name"
_ALIAS = (
    "SELECT m.provider, m.name FROM aliases a JOIN models m ON m.id = a.model_id "
    "WHERE a.provider = :provider AND a.alias = :name"
)


class Intake:
    """The validated samples of one import, in a private temporary database.

    `moment` is the default time of samples without one. `wanted` counts valid samples,
    `unknown` holds the models that the catalog does not have.
    """

    def __init__(self, connection: Any, moment: str | None) -> None:
        self._catalog = connection
        self.moment = moment
        self._parser = SampleParser()
        self._disk = scratch()
        self._disk.execute(f"CREATE TABLE sample ({LIST}, there)")
        self._disk.execute("BEGIN")
        self._models: dict[OfferKey, OfferKey] = {}
        self._spans: dict[OfferKey, tuple[str, str]] = {}
        self._runs: set[str] = set()
        self.wanted = 0
        self.unknown: set[OfferKey] = set()
        self.refused: list[RefusedSample] = []
        self.refused_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary database."""
        self._disk.close()

    @property
    def ignored(self) -> tuple[str, ...]:
        """Keys of the rows that are not columns of a sample, sorted."""
        return tuple(sorted(self._parser.ignored))

    def take(self, rows: Iterable[NumberedRow], progress: Progress) -> None:
        """Validate and store all rows; invalid ones are added to `refused`."""
        self._store(self._clean(rows, progress), there=0)

    def _store(self, samples: Iterable[tuple[Any, ...]], there: int) -> None:
        marks = ", ".join("?" for _ in COLUMNS)
        self._disk.executemany(f"INSERT INTO sample VALUES ({marks}, {there})", samples)

    def _clean(self, rows: Iterable[NumberedRow], progress: Progress) -> Iterator[Measurement]:
        for count, (number, row) in enumerate(rows, 1):
            try:
                sample = self._sample(row)
            except InvalidSample as error:
                self._refuse(RefusedSample(number, error.field, error.reason))
            else:
                self.wanted += 1
                yield sample
            if count % _EVERY == 0:
                progress(f"{count:,} read")

    def _refuse(self, refused: RefusedSample) -> None:
        self.refused_rows += 1
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(refused)

    def _sample(self, row: Mapping[str, object] | str) -> Measurement:
        """The validated sample with aliases resolved; its time is added to the model's span."""
        if isinstance(row, str):
            raise InvalidSample("", row)
        sample = self._parser.parse(row)
        given = sample[:2]
        model = self._models.get(given) or self._model(given)
        if model != given:
            sample = sample._replace(provider=model[0], name=model[1])
        if sample.measured_at is None:
            return self._without_time(sample, model)
        self._span(model, str(sample.measured_at))
        return sample

    def _without_time(self, sample: Measurement, model: OfferKey) -> Measurement:
        if sample.run_id is not None:
            self._runs.add(sample.run_id)
        elif self.moment is not None:
            self._span(model, self.moment)
            return sample._replace(measured_at=self.moment)
        return sample

    def _span(self, model: OfferKey, moment: str) -> None:
        first, last = self._spans.get(model, (moment, moment))
        if not first <= moment <= last or model not in self._spans:
            self._spans[model] = min(first, moment), max(last, moment)

    def _model(self, given: OfferKey) -> OfferKey:
        """The model of this name, else of this alias, else the given name as an unknown model."""
        bound = {"provider": given[0], "name": given[1]}
        for sql in (_MODEL, _ALIAS):
            for provider, name in self._catalog.execute(sql, bound).fetchall():
                self._models[given] = provider, name
                return provider, name
        self.unknown.add(given)
        self._models[given] = given
        return given

    def compare(self) -> int:
        """Load the catalog's samples of the same spans and runs; returns its newest sample id."""
        last = int(self._catalog.execute(LAST).fetchone()[0])
        if not last:
            return last
        for (provider, name), (first, latest) in self._spans.items():
            # Stored times may have any precision: compare by whole seconds. "~" sorts last.
            bound = {"first": first[:19], "last": latest[:19] + "~"}
            found = self._catalog.execute(_OF_MODEL, {"provider": provider, "name": name, **bound})
            self._store(map(self.normalized, found), there=1)
        for run in self._runs:
            found = self._catalog.execute(_OF_RUN, {"run_id": run})
            self._store((self.normalized(row)._replace(measured_at=None) for row in found), there=1)
        return last

    def normalized(self, stored: Iterable[Any]) -> Measurement:
        """A stored sample, normalized as an imported one; unchanged if it is not valid."""
        sample = Measurement(*stored)
        try:
            return self._parser.parse(sample._asdict())
        except InvalidSample:
            return sample

    def lacking(self) -> Iterator[Measurement]:
        """The missing samples, each as often as it is missing, by model, time and input order."""
        # In each group `there` is 1 for stored rows, else 0: imported minus stored.
        for *sample, times, _place in self._disk.execute(
            f"SELECT {LIST}, count(*) - 2 * sum(there) AS times, min(rowid) AS place FROM sample "
            f"GROUP BY {LIST} HAVING times > 0 ORDER BY provider, name, measured_at, place"
        ):
            yield from repeat(Measurement(*sample), times)
