"""What became of a refresh."""

from typing import NamedTuple

from modeldex.store import Step


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
