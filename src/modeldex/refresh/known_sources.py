"""What a run settles of sources beside their lists: which a key decides, and which are gone."""

import os
import sys
from collections.abc import Collection, Mapping

from modeldex.errors import NoHome
from modeldex.storage import record_listing
from modeldex.storage.forget import end_source
from modeldex.storage.listings import READ, Listing
from modeldex.storage.sqlite.writer import Writer
from modeldex.upstream.configured import bound
from modeldex.vocabulary.providers import providers, user_file_path
from modeldex.vocabulary.user_folders import here, user_folder


def settle_sources(writer: Writer, present: Collection[str] | None) -> None:
    """Mark the sources that a key decides, and end those whose configuration is gone.

    `present` are the names of all sources that this environment has; None if it is not known, and
    nothing ends then.
    """
    keyed = [row.id for row in providers().values() if row.listing or row.id == "ollama"]
    record_listing.mark_keyed(writer, keyed)
    if present is None:
        return
    with writer.reading() as connection:
        stored = connection.execute(
            "SELECT name, origin FROM sources WHERE origin IS NOT NULL"
        ).fetchall()
    ends = _looked_at()
    for name, origin in stored:
        row = providers().get(name)
        if name not in present and origin in ends and not (row and row.file):
            end_source(writer, name)


def _looked_at() -> set[str]:
    """The files and environments in which this process would see that a source is there."""
    found = {here(sys.prefix)} if "MODELDEX_PLUGINS" not in os.environ else set()
    try:
        file = user_file_path(os.environ) or user_folder("config") / "providers.toml"
    except NoHome:
        return found
    return found | {here(file)}


def store_configured(writer: Writer, environ: Mapping[str, str] | None) -> None:
    """Store what can be called from an environment, for those who ask by SQL."""
    with writer.reading() as connection:
        listings = tuple(Listing(*row) for row in connection.execute(READ).fetchall())
    record_listing.store_configured(
        writer, bound(os.environ if environ is None else environ, listings)
    )
