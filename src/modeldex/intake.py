"""Samples on their way into a catalog: which of them it lacks.

All are read, cleaned and sorted by model in a private file, outside the catalog, and compared
there with what the catalog holds of the same models, times and runs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, Self

from modeldex.db import scratch
from modeldex.samples import COLUMNS, Measurement, RefusedSample, Rows, Unfit
from modeldex.samples_file import Row

Key = tuple[str, str]
"""Provider and name of a model."""

Progress = Callable[[str], None]

LISTED = 1000
"""How many refused rows are listed."""

LAST = "SELECT coalesce(max(id), 0) FROM measurements"
"""SQL: the id of the newest sample."""

_EVERY = 20_000
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
    """Samples on their way into a catalog: clean, by model, in a private file of their own."""

    def __init__(self, connection: Any, moment: str | None) -> None:
        self._catalog = connection
        self.moment = moment
        self._rows = Rows()
        self._disk = scratch()
        self._disk.execute(f"CREATE TABLE sample ({LIST}, there)")
        self._disk.execute("BEGIN")
        self._models: dict[Key, Key] = {}
        self._spans: dict[Key, tuple[str, str]] = {}
        self._runs: set[str] = set()
        self.wanted = 0
        self.unknown: set[Key] = set()
        self.refused: list[RefusedSample] = []
        self.refused_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Throw the private file away."""
        self._disk.close()

    @property
    def ignored(self) -> tuple[str, ...]:
        """Keys that mean nothing here."""
        return tuple(sorted(self._rows.ignored))

    def take(self, rows: Iterable[Row], progress: Progress) -> None:
        """Read all rows; those that cannot be facts are noted instead."""
        self._keep(self._clean(rows, progress), there=0)

    def _keep(self, samples: Iterable[tuple[Any, ...]], there: int) -> None:
        marks = ", ".join("?" for _ in COLUMNS)
        self._disk.executemany(f"INSERT INTO sample VALUES ({marks}, {there})", samples)

    def _clean(self, rows: Iterable[Row], progress: Progress) -> Iterator[Measurement]:
        for count, (number, row) in enumerate(rows, 1):
            try:
                sample = self._sample(row)
            except Unfit as error:
                self._refuse(RefusedSample(number, error.field, error.reason))
            else:
                self.wanted += 1
                yield sample
            if count % _EVERY == 0:
                progress(f"{count:,} read")

    def _refuse(self, refused: RefusedSample) -> None:
        self.refused_rows += 1
        if len(self.refused) < LISTED:
            self.refused.append(refused)

    def _sample(self, row: Mapping[str, object] | str) -> Measurement:
        """The sample under the name that its model has here; its place in time is noted."""
        if isinstance(row, str):
            raise Unfit("", row)
        sample = self._rows.read(row)
        given = sample[:2]
        model = self._models.get(given) or self._model(given)
        if model != given:
            sample = sample._replace(provider=model[0], name=model[1])
        if sample.measured_at is None:
            return self._timeless(sample, model)
        self._span(model, str(sample.measured_at))
        return sample

    def _timeless(self, sample: Measurement, model: Key) -> Measurement:
        if sample.run_id is not None:
            self._runs.add(sample.run_id)
        elif self.moment is not None:
            self._span(model, self.moment)
            return sample._replace(measured_at=self.moment)
        return sample

    def _span(self, model: Key, moment: str) -> None:
        first, last = self._spans.get(model, (moment, moment))
        if not first <= moment <= last or model not in self._spans:
            self._spans[model] = min(first, moment), max(last, moment)

    def _model(self, given: Key) -> Key:
        """The model of this name, else of this alias, else one that nobody knows."""
        bound = {"provider": given[0], "name": given[1]}
        for sql in (_MODEL, _ALIAS):
            for provider, name in self._catalog.execute(sql, bound).fetchall():
                self._models[given] = provider, name
                return provider, name
        self.unknown.add(given)
        self._models[given] = given
        return given

    def compare(self) -> int:
        """Look up what the catalog holds of all this; gives the id of its newest sample."""
        last = int(self._catalog.execute(LAST).fetchone()[0])
        if not last:
            return last
        for (provider, name), (first, latest) in self._spans.items():
            # Whatever the precision of the times that others have stored.
            bound = {"first": first[:19], "last": latest[:19] + "~"}
            found = self._catalog.execute(_OF_MODEL, {"provider": provider, "name": name, **bound})
            self._keep(map(self.as_read, found), there=1)
        for run in self._runs:
            found = self._catalog.execute(_OF_RUN, {"run_id": run})
            self._keep((self.as_read(row)._replace(measured_at=None) for row in found), there=1)
        return last

    def as_read(self, stored: Iterable[Any]) -> Measurement:
        """A stored sample as it would be read; one that nobody could have read as it is."""
        sample = Measurement(*stored)
        try:
            return self._rows.read(sample._asdict())
        except Unfit:
            return sample

    def lacking(self) -> Iterator[Measurement]:
        """What the catalog does not hold, as often as it lacks it; by model, time and place."""
        for *sample, times, _place in self._disk.execute(
            f"SELECT {LIST}, count(*) - 2 * sum(there) AS times, min(rowid) AS place FROM sample "
            f"GROUP BY {LIST} HAVING times > 0 ORDER BY provider, name, measured_at, place"
        ):
            yield from repeat(Measurement(*sample), times)
