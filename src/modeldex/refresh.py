"""Ask sources which models exist, then resolvers what they can do; keep each outcome.

Everything is fetched first and written after, so no transaction is open while the network
is. A source or resolver that fails loses nothing and blocks nobody: its failure is a row in
`run_steps`. The one `except Exception` of the package is here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modeldex import __version__, errors, opinions, sightings, store
from modeldex.asking import listed, said
from modeldex.db import try_lock_file
from modeldex.opening import open_reader
from modeldex.parts import (
    is_reference,
    live_only,
    may_shrink,
    part_name,
    precedence_of,
    supersedes,
    token_of,
)
from modeldex.refusals import NoAnswer
from modeldex.report import Environ, Outcome, RefreshReport, StepReport, Steps, reported
from modeldex.resolvers import CapabilityResolver
from modeldex.sightings import Sighted
from modeldex.sources import ModelSource
from modeldex.store import Key, LastStep, Step
from modeldex.threads import to_its_end
from modeldex.values import ModelSpec
from modeldex.writer import Writer

DEADLINE = 60.0

Progress = Callable[[str], None]


async def _guarded(deadline: float, ask: Callable[..., Awaitable[Any]], *about: Any) -> Outcome:
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
    return Outcome(answer, error, started_at, elapsed, unreachable)


class _Due(NamedTuple):
    """What a part has to say: the same as before, less than is known already, or news."""

    token: str | None = None
    same: bool = False
    older: bool = False
    failed: Step | None = None


async def _news(part: object, last: LastStep | None) -> _Due:
    """What a part says of its own data; foreign code, each attribute of it."""
    revalidate = getattr(part, "revalidate", None)
    if revalidate is not None:
        await revalidate(last and last.token)
    token = token_of(part)
    if last is not None and token is not None and last.token == token:
        return _Due(token, same=True)
    return _Due(token, older=last is not None and not supersedes(part, last.token))


class _Run:
    """One run over one catalog: who is asked, what is known of earlier runs, what came out."""

    def __init__(
        self, writer: Writer, deadline: float, progress: Progress, environ: Environ
    ) -> None:
        self.writer = writer
        self.deadline = deadline
        self.progress = progress
        self.steps = Steps(environ)
        self.accept: frozenset[str] = frozenset()
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
        writer, names = self.writer, {part_name(r): precedence_of(r) for r in resolvers}
        self.accept |= may_shrink((*sources, *resolvers))
        self.last = await to_its_end(store.last_steps, writer)
        self.run_id = await to_its_end(store.start_run, writer, kind, __version__)
        await to_its_end(store.order_resolvers, writer, names, move=ordered)
        await self.ask_sources(sources)
        await self.ask_resolvers(resolvers, sources)
        report = RefreshReport(tuple(self.reports))
        await to_its_end(store.finish_run, writer, self.run_id, report.status, self.unwritten)
        return report

    def keep(self, step: Step) -> None:
        self.reports.append(reported(step))
        self.progress(f"{step.name}: {step.error or step.status}, {step.changed} changed")

    def note(self, step: Step) -> None:
        """A step with nothing to write is recorded when the run ends."""
        self.unwritten.append(step)
        self.keep(step)

    async def due(self, kind: str, part: object) -> _Due:
        """Whether a part has anything new to say, asked once per run."""
        last = self.last.get((kind, part_name(part)))
        outcome = await _guarded(self.deadline, _news, part, last)
        if outcome.error is not None:
            return _Due(failed=self.steps.failed(kind, part, outcome))
        due: _Due = outcome.answer
        return due

    async def ask_sources(self, sources: Sequence[ModelSource]) -> None:
        """All sources at once; then one after the other is written."""
        asked = await asyncio.gather(*(self._ask_source(source) for source in sources))
        for source, (due, outcome) in zip(sources, asked, strict=True):
            if due.failed is not None:
                self.note(due.failed)
            elif outcome is not None:
                await self._keep_source(source, due.token, outcome)
            elif due.same:
                self.note(self.steps.same("source", source, due.token))

    async def _ask_source(self, source: ModelSource) -> tuple[_Due, Outcome | None]:
        due = await self.due("source", source)
        if due.failed is not None or due.same or due.older:
            return due, None
        return due, await _guarded(self.deadline, listed, source)

    async def _keep_source(self, source: ModelSource, token: str | None, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.note(self.steps.failed("source", source, outcome))
            return
        found, dropped = outcome.answer
        step = self.steps.answered("source", source, outcome, dropped, token=token, seen=len(found))
        kind = "reference" if is_reference(source) else "live"
        await self.write(step, sightings.write_source, kind, found)

    async def write(self, step: Step, how: Callable[..., Step], *what: Any) -> None:
        """Write an answer and keep its record; one that may not be taken is a failed step."""
        try:
            done = await to_its_end(how, self.writer, self.run_id, step, *what, accept=self.accept)
        except errors.SourceFailed as refusal:
            self.note(step._replace(status="failed", token=None, error=refusal.reason))
        else:
            self.keep(done)

    async def ask_resolvers(
        self, resolvers: Sequence[CapabilityResolver], sources: Sequence[ModelSource]
    ) -> None:
        """All resolvers at once, about every model the sources see; then each is written."""
        names = [part_name(source) for source in sources]
        models = await to_its_end(sightings.sighted, self.writer, names)
        specs = [
            ModelSpec(
                provider=i.provider, name=i.name, family=i.family, display_name=i.display_name
            )
            for i, _, _ in models
        ]
        live = {part_name(source) for source in sources if not is_reference(source)}
        called = [at for at, model in enumerate(models) if not model.sources.isdisjoint(live)]
        some = [models[at] for at in called], [specs[at] for at in called]
        asked = await asyncio.gather(
            *(
                self._ask_resolver(r, *(some if live_only(r) else (models, specs)))
                for r in resolvers
            )
        )
        for resolver, (due, about, outcome) in zip(resolvers, asked, strict=True):
            if due.failed is not None:
                self.note(due.failed)
            elif outcome is not None:
                await self._keep_resolver(resolver, due.token, about, outcome)
            elif due.same:
                self.note(self.steps.same("resolver", resolver, due.token))

    async def _ask_resolver(
        self, resolver: CapabilityResolver, models: Sequence[Sighted], specs: list[ModelSpec]
    ) -> tuple[_Due, int, Outcome | None]:
        """The answers about every spec, or about the new ones where the data is the same."""
        due = await self.due("resolver", resolver)
        if due.same:
            specs = self._new_to(resolver, models, specs)
        if due.failed is not None or due.older or (due.same and not specs):
            return due, 0, None
        return due, len(specs), await _guarded(self.deadline, said, resolver, specs, self._ask_one)

    async def _ask_one(
        self, ask: Callable[[ModelSpec], Awaitable[Any]], about: ModelSpec
    ) -> tuple[Any, str | None]:
        outcome = await _guarded(self.deadline, ask, about)
        return outcome.answer, outcome.error

    def _new_to(
        self, resolver: CapabilityResolver, models: Sequence[Sighted], specs: list[ModelSpec]
    ) -> list[ModelSpec]:
        last = self.last["resolver", part_name(resolver)]
        return [
            spec
            for spec, model in zip(specs, models, strict=True)
            if model.first_seen > last.started_at or model.sources.isdisjoint(last.sources)
        ]

    async def _keep_resolver(
        self, resolver: CapabilityResolver, token: str | None, asked: int, outcome: Outcome
    ) -> None:
        if outcome.error is not None:
            self.note(self.steps.failed("resolver", resolver, outcome))
            return
        by_model, dropped, moment = outcome.answer
        # Without a token, what could not be asked about is asked again next time.
        token = token if len(by_model) == asked else None
        seen = sum(map(bool, by_model.values()))
        step = self.steps.answered("resolver", resolver, outcome, dropped, token=token, seen=seen)
        await self.write(step, opinions.write_resolver, by_model, moment)


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
    accept: Collection[str] = (),
) -> RefreshReport:
    """Run sources, then resolvers, against the catalog at `path`, and record each outcome.

    `ordered` writes the order of `resolvers` as their precedence. One refresh runs at a time:
    another waits `wait` seconds for it, then reports `skipped`. `accept` names sources and
    resolvers whose answer is taken although it shrank by more than half. No key of `environ`,
    by default of this process, gets into the record. Raises CatalogError and its kind; what a
    source or resolver does wrong is in the report instead.
    """
    (await asyncio.to_thread(open_reader, path)).close()
    patience = time.monotonic() + wait
    while True:
        with try_lock_file(path, ".refresh.lock") as ours:
            if ours:
                with Writer(path) as writer:
                    run = _Run(writer, deadline, progress, environ)
                    run.accept = frozenset(accept)
                    return await run.go(kind, sources, resolvers, ordered=ordered)
        if time.monotonic() >= patience:
            return RefreshReport(skipped=True)
        await asyncio.sleep(0.05)
