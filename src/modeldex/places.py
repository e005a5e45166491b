"""Where a catalog is: a file, or a PostgreSQL database."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRET = ("password", "sslpassword", "passfile")


class Postgres(NamedTuple):
    """The URL of a PostgreSQL database that is a catalog, or will be; shown without password."""

    url: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        user = parts.username or ""
        query = urlencode(
            [(key, value) for key, value in parse_qsl(parts.query) if key not in _SECRET], safe="/"
        )
        netloc = f"{user}@{host}" if user else host
        return urlunsplit((parts.scheme, netloc, parts.path, query, ""))

    def __repr__(self) -> str:
        return f"Postgres({str(self)!r})"

    @property
    def conninfo(self) -> str:
        """The URL as libpq reads it."""
        return "postgresql" + self.url[self.url.index("://") :]

    @property
    def engine_url(self) -> str:
        """The URL as SQLAlchemy reads it, with the driver that this package uses."""
        return "postgresql+psycopg" + self.url[self.url.index("://") :]


Place = Path | Postgres
"""The file of a SQLite catalog, or the database that is a PostgreSQL one."""


def postgres(given: str) -> Postgres | None:
    """The place a URL names; None where it is no PostgreSQL URL."""
    scheme, found, _ = given.partition("://")
    return Postgres(given) if found and scheme in SCHEMES else None
