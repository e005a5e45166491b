"""Results of previous runs: last successes, Retry-After deadlines, models already seen."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex.refresh.isolation import Deadline, run_isolated
from modeldex.refresh.part import opens_sockets, part_name, source_of, supersedes, token_of
from modeldex.refresh.report import StepRecords
from modeldex.storage import batch, run_log, sightings
from modeldex.storage.run_log import LastStep, Step, StepKey
from modeldex.storage.sightings import SightedModel
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.normalize import OfferKey


class VersionCheck(NamedTuple):
    """The version token of a part's data; whether it is the `same` as stored, or `older`."""

    token: str | None
    same: bool = False
    older: bool = False


async def check_version(part: Any, last: LastStep | None, catalog_id: str) -> VersionCheck:
    """Compare the current data of a part with that of its last success.

    Every attribute of `part` is third-party code and may raise: call it inside the boundary.
    """
    if hasattr(part, "catalog_id"):
        part.catalog_id = catalog_id
    revalidate = getattr(part, "revalidate", None)
    if revalidate is not None:
        await revalidate(last and last.token)
    token = token_of(part)
    if last is not None and token is not None and last.token == token:
        return VersionCheck(token, same=True)
    return VersionCheck(token, older=last is not None and not supersedes(part, last.token))


class PreviousRuns(NamedTuple):
    """The results of previous runs, as of the beginning of this one.

    `steps` has the newest success of each part, `pending_retries` the Retry-After deadlines.
    `seen` are the models that this run's sources had seen; `sightings_changed_at` is the start of
    the newest run that changed what is seen. Parts named in `only` are run in
    spite of their deadline.
    """

    steps: Mapping[StepKey, LastStep] = {}
    pending_retries: Mapping[StepKey, str] = {}
    seen: Collection[OfferKey] = ()
    sightings_changed_at: str | None = None
    only: Collection[str] = ()
    catalog_id: str = ""

    def last(self, kind: str, part: object) -> LastStep | None:
        """The newest successful step of a part, if any."""
        return self.steps.get((kind, part_name(part)))

    def retry_after(self, kind: str, part: object) -> str | None:
        """The Retry-After deadline of a part, if it must not be run yet; None if it may run."""
        until = self.pending_retries.get((kind, part_name(part)))
        if until is None or not opens_sockets(part):
            return None
        named = part_name(part) if kind == "source" else source_of(part)
        return None if named in self.only else until

    def models_to_resolve(
        self, resolver: object, models: Sequence[SightedModel]
    ) -> Sequence[SightedModel]:
        """The models to resolve for a resolver whose data is unchanged.

        These are the models first seen, or seen again, since its last success; all of them if
        a run without this resolver changed what is seen.
        """
        last = self.last("resolver", resolver)
        if last is None or (
            self.sightings_changed_at and self.sightings_changed_at > last.started_at
        ):
            return models
        return [
            model
            for model in models
            if model.key not in self.seen
            or model.first_seen > last.started_at
            or model.sources.isdisjoint(last.sources)
        ]


def load_previous_runs(
    writer: Writer, run_id: int, sources: Sequence[str], only: Collection[str]
) -> PreviousRuns:
    """Load the results of previous runs for a run of these sources."""
    seen = frozenset(model.key for model in sightings.sighted_models(writer, sources))
    changed_at = sightings.last_sightings_change(writer, run_id)
    return PreviousRuns(
        run_log.last_steps(writer), run_log.pending_retries(writer), seen, changed_at, only,
        batch.catalog_id(writer),
    )  # fmt: skip


class Due(NamedTuple):
    """Whether to run a part; if not, `step` is the record of why.

    `same`: the data is unchanged, so resolve only models that are new to the resolver.
    """

    token: str | None = None
    step: Step | None = None
    run: bool = False
    same: bool = False


async def is_due(
    previous: PreviousRuns,
    steps: StepRecords,
    deadline: Deadline,
    kind: str,
    part: object,
    *,
    online: Collection[StepKey],
) -> Due:
    """Decide whether a part is run: its data may have changed and no Retry-After is pending.

    `online` are the parts of the run that open sockets: a feed supersedes a snapshot.
    """
    if until := previous.retry_after(kind, part):
        return Due(step=steps.postponed(kind, part, until))
    last = previous.last(kind, part)
    outcome = await run_isolated(deadline, check_version, part, last, previous.catalog_id)
    if outcome.error is not None:
        return Due(step=steps.failed(kind, part, outcome))
    token, same, older = outcome.answer
    if same and not opens_sockets(part) and (kind, part_name(part)) in online:
        return Due(token, same=True)  # the feed reports the step
    if same:
        return Due(token, steps.unchanged(kind, part, token), same=True)
    if older and last and kind == "source" and opens_sockets(part):
        return Due(step=steps.older(kind, part, token, last.token))
    return Due(token, run=not older)
