"""Sources discover which models exist. They know nothing of the database."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from modeldex.values import ModelSpec


@runtime_checkable
class ModelSource(Protocol):
    """Anything with `discover()`.

    Optional attributes, read by a refresh where they exist:

    `name`      the source's name in the catalog; the class name otherwise
    `kind`      "live" (default: this account or host can call what it lists) or "reference"
                (a dataset says that the model exists)
    `network`   True when `discover()` opens sockets: such a source runs in a refresh only
    `optional`  True when it may be out of reach without that being a failure
    `may_wait`  True to be left out of the first, short refresh of `get_models`
    `may_shrink` True when an answer much shorter than the last one is nothing to doubt
    `version`   text that changes when the answer may have; the same text skips the work
    `note`      text that came with the answer, kept in the table `about` under its name
    `catalog_id` is set, before anything is asked, to the id of the catalog that asks
    """

    async def discover(self) -> Sequence[ModelSpec]:
        """The models that exist here, whole; raise when that cannot be told."""
        ...
