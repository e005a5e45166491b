"""A newer edition of the shipped data: taken from the ready file, in place of the snapshots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from modeldex.refresh.part import opens_sockets, part_name, supersedes, token_of
from modeldex.refresh.previous_runs import PreviousRuns
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.resolvers.static import StaticCapabilityResolver
from modeldex.resolvers.tiers import TierResolver
from modeldex.sources import ModelSource
from modeldex.sources.snapshot import SnapshotSource
from modeldex.storage import edition
from modeldex.storage.edition import Count
from modeldex.storage.run_log import Step
from modeldex.storage.sightings import SightedModel
from modeldex.storage.sqlite.writer import Writer
from modeldex.upstream import ready
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.normalize import OfferKey

_RESOLVERS = (SnapshotResolver, StaticCapabilityResolver, TierResolver)


class Edition(NamedTuple):
    """What a run took from the ready file; nothing without a newer edition in it.

    `steps` are the records of the sources. `models` have the opinions of `resolvers` already.
    """

    steps: Sequence[Step] = ()
    resolvers: Mapping[str, Count] = {}
    models: frozenset[OfferKey] = frozenset()

    def other_sources(self, sources: Sequence[ModelSource]) -> list[ModelSource]:
        """The sources that are still to be run."""
        taken = {step.name for step in self.steps}
        return [s for s in sources if not (isinstance(s, SnapshotSource) and part_name(s) in taken)]

    def has(self, resolver: CapabilityResolver) -> bool:
        """Whether opinions of this resolver were taken."""
        return isinstance(resolver, _RESOLVERS) and part_name(resolver) in self.resolvers

    def others(
        self, resolver: CapabilityResolver, models: Sequence[SightedModel]
    ) -> Sequence[SightedModel]:
        """The models that this resolver is still to resolve."""
        if not self.has(resolver):
            return models
        return [model for model in models if model.key not in self.models]

    def counted(self, resolver: CapabilityResolver, step: Step) -> Step:
        """The record of a resolver, with what was taken."""
        if not self.has(resolver):
            return step
        seen, changed = self.resolvers[step.name]
        return step._replace(seen=step.seen + seen, changed=changed)


def take_edition(
    writer: Writer,
    sources: Sequence[ModelSource],
    resolvers: Sequence[CapabilityResolver],
    previous: PreviousRuns,
) -> Edition:
    """Take shipped data sets and reviewed tables that are newer than what is stored.

    Nothing on a server, or without a usable ready file: then the parts themselves are run.
    Raises CatalogError.
    """
    shipped = [s for s in sources if isinstance(s, SnapshotSource)]
    stated = [r for r in resolvers if isinstance(r, _RESOLVERS)]
    due = [s for s in shipped if _is_newer("source", s, previous)]
    wanted = bool(due) or any(_is_newer("resolver", r, previous) for r in stated)
    image = ready.image() if wanted and isinstance(writer.path, Path) else None
    if image is None:
        return Edition()
    names = [part_name(r) for r in stated if not _is_older(r, previous)]
    listing = [part_name(source) for source in sources if not opens_sockets(source)]
    started = timestamps.now()
    taken = edition.take(writer, image, [part_name(s) for s in due], names, listing)
    steps = [
        Step("source", name, "ok", started, token=token_of(source), seen=seen, changed=changed)
        for source in due
        for name, (seen, changed) in [(part_name(source), taken.sources[part_name(source)])]
    ]
    return Edition(steps, taken.resolvers, taken.models)


def _is_newer(kind: str, part: object, previous: PreviousRuns) -> bool:
    last = previous.last(kind, part)
    return last is None or (last.token != token_of(part) and supersedes(part, last.token))


def _is_older(resolver: object, previous: PreviousRuns) -> bool:
    """Whether newer data of the resolver is stored, from a feed."""
    last = previous.last("resolver", resolver)
    if last is None or last.token == token_of(resolver):
        return False
    return not supersedes(resolver, last.token)
