"""The catalog's path, for commands that work on files only."""

from pathlib import Path

from modeldex.cli.failures import Failure
from modeldex.cli.settings import Settings
from modeldex.db import catalog_path


class NotAFile(Failure):
    """The catalog is a database on a server; `path` is its URL, without password."""

    def __init__(self, place: object) -> None:
        self.path = str(place)
        super().__init__(f"{place}: this command needs a catalog file; use psql and pg_dump here")


def file_of(settings: Settings) -> Path:
    """The path of the catalog. Raises NotAFile if it is a PostgreSQL database."""
    place = catalog_path(settings.db)
    if not isinstance(place, Path):
        raise NotAFile(place)
    return place
