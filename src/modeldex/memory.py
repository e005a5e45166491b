"""What a run knows of those before it: who said what, who wants to rest, what was seen."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex import sightings, store
from modeldex.parts import opens_sockets, part_name, source_of, supersedes, token_of
from modeldex.sightings import Sighted
from modeldex.store import Key, LastStep
from modeldex.writer import Writer


class News(NamedTuple):
    """What a part says of its own data: the same as before, or older than that."""

    token: str | None
    same: bool = False
    older: bool = False


async def news(part: Any, last: LastStep | None, catalog_id: str) -> News:
    """Foreign code, each attribute of it."""
    if hasattr(part, "catalog_id"):
        part.catalog_id = catalog_id
    revalidate = getattr(part, "revalidate", None)
    if revalidate is not None:
        await revalidate(last and last.token)
    token = token_of(part)
    if last is not None and token is not None and last.token == token:
        return News(token, same=True)
    return News(token, older=last is not None and not supersedes(part, last.token))


class Memory(NamedTuple):
    """Earlier runs as of the beginning of this one.

    `seen` are the models that this run's sources had seen, `stirred` is when the newest run
    began that changed any such thing; who is named in `only` is asked though it wants to rest.
    `catalog_id` is that of the catalog.
    """

    steps: Mapping[Key, LastStep] = {}
    resting: Mapping[Key, str] = {}
    seen: Collection[Key] = ()
    stirred: str | None = None
    only: Collection[str] = ()
    catalog_id: str = ""

    def last(self, kind: str, part: object) -> LastStep | None:
        """The newest success of a part."""
        return self.steps.get((kind, part_name(part)))

    def rests(self, kind: str, part: object) -> str | None:
        """Until when a part is to be left alone, because its host asked for that."""
        until = self.resting.get((kind, part_name(part)))
        if until is None or not opens_sockets(part):
            return None
        named = part_name(part) if kind == "source" else source_of(part)
        return None if named in self.only else until

    def new_to(self, resolver: object, models: Sequence[Sighted]) -> Sequence[Sighted]:
        """The models that a resolver was not asked about with the data it still has.

        Those that are seen since it last was, be it once more; all of them, where a run that
        it took no part in changed what is seen.
        """
        last = self.last("resolver", resolver)
        if last is None or (self.stirred and self.stirred > last.started_at):
            return models
        return [
            model
            for model in models
            if model.key not in self.seen
            or model.first_seen > last.started_at
            or model.sources.isdisjoint(last.sources)
        ]


def recall(writer: Writer, run_id: int, sources: Sequence[str], only: Collection[str]) -> Memory:
    """What the runs before this one left about these sources and whatever else is asked."""
    seen = frozenset(model.key for model in sightings.sighted(writer, sources))
    stirred = sightings.last_stir(writer, run_id)
    return Memory(
        store.last_steps(writer), store.resting(writer), seen, stirred, only,
        store.catalog_id(writer),
    )  # fmt: skip
