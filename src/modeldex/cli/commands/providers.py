"""`modeldex providers`."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import click

from modeldex.cli import terminal
from modeldex.cli.completion import words
from modeldex.cli.errors import Failure
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.errors import SourceFailed
from modeldex.query.rows import TableRow
from modeldex.storage.open import open_catalog
from modeldex.storage.sqlite.connection import catalog_path, translated
from modeldex.vocabulary.likeness import likely
from modeldex.vocabulary.providers import Provider, canonical, first_set_variable
from modeldex.vocabulary.providers import providers as known_providers

_KNOWN = Column("known", "", terminal.tokens, number=True)
_LIVE = Column("live", "listed", terminal.tokens, number=True)
COLUMNS = tuple(
    Column(name)
    for name in ("id", "name", "key", "missing", "base_url", "base_url_from", "listing", "known",
                 "live", "note")
)  # fmt: skip
_TERMINAL_COLUMNS = (
    Column("provider"), Column("key"), Column("base URL", may_go_below=True),
    Column("listing"), _KNOWN, _LIVE, Column("note", may_go_below=True),
)  # fmt: skip
DETAILS = (Column("what", "property"), Column("value"))

_COUNTS = (
    "SELECT provider, count(*), sum(live) FROM catalog WHERE retired_at IS NULL GROUP BY provider"
)

Counts = Mapping[str, tuple[int, int]]
"""By provider: the number of known models, and of those that a live source sees now."""


class ProviderNotFound(Failure):
    """No provider has that id or alias; `near` lists similar ids, best first."""

    def __init__(self, name: str, near: list[str]) -> None:
        self.name = name
        self.near = near
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"there is no provider {name}{hint}")


@everywhere()
@click.command()
@click.argument(
    "name",
    callback=parsed_by(word),
    shell_complete=words("provider"),
    metavar="[NAME]",
    required=False,
)
@click.pass_obj
def providers(settings: Settings, name: str | None) -> None:
    """Print every provider, those that a refresh can query first, or all details of one.

    Keys are never shown, only the environment variable that holds a key or has to be set. The
    variable MODELDEX_<PROVIDER>_BASE_URL replaces the base URL of a provider. Define your own
    providers in providers.toml in your configuration folder, or in the file that
    MODELDEX_PROVIDERS names.
    """
    counts = _counts(settings)
    if name is not None:
        _print_one(settings, _record(_find(name), counts))
        return
    records = [_record(provider, counts) for provider in known_providers().values()]
    records.sort(key=lambda record: not record["configured"])
    if settings.json:
        terminal.print_json({"providers": records})
    elif terminal.is_terminal(sys.stdout):
        terminal.print_table(settings, _TERMINAL_COLUMNS, map(_terminal_line, records))
    else:
        lines = [[record[column.name] for column in COLUMNS] for record in records]
        terminal.print_table(settings, COLUMNS, lines)


def _counts(settings: Settings) -> Counts:
    """The number of models by provider; empty if there is no catalog yet."""
    path = catalog_path(settings.db)
    if isinstance(path, Path) and not path.exists():
        return {}
    with closing(open_catalog(path)) as connection, translated(path):
        return {provider: (known, live) for provider, known, live in connection.execute(_COUNTS)}


def _find(name: str) -> Provider:
    """The provider with this id or alias. Raises ProviderNotFound."""
    rows = known_providers()
    if (key := canonical(name)) in rows:
        return rows[key]
    names = {alias: p.id for p in rows.values() for alias in (p.id, *p.aliases)}
    near = dict.fromkeys(names[match] for match in likely(key, names))
    raise ProviderNotFound(name, list(near))


def _record(provider: Provider, counts: Counts) -> TableRow:
    """One provider as JSON values; `key` is the name of a variable, never a key."""
    from modeldex.upstream.outside import url_variable
    from modeldex.upstream.provider_api import is_configured

    listing, key = provider.listing, first_set_variable(provider.keys, os.environ)
    wanted = None if key or provider.local or not provider.keys else provider.keys[0]
    known, live = counts.get(provider.id, (0, 0)) if counts else (None, None)
    return {
        "id": provider.id,
        "name": provider.name,
        "key": key,
        "missing": wanted,
        "keys": list(provider.keys),
        "base_url": _address(provider),
        "base_url_from": url_variable(provider, os.environ),
        "base_url_vars": list(provider.base_url_vars),
        "listing": listing.format if listing else None,
        "listing_path": listing.path if listing else None,
        "auth": listing.auth if listing else None,
        "local": provider.local,
        "configured": is_configured(provider, os.environ),
        "known": known,
        "live": live,
        "aliases": list(provider.aliases),
        "default_model": provider.default_model,
        "docs": provider.docs,
        "note": provider.note,
        "file": str(provider.file) if provider.file else None,
    }


def _address(provider: Provider) -> str | None:
    """The effective base URL, without parts that may be secret: user, password, query, keys.

    None if it is unknown or invalid.
    """
    from modeldex.upstream.addresses import base_url, known_segments
    from modeldex.upstream.outside import url_variable
    from modeldex.vocabulary.redaction import redact, shown_path

    try:
        parts = urlsplit(base_url(provider, os.environ))
        port = f":{parts.port}" if parts.port else ""
    except SourceFailed:
        return provider.base_url if url_variable(provider, os.environ) is None else None
    except ValueError:
        return None
    path = shown_path(parts.path.rstrip("/"), known_segments(provider))
    return redact(f"{parts.scheme}://{parts.hostname}{port}{path}") if parts.hostname else None


def _terminal_line(record: TableRow) -> list[object]:
    """One line on a terminal: the variable with the key or to be set, and the URL's origin."""
    key = record["key"] or (f"set {record['missing']}" if record["missing"] else None)
    address = record["base_url"]
    if record["base_url_from"]:
        address = f"{address or '?'} ({record['base_url_from']})"
    shown = [record[name] for name in ("listing", "known", "live", "note")]
    return [record["id"], key, address, *shown]


def _print_one(settings: Settings, record: TableRow) -> None:
    if settings.json:
        terminal.print_json(record)
        return
    terminal.print_table(settings, DETAILS, list(_details(record)))


def _details(record: TableRow) -> Iterator[tuple[str, object]]:
    for what, value in record.items():
        if value is not None and value != []:
            yield what, value
