"""What became of a refresh."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from modeldex import store
from modeldex.claims import Dropped
from modeldex.parts import part_name
from modeldex.redact import redact
from modeldex.store import EXAMPLES, Step

Environ = Mapping[str, str] | None


class Outcome(NamedTuple):
    """An answer or the reason why there is none, and when and how long it took."""

    answer: Any
    error: str | None
    started_at: str
    fetch_ms: float
    unreachable: bool = False


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
        absent = outcome.unreachable and getattr(part, "optional", False)
        return Step(
            kind, part_name(part), "unchanged" if absent else "failed", outcome.started_at,
            fetch_ms=outcome.fetch_ms, error=self._redacted(outcome.error or ""),
        )  # fmt: skip

    def same(self, kind: str, part: object, token: str | None) -> Step:
        """The record of a part that says what it said before."""
        return Step(kind, part_name(part), "unchanged", store.now(), token=token)

    def _redacted(self, text: str) -> str:
        return redact(redact(text), self._environ)


class StepReport(NamedTuple):
    """What became of one source or resolver: status is ok, unchanged or failed."""

    kind: str
    name: str
    status: str
    seen: int = 0
    changed: int = 0
    dropped: int = 0
    error: str | None = None


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
    return StepReport(
        step.kind, step.name, step.status, step.seen, step.changed, step.dropped, step.error
    )
