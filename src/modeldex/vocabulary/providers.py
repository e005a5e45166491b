"""Known providers: ids, aliases, key variables and base URLs, written in providers.toml.

`scripts/build_providers.py` makes providers.json of it, which is read faster. The user's own
providers.toml is merged over it. Functions return the names of variables that hold keys, never the
keys.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from modeldex.errors import NoHome
from modeldex.vocabulary.user_folders import user_folder


class ListingRequest(NamedTuple):
    """How to request a provider's model list: path below the base URL, format, authentication.

    With `from_root` the path starts at the host, without the path of the default base URL.
    `format` names a module of `modeldex.upstream.formats`; `auth` is bearer, x-api-key,
    x-goog-api-key, api-key, ibm_iam, aws or none. `also` are further requests, which inherit
    format, auth and headers. Their `how` is `rows` (lists more models), `facts` (states more
    about listed ones), `payload` (is parsed together with the first response) or `instead`
    (replaces the first if that is not there). The first lists who exists: a refusal of it is a
    refused key. A further request that is refused, not there or answered by something else is
    left out. `complete` is whether a listing has all that a key can call: what it lacks then
    cannot be. `tokens` are the key variables whose
    value is sent as a bearer token, whatever `auth` is.
    """

    path: str
    format: str = "openai"
    auth: str = "bearer"
    query: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})
    from_root: bool = False
    how: str = "rows"
    complete: bool = True
    tokens: tuple[str, ...] = ()
    also: tuple["ListingRequest", ...] = ()


class Provider(NamedTuple):
    """One provider.

    `keys` and `base_url_vars` are names of environment variables, the preferred one first.
    `base_url` is the API root; None if it depends on the account. `local` marks a self-hosted
    server, which needs no key. `clients` maps a client to its prefix of model names, or to prefixes
    by regular expression; see modeldex.vocabulary.client_ids. `suffixes` are those that route a
    request where they follow a name and a colon, with what each does. `account` says how to sign in
    where that takes no key. `note` is a remark for users, `file` the user's file that defines or
    changes the row, `stated_class` the class that it gives.
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
    listing: ListingRequest | None = None
    clients: Mapping[str, str | Mapping[str, str]] = MappingProxyType({})
    suffixes: Mapping[str, str] = MappingProxyType({})
    account: str | None = None
    note: str | None = None
    file: Path | None = None
    stated_class: str | None = None


def _provider(provider_id: str, row: Mapping[str, Any]) -> Provider:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    if "listing" in values:
        values["listing"] = _listing(values["listing"])
    # `class` is a keyword of Python and cannot name a field.
    if "class" in values:
        values["stated_class"] = values.pop("class")
    return Provider(id=provider_id, **values)


def _listing(row: Mapping[str, Any]) -> ListingRequest:
    # Further requests inherit these from the first, unless they state their own.
    shared = {key: row[key] for key in ("format", "auth", "headers", "tokens") if key in row}
    also = tuple(ListingRequest(**{**shared, **call}) for call in row.get("also", ()))
    return ListingRequest(**{**row, "also": also})


def user_file_path(environ: Mapping[str, str]) -> Path | None:
    """Return the path in MODELDEX_PROVIDERS, existing or not; else the user's file if it exists."""
    named = environ.get("MODELDEX_PROVIDERS", "").strip()
    if named:
        return Path(named)
    try:
        default = user_folder("config") / "providers.toml"
    except NoHome:  # a service account may have no home
        return None
    return default if os.path.isfile(default) else None  # noqa: PTH113 - False where it may not look


def _shipped_rows() -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(Path(__file__).with_name("providers.json").read_bytes())
    return rows


def shipped_aliases() -> dict[str, str]:
    """Return the provider id of every alias in the shipped file, without those of the user's."""
    rows = _shipped_rows().items()
    return {alias: key for key, row in rows for alias in row.get("aliases", ())}


PROXY = "litellm_proxy"
"""The local server that serves no weights."""


@cache
def providers() -> Mapping[str, Provider]:
    """Return every known provider by id, in file order; read once per process.

    Raises InvalidProviders if the user's file has an error.
    """
    rows = _shipped_rows()
    if (own := user_file_path(os.environ)) is not None:
        from modeldex.vocabulary.user_providers import merged_rows

        rows |= {key: {**row, "file": own} for key, row in merged_rows(own, rows).items()}
    return MappingProxyType({key: _provider(key, row) for key, row in rows.items()})


@cache
def _ids() -> Mapping[str, str]:
    return {alias: p.id for p in providers().values() for alias in p.aliases}


def canonical(provider: str) -> str:
    """Return the id of a provider name or alias; an unknown name in lower case."""
    name = provider.strip().lower()
    return _ids().get(name, name)


def provider_class(provider: str) -> str:
    """Return one of CLASSES for a provider name or alias.

    It is what the user's own file states, else the shipped class, else `local` for a row of the
    user's that is, else `unclassed`.
    """
    from modeldex.vocabulary.provider_classes import classes

    key = canonical(provider)
    row = providers().get(key)
    if row and row.stated_class:
        return row.stated_class
    return classes().get(key) or ("local" if row and row.local else "unclassed")


def serves_locally(provider: str, price_basis: object) -> bool:
    """Whether an offer is served on a machine of one's own, and no request leaves the network.

    Not a subscription, such as a cloud model behind a local server, nor the offer of a proxy, which
    sends requests to anybody.
    """
    is_own = provider_class(provider) == "local" and canonical(provider) != PROXY
    return price_basis == "self_hosted" or (is_own and price_basis != "subscription")


def own_classes() -> dict[str, str]:
    """Return the class of each provider that the user's own file has, by id."""
    return {row.id: provider_class(row.id) for row in providers().values() if row.file}


def first_set_variable(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """Return the name of the first variable with a non-blank value; None if there is none."""
    return next((name for name in variables if environ.get(name, "").strip()), None)


def configured_key_variable(provider_id: str, environ: Mapping[str, str]) -> str | None:
    """Return the name of the variable that holds the provider's key; None if none is set."""
    provider = providers().get(canonical(provider_id))
    return first_set_variable(provider.keys, environ) if provider else None


def keyed(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sorted ids of the hosted (not local) providers whose key is set."""
    hosted = (p for p in providers().values() if not p.local)
    return tuple(sorted(p.id for p in hosted if first_set_variable(p.keys, environ)))
