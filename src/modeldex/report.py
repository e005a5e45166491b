"""What became of a refresh."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from modeldex import editions, store
from modeldex.boundary import Outcome
from modeldex.claims import Dropped
from modeldex.parts import part_name, source_of
from modeldex.redact import redact
from modeldex.store import EXAMPLES, Step

Environ = Mapping[str, str] | None


class Steps:
    """Makes the records of a run, without keys of this process or of the environment given."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def answered(
        self, kind: str, part: object, outcome: Outcome, dropped: Sequence[Dropped], **more: Any
    ) -> Step:
        """The record of an answer."""
        shown = [d._replace(reason=self._redacted(d.reason)) for d in dropped[:EXAMPLES]]
        return Step(
            kind, part_name(part), "ok", outcome.started_at, fetch_ms=outcome.fetch_ms,
            dropped=len(dropped), detail=store.describe(shown), **more,
        )  # fmt: skip

    def failed(self, kind: str, part: object, outcome: Outcome) -> Step:
        """The record of a failure; a part that nobody asked for may be absent without one."""
        absent = outcome.absent and getattr(part, "optional", False)
        return Step(
            kind, part_name(part), "unchanged" if absent else "failed", outcome.started_at,
            fetch_ms=outcome.fetch_ms, problem=outcome.problem, retry_at=outcome.retry_at,
            error=self._redacted(outcome.error or ""),
        )  # fmt: skip

    def same(self, kind: str, part: object, token: str | None) -> Step:
        """The record of a part that says what it said before."""
        return Step(kind, part_name(part), "unchanged", store.now(), token=token)

    def resting(self, kind: str, part: object, until: str) -> Step:
        """The record of a part that is not asked, because it asked to be left alone."""
        told = f"not asked before {until[:19]}Z, as its host wishes"
        error = f"{told}; to ask now: modeldex refresh --source {source_of(part)}"
        return Step(
            kind, part_name(part), "failed", store.now(),
            problem="refused", error=error, retry_at=until,
        )  # fmt: skip

    def older(self, kind: str, part: object, token: str | None, stored: str | None) -> Step:
        """The record of a part whose data is older than what is stored; that stays."""
        days = [((edition := editions.read(t)) and edition.day) or str(t) for t in (token, stored)]
        error = self._redacted(f"its data is of {days[0]}, here is that of {days[1]}: not taken")
        return Step(
            kind, part_name(part), "unchanged", store.now(),
            token=stored, problem="answer", error=error,
        )  # fmt: skip

    def _redacted(self, text: str) -> str:
        return redact(redact(text), self._environ)


class StepReport(NamedTuple):
    """What became of one source or resolver: status is ok, unchanged or failed.

    `problem` is the kind of failure in a word: key (it is missing or not taken), unreachable,
    timeout, refused (with a status), answer (it is not what it should be), shrunk (it lost
    more than half), error (anything else). Until `retry_at` it is left alone.
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
    """What became of a refresh; `skipped` when another one was already running."""

    steps: tuple[StepReport, ...] = ()
    skipped: bool = False

    @property
    def failed(self) -> tuple[StepReport, ...]:
        """The steps that failed; what they knew before is still there."""
        return tuple(step for step in self.steps if step.status == "failed")

    @property
    def status(self) -> str:
        """ok, partial (some steps failed) or failed (all did)."""
        if not self.failed:
            return "ok"
        return "failed" if len(self.failed) == len(self.steps) else "partial"


def reported(step: Step) -> StepReport:
    """The part of a step that callers care for."""
    return StepReport(**{name: getattr(step, name) for name in StepReport._fields})
