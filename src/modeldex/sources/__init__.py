"""The source protocol: sources discover which models exist, without access to the database."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from modeldex.vocabulary.values import ModelSpec


@runtime_checkable
class ModelSource(Protocol):
    """Any object with an async `discover()`.

    A refresh also reads these attributes if present: `version` before each call, `note` and what
    the call sets after it, all else once, when the source is taken in.

    `name`       name of the source in the catalog; default: module and class name
    `kind`       "live" (default: the models can be called with this account or on this host)
                 or "reference" (a data set lists them)
    `network`    True if `discover()` opens sockets; it is then called in a refresh only
    `optional`   True if an unreachable server is not a failure
    `may_wait`   True to be skipped in the first, short refresh that `get_models` runs
    `may_shrink` True to accept a list of less than half the previous length
    `version`    text that changes when the data does; the same text skips the source
    `note`       a line about the result, stored in the table `about` under the source's name
    `fault`      text, set by the call: what is wrong beside the result, which is stored;
                 the step counts as failed
    `asked`      with which key at which address it asks; what it lists is callable where these
                 are configured. Without it, what a live source lists is callable for everybody
    `complete`   False, set by the call: the list is a part, and what it lacks is not missing
    `origin`     file or environment that it is configured in, after whose change it may end
    `catalog_id` set by the refresh, before `discover()`, to the id of its catalog
    """

    async def discover(self) -> Sequence[ModelSpec]:
        """Return all models, never a part of them; raise if the list cannot be complete."""
        ...
