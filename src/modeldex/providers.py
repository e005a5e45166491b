"""Providers as data: ids, aliases, key variables and base URLs, read from providers.toml.

The user's own file of that name is laid over the shipped one. No value of a key is ever
returned: only the name of the variable that holds it.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple


class Listing(NamedTuple):
    """How a provider's own list of models is asked: below its base URL, in which wire format.

    `from_root` leaves the path of the usual base URL away. `format` names a module of
    `modeldex.listings`; `auth` is bearer, x-api-key, x-goog-api-key, api-key, ibm_iam, aws or
    none. `also` are further calls, which take format, auth and headers from the first: `how`
    says that one lists more models (rows), states more of those listed (facts), is one answer
    together with the first (payload), or is asked where the first is not there (instead).
    `tokens` are those variables of keys that hold a bearer token, whatever `auth` is.
    """

    path: str
    format: str = "openai"
    auth: str = "bearer"
    query: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})
    from_root: bool = False
    how: str = "rows"
    tokens: tuple[str, ...] = ()
    also: tuple["Listing", ...] = ()


class Provider(NamedTuple):
    """One host of models.

    `keys` and `base_url_vars` are names of environment variables, the preferred one first.
    `base_url` is the API root; None where it depends on the account. `local` marks a server
    that people run themselves: it needs no key to be reachable. `clients` holds what each
    client puts before a name, for all names or by a regular expression: modeldex.clients.
    `note` says what is special, `file` is the user's file that defines or changes the row.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    base_url: str | None = None
    base_url_vars: tuple[str, ...] = ()
    default_model: str | None = None
    local: bool = False
    docs: str | None = None
    listing: Listing | None = None
    clients: Mapping[str, str | Mapping[str, str]] = MappingProxyType({})
    note: str | None = None
    file: Path | None = None


def _provider(provider_id: str, row: Mapping[str, Any]) -> Provider:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    if "listing" in values:
        values["listing"] = _listing(values["listing"])
    return Provider(id=provider_id, **values)


def _listing(row: Mapping[str, Any]) -> Listing:
    shared = {key: row[key] for key in ("format", "auth", "headers", "tokens") if key in row}
    also = tuple(Listing(**{**shared, **call}) for call in row.get("also", ()))
    return Listing(**{**row, "also": also})


def own_path(environ: Mapping[str, str]) -> Path | None:
    """MODELDEX_PROVIDERS, whether that file exists or not; else ours where it exists."""
    named = environ.get("MODELDEX_PROVIDERS", "").strip()
    if named:
        return Path(named)
    from platformdirs import user_config_path

    try:
        ours = user_config_path("modeldex") / "providers.toml"
    except RuntimeError:  # a service account may have no home
        return None
    return ours if os.path.isfile(ours) else None  # noqa: PTH113 - False where it may not look


@cache
def providers() -> Mapping[str, Provider]:
    """Every known provider by id, in the order of the files, read once in a process.

    Raises InvalidProviders where the user's file cannot be used.
    """
    import tomllib

    text = Path(__file__).with_name("providers.toml").read_text("utf-8")
    rows = tomllib.loads(text)
    if (own := own_path(os.environ)) is not None:
        from modeldex.own_providers import laid_over

        rows |= {key: {**row, "file": own} for key, row in laid_over(own, rows).items()}
    return MappingProxyType({key: _provider(key, row) for key, row in rows.items()})


@cache
def _ids() -> Mapping[str, str]:
    return {alias: p.id for p in providers().values() for alias in p.aliases}


def canonical(provider: str) -> str:
    """Our id of a provider name or alias; an unknown name comes back in lower case."""
    name = provider.strip().lower()
    return _ids().get(name, name)


def first_set(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The first variable that holds more than blanks; its name, never its value."""
    return next((name for name in variables if environ.get(name, "").strip()), None)


def key_variable(provider_id: str, environ: Mapping[str, str]) -> str | None:
    """The name of the variable that holds this provider's key; None where none is set."""
    provider = providers().get(canonical(provider_id))
    return first_set(provider.keys, environ) if provider else None


def keyed(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the hosted providers whose key is set, sorted."""
    hosted = (p for p in providers().values() if not p.local)
    return tuple(sorted(p.id for p in hosted if first_set(p.keys, environ)))
