"""Ask sources which models exist, then resolvers what they can do; keep each outcome.

Everything is fetched first and written after, so no transaction is open while the network
is. A source or resolver that fails loses nothing and blocks nobody: its failure is a row in
`run_steps`. The one `except Exception` of the package is here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modeldex import __version__, errors, store
from modeldex.asking import answers, claims, identities, moment_of
from modeldex.claims import Identity
from modeldex.db import Writer, open_reader, try_lock_file
from modeldex.http import NoAnswer
from modeldex.parts import part_name, token_of
from modeldex.redact import redact
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.store import Key, LastStep, Step
from modeldex.values import ModelSpec

DEADLINE = 60.0
CUSTOM_PRECEDENCE = 350

Progress = Callable[[str], None]


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


class _Outcome(NamedTuple):
    """An answer or the reason why there is none, and when and how long it took."""

    answer: Any
    error: str | None
    started_at: str
    fetch_ms: float
    unreachable: bool = False


async def _guarded(work: Awaitable[Any], deadline: float) -> _Outcome:
    started_at, begun = store.now(), time.perf_counter()
    answer, error, unreachable = None, None, False
    try:
        async with asyncio.timeout(deadline):
            answer = await work
    except TimeoutError:
        error = f"no answer within {deadline:g} s"
    except errors.ModeldexError as failure:
        error, unreachable = str(failure), isinstance(failure, NoAnswer)
    except Exception as failure:  # noqa: BLE001 - the boundary: stored, and shown by status
        error = f"{type(failure).__name__}: {failure}"
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    reason = redact(error) if error else None
    return _Outcome(answer, reason, started_at, elapsed, unreachable)


def _step(kind: str, name: str, outcome: _Outcome, **more: Any) -> Step:
    return Step(
        kind, name, "failed" if outcome.error else "ok", outcome.started_at,
        fetch_ms=outcome.fetch_ms, error=outcome.error, **more,
    )  # fmt: skip


def _failure(kind: str, part: object, outcome: _Outcome) -> Step:
    """A failed step; a part that nobody asked for may be absent without being a failure."""
    step = _step(kind, part_name(part), outcome)
    absent = outcome.unreachable and getattr(part, "optional", False)
    return step._replace(status="unchanged") if absent else step


def _report(step: Step) -> StepReport:
    return StepReport(
        step.kind, step.name, step.status, step.seen, step.changed, step.dropped, step.error
    )


class _Run:
    """One run over one catalog: who is asked, what is known of earlier runs, what came out."""

    def __init__(self, writer: Writer, deadline: float, progress: Progress) -> None:
        self.writer = writer
        self.deadline = deadline
        self.progress = progress
        self.last: dict[Key, LastStep] = {}
        self.run_id = 0
        self.reports: list[StepReport] = []
        self.unwritten: list[Step] = []

    async def go(
        self,
        kind: str,
        sources: Sequence[ModelSource],
        resolvers: Sequence[CapabilityResolver],
        *,
        ordered: bool,
    ) -> RefreshReport:
        """The whole run, from its first row to its last."""
        writer, names = self.writer, [part_name(resolver) for resolver in resolvers]
        self.last = await asyncio.to_thread(store.last_steps, writer)
        self.run_id = await asyncio.to_thread(store.start_run, writer, kind, __version__)
        await asyncio.to_thread(
            store.order_resolvers, writer, names, CUSTOM_PRECEDENCE, move=ordered
        )
        await self.ask_sources(sources)
        await self.ask_resolvers(resolvers, sources)
        report = RefreshReport(tuple(self.reports))
        await asyncio.to_thread(
            store.finish_run, writer, self.run_id, report.status, self.unwritten
        )
        return report

    def keep(self, step: Step) -> None:
        self.reports.append(_report(step))
        self.progress(f"{step.name}: {step.error or step.status}, {step.changed} changed")

    def note(self, step: Step) -> None:
        """A step with nothing to write is recorded when the run ends."""
        self.unwritten.append(step)
        self.keep(step)

    def unchanged(self, kind: str, part: object) -> Step | None:
        token, last = token_of(part), self.last.get((kind, part_name(part)))
        if token is None or last is None or last.token != token:
            return None
        return Step(kind, part_name(part), "unchanged", store.now(), token=token)

    async def ask_sources(self, sources: Sequence[ModelSource]) -> None:
        """All sources at once; then one after the other is written."""
        due = []
        for source in sources:
            step = self.unchanged("source", source)
            if step is None:
                due.append(source)
            else:
                self.note(step)
        outcomes = await asyncio.gather(*(_guarded(s.discover(), self.deadline) for s in due))
        for source, outcome in zip(due, outcomes, strict=True):
            await self._keep_source(source, outcome)

    async def _keep_source(self, source: ModelSource, outcome: _Outcome) -> None:
        name, token = part_name(source), token_of(source)
        if outcome.error is None and not isinstance(outcome.answer, Sequence):
            outcome = outcome._replace(error="discover() gave no list of models")
        if outcome.error is not None:
            self.note(_failure("source", source, outcome))
            return
        found, dropped = identities(outcome.answer)
        dropped += getattr(source, "dropped", None) or []
        step = _step(
            "source", name, outcome, token=token, seen=len(found),
            dropped=len(dropped), detail=store.describe(dropped),
        )  # fmt: skip
        kind = "reference" if getattr(source, "kind", "live") == "reference" else "live"
        self.keep(
            await asyncio.to_thread(store.write_source, self.writer, self.run_id, step, kind, found)
        )

    async def ask_resolvers(
        self, resolvers: Sequence[CapabilityResolver], sources: Sequence[ModelSource]
    ) -> None:
        """All resolvers at once, about every model the sources see; then each is written."""
        names = [part_name(source) for source in sources]
        models = await asyncio.to_thread(store.sighted, self.writer, names)
        specs = [
            ModelSpec(
                provider=i.provider, name=i.name, family=i.family, display_name=i.display_name
            )
            for i, _ in models
        ]
        asked = [self._due(resolver, models, specs) for resolver in resolvers]
        outcomes = await asyncio.gather(
            *(
                _guarded(answers(resolver, due, self._ask_one), self.deadline)
                for resolver, due in zip(resolvers, asked, strict=True)
            )
        )
        for resolver, due, outcome in zip(resolvers, asked, outcomes, strict=True):
            await self._keep_resolver(resolver, due, outcome)

    async def _ask_one(self, question: Awaitable[Any]) -> tuple[Any, str | None]:
        outcome = await _guarded(question, self.deadline)
        return outcome.answer, outcome.error

    def _due(
        self,
        resolver: CapabilityResolver,
        models: Sequence[tuple[Identity, str]],
        specs: list[ModelSpec],
    ) -> list[ModelSpec]:
        """The specs to ask about: only the new ones where the resolver's data is the same."""
        if self.unchanged("resolver", resolver) is None:
            return specs
        since = self.last["resolver", part_name(resolver)].started_at
        return [spec for spec, (_, first) in zip(specs, models, strict=True) if first > since]

    async def _keep_resolver(
        self, resolver: CapabilityResolver, asked: Sequence[ModelSpec], outcome: _Outcome
    ) -> None:
        name, token = part_name(resolver), token_of(resolver)
        same = self.unchanged("resolver", resolver)
        if same is not None and not asked:
            self.note(same)
            return
        if outcome.error is not None:
            self.note(_failure("resolver", resolver, outcome))
            return
        opinions, dropped = claims(asked, outcome.answer)
        step = _step(
            "resolver", name, outcome, token=token, seen=sum(map(bool, opinions.values())),
            dropped=len(dropped), detail=store.describe(dropped),
        )  # fmt: skip
        self.keep(
            await asyncio.to_thread(
                store.write_resolver, self.writer, self.run_id, step, opinions, moment_of(resolver)
            )
        )


async def refresh(
    path: Path,
    sources: Sequence[ModelSource],
    resolvers: Sequence[CapabilityResolver],
    *,
    kind: str = "refresh",
    ordered: bool = False,
    deadline: float = DEADLINE,
    wait: float = 0.0,
    progress: Progress = lambda _text: None,
) -> RefreshReport:
    """Run sources, then resolvers, against the catalog at `path`, and record each outcome.

    `ordered` writes the order of `resolvers` as their precedence. One refresh runs at a time:
    another waits `wait` seconds for it, then reports `skipped`. Raises CatalogError and its
    kind; what a source or resolver does wrong is in the report instead.
    """
    (await asyncio.to_thread(open_reader, path)).close()
    patience = time.monotonic() + wait
    while True:
        with try_lock_file(path, ".refresh.lock") as ours:
            if ours:
                with Writer(path) as writer:
                    run = _Run(writer, deadline, progress)
                    return await run.go(kind, sources, resolvers, ordered=ordered)
        if time.monotonic() >= patience:
            return RefreshReport(skipped=True)
        await asyncio.sleep(0.05)
