"""Ask sources which models exist, then resolvers what they can do; keep each outcome.

Everything is fetched first and written after, so no transaction is open while the network
is. A source or resolver that fails loses nothing and blocks nobody: its failure is a row in
`run_steps`. The one `except Exception` of the package is here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modeldex import __version__, errors, store
from modeldex.asking import listed, opinions
from modeldex.claims import Dropped
from modeldex.db import Writer, try_lock_file
from modeldex.http import NoAnswer
from modeldex.opening import open_reader
from modeldex.parts import part_name, token_of
from modeldex.redact import redact
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.store import EXAMPLES, Key, LastStep, Sighted, Step
from modeldex.values import ModelSpec

DEADLINE = 60.0
CUSTOM_PRECEDENCE = 350

Progress = Callable[[str], None]
Environ = Mapping[str, str] | None


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


async def _guarded(deadline: float, ask: Callable[..., Awaitable[Any]], *about: Any) -> _Outcome:
    """The only place where foreign code runs."""
    started_at, begun = store.now(), time.perf_counter()
    answer, error, unreachable = None, None, False
    try:
        async with asyncio.timeout(deadline):
            answer = await ask(*about)
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        error = "cancelled itself"
    except TimeoutError:
        error = f"no answer within {deadline:g} s"
    except errors.ModeldexError as failure:
        error, unreachable = str(failure), isinstance(failure, NoAnswer)
    except Exception as failure:  # noqa: BLE001 - the boundary: stored, and shown by status
        error = f"{type(failure).__name__}: {failure}"
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    return _Outcome(answer, error, started_at, elapsed, unreachable)


def _report(step: Step) -> StepReport:
    return StepReport(
        step.kind, step.name, step.status, step.seen, step.changed, step.dropped, step.error
    )


class _Run:
    """One run over one catalog: who is asked, what is known of earlier runs, what came out."""

    def __init__(
        self, writer: Writer, deadline: float, progress: Progress, environ: Environ
    ) -> None:
        self.writer = writer
        self.deadline = deadline
        self.progress = progress
        self.environ = environ
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

    def step(
        self, kind: str, part: object, outcome: _Outcome, dropped: Sequence[Dropped], **more: Any
    ) -> Step:
        """The record of an answer."""
        shown = [d._replace(reason=self.redacted(d.reason)) for d in dropped[:EXAMPLES]]
        return Step(
            kind, part_name(part), "ok", outcome.started_at, fetch_ms=outcome.fetch_ms,
            dropped=len(dropped), detail=store.describe(shown), **more,
        )  # fmt: skip

    def failure(self, kind: str, part: object, outcome: _Outcome) -> Step:
        """A failed step; a part that nobody asked for may be absent without being a failure."""
        absent = outcome.unreachable and getattr(part, "optional", False)
        return Step(
            kind, part_name(part), "unchanged" if absent else "failed", outcome.started_at,
            fetch_ms=outcome.fetch_ms, error=self.redacted(outcome.error or ""),
        )  # fmt: skip

    def redacted(self, text: str) -> str:
        """What foreign code said, without keys of this process or of the environment given."""
        return redact(redact(text), self.environ)

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
        outcomes = await asyncio.gather(
            *(_guarded(self.deadline, listed, source) for source in due)
        )
        for source, outcome in zip(due, outcomes, strict=True):
            await self._keep_source(source, outcome)

    async def _keep_source(self, source: ModelSource, outcome: _Outcome) -> None:
        if outcome.error is not None:
            self.note(self.failure("source", source, outcome))
            return
        found, dropped = outcome.answer
        token = token_of(source)
        step = self.step("source", source, outcome, dropped, token=token, seen=len(found))
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
            for i, _, _ in models
        ]
        asked = [self._due(resolver, models, specs) for resolver in resolvers]
        outcomes = await asyncio.gather(
            *(
                _guarded(self.deadline, opinions, resolver, due, self._ask_one)
                for resolver, due in zip(resolvers, asked, strict=True)
            )
        )
        for resolver, due, outcome in zip(resolvers, asked, outcomes, strict=True):
            await self._keep_resolver(resolver, due, outcome)

    async def _ask_one(
        self, ask: Callable[[ModelSpec], Awaitable[Any]], about: ModelSpec
    ) -> tuple[Any, str | None]:
        outcome = await _guarded(self.deadline, ask, about)
        return outcome.answer, outcome.error

    def _due(
        self,
        resolver: CapabilityResolver,
        models: Sequence[Sighted],
        specs: list[ModelSpec],
    ) -> list[ModelSpec]:
        """The specs to ask about: only those new to the resolver where its data is the same."""
        if self.unchanged("resolver", resolver) is None:
            return specs
        last = self.last["resolver", part_name(resolver)]
        return [
            spec
            for spec, model in zip(specs, models, strict=True)
            if model.first_seen > last.started_at or model.sources.isdisjoint(last.sources)
        ]

    async def _keep_resolver(
        self, resolver: CapabilityResolver, asked: Sequence[ModelSpec], outcome: _Outcome
    ) -> None:
        same = self.unchanged("resolver", resolver)
        if same is not None and not asked:
            self.note(same)
            return
        if outcome.error is not None:
            self.note(self.failure("resolver", resolver, outcome))
            return
        said, dropped, moment = outcome.answer
        # Without a token, what could not be asked about is asked again next time.
        token = token_of(resolver) if len(said) == len(asked) else None
        seen = sum(map(bool, said.values()))
        step = self.step("resolver", resolver, outcome, dropped, token=token, seen=seen)
        self.keep(
            await asyncio.to_thread(
                store.write_resolver, self.writer, self.run_id, step, said, moment
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
    environ: Environ = None,
) -> RefreshReport:
    """Run sources, then resolvers, against the catalog at `path`, and record each outcome.

    `ordered` writes the order of `resolvers` as their precedence. One refresh runs at a time:
    another waits `wait` seconds for it, then reports `skipped`. No key of `environ`, by default
    of this process, gets into the record. Raises CatalogError and its kind; what a source or
    resolver does wrong is in the report instead.
    """
    (await asyncio.to_thread(open_reader, path)).close()
    patience = time.monotonic() + wait
    while True:
        with try_lock_file(path, ".refresh.lock") as ours:
            if ours:
                with Writer(path) as writer:
                    run = _Run(writer, deadline, progress, environ)
                    return await run.go(kind, sources, resolvers, ordered=ordered)
        if time.monotonic() >= patience:
            return RefreshReport(skipped=True)
        await asyncio.sleep(0.05)
