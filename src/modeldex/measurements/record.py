"""Stores measurement samples, one or many.

Storing is idempotent: afterwards the catalog holds each sample max(times before, times in
this import) times. Two samples are equal if all their values are. So importing a file or a
catalog again adds nothing, while a file may hold the same sample twice. A sample without a
time but with a run id equals any sample of that run with the same values; one with neither
is new each time, unless it comes from a file, whose modification time it gets.

Everything is read and compared before the first write. Then samples are written in short
transactions ordered by model, each leaving a consistent catalog, so that an interrupted
import can simply be repeated. A writer that is kept open writes a few; more are compared in a
database attached to a writer of their own, which keeps nobody waiting.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import chain, islice
from typing import Any, NamedTuple

from modeldex.errors import InvalidMeasurements
from modeldex.measurements.file_formats import NumberedRow
from modeldex.measurements.sample import COLUMNS, Measurement, RefusedSample
from modeldex.measurements.staging import FROM_STAGING, LAST, LIST, Intake, Lacking, Progress
from modeldex.storage.batch import PAUSE, folding
from modeldex.storage.kept_writer import KeptWriter
from modeldex.storage.location import Place
from modeldex.storage.open import open_writer
from modeldex.storage.sqlite.scratch import private_scratch
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.caps import TooMuch
from modeldex.vocabulary.normalize import OfferKey
from modeldex.vocabulary.timestamps import now

_FEW = 200
"""Samples at most that the kept writer writes."""

_SINCE = f"SELECT {LIST} FROM measurements WHERE id > :last"
_INSERT = f"INSERT INTO measurements ({LIST}) VALUES ({', '.join(':' + c for c in COLUMNS)})"
_INSERT_STAGED = f"INSERT INTO measurements ({LIST}) {FROM_STAGING}"


class RecordReport(NamedTuple):
    """The result of storing samples; of a dry run, what it would have been.

    `duplicates` counts samples that were stored already. `refused_rows` counts invalid rows,
    `refused` lists the first 1,000 of them. `created` are the new models (`provider/name`);
    `ignored` are keys of the rows that are not columns of a sample.
    """

    added: int = 0
    duplicates: int = 0
    refused: tuple[RefusedSample, ...] = ()
    refused_rows: int = 0
    created: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class _Chunk(NamedTuple):
    """What one transaction writes: the samples numbered above `after` up to `upto`."""

    after: int
    upto: int
    models: list[OfferKey]


class _Pace:
    """Adapts the size of transactions so that each holds the write lock for about 90 ms."""

    TARGET_MS = 90.0
    MODEL = 50.0
    """The cost of folding one model, in units of inserting one row."""

    def __init__(self) -> None:
        self._room = 2000.0

    def chunks(self, lacking: Iterable[Lacking]) -> Iterator[_Chunk]:
        """Split the samples into chunks, in order; only a model too large for one is split."""
        after = upto = 0
        weight, models = 0.0, list[OfferKey]()
        for model, count in lacking:
            if models and weight + self.MODEL + count > self._room:
                yield _Chunk(after, upto, models)
                after, weight, models = upto, 0.0, []
            end = upto + count
            while end - upto > (fitting := int(self._room - self.MODEL)):
                upto += fitting
                yield _Chunk(after, upto, [model])
                after = upto
            weight += self.MODEL + end - upto
            upto = end
            models.append(model)
        if models:
            yield _Chunk(after, upto, models)

    def adapt(self, milliseconds: float) -> None:
        """Adapt to the duration of the last transaction."""
        self._room = min(10_000.0, max(200.0, self._room * self.TARGET_MS / max(milliseconds, 1.0)))


class _ConcurrentWrites:
    """Tracks samples that other writers add during an import, so as not to add them twice."""

    def __init__(self, intake: Intake, last: int) -> None:
        self._intake = intake
        self._last = last
        self._found: Counter[Measurement] = Counter()

    def any(self, connection: Any) -> bool:
        """Look for samples that others have added; call it under the write lock."""
        for row in connection.exec_driver_sql(_SINCE, {"last": self._last}):
            sample = self._intake.normalized(row)
            self._found[sample] += 1
            if sample.run_id is not None:
                self._found[sample._replace(measured_at=None)] += 1
        return bool(self._found)

    def missing(self, samples: Iterable[Measurement]) -> list[Measurement]:
        """Those of these samples that others have not added."""
        return [sample for sample in samples if not self._has(sample)]

    def _has(self, sample: Measurement) -> bool:
        if self._found[sample] == 0:
            return False
        self._found[sample] -= 1
        return True

    def skip_existing(self, connection: Any) -> None:
        """Remember the newest id, so that later checks skip these rows."""
        self._last = int(connection.exec_driver_sql(LAST).scalar_one())


_CREATED_TODAY = (
    "SELECT count(*) FROM models m WHERE m.first_seen >= :today "
    "AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = m.id) "
    "AND EXISTS (SELECT 1 FROM measurements s WHERE s.provider = m.provider AND s.name = m.name)"
)
"""SQL: how many models were created by samples alone since a day began."""


class _Tally:
    """Counts the samples added, and the models created by them.

    At most `most` models may be created in a day, None for any number.
    """

    def __init__(self, unknown: set[OfferKey], most: int | None) -> None:
        self._most = most
        self.added = 0
        self.created: set[OfferKey] = set()
        self._unknown = unknown

    def check_limit(self, connection: Any) -> None:
        """Raise InvalidMeasurements if what is not yet created is beyond the limit of the day.

        Call it under the write lock: the catalog has what others created, before a restart too.
        """
        wanted = len(self._unknown) - len(self.created)
        if not self._most or not wanted:
            return
        today = connection.exec_driver_sql(_CREATED_TODAY, {"today": now()[:10]}).scalar_one()
        if today + wanted > self._most:
            raise InvalidMeasurements(
                f"{wanted:,} models are new to the catalog; samples may add {self._most:,} in a "
                f"day, and have added {today:,} today"
            )

    def count(self, added: int, models: Iterable[OfferKey]) -> None:
        """Count samples that were added to these models."""
        self.added += added
        self.created.update(self._unknown.intersection(models))


@contextmanager
def _named(origin: str | None) -> Iterator[None]:
    """Raise InvalidMeasurements, which names the file, in place of TooMuch."""
    try:
        yield
    except TooMuch as error:
        raise InvalidMeasurements(f"{error}; nothing was stored", origin) from None


def record(
    place: Place,
    rows: Iterable[NumberedRow],
    *,
    moment: str | None = None,
    strict: bool = False,
    dry_run: bool = False,
    new_models: int | None = None,
    origin: str | None = None,
    progress: Progress = lambda _text: None,
    kept: KeptWriter | None = None,
) -> RecordReport:
    """Store the samples in these rows, with aliases of models resolved.

    Invalid rows are skipped and counted; with `strict` they raise InvalidMeasurements and
    nothing is stored. `moment` is the time of rows that have none (default: the time of
    writing). `origin` names the file in errors. Unknown models are created; `new_models` is the
    most that the samples of one day may create, whoever sends them: more raise InvalidMeasurements,
    and with 0 samples of unknown models are invalid. `kept` writes a few samples at less cost.
    Raises CatalogError or a subclass.
    """
    # Whatever the rows come from may take its time: the kept writer is for others, too.
    rest = iter(rows)
    with _named(origin):
        first = [*islice(rest, _FEW + 1)]
    are_few = len(first) <= _FEW
    using: AbstractContextManager[Writer] = kept.use() if kept and are_few else open_writer(place)
    with (
        using as writer,
        writer.reading() as connection,
        private_scratch() if dry_run or are_few else writer.scratch() as disk,
    ):
        intake = Intake(connection, disk, moment, known_only=new_models == 0)
        with _named(origin):
            intake.take(chain(first, rest), progress)
        if strict and intake.refused:
            raise _refusal(intake, origin)
        tally = _Tally(intake.unknown, new_models)
        last = intake.compare()
        if dry_run:
            for model, count in intake.lacking():
                tally.count(count, [model])
        else:
            _write(
                writer, intake, last, tally, progress, joins=writer.reads_scratch and not are_few
            )
        return RecordReport(
            tally.added,
            intake.wanted - tally.added,
            tuple(intake.refused),
            intake.refused_rows,
            tuple(sorted(map("/".join, tally.created))),
            intake.ignored,
        )


def _refusal(intake: Intake, origin: str | None) -> InvalidMeasurements:
    """The error that names the first invalid row."""
    first, more = intake.refused[0], intake.refused_rows - 1
    lone = origin is None and intake.refused_rows + intake.wanted == 1
    reason = str(first).partition(": ")[2] if lone else str(first)
    rest = f", and {more} more" if more else ""
    return InvalidMeasurements(f"{reason}{rest}; nothing was stored", origin, tuple(intake.refused))


def _write(
    writer: Writer, intake: Intake, last: int, tally: _Tally, progress: Progress, *, joins: bool
) -> None:
    """Write what the catalog lacks; `joins`: the transactions can read the private database."""
    pace, concurrent = _Pace(), _ConcurrentWrites(intake, last)
    for number, chunk in enumerate(pace.chunks(intake.lacking())):
        if number:
            time.sleep(PAUSE)  # lets other writers get the lock
        with writer.transaction() as connection, folding(connection):
            tally.check_limit(connection)
            if concurrent.any(connection) or not joins:
                added = _insert_missing(connection, intake, chunk, concurrent)
            else:
                bound = {"after": chunk.after, "upto": chunk.upto, "moment": intake.moment or now()}
                connection.exec_driver_sql(_INSERT_STAGED, bound)
                added = chunk.upto - chunk.after, {*chunk.models}
            concurrent.skip_existing(connection)
        tally.count(*added)
        progress(f"{tally.added:,} stored")
        pace.adapt(writer.held_ms[-1])


def _insert_missing(
    connection: Any, intake: Intake, chunk: _Chunk, concurrent: _ConcurrentWrites
) -> tuple[int, set[OfferKey]]:
    """Insert what others have not added; returns the number of samples, and their models."""
    bound = {"after": chunk.after, "upto": chunk.upto, "moment": None}
    missing, moment = concurrent.missing(intake.samples(bound)), intake.moment or now()
    timed = [s._asdict() | {"measured_at": s.measured_at or moment} for s in missing]
    if timed:
        connection.exec_driver_sql(_INSERT, timed)
    return len(missing), {(sample.provider, sample.name) for sample in missing}


def numbered_rows(
    measurements: Iterable[Measurement | Mapping[str, object]],
) -> Iterator[NumberedRow]:
    """Rows made from Python objects, numbered from 1."""
    for number, one in enumerate(measurements, 1):
        if isinstance(one, Measurement):
            yield number, one._asdict()
        elif isinstance(one, Mapping):
            yield number, one
        else:
            yield number, f"expected a Measurement or a mapping, got {type(one).__name__}"
