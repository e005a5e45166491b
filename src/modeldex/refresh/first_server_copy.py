"""Make a new catalog on a server a copy of the ready file, in place of a load."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from modeldex.refresh.first_copy import copy_if_new
from modeldex.storage.copy import copy
from modeldex.storage.location import Postgres
from modeldex.storage.open import open_catalog, refreshing
from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE
from modeldex.vocabulary.criteria import COST_TIER_CUTS

_WRITTEN = (
    "SELECT (SELECT count(*) FROM models) + (SELECT count(*) FROM runs) "
    "+ (SELECT count(*) FROM measurements) + (SELECT count(*) FROM sources) "
    "+ (SELECT count(*) FROM quality_suites) + (SELECT count(*) FROM resolver_history) "
    f"- {len(DEFAULT_PRECEDENCE)}"
)
"""SQL: how many rows somebody has written to a catalog."""


def copy_to_new_server(place: Postgres, environ: Mapping[str, str]) -> bool:
    """Make a new catalog on a server a copy of the ready file; True if this call did.

    False as for a file, and if somebody has written to the catalog, or refreshes it now.
    """
    if not _is_unused(place):  # makes the tables, too
        return False
    with refreshing(place) as acquired:
        if not (acquired and _is_unused(place)):
            return False
        with TemporaryDirectory(prefix="modeldex-") as folder:
            file = Path(folder) / "catalog.db"
            if not copy_if_new(file, environ):
                return False
            copy(file, place)
    return True


def _is_unused(place: Postgres) -> bool:
    with closing(open_catalog(place)) as connection:
        [(rows,)] = connection.execute(_WRITTEN).fetchall()
        cuts = connection.execute("SELECT name, at_least, below FROM cost_tiers").fetchall()
    return not rows and sorted(cuts, key=str) == sorted(COST_TIER_CUTS, key=str)
