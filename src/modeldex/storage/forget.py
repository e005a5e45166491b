"""End a source: what it listed is no longer seen by it, and its listings go."""

from modeldex.storage.batch import folding
from modeldex.storage.sightings import ABSENT
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.timestamps import now

_END = (
    f"UPDATE sightings SET {ABSENT} WHERE source = :source AND missing_since IS NULL",
    "DELETE FROM listings WHERE provider = :source",
    "UPDATE sources SET origin = NULL WHERE name = :source",
)


def end_source(writer: Writer, source: str) -> None:
    """Make all that a source lists missing from it, and remove its listings, facts left alone."""
    with writer.transaction() as connection, folding(connection):
        for statement in _END:
            # A statement is given the values that it names only: a server wants no others.
            given = {"source": source, **({"now": now()} if ":now" in statement else {})}
            connection.exec_driver_sql(statement, given)
