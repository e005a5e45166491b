"""The resolver protocol: resolvers state what a model can do, without access to the database."""

from typing import Protocol, runtime_checkable

from modeldex.vocabulary.values import ModelCapabilities, ModelSpec


@runtime_checkable
class CapabilityResolver(Protocol):
    """Any object with an async `get_capabilities(spec)`.

    A refresh also reads these attributes if present: `version` before each call, `observed_at`
    and what the call sets after it, all else once, when the resolver is taken in.

    `name`         name of the resolver in the catalog; default: module and class name
    `source`       name of the source that fetches its data; default: its own name
    `network`      True if it opens sockets; it is then called in a refresh only
    `optional`     True if an unreachable server is not a failure
    `live_only`    True to be called only for models that a live source lists
    `may_wait`     True to be skipped in the first, short refresh that `get_models` runs
    `may_shrink`   True to accept that it withdraws more than half of its opinions
    `version`      text that changes when the data does; with the same text it is called only
                   for models that are new to it
    `observed_at`  ISO 8601 date or time of the facts, if older than the call
    `fault`        text, set by the call: what is wrong beside the result, which is stored;
                   the step counts as failed
    `catalog_id`   set by the refresh, before any call, to the id of its catalog
    `precedence`   integer for a resolver that is new to the catalog; default: 350
    `resolve_many(specs)`  a list with one result per spec, in order: ModelCapabilities, a
                   mapping of field names to values, None for no opinion, or an exception if
                   this one model failed (its stored opinion then stays)
    """

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the known facts about the model; an empty value means no opinion."""
        ...
