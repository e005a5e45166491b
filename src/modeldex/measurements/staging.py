"""Determines which samples of an import the catalog does not have yet.

All samples are validated and stored in a private temporary database, and compared there with
the catalog's samples of the same models, times and runs. So an import of any size needs
little memory and no write lock until the comparison is done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from modeldex.measurements.file_formats import NumberedRow
from modeldex.measurements.sample import (
    COLUMNS,
    InvalidSample,
    Measurement,
    RefusedSample,
    SampleParser,
)
from modeldex.measurements.sample_columns import Column, parse_columns
from modeldex.vocabulary import caps
from modeldex.vocabulary.caps import TooMuch
from modeldex.vocabulary.normalize import OfferKey

Progress = Callable[[str], None]

MAX_REFUSED = 1000
"""The maximum number of refused rows that are listed."""

LAST = "SELECT coalesce(max(id), 0) FROM measurements"
"""SQL: the id of the newest sample."""

_EVERY = 20_000  # rows between two progress messages
_AT_ONCE = 1000  # rows that are parsed column by column
_UNKNOWN_MODEL = "the catalog does not have this model, and none may be added"
_FEW = 8  # rows that are parsed one by one
LIST = ", ".join(COLUMNS)
_STORED = (*COLUMNS, "there")
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

_STAGED = ", ".join(f"{c} DEFAULT 1" if c == "samples" else c for c in COLUMNS)
_TABLES = f"""CREATE TABLE scratch.sample (place INTEGER PRIMARY KEY, {_STAGED}, there DEFAULT 0);
CREATE TABLE scratch.lacking (number INTEGER PRIMARY KEY, place)"""
_SPANS = (
    "SELECT provider, name, min(measured_at), max(measured_at) FROM scratch.sample "
    "WHERE measured_at IS NOT NULL GROUP BY provider, name"
)
_RUNS = (
    "SELECT DISTINCT run_id FROM scratch.sample WHERE measured_at IS NULL AND run_id IS NOT NULL"
)
# In each group `there` is 1 for stored rows, which come last, else 0: imported minus stored.
_COMPARED = f"""WITH RECURSIVE surplus (place, times) AS (
    SELECT min(place), count(*) - 2 * sum(there) AS times FROM scratch.sample
      GROUP BY {LIST} HAVING times > 0
    UNION ALL SELECT place, times - 1 FROM surplus WHERE times > 1)
  SELECT place FROM surplus JOIN scratch.sample USING (place)"""
_LACKING = "INSERT INTO scratch.lacking (place) {} ORDER BY provider, name, measured_at, place"
_ORDERED = "FROM scratch.lacking JOIN scratch.sample USING (place)"
_GROUPS = f"SELECT provider, name, count(*) {_ORDERED} GROUP BY provider, name ORDER BY min(number)"
_TIMED = LIST.replace("measured_at", "coalesce(measured_at, :moment)")
FROM_STAGING = (
    f"SELECT {_TIMED} FROM scratch.lacking CROSS JOIN scratch.sample USING (place) "
    "WHERE number > :after AND number <= :upto ORDER BY number"
)
"""SQL: the lacking samples of some numbers, with `moment` as the time of those without one."""


class Lacking(NamedTuple):
    """How many samples of one model the catalog lacks."""

    model: OfferKey
    samples: int


class Intake:
    """The validated samples of one import, in a private temporary database.

    `disk` is a connection with an empty database `scratch`. `moment` is the default time of
    samples without one. `wanted` counts valid samples, `unknown` holds the models that the
    catalog does not have; with `known_only` their samples are refused.
    """

    def __init__(
        self, connection: Any, disk: Any, moment: str | None, *, known_only: bool = False
    ) -> None:
        self._catalog = connection
        self._disk = disk
        self._disk.executescript(_TABLES)
        self._disk.execute("BEGIN")
        self.moment = moment
        self._known_only = known_only
        self._parser = SampleParser()
        self._models: dict[OfferKey, OfferKey] = {}
        self.wanted = 0
        self.unknown: set[OfferKey] = set()
        self.refused: list[RefusedSample] = []
        self.refused_rows = 0

    @property
    def ignored(self) -> tuple[str, ...]:
        """Keys of the rows that are not columns of a sample, sorted."""
        return tuple(sorted(self._parser.ignored))

    def take(self, rows: Iterable[NumberedRow], progress: Progress) -> None:
        """Validate and store all rows; invalid ones are added to `refused`. Raises TooMuch."""
        remaining, count = iter(rows), 0
        while some := list(islice(remaining, _AT_ONCE)):
            self._take(some)
            count += len(some)
            self._check_caps(count)
            if count % _EVERY == 0:
                progress(f"{count:,} read")

    def _check_caps(self, count: int) -> None:
        if count > caps.ROWS:
            raise TooMuch(f"more than {caps.ROWS:,} rows")
        if len(self.unknown) > caps.NEW_MODELS:
            raise TooMuch(f"more than {caps.NEW_MODELS:,} models that the catalog does not have")
        if self.refused_rows >= caps.INVALID and not self.wanted:
            raise TooMuch(f"none of the first {count:,} rows is valid; {self.refused[0]}")

    def _take(self, rows: Sequence[NumberedRow]) -> None:
        """Store some rows in their order; an invalid one slows down only the few around it."""
        if len(rows) <= _FEW:
            for number, row in rows:
                self._take_one(number, row)
        elif not self._store(parse_columns([row for _, row in rows], self._parser)):
            half = len(rows) // 2
            self._take(rows[:half])
            self._take(rows[half:])

    def _take_one(self, number: int, row: Mapping[str, object] | str) -> None:
        if isinstance(row, str):
            self._refuse(RefusedSample(number, "", row))
            return
        try:
            sample = self._parser.parse(row)
        except InvalidSample as error:
            self._refuse(RefusedSample(number, error.field, error.reason))
        else:
            if not self._store({name: [value] for name, value in sample._asdict().items()}):
                self._refuse(RefusedSample(number, "name", _UNKNOWN_MODEL))

    def _refuse(self, refused: RefusedSample) -> None:
        self.refused_rows += 1
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(refused)

    def _store(self, columns: dict[str, Column] | None) -> bool:
        """Stage valid samples, with aliases of models resolved.

        False, and nothing is staged, without samples, or if one is of a model that is refused.
        """
        if columns is None:
            return False
        given = [*zip(columns["provider"], columns["name"], strict=True)]
        models = {model: self._models.get(model) or self._model(model) for model in {*given}}
        if self._known_only and not self.unknown.isdisjoint(models.values()):
            return False
        columns["provider"] = [models[model][0] for model in given]
        columns["name"] = [models[model][1] for model in given]
        if self.moment is not None:
            columns["measured_at"] = self._times(columns, len(given))
        self.wanted += len(given)
        self._insert(list(columns), zip(*columns.values(), strict=True))
        return True

    def _times(self, columns: Mapping[str, Column], count: int) -> Column:
        """The times of samples; that of one with a run stays unknown."""
        unknown = [None] * count
        times, runs = columns.get("measured_at", unknown), columns.get("run_id", unknown)
        return [
            self.moment if when is None and run is None else when
            for when, run in zip(times, runs, strict=True)
        ]

    def _insert(self, names: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
        listed = ", ".join(names)
        marks = ", ".join("?" for _ in listed.split(", "))
        self._disk.executemany(f"INSERT INTO scratch.sample ({listed}) VALUES ({marks})", rows)

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
        """Find the samples that the catalog lacks; returns the id of its newest sample."""
        last = int(self._catalog.execute(LAST).fetchone()[0])
        stored = last and self._load()
        found = _COMPARED if stored else "SELECT place FROM scratch.sample"
        self._disk.execute(_LACKING.format(found))
        self._disk.execute("COMMIT")
        return last

    def _load(self) -> int:
        """Load the catalog's samples of the same spans and runs; returns how many there are."""
        before = self._disk.total_changes
        for provider, name, first, latest in self._disk.execute(_SPANS).fetchall():
            # Stored times may have any precision: compare by whole seconds. "~" sorts last.
            bound = {"first": first[:19], "last": latest[:19] + "~"}
            found = self._catalog.execute(_OF_MODEL, {"provider": provider, "name": name, **bound})
            self._insert(_STORED, ((*self.normalized(row), 1) for row in found))
        for (run,) in self._disk.execute(_RUNS).fetchall():
            found = self._catalog.execute(_OF_RUN, {"run_id": run})
            timeless = (self.normalized(row)._replace(measured_at=None) for row in found)
            self._insert(_STORED, ((*sample, 1) for sample in timeless))
        return int(self._disk.total_changes - before)

    def normalized(self, stored: Iterable[Any]) -> Measurement:
        """A stored sample, normalized as an imported one; unchanged if it is not valid."""
        sample = Measurement(*stored)
        try:
            return self._parser.parse(sample._asdict())
        except InvalidSample:
            return sample

    def lacking(self) -> Iterator[Lacking]:
        """How many samples each model lacks, in the order of FROM_STAGING."""
        for provider, name, count in self._disk.execute(_GROUPS).fetchall():
            yield Lacking((provider, name), count)

    def samples(self, bound: Mapping[str, Any]) -> list[Measurement]:
        """The samples that FROM_STAGING finds."""
        return [Measurement(*row) for row in self._disk.execute(FROM_STAGING, bound)]
