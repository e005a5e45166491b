"""Resolvers state what a model can do. They know nothing of the database."""

from typing import Protocol, runtime_checkable

from modeldex.values import ModelCapabilities, ModelSpec


@runtime_checkable
class CapabilityResolver(Protocol):
    """Anything with `get_capabilities(spec)`.

    Optional attributes, read by a refresh where they exist:

    `name`         the resolver's name in the catalog; the class name otherwise
    `source`       the name of the source whose answer it reads; its own name otherwise
    `network`      True when it opens sockets: such a resolver runs in a refresh only
    `optional`     True when it may be out of reach without that being a failure
    `live_only`    True to be asked only about models that a live source sees
    `may_wait`     True to be left out of the first, short refresh of `get_models`
    `may_shrink`  True when an answer much shorter than the last one is nothing to doubt
    `version`      text that changes when the answers may have; the same text asks only about
                   models that are new
    `observed_at`  ISO 8601 date or time of the facts, where they are older than the answer
    `catalog_id`   is set, before anything is asked, to the id of the catalog that asks
    `resolve_many(specs)`  one answer per spec, in order: ModelCapabilities, a mapping of field
                   names to values, None for no opinion, or an exception where this one model
                   could not be asked about (what was known of it then stays)
    """

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What this resolver knows of the model; an empty value where it has no opinion."""
        ...
