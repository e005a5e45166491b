"""The outcome of a refresh: records to store and the report to return."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from modeldex.refresh.isolation import Outcome
from modeldex.refresh.part import fault_of, must_answer, opens_sockets, part_name, source_of
from modeldex.refresh.staleness import LOADED_TOKENS, LoadedTokens, loaded_tokens
from modeldex.storage import run_log
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.storage.run_log import EXAMPLES, Step
from modeldex.upstream import editions
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.redaction import redact

Environ = Mapping[str, str] | None
Progress = Callable[[str], None]
"""Is told what is being done, in a few words."""


class StepRecords:
    """Creates the records of a run, with all keys redacted from their texts."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ

    def succeeded(
        self, kind: str, part: object, outcome: Outcome, dropped: Sequence[Dropped], **more: Any
    ) -> Step:
        """Return the record of a success; of a failure if the part names a `fault`.

        What such a part returned is stored all the same.
        """
        if (fault := fault_of(part)) is not None:
            more |= {"token": None, "problem": "answer", "error": self._redacted(fault)}
        shown = [d._replace(reason=self._redacted(d.reason)) for d in dropped[:EXAMPLES]]
        return Step(
            kind, part_name(part), "ok" if fault is None else "failed", outcome.started_at,
            fetch_ms=outcome.fetch_ms, dropped=len(dropped), detail=run_log.describe(shown), **more,
        )  # fmt: skip

    def failed(self, kind: str, part: object, outcome: Outcome) -> Step:
        """Return the record of a failure; `unchanged` if an optional part is only unreachable."""
        absent = outcome.absent and getattr(part, "optional", False)
        return Step(
            kind, part_name(part), "unchanged" if absent else "failed", outcome.started_at,
            fetch_ms=outcome.fetch_ms, problem=outcome.problem, retry_at=outcome.retry_at,
            error=self._redacted(outcome.error or ""),
        )  # fmt: skip

    def unchanged(self, kind: str, part: object, token: str | None) -> Step:
        """Return the record of a part whose data is unchanged."""
        return Step(kind, part_name(part), "unchanged", timestamps.now(), token=token)

    def postponed(self, kind: str, part: object, until: str) -> Step:
        """Return the record of a part that is skipped because a Retry-After is pending."""
        skipped = f"skipped until {until[:19]}Z, as its host sent Retry-After"
        error = f"{skipped}; to run it now: modeldex refresh --source {source_of(part)}"
        return Step(
            kind, part_name(part), "failed", timestamps.now(),
            problem="refused", error=error, retry_at=until,
        )  # fmt: skip

    def older(self, kind: str, part: object, token: str | None, stored: str | None) -> Step:
        """Return the record of a part whose data is older than the stored data, which stays."""
        versions = (token, stored)
        days = [((edition := editions.parse(t)) and edition.day) or str(t) for t in versions]
        error = self._redacted(
            f"its data of {days[0]} is older than the stored data of {days[1]}: ignored"
        )
        return Step(
            kind, part_name(part), "unchanged", timestamps.now(),
            token=stored, problem="answer", error=error,
        )  # fmt: skip

    def _redacted(self, text: str) -> str:
        # Twice: keys of this process, then keys of the environment that the run uses.
        return redact(redact(text), self.environ)


class StepReport(NamedTuple):
    """The outcome of one source or resolver: status is ok, unchanged or failed.

    `problem` is the kind of failure: key (missing or rejected), unreachable, timeout, refused
    (HTTP error), answer (invalid data), shrunk (lost more than half), error (anything else). It
    is not run again before `retry_at`.
    """

    kind: str
    name: str
    status: str
    seen: int = 0
    changed: int = 0
    dropped: int = 0
    error: str | None = None
    problem: str | None = None
    retry_at: str | None = None


class RefreshReport(NamedTuple):
    """The outcome of a refresh; `skipped` if another one was already running.

    `asked` names the sources that should have answered from outside, `answered` those that did,
    among them servers found at a default address.
    """

    steps: tuple[StepReport, ...] = ()
    skipped: bool = False
    asked: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[StepReport, ...]:
        """The failed steps; their stored data is unchanged, but for sound entries of overrides."""
        return tuple(step for step in self.steps if step.status == "failed")

    @property
    def status(self) -> str:
        """`ok`, `partial` (some steps failed) or `failed` (all did, or no host answered)."""
        if not self.failed:
            return "ok"
        silent = self.asked and not self.answered
        return "failed" if silent or len(self.failed) == len(self.steps) else "partial"

    def __repr__(self) -> str:
        return f"<RefreshReport {self}>"

    def __str__(self) -> str:
        if self.skipped:
            return "skipped: another refresh is running"
        changed = sum(step.changed for step in self.steps)
        text = f"{self.status}: {len(self.steps)} steps, {changed:,} rows changed"
        names = ", ".join(f"{step.name} ({step.problem or 'error'})" for step in self.failed)
        return f"{text}; failed: {names}" if names else text


def report_of(steps: Sequence[StepReport], sources: Sequence[object]) -> RefreshReport:
    """Return the report of a run of these sources."""
    return RefreshReport(
        tuple(steps),
        asked=_names(source for source in sources if must_answer(source)),
        answered=tuple(
            name
            for name in _names(source for source in sources if opens_sockets(source))
            if _has_answered([s for s in steps if (s.kind, s.name) == ("source", name)])
        ),
    )


def _names(parts: Iterable[object]) -> tuple[str, ...]:
    return tuple(map(part_name, parts))


def _has_answered(steps: Sequence[StepReport]) -> bool:
    """Whether a source answered: its shipped data may have a step beside that of its feed.

    Data older than what is stored is an answer as well.
    """
    return bool(steps) and all(
        step.status != "failed" and (step.error is None or step.problem == "answer")
        for step in steps
    )


def step_report(step: Step) -> StepReport:
    """Return the public part of a step's record."""
    return StepReport(**{name: getattr(step, name) for name in StepReport._fields})


def stored_report(place: Place) -> tuple[RefreshReport, LoadedTokens]:
    """The report of all steps that a catalog has on record, and the versions that it holds."""
    columns = ", ".join(StepReport._fields)
    with closing(open_catalog(place)) as connection:
        steps = connection.execute(f"SELECT {columns} FROM run_steps ORDER BY id").fetchall()
        tokens = connection.execute(LOADED_TOKENS).fetchall()
    return RefreshReport(tuple(StepReport(*step) for step in steps)), loaded_tokens(tokens)
