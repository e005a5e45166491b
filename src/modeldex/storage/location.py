"""The location of a catalog: a file path or a PostgreSQL URL."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRET = ("password", "sslpassword", "passfile")


class Postgres(NamedTuple):
    """The URL of a PostgreSQL database with a catalog; `str` and `repr` omit the password."""

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
        """The URL in the form that libpq accepts."""
        return "postgresql" + self.url[self.url.index("://") :]

    @property
    def engine_url(self) -> str:
        """The URL in the form that SQLAlchemy accepts, with the driver psycopg."""
        return "postgresql+psycopg" + self.url[self.url.index("://") :]


Place = Path | Postgres
"""The path of a SQLite catalog or the URL of a PostgreSQL one."""


def postgres(given: str) -> Postgres | None:
    """Parse a PostgreSQL URL; None for any other text."""
    scheme, found, _ = given.partition("://")
    return Postgres(given) if found and scheme in SCHEMES else None
