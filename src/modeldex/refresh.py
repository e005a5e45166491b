"""Ask sources which models exist, then resolvers what they can do; keep each outcome.

Everything is fetched first and written after, so no transaction is open while the network
is. A source or resolver that fails loses nothing and blocks nobody: its failure is a row in
`run_steps`.

The time for asking, `deadline`, is that of the whole run; what is written takes no part in it.
All sources are asked at once, and where resolvers follow they share at most two thirds of it;
then all resolvers at once, which share what is left. Who has not answered by then is a failed
step; what a resolver that is asked model by model said until then is kept.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from modeldex import __version__, clock, errors, opinions, sightings, store
from modeldex.asking import listed, said
from modeldex.boundary import Allowance, Limit, Outcome, guarded
from modeldex.memory import Memory, news, recall
from modeldex.opening import open_catalog, open_writer, refreshing
from modeldex.parts import (
    is_reference,
    live_only,
    may_shrink,
    opens_sockets,
    part_name,
    precedence_of,
)
from modeldex.places import Place
from modeldex.report import Environ, RefreshReport, StepReport, Steps, reported
from modeldex.resolvers import CapabilityResolver
from modeldex.sightings import Sighted
from modeldex.sources import ModelSource
from modeldex.store import Key, Step
from modeldex.threads import to_its_end
from modeldex.values import ModelSpec
from modeldex.writer import Writer

DEADLINE = 60.0
_SHARE_OF_SOURCES = 2 / 3

Progress = Callable[[str], None]


class _Due(NamedTuple):
    """Whether a part is asked; one that is not may get the record `step`.

    With `same` it has nothing to say but of models that are new to it.
    """

    token: str | None = None
    step: Step | None = None
    asked: bool = False
    same: bool = False


class _Run:
    """One run over one catalog: who is asked, what is known of earlier runs, what came out."""

    def __init__(
        self, writer: Writer, deadline: float, progress: Progress, environ: Environ
    ) -> None:
        self.writer = writer
        self.allowance = Allowance(deadline)
        self.progress = progress
        self.steps = Steps(environ)
        self.accept: frozenset[str] = frozenset()
        self.memory = Memory()
        self.online: frozenset[Key] = frozenset()
        self.run_id = 0
        self.reports: list[StepReport] = []
        self.unwritten: list[Step] = []

    async def go(
        self,
        kind: str,
        sources: Sequence[ModelSource],
        resolvers: Sequence[CapabilityResolver],
        only: Collection[str],
        *,
        ordered: bool,
    ) -> RefreshReport:
        """The whole run, from its first row to its last."""
        writer, names = self.writer, [part_name(source) for source in sources]
        self.accept |= may_shrink((*sources, *resolvers))
        parts = [("source", s) for s in sources] + [("resolver", r) for r in resolvers]
        self.online = frozenset((what, part_name(p)) for what, p in parts if opens_sockets(p))
        self.run_id = await to_its_end(store.start_run, writer, kind, __version__)
        self.memory = await to_its_end(recall, writer, self.run_id, names, only)
        wishes = {part_name(resolver): precedence_of(resolver) for resolver in resolvers}
        await to_its_end(store.order_resolvers, writer, wishes, move=ordered)
        await self.ask_sources(sources, _SHARE_OF_SOURCES if resolvers else 1.0)
        live = {part_name(source) for source in sources if not is_reference(source)}
        await self.ask_resolvers(
            resolvers, await to_its_end(sightings.sighted, writer, names), live
        )
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

    async def due(self, limit: Limit, kind: str, part: object) -> _Due:
        """Whether a part is to be asked: it has news, and does not want to be left alone."""
        if until := self.memory.rests(kind, part):
            return _Due(step=self.steps.resting(kind, part, until))
        last = self.memory.last(kind, part)
        outcome = await guarded(limit, news, part, last, self.memory.catalog_id)
        if outcome.error is not None:
            return _Due(step=self.steps.failed(kind, part, outcome))
        token, same, older = outcome.answer
        if same and not opens_sockets(part) and (kind, part_name(part)) in self.online:
            return _Due(token, same=True)  # its feed has the last word
        if same:
            return _Due(token, self.steps.same(kind, part, token), same=True)
        if older and last and kind == "source" and opens_sockets(part):
            return _Due(step=self.steps.older(kind, part, token, last.token))
        return _Due(token, asked=not older)

    async def ask_sources(self, sources: Sequence[ModelSource], share: float) -> None:
        """All sources at once; then one after the other is written."""
        with self.allowance.spend(share) as limit:
            asked = await asyncio.gather(*(self._ask_source(limit, s) for s in sources))
        for source, (due, outcome) in zip(sources, asked, strict=True):
            if outcome is not None:
                await self._keep_source(source, due.token, outcome)
            elif due.step is not None:
                self.note(due.step)

    async def _ask_source(self, limit: Limit, source: ModelSource) -> tuple[_Due, Outcome | None]:
        due = await self.due(limit, "source", source)
        return due, await guarded(limit, listed, source) if due.asked else None

    async def _keep_source(self, source: ModelSource, token: str | None, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.note(self.steps.failed("source", source, outcome))
            return
        found, dropped, note = outcome.answer
        step = self.steps.answered("source", source, outcome, dropped, token=token, seen=len(found))
        kind = "reference" if is_reference(source) else "live"
        await self.write(step, partial(sightings.write_source, note=note), kind, found)

    async def write(self, step: Step, how: Callable[..., Step], *what: Any) -> None:
        """Write an answer and keep its record; one that shrank too much is a failed step."""
        try:
            done = await to_its_end(how, self.writer, self.run_id, step, *what, accept=self.accept)
        except errors.SourceFailed as refusal:
            step = step._replace(status="failed", token=None, problem="shrunk")
            self.note(step._replace(error=refusal.reason))
        else:
            self.keep(done)

    async def ask_resolvers(
        self, resolvers: Sequence[CapabilityResolver], models: list[Sighted], live: set[str]
    ) -> None:
        """All resolvers at once, about every model seen; then each is written."""
        specs = {model.key: _spec(model) for model in models}
        called = [model for model in models if not model.sources.isdisjoint(live)]
        with self.allowance.spend() as limit:
            asked = await asyncio.gather(
                *(
                    self._ask_resolver(limit, r, called if live_only(r) else models, specs)
                    for r in resolvers
                )
            )
        for resolver, (due, about, outcome) in zip(resolvers, asked, strict=True):
            if outcome is not None:
                await self._keep_resolver(resolver, due.token, about, outcome)
            elif due.step is not None:
                self.note(due.step)

    async def _ask_resolver(
        self,
        limit: Limit,
        resolver: CapabilityResolver,
        models: Sequence[Sighted],
        specs: Mapping[Key, ModelSpec],
    ) -> tuple[_Due, int, Outcome | None]:
        """The answers about every model, or about the new ones where the data is the same."""
        due = await self.due(limit, "resolver", resolver)
        if due.same:
            models = self.memory.new_to(resolver, models)
        if not (due.asked or (due.same and models)):
            return due, 0, None
        about = [specs[model.key] for model in models]
        return due, len(about), await guarded(limit, said, resolver, about, limit.shortened().ask)

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


def _spec(model: Sighted) -> ModelSpec:
    """A model as resolvers are asked about it."""
    seen = model.identity
    return ModelSpec(
        provider=seen.provider, name=seen.name, family=seen.family, display_name=seen.display_name
    )


def _prepared(path: Place) -> None:
    """Create or migrate the catalog where that is needed; who is cancelled leaves none open."""
    open_catalog(path).close()


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
) -> RefreshReport:
    """Run sources, then resolvers, against the catalog at `path`, and record each outcome.

    `ordered` writes the order of `resolvers` as their precedence. `deadline` bounds the time
    for asking, in seconds. One refresh runs at a time: another waits `wait` seconds for it,
    then reports `skipped`. `accept` names sources and resolvers whose answer is taken although
    it shrank by more than half, `only` sources that are asked although their host asked to be
    left alone. No key of `environ`, by default of this process, gets into the record. Raises
    CatalogError and its kind; what a source or resolver does wrong is in the report instead.
    """
    await to_its_end(_prepared, path)
    patience = clock.steady() + wait
    while True:
        with refreshing(path) as ours:
            if ours:
                with open_writer(path) as writer:
                    run = _Run(writer, deadline, progress, environ)
                    run.accept = frozenset(accept)
                    return await run.go(kind, sources, resolvers, only, ordered=ordered)
        if clock.steady() >= patience:
            return RefreshReport(skipped=True)
        await asyncio.sleep(0.05)
