"""Run a refresh: fetch models from sources, then facts from resolvers, and store each outcome.

Each stage fetches first and writes afterwards, so that no transaction is open during network I/O.
A failing source or resolver keeps its stored rows and stops no other; the failure is a row in
`run_steps`.

`deadline` limits the time for fetching in the whole run; writing does not count. All sources run
concurrently, within two thirds of it if resolvers follow; then all resolvers within the rest. A
part that has not returned by then is a failed step. A resolver that is called model by model
keeps the results it returned until then.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from modeldex import errors
from modeldex.refresh.collect import discover_all, resolve_all, spec_of
from modeldex.refresh.edition import Edition, take_edition
from modeldex.refresh.isolation import DEADLINE, Allowance, Deadline, Outcome, run_isolated
from modeldex.refresh.known_sources import settle_sources, store_configured
from modeldex.refresh.part import (
    answer_of,
    asked_of,
    is_reference,
    kind_of,
    live_only,
    may_shrink,
    opens_sockets,
    part_name,
    precedence_of,
)
from modeldex.refresh.patience import stored
from modeldex.refresh.previous_runs import Due, PreviousRuns, is_due, load_previous_runs
from modeldex.refresh.report import (
    Environ,
    Progress,
    RefreshReport,
    StepRecords,
    StepReport,
    report_of,
    step_report,
)
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.inferred import InferredResolver
from modeldex.sources import ModelSource
from modeldex.storage import inferred, opinions, precedence, record_listing, run_log, sightings
from modeldex.storage.concurrency import run_to_completion
from modeldex.storage.location import Place
from modeldex.storage.open import make_current, open_writer, refreshing
from modeldex.storage.run_log import Step, StepKey
from modeldex.storage.sightings import SightedModel
from modeldex.storage.sqlite.connection import WRITE_WAIT
from modeldex.storage.sqlite.writer import Writer
from modeldex.version import __version__
from modeldex.vocabulary import clock
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.normalize import OfferKey
from modeldex.vocabulary.values import ModelSpec

LOCK_WAIT = WRITE_WAIT
"""Seconds for which one try to write waits for a lock."""

# Leaves time for the resolvers if a source never returns.
_SHARE_OF_SOURCES = 2 / 3


class _Run:
    """One run over one catalog: settings, earlier runs and the reports so far."""

    def __init__(
        self, writer: Writer, deadline: float, progress: Progress, environ: Environ
    ) -> None:
        self.writer = writer
        self.allowance = Allowance(deadline)
        self.progress = progress
        self.steps = StepRecords(environ)
        self.accept: frozenset[str] = frozenset()
        self.whole = False
        self.previous = PreviousRuns()
        self.edition = Edition()
        self.online: frozenset[StepKey] = frozenset()
        self.run_id = 0
        self.reports: list[StepReport] = []
        self.unwritten: list[Step] = []

    async def execute(
        self,
        kind: str,
        sources: Sequence[ModelSource],
        resolvers: Sequence[CapabilityResolver],
        only: Collection[str],
        *,
        ordered: bool,
    ) -> RefreshReport:
        """Execute the run and return its report."""
        writer, names = self.writer, [part_name(source) for source in sources]
        self.accept |= may_shrink((*sources, *resolvers))
        # A feed among the parts supersedes the shipped snapshot of the same name.
        parts = [("source", s) for s in sources] + [("resolver", r) for r in resolvers]
        self.online = frozenset((what, part_name(p)) for what, p in parts if opens_sockets(p))
        self.run_id = await run_to_completion(run_log.start_run, writer, kind, __version__)
        self.previous = await run_to_completion(
            load_previous_runs, writer, self.run_id, names, only
        )
        precedences = {part_name(resolver): precedence_of(resolver) for resolver in resolvers}
        await run_to_completion(precedence.order_resolvers, writer, precedences, move=ordered)
        self.edition = await run_to_completion(
            take_edition, writer, sources, resolvers, self.previous
        )
        if self.edition.steps:
            await self.store(run_log.write_steps, self.run_id, self.edition.steps)
        for step in self.edition.steps:
            self.report(step)
        await run_to_completion(settle_sources, writer, names if self.whole else None)
        remaining = self.edition.other_sources(sources)
        await self.run_sources(remaining, _SHARE_OF_SOURCES if resolvers else 1.0)
        live = {part_name(source) for source in sources if not is_reference(source)}
        await self.run_resolvers(
            [resolver for resolver in resolvers if not isinstance(resolver, InferredResolver)],
            await self.store(sightings.sighted_models, names),
            live,
        )
        if last := {r.name: r for r in resolvers if isinstance(r, InferredResolver)}:
            await self.infer(last)
        if kind == "refresh":
            await self.store(store_configured, self.steps.environ)
        report = report_of(self.reports, sources)
        await self.store(run_log.finish_run, self.run_id, report.status, self.unwritten)
        return report

    async def store(self, work: Callable[..., Any], *args: Any, **how: Any) -> Any:
        """Return the result of a function that writes."""
        return await stored(self.progress, work, self.writer, *args, **how)

    def report(self, step: Step) -> None:
        self.reports.append(step_report(step))
        self.progress(f"{step.name}: {step.error or step.status}, {step.changed} changed")

    def report_unwritten(self, step: Step) -> None:
        """Report a step that writes nothing else; its record is stored at the end of the run."""
        self.unwritten.append(step)
        self.report(step)

    async def due(self, deadline: Deadline, kind: str, part: object) -> Due:
        """Whether to run a part."""
        return await is_due(self.previous, self.steps, deadline, kind, part, online=self.online)

    async def run_sources(self, sources: Sequence[ModelSource], share: float) -> None:
        """Run all sources concurrently, then write their results one after the other."""
        with self.allowance.spend(share) as deadline:
            results = await asyncio.gather(*(self._run_source(deadline, s) for s in sources))
        for source, (due, outcome) in zip(sources, results, strict=True):
            if outcome is not None:
                await self._store_source(source, due.token, outcome)
            elif due.step is not None:
                self.report_unwritten(due.step)

    async def _run_source(
        self, deadline: Deadline, source: ModelSource
    ) -> tuple[Due, Outcome | None]:
        due = await self.due(deadline, "source", source)
        return due, await run_isolated(deadline, discover_all, source) if due.run else None

    async def _store_source(self, source: ModelSource, token: str | None, outcome: Outcome) -> None:
        asked = asked_of(source)
        if outcome.error is not None:
            step = self.steps.failed("source", source, outcome)
            self.report_unwritten(step)
            await self._store_failure(asked, step)
            return
        found, dropped, note = outcome.answer
        step = self.steps.succeeded(
            "source", source, outcome, dropped, token=token, seen=len(found)
        )
        how = partial(sightings.write_source, note=note, answer=answer_of(source))
        await self._store_failure(asked, await self.write(step, how, kind_of(source), found))

    async def _store_failure(self, asked: Asked | None, step: Step) -> None:
        if asked is not None and step.problem is not None:
            await self.store(record_listing.record_failure, asked, step)

    async def write(self, step: Step, how: Callable[..., Step], *what: Any) -> Step:
        """Write a result with its record, and return it; one that shrank too much has failed."""
        try:
            done: Step = await self.store(how, self.run_id, step, *what, accept=self.accept)
        except errors.SourceFailed as refusal:
            done = step._replace(
                status="failed", token=None, problem="shrunk", error=refusal.reason
            )
            self.report_unwritten(done)
        else:
            self.report(done)
        return done

    async def run_resolvers(
        self, resolvers: Sequence[CapabilityResolver], models: list[SightedModel], live: set[str]
    ) -> None:
        """Run all resolvers concurrently on every listed model, then write their results."""
        specs = {model.key: spec_of(model.identity) for model in models}
        live_models = [model for model in models if not model.sources.isdisjoint(live)]
        with self.allowance.spend() as deadline:
            results = await asyncio.gather(
                *(
                    self._run_resolver(deadline, r, live_models if live_only(r) else models, specs)
                    for r in resolvers
                )
            )
        for resolver, (due, count, outcome) in zip(resolvers, results, strict=True):
            if outcome is not None:
                await self._store_resolver(resolver, due.token, count, outcome)
            elif due.step is not None:
                self.report_unwritten(due.step)

    async def infer(self, resolvers: Mapping[str, InferredResolver]) -> None:
        """Write what follows from the opinions of all other resolvers, which are stored by now."""
        if await self.store(inferred.is_current, resolvers):
            for resolver in resolvers.values():
                self.report_unwritten(self.steps.unchanged("resolver", resolver, resolver.version))
            return
        for name in filter(resolvers.__contains__, inferred.ORDER):
            found = await self.store(inferred.changes, name)
            step = found.step(name, resolvers[name].version)
            await self.write(step, opinions.write_resolver, found.opinions, found.observed)
        await self.store(inferred.remember, resolvers)

    async def _run_resolver(
        self,
        deadline: Deadline,
        resolver: CapabilityResolver,
        models: Sequence[SightedModel],
        specs: Mapping[OfferKey, ModelSpec],
    ) -> tuple[Due, int, Outcome | None]:
        """Resolve every model, or only new ones if the data is unchanged; also return how many."""
        due = await self.due(deadline, "resolver", resolver)
        models = self.edition.others(resolver, models)
        if due.same:
            models = self.previous.models_to_resolve(resolver, models)
        if not (due.run or (due.same and (models or self.edition.has(resolver)))):
            return due, 0, None
        selected = [specs[model.key] for model in models]
        one_by_one = deadline.shortened().resolve_one
        outcome = await run_isolated(deadline, resolve_all, resolver, selected, one_by_one)
        return due, len(selected), outcome

    async def _store_resolver(
        self, resolver: CapabilityResolver, token: str | None, count: int, outcome: Outcome
    ) -> None:
        if outcome.error is not None:
            self.report_unwritten(self.steps.failed("resolver", resolver, outcome))
            return
        by_model, dropped, moment = outcome.answer
        # Some models failed: without a token the next refresh resolves all of them again.
        token = token if len(by_model) == count else None
        seen = sum(map(bool, by_model.values()))
        step = self.steps.succeeded("resolver", resolver, outcome, dropped, token=token, seen=seen)
        step = self.edition.counted(resolver, step)
        await self.write(step, opinions.write_resolver, by_model, moment)


async def refresh(
    path: Place,
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
    only: Collection[str] = (),
    whole: bool = False,
) -> RefreshReport:
    """Run sources, then resolvers, against the catalog at `path`, and record each outcome.

    `ordered` stores the order of `resolvers` as their precedence. `deadline` limits the time for
    fetching, in seconds. One refresh runs at a time: another waits up to `wait` seconds, then
    returns a report with `skipped`. `accept` names sources and resolvers whose data may shrink
    by more than half; `only` names sources that run in spite of a pending Retry-After. `whole`:
    these are all sources that are configured here, so that others have ended. No key in `environ`
    (default: `os.environ`) gets into the record. Raises CatalogError; errors of sources and
    resolvers are in the report.
    """
    await run_to_completion(make_current, path)
    give_up_at = clock.steady() + wait
    while True:
        with refreshing(path) as acquired:
            if acquired:
                with open_writer(path, LOCK_WAIT) as writer:
                    run = _Run(writer, deadline, progress, environ)
                    run.accept, run.whole = frozenset(accept), whole
                    return await run.execute(kind, sources, resolvers, only, ordered=ordered)
        if clock.steady() >= give_up_at:
            return RefreshReport(skipped=True)
        await asyncio.sleep(0.05)  # a file lock cannot notify: poll it
